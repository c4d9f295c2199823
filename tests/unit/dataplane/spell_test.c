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
		{"100%", "", "100%"},
		{"50% off", "", "50%%20off"},
		{"a\tb\x7f\n", "", "a%09b%7F%0A"},
		{"a:b@c", "", "a:b@c"},
		{"a:b@c", ":", "a%3Ab@c"},
		{"%41", "", "%41"},
		{"%20", "", "%2520"},
		{"%3A", "", "%253A"},
		{"%25", "", "%25"},
		{"%2520", "", "%252520"},
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
		{"%41", "%41"}, {"%3a%3A", "%3a:"}, {"%%20", "% "},
		{"%C3%B6", "%C3%B6"}, {"x%", "x%"}, {"%2", "%2"},
		{"%25", "%25"}, {"%2525", "%2525"}, {"%25252", "%25252"},
		{"%2520", "%20"}, {"%252520", "%2520"},
		{"%0A", NULL}, {"a%0Db", NULL}, {"%00", ""}, {"\xff", NULL},
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
		{"a%20b, c", "a b\nc"}, {"%0A, c%2C", "c%2C"},
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
	    dn_str_of("a b\nc:d\n%"))), "a%20b\nc:d\n%");
}

/* All texts of some characters: what is read is written as it was, and what is
 * written is read as it was. */
static void
test_there_and_back(void **state)
{
	static const char characters[] = "%250A3a: ";
	char text[6], spelled[SPELL_BYTES(sizeof(text))];
	struct dn_str str = {text, sizeof(text)}, name;
	struct dn_wr wr;
	unsigned number, rest;
	size_t i;

	(void)state;
	for (number = 0; number < 9u * 9 * 9 * 9 * 9 * 9; number++) {
		for (i = 0, rest = number; i < sizeof(text); i++, rest /= 9)
			text[i] = characters[rest % 9];
		wr = dn_wr_of(spelled, sizeof(spelled));
		name = spell_name(&wr, str, ":");
		wr = dn_wr_of(buffer, sizeof(buffer));
		assert_true(spell_read(&wr, name, &name));
		assert_true(dn_str_eq(name, str));
		wr = dn_wr_of(buffer, sizeof(buffer));
		if (memchr(text, ' ', sizeof(text)) != NULL ||
		    memchr(text, ':', sizeof(text)) != NULL ||
		    !spell_read(&wr, str, &name))
			continue;
		wr = dn_wr_of(spelled, sizeof(spelled));
		assert_true(dn_str_eq(spell_name(&wr, name, ":"), str));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
