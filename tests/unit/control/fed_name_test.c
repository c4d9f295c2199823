/* How other servers' users, channels and hosts are written. */
#include "story.h"

#include "../../../control/fed_name.h"

static void
expect_name(bool (*cut)(struct fed_name *, struct dn_str), const char *text,
    const char *local, const char *host)
{
	struct fed_name name;
	char got[64];

	if (!cut(&name, S(text))) {
		if (local != NULL)
			fail_msg("%s is refused", text);
		return;
	}
	if (local == NULL)
		fail_msg("%s is taken", text);
	(void)snprintf(got, sizeof(got), "%.*s %.*s", STORY_STR(name.local),
	    STORY_STR(name.host));
	assert_string_equal(strtok(got, " "), local);
	local = strtok(NULL, "");
	assert_string_equal(local != NULL ? local : "", host);
}

static void
names_are_cut(void **state)
{
	(void)state;
	expect_name(fed_name_of_user, "bob", "bob", "");
	expect_name(fed_name_of_user, "bob@server1.com", "bob", "server1.com");
	expect_name(fed_name_of_user, "bob@h:4400", "bob", "h:4400");
	expect_name(fed_name_of_user, "a@b@h", "a@b", "h");
	expect_name(fed_name_of_user, "@h", NULL, "");
	expect_name(fed_name_of_user, "bob@", NULL, "");
	expect_name(fed_name_of_user, "", NULL, "");
	expect_name(fed_name_of_user, "#bob@h", NULL, "");
	expect_name(fed_name_of_user, "b\tb@h", NULL, "");
	expect_name(fed_name_of_room, "x", "x", "");
	expect_name(fed_name_of_room, "x:server2.com", "x", "server2.com");
	expect_name(fed_name_of_room, "x:h:4400", "x", "h:4400");
	expect_name(fed_name_of_room, "x:2001:db8::1", "x", "2001:db8::1");
	expect_name(fed_name_of_room, ":h", NULL, "");
	expect_name(fed_name_of_room, "x:", NULL, "");
	expect_name(fed_name_of_room, "", NULL, "");
	expect_name(fed_name_of_room, "#x", NULL, "");
	expect_name(fed_name_of_room,
	    "0123456789012345678901234567890123456789"
	    "012345678901234567890123x:h", NULL, "");
}

static void
lists_are_read(void **state)
{
	struct dn_str list = S("a\n\nb c\nd"), name;

	(void)state;
	assert_true(fed_name_next(&list, &name));
	assert_true(dn_str_eq(name, S("a")));
	assert_true(fed_name_next(&list, &name));
	assert_true(dn_str_eq(name, S("b c")));
	assert_true(fed_name_next(&list, &name));
	assert_true(dn_str_eq(name, S("d")));
	assert_false(fed_name_next(&list, &name));
	list = S("\n");
	assert_false(fed_name_next(&list, &name));
	list = S("");
	assert_false(fed_name_next(&list, &name));
}

static void
hosts_are_compared(void **state)
{
	static const struct {
		const char *host, *known;
		bool is;
	} rows[] = {
		{"h", "h", true}, {"H", "h", true}, {"h:1", "h:1", true},
		{"h", "h:1", true}, {"h:1", "h", false},
		{"h:2", "h:1", false}, {"hh", "h", false},
		{"[::1]:1", "[::1]:1", true}, {"::1", "[::1]:1", true},
		{"[::1]", "::1", true}, {"::2", "::1", false},
		{"", "h", false},
	};
	struct dn_str port;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (fed_host_is(S(rows[i].host), S(rows[i].known)) !=
		    rows[i].is)
			fail_msg("%s, %s", rows[i].host, rows[i].known);
	assert_true(dn_str_eq(fed_host_bare(S("[2001:db8::1]:44"), &port),
	    S("2001:db8::1")));
	assert_true(dn_str_eq(port, S("44")));
	assert_true(dn_str_eq(fed_host_bare(S("2001:db8::1"), &port),
	    S("2001:db8::1")));
	assert_int_equal(port.size, 0);
}

/* Every server has the same number for a name, whatever its seed. */
static void
numbers_follow_from_names(void **state)
{
	uint64_t number = fed_name_number(S("#x:server2.com"), 0);

	(void)state;
	assert_int_equal(fed_name_number(S("#x:server2.com"), 0), number);
	assert_int_not_equal(fed_name_number(S("#x:server2.com"), 1), number);
	assert_int_not_equal(fed_name_number(S("#y:server2.com"), 0), number);
	assert_in_range(number, 1, DN_NUMBER_ASSIGNED_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cut),
		cmocka_unit_test(lists_are_read),
		cmocka_unit_test(hosts_are_compared),
		cmocka_unit_test(numbers_follow_from_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
