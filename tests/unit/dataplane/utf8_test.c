/*
 * UTF-8: every boundary of its ranges, at every place of a longer text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../dataplane/utf8.h"

static const struct {
	const char *bytes;
	bool is_valid;
} cases[] = {
	{"a", true}, {"\x7f", true}, {"\xc2\x80", true}, {"\xdf\xbf", true},
	{"\xe0\xa0\x80", true}, {"\xed\x9f\xbf", true},
	{"\xee\x80\x80", true}, {"\xef\xbf\xbf", true},
	{"\xf0\x90\x80\x80", true}, {"\xf4\x8f\xbf\xbf", true},
	{"\xf1\x80\x80\x80", true}, {"\xf3\xbf\xbf\xbf", true},
	/* Bytes that begin nothing; overlong forms. */
	{"\x80", false}, {"\xbf", false}, {"\xc0\x80", false},
	{"\xc1\xbf", false}, {"\xe0\x9f\xbf", false},
	{"\xf0\x8f\xbf\xbf", false}, {"\xf5\x80\x80\x80", false},
	{"\xff", false}, {"\xfe", false},
	/* Surrogates; above U+10FFFF. */
	{"\xed\xa0\x80", false}, {"\xed\xbf\xbf", false},
	{"\xf4\x90\x80\x80", false},
	/* Cut off; not followed by what must follow. */
	{"\xc3", false}, {"\xe2\x82", false}, {"\xf0\x9f\x98", false},
	{"\xc3(", false}, {"\xe2(\xac", false}, {"\xe2\x82(", false},
	{"\xf0(\x98\x80", false}, {"\xf0\x9f(\x80", false},
	{"\xf0\x9f\x98(", false}, {"\xc3\xc3", false},
};

static void
boundaries(void **state)
{
	size_t i, before, after, size;
	char text[96];

	(void)state;
	assert_true(utf8_is_valid("", 0));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (before = 0; before < 40; before++)
			for (after = 0; after < 40; after++) {
				memset(text, 'x', sizeof(text));
				size = strlen(cases[i].bytes);
				memcpy(text + before, cases[i].bytes, size);
				assert_int_equal(utf8_is_valid(text,
				    before + size + after),
				    cases[i].is_valid);
			}
}

static void
nul_is_a_character(void **state)
{
	(void)state;
	assert_true(utf8_is_valid("a\0b", 3));
}

static void
clip_cuts_between_characters(void **state)
{
	struct dn_str str = dn_str_of("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	static const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_int_equal(utf8_clip(str, i), wanted[i]);
}

static void
controls_are_found(void **state)
{
	char text[96];
	size_t at, size;
	int byte;

	(void)state;
	assert_false(utf8_has_control(dn_str_of(NULL), false));
	for (byte = 0; byte < 256; byte++)
		for (at = 0; at < 72; at++)
			for (size = at + 1; size < at + 12; size++) {
				memset(text, at % 2 ? 0x7f : 0xc3,
				    sizeof(text));
				text[at] = (char)byte;
				assert_int_equal(utf8_has_control(
				    (struct dn_str){text, size}, false),
				    byte < ' ');
				assert_int_equal(utf8_has_control(
				    (struct dn_str){text, size}, true),
				    byte < ' ' && byte != '\t');
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boundaries),
		cmocka_unit_test(nul_is_a_character),
		cmocka_unit_test(clip_cuts_between_characters),
		cmocka_unit_test(controls_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
