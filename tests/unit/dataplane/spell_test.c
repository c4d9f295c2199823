/*
 * Names as words, and words as names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../dataplane/spell.h"

static char buffer[256];

static const char *
text_of(struct dn_str str)
{
	static char text[256];

	assert_true(str.size < sizeof(text));
	memcpy(text, str.data, str.size);
	text[str.size] = '\0';
	return text;
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *also, *word;
	} cases[] = {
		{"bob", "", "bob"},
		{"b\xc3\xb6" "b", "", "b\xc3\xb6" "b"},
		{"a b", "", "a%20b"},
		{"100%", "", "100%25"},
		{"a\tb\x7f\n", "", "a%09b%7F%0A"},
		{"a:b@c", "", "a:b@c"},
		{"a:b@c", ":", "a%3Ab@c"},
		{"%41", "", "%2541"},
	};
	struct dn_str name;
	struct dn_wr wr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wr = dn_wr_of(buffer, sizeof(buffer));
		name = spell_name(&wr, dn_str_of(cases[i].name),
		    cases[i].also);
		assert_string_equal(text_of(name), cases[i].word);
		/* There and back, where a name may be so. */
		if (strchr(cases[i].name, '\n') != NULL)
			continue;
		assert_true(spell_read(&wr, dn_str_of(cases[i].word),
		    &name));
		assert_string_equal(text_of(name), cases[i].name);
	}
}

static void
test_words(void **state)
{
	static const struct {
		const char *word, *name;
	} cases[] = {
		{"", ""}, {"a", "a"}, {"%", "%"}, {"%4", "%4"}, {"%4g", "%4g"},
		{"%41", "A"}, {"%3a%3A", "::"}, {"%%20", "% "},
		{"%c3%B6", "\xc3\xb6"}, {"x%", "x%"},
		{"%0A", NULL}, {"a%0db", NULL}, {"%ff", NULL}, {"%c3", NULL},
	};
	struct dn_str name;
	struct dn_wr wr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wr = dn_wr_of(buffer, sizeof(buffer));
		assert_int_equal(spell_read(&wr, dn_str_of(cases[i].word),
		    &name), cases[i].name != NULL);
		if (cases[i].name != NULL)
			assert_string_equal(text_of(name), cases[i].name);
		else
			assert_int_equal(wr.at, 0);
	}
	/* No room: no name. */
	wr = dn_wr_of(buffer, 2);
	assert_false(spell_read(&wr, dn_str_of("abc"), &name));
}

static void
test_lists(void **state)
{
	static const struct {
		const char *words, *names;
	} cases[] = {
		{"", ""}, {"a", "a"}, {"a, b", "a\nb"}, {"a,b", "a\nb"},
		{"a, , b", "a\nb"}, {", a", "a"}, {"a, ", "a"},
		{"a%20b, c", "a b\nc"}, {"%ff, c%2C", "c,"},
	};
	struct dn_wr wr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wr = dn_wr_of(buffer, strlen(cases[i].words));
		assert_string_equal(text_of(spell_read_names(&wr,
		    dn_str_of(cases[i].words))), cases[i].names);
		assert_false(wr.failed);
	}
	wr = dn_wr_of(buffer, sizeof(buffer));
	assert_string_equal(text_of(spell_names(&wr,
	    dn_str_of("a b\nc:d\n%"))), "a%20b\nc:d\n%25");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
