/* What our own users may be called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/name.h"
#include "dnchat/limits.h"

static void
names_are_judged(void **state)
{
	static const struct {
		const char *name;
		bool is_good;
	} cases[] = {
		{"ann", true}, {"Ann B. Smith", true}, {"a", true},
		{"", false}, {"#room", false}, {"a#", true},
		{" ann", false}, {"ann ", false}, {"\xc2\xa0" "ann", false},
		{"ann\xe3\x80\x80", false}, {" ", false},
		{"a\tb", false}, {"a\x7f" "b", false}, {"a\rb", false},
		{"M\xc3\xbcller", true},        /* composed */
		{"Mu\xcc\x88ller", false},      /* not NFC */
		{"\xe2\x84\xab", false},        /* Angstrom sign */
		{"a\xe2\x80\x8b" "b", false},   /* zero width space, Cf */
		{"a\xc2\xad" "b", false},       /* soft hyphen, Cf */
		{"a\xe2\x80\xae" "b", false},   /* right-to-left override */
		{"a\xe2\x80\xa8" "b", false},   /* line separator */
		{"a\xe2\x80\xa9" "b", false},   /* paragraph separator */
		{"a\xc2\x85" "b", false},       /* next line, Cc */
		{"\xe4\xba\xba", true}, {"\xf0\x9f\x98\x80", true},
		{"\xd0\x90\xd0\xbd\xd1\x8f", true},
		{"\xff", false}, {"a\xc3", false}, {"\xed\xa0\x80", false},
		{"\xc0\x80", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (name_is_good(dn_str_of(cases[i].name)) !=
		    cases[i].is_good)
			fail_msg("case %zu: '%s'", i, cases[i].name);
	assert_false(name_is_good((struct dn_str){"a\0b", 3}));
}

static void
names_are_bounded(void **state)
{
	char name[DN_NAME_OWN_BYTES_MAX + 2];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[DN_NAME_OWN_BYTES_MAX] = '\0';
	assert_true(name_is_good(dn_str_of(name)));
	name[DN_NAME_OWN_BYTES_MAX] = 'x';
	name[DN_NAME_OWN_BYTES_MAX + 1] = '\0';
	assert_false(name_is_good(dn_str_of(name)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_judged),
		cmocka_unit_test(names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
