/*
 * Lines out of bytes: their ends, how they are cut, and what is too long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../../dataplane/lines.h"

#define MOST 8

/* Appends what 'lines' yields now to 'text': a line in [], one that is too
 * long in <>. */
static void
take(struct lines *lines, char *text)
{
	struct dn_str line;
	bool is_long;

	for (;;) {
		switch (lines_next(lines, MOST, &line)) {
		case LINES_NONE:
			return;
		case LINES_WHOLE:
			is_long = false;
			break;
		default:
			is_long = true;
		}
		strcat(text, is_long ? "<" : "[");
		strncat(text, line.data, line.size);
		strcat(text, is_long ? ">" : "]");
	}
}

/* Feeds 'bytes' in pieces of 'piece' bytes, reading as they come. */
static void
feed(struct lines *lines, const char *bytes, size_t piece, char *text)
{
	size_t size = strlen(bytes), at, now;

	for (at = 0; at < size; at += now) {
		now = size - at < piece ? size - at : piece;
		assert_int_equal(lines_feed(lines, bytes + at, now), DN_OK);
		take(lines, text);
	}
}

static void
test_lines(void **state)
{
	static const struct {
		const char *bytes, *lines;
	} cases[] = {
		{"", ""},
		{"a", ""},
		{"a\nb\n", "[a][b]"},
		{"a\r\nb\r\n", "[a][b]"},
		{"\n\r\n", "[][]"},
		{"a\rb\r\r\n", "[a\rb\r]"},
		{"12345678\n", "[12345678]"},
		{"12345678\r\n", "[12345678]"},
		{"123456789\n", "<12345678>"},
		{"12345678\r", ""},
		{"12345678\rx\na\n", "<12345678>[a]"},
		{"12345678901234567890\nb\n", "<12345678>[b]"},
		{"1234567890", "<12345678>"},
		{"1234567890\r\n\nc\n", "<12345678>[][c]"},
	};
	struct lines lines = {0};
	char text[256];
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (piece = 1; piece < 32; piece++) {
			text[0] = '\0';
			feed(&lines, cases[i].bytes, piece, text);
			assert_string_equal(text, cases[i].lines);
			assert_int_equal(lines.has_lf,
			    strchr(cases[i].bytes, '\n') != NULL);
			lines_deinit(&lines);
		}
}

static void
test_end(void **state)
{
	struct lines lines = {0};
	char text[64] = "";

	(void)state;
	assert_int_equal(lines_end(&lines), DN_OK);
	take(&lines, text);
	assert_string_equal(text, "");
	feed(&lines, "ab", 1, text);
	assert_true(lines_is_open(&lines));
	assert_int_equal(lines_end(&lines), DN_OK);
	assert_false(lines_is_open(&lines));
	/* What follows is another line; and that end was not theirs. */
	assert_int_equal(lines_feed(&lines, "cd", 2), DN_OK);
	take(&lines, text);
	assert_string_equal(text, "[ab]");
	assert_false(lines.has_lf);
	assert_int_equal(lines_end(&lines), DN_OK);
	take(&lines, text);
	assert_string_equal(text, "[ab][cd]");
	/* The rest of a line too long has an end like that, too. */
	feed(&lines, "1234567890", 10, text);
	assert_int_equal(lines_end(&lines), DN_OK);
	feed(&lines, "e\n", 2, text);
	assert_string_equal(text, "[ab][cd]<12345678>[e]");
	lines_deinit(&lines);
}

/* However much comes without an LF, no more is kept than a line takes. */
static void
test_bound(void **state)
{
	struct lines lines = {0};
	char piece[1000], text[64] = "";
	size_t i;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	for (i = 0; i < 10000; i++) {
		assert_int_equal(lines_feed(&lines, piece, sizeof(piece)),
		    DN_OK);
		take(&lines, text);
		assert_true(lines.room <= 4096);
		assert_int_equal(lines_bytes(&lines), 0);
	}
	assert_string_equal(text, "<xxxxxxxx>");
	feed(&lines, "\nok\n", 4, text);
	assert_string_equal(text, "<xxxxxxxx>[ok]");
	lines_deinit(&lines);
}

/* Passwords are not left in memory that is not in use. */
static void
test_wiped(void **state)
{
	struct lines lines = {0};
	char text[64] = "";
	size_t i;

	(void)state;
	feed(&lines, "secret\n", 7, text);
	assert_string_equal(text, "[secret]");
	for (i = 0; i < 7; i++)
		assert_int_equal(lines.data[i], 0);
	lines_deinit(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
