/* Who may be a peer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/accept.h"

#define S(text) dn_str_of(text)

static bool
allows(const char *list, const char *address, bool is_proxied)
{
	struct accept accept;
	struct accept_address parsed;

	assert_int_equal(accept_parse(&accept, S(list), NULL), DN_OK);
	assert_true(accept_address(&parsed, S(address)));
	return accept_allows(&accept, &parsed, is_proxied);
}

static void
lists_decide(void **state)
{
	static const struct {
		const char *list, *address;
		bool is_allowed;
	} cases[] = {
		{"", "127.0.0.1", true}, {"", "::1", true},
		{"", "10.1.2.3", true}, {"", "172.16.0.1", true},
		{"", "172.31.255.255", true}, {"", "172.32.0.0", false},
		{"", "192.168.9.9", true}, {"", "192.169.0.0", false},
		{"", "169.254.7.7", true}, {"", "fe80::1%eth0", true},
		{"", "fd00::1", true}, {"", "2001:db8::1", false},
		{"", "8.8.8.8", false}, {"", "::ffff:8.8.8.8", false},
		{"", "::ffff:127.0.0.1", true}, {"", "::FFFF:0a00:0001", true},
		{" , \t", "127.0.0.1", true},
		{"none", "127.0.0.1", false}, {"any", "8.8.8.8", true},
		{"any", "2001:db8::1", true}, {"loopback", "10.0.0.1", false},
		{"private", "127.0.0.1", false},
		{"link-local", "169.254.0.1", true},
		{"8.8.8.8", "8.8.8.8", true}, {"8.8.8.8", "8.8.8.9", false},
		{"8.8.8.8", "::ffff:8.8.8.8", true},
		{"8.8.0.0/16", "8.8.255.1", true},
		{"8.8.0.0/16", "8.9.0.0", false},
		{"8.8.8.128/25", "8.8.8.129", true},
		{"8.8.8.128/25", "8.8.8.127", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"loopback,8.8.8.8 9.9.9.0/24", "9.9.9.9", true},
		{"loopback,8.8.8.8 9.9.9.0/24", "127.9.9.9", true},
		{"loopback,8.8.8.8 9.9.9.0/24", "10.0.0.1", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (allows(cases[i].list, cases[i].address, false) !=
		    cases[i].is_allowed)
			fail_msg("'%s' and %s", cases[i].list,
			    cases[i].address);
}

static void
proxied_needs_both(void **state)
{
	(void)state;
	assert_false(allows("", "127.0.0.1", true));
	assert_false(allows("loopback", "127.0.0.1", true));
	assert_false(allows("any", "127.0.0.1", true));
	assert_false(allows("proxied", "127.0.0.1", true));
	assert_true(allows("loopback proxied", "127.0.0.1", true));
	assert_false(allows("loopback proxied", "10.0.0.1", true));
	assert_true(allows("proxied any", "8.8.8.8", true));
}

static void
malformed_lists_are_refused(void **state)
{
	static const char *const words[] = {"localhost", "1.2.3", "1.2.3.4.5",
	    "256.1.1.1", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/x", "::/129",
	    "1.2.3.4 /8", ":::", "1::2::3", "1:2:3:4:5:6:7", "12345::",
	    "1:2:3:4:5:6:7:8:9", "::1.2.3", "/8", "Any", "1.2.3.4/8/8",
	    "1:2:3:4:5:6:7:1.2.3.4",
	    "1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:8::1", "1:2:3:4:5:6:1.2.3.4::1", ":1", "1:", "%eth0"};
	struct accept accept;
	struct dn_str bad;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		(void)snprintf(text, sizeof(text), "loopback %s", words[i]);
		if (accept_parse(&accept, S(text), &bad) != DN_E_MALFORMED)
			fail_msg("'%s' was taken", words[i]);
	}
	assert_int_equal(accept_parse(&accept, S("any oops none"), &bad),
	    DN_E_MALFORMED);
	assert_true(dn_str_eq(bad, S("oops")));
}

static void
list_is_bounded(void **state)
{
	struct accept accept;
	char text[ACCEPT_RANGES_MAX * 8 + 16] = "";
	size_t i;

	(void)state;
	for (i = 0; i < ACCEPT_RANGES_MAX; i++)
		strcat(text, "9.9.9.9 ");
	assert_int_equal(accept_parse(&accept, S(text), NULL), DN_OK);
	assert_int_equal(accept.count, ACCEPT_RANGES_MAX);
	strcat(text, "9.9.9.9");
	assert_int_equal(accept_parse(&accept, S(text), NULL), DN_E_FULL);
}

static void
addresses_are_read(void **state)
{
	static const unsigned char mapped[16] = {[10] = 0xff, [11] = 0xff,
	    192, 0, 2, 1};
	static const unsigned char six[16] = {0x20, 1, 0xd, 0xb8, [15] = 0x1f};
	struct accept_address address;

	(void)state;
	assert_true(accept_address(&address, S("192.0.2.1")));
	assert_memory_equal(address.bytes, mapped, 16);
	assert_true(accept_address(&address, S("::ffff:c000:201")));
	assert_memory_equal(address.bytes, mapped, 16);
	assert_true(accept_address(&address, S("2001:DB8:0:0:0::1F")));
	assert_memory_equal(address.bytes, six, 16);
	assert_true(accept_address(&address, S("2001:db8:0:0:0:0:0:1f")));
	assert_memory_equal(address.bytes, six, 16);
	assert_true(accept_address(&address, S("::")));
	assert_false(accept_address(&address, S("")));
	assert_false(accept_address(&address, (struct dn_str){"::\0", 3}));
	assert_false(accept_address(&address, S("1.2.3.4:5")));
}

static void
source_loses_its_port(void **state)
{
	(void)state;
	assert_true(dn_str_eq(accept_source_host(S("1.2.3.4:567")),
	    S("1.2.3.4")));
	assert_true(dn_str_eq(accept_source_host(S("1.2.3.4")),
	    S("1.2.3.4")));
	assert_true(dn_str_eq(accept_source_host(S("[::1]:567")), S("::1")));
	assert_true(dn_str_eq(accept_source_host(S("[::1]")), S("::1")));
	assert_true(dn_str_eq(accept_source_host(S("fe80::1")),
	    S("fe80::1")));
	assert_true(dn_str_eq(accept_source_host(S("")), S("")));
	assert_true(dn_str_eq(accept_source_host(S("[")), S("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_decide),
		cmocka_unit_test(proxied_needs_both),
		cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(list_is_bounded),
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(source_loses_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
