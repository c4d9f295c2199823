/*
 * print.c and text.c: what people and scripts see of rows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../../cli/print.h"
#include "../../../cli/text.h"

static const struct client_status done = {.ok = true};

/* Prints 'rows' (JSON lines) and returns what came out; free it. */
static char *
shown(enum print_mode mode, enum admin_id id, const char *const *rows,
    size_t count, const struct client_status *status)
{
	char *data = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&data, &size);
	struct print *print = print_new(out, mode, false);

	print_begin(print, id);
	for (i = 0; i < count; i++) {
		json_t *row = json_loads(rows[i], JSON_ALLOW_NUL, NULL);

		assert_non_null(row);
		assert_true(print_row(print, row, rows[i], strlen(rows[i])));
		json_decref(row);
	}
	assert_int_equal(print_end(print, status), count);
	print_free(print);
	fclose(out);
	return data;
}

#define EXPECT(mode, id, rows, expected)                                   \
	do {                                                               \
		char *data_ = shown(mode, id, rows,                        \
		    sizeof(rows) / sizeof((rows)[0]), &done);              \
		assert_string_equal(data_, expected);                      \
		free(data_);                                               \
	} while (0)

static void
test_table(void **state)
{
	const char *const rows[] = {
		"{\"zeal\":1,\"name\":\"ann\",\"number\":\"7\",\"hops\":2}",
		"{\"number\":\"123\",\"name\":\"\",\"hops\":10,"
		"\"local\":false,\"new\":\"a b\"}",
		"{\"number\":\"9\",\"name\":\"\xe6\x97\xa5\xe6\x9c\xac\","
		"\"hops\":null,\"new\":[1]}",
	};

	(void)state;
	EXPECT(PRINT_TABLE, ADMIN_SHOW_USERS, rows,
	    "NUMBER  NAME  HOPS  ZEAL  LOCAL  NEW\n"
	    "7       ann      2     1  -      -\n"
	    "123     -       10     -  no     a b\n"
	    "9       \xe6\x97\xa5\xe6\x9c\xac     -     -  -      [1]\n");
}

static void
test_list_with_objects(void **state)
{
	const char *const rows[] = {
		"{\"users\":3,\"name\":\"s1\",\"counters\":{\"sends\":7}}",
	};

	(void)state;
	EXPECT(PRINT_TABLE, ADMIN_SHOW_STATUS, rows,
	    "name     s1\n"
	    "users    3\n"
	    "counters:\n"
	    "  sends  7\n");
}

static void
test_times_for_people(void **state)
{
	static const struct {
		const char *row, *text;
	} cases[] = {
		{"{\"since\":0}", "SINCE\n   0s\n"},
		{"{\"since\":61}", "SINCE\n1m01s\n"},
		{"{\"since\":86399}", " SINCE\n23h59m\n"},
		{"{\"since\":900000}", " SINCE\n10d10h\n"},
		{"{\"since\":-1}", "SINCE\n   -1\n"},
		{"{\"rtt\":0.00021}", "   RTT\n0.21ms\n"},
		{"{\"rtt\":null}", "RTT\n  -\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *data = shown(PRINT_TABLE, ADMIN_CONNECT, &cases[i].row,
		    1, &done);

		assert_string_equal(data, cases[i].text);
		free(data);
	}
}

static void
test_stream_and_bare_lines(void **state)
{
	const char *const rows[] = {
		"{\"user\":\"a b\",\"event\":\"arrived\",\"time\":12}",
		"{\"hops\":1}",
	};
	const char *const dot[] = {"{\"line\":\"graph {\"}",
	    "{\"line\":\"\"}", "{\"line\":\"\\ta -- b\\u0007\\t\"}",
	    "{\"line\":\"}\"}"};

	(void)state;
	EXPECT(PRINT_TABLE, ADMIN_WATCH, rows,
	    "12 arrived user=\"a b\"\nhops=1\n");
	EXPECT(PRINT_TABLE, ADMIN_MAP, dot,
	    "graph {\n\n\ta -- b\\x07\t\n}\n");
}

static void
test_json(void **state)
{
	const char *const rows[] = {
		"{\"a\": 12345678901234567890.5, \"b\":0.1}",
		"{\"esc\":\"\\u001b[31m\x7f\xc2\x9b\"}\t",
	};
	const struct client_status refused = {
		.code = "unknown", .error = "no \"such\"\x1b", .hint = "h\xff",
	};
	char *data;

	(void)state;
	EXPECT(PRINT_DOCUMENT, ADMIN_SHOW_USERS, rows,
	    "{\"ok\":true,\"data\":[{\"a\": 12345678901234567890.5, \"b\":0.1}"
	    ",{\"esc\":\"\\u001b[31m\\u007f\\u009b\"} ]}\n");
	EXPECT(PRINT_ROWS, ADMIN_SHOW_USERS, rows,
	    "{\"a\": 12345678901234567890.5, \"b\":0.1}\n"
	    "{\"esc\":\"\\u001b[31m\\u007f\\u009b\"} \n");
	EXPECT(PRINT_NOTHING, ADMIN_SHOW_USERS, rows, "");
	data = shown(PRINT_DOCUMENT, ADMIN_KICK, NULL, 0, &refused);
	assert_string_equal(data, "{\"ok\":false,\"code\":\"unknown\","
	    "\"error\":\"no \\\"such\\\"\\u001B\",\"hint\":\"h\\\\xff\","
	    "\"data\":[]}\n");
	free(data);
}

/* No byte of others gives orders to the terminal, in keys neither. */
static void
test_nothing_reaches_the_terminal(void **state)
{
	const char *const rows[] = {
		"{\"na\\u001bme\":\"\\u001b]0;x\\u0007\\u0000\\u009b1m\","
		"\"x\":{\"\\u001b\":\"\\u202e\"}}",
	};
	static const enum admin_id ids[] = {ADMIN_SHOW_USERS,
	    ADMIN_SHOW_STATUS, ADMIN_WATCH};
	size_t i, j;
	char *data;

	(void)state;
	for (i = 0; i < 3; i++) {
		data = shown(PRINT_TABLE, ids[i], rows, 1, &done);
		for (j = 0; data[j] != '\0'; j++)
			assert_true(data[j] == '\n' ||
			    (data[j] >= ' ' && data[j] < 0x7f));
		assert_non_null(strstr(data, "\\x1b]0;x\\x07\\x00\\x9b1m"));
		free(data);
	}
}

/* A long answer is printed in blocks; more keys than columns are left out;
 * a wide cell does not widen its column without end. */
static void
test_bounds(void **state)
{
	static const char row[] = "{\"n\":\"1\"}";
	const size_t count = 2 * PRINT_BLOCK_ROWS + 1;
	const char **rows = calloc(count, sizeof(*rows));
	const char *wide[1];
	char *data, *at, text[PRINT_COLUMNS_MAX * 16 + 256];
	size_t lines = 0, size = 0, i;

	(void)state;
	for (i = 0; i < count; i++)
		rows[i] = row;
	rows[count - 1] = "{\"n\":\"1\",\"late\":2}";
	data = shown(PRINT_TABLE, ADMIN_SHOW_USERS, rows, count, &done);
	for (at = data; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(lines, count + 2);
	assert_non_null(strstr(data, "N  LATE\n"));
	free(data);
	for (i = 0; i < PRINT_COLUMNS_MAX + 5; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size,
		    "%s\"key%zu\":1", i == 0 ? "{" : ",", i);
	(void)snprintf(text + size, sizeof(text) - size, "}");
	wide[0] = text;
	data = shown(PRINT_TABLE, ADMIN_SHOW_USERS, wide, 1, &done);
	assert_non_null(strstr(data, "KEY47"));
	assert_null(strstr(data, "KEY48"));
	free(data);
	(void)snprintf(text, sizeof(text), "{\"a\":\"%0200d\",\"b\":\"c\"}",
	    0);
	data = shown(PRINT_TABLE, ADMIN_SHOW_USERS, wide, 1, &done);
	assert_int_equal(strchr(data, '\n') - data, PRINT_PAD_MAX + 3);
	free(data);
	free(rows);
}

static void
test_escaping(void **state)
{
	static const struct {
		const char *raw, *escaped;
		size_t width;
	} cases[] = {
		{"plain", "plain", 5},
		{"t\tn\n", "t\\x09n\\x0a", 10},
		{"\xc3\xa9\xcc\x81", "\xc3\xa9\xcc\x81", 1},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2},
		{"\xc0\x80", "\\xc0\\x80", 8},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", 12},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16},
		{"\xe2\x82", "\\xe2\\x82", 8},
		{"\xe2\x80\xae", "\\u202e", 6},
		{"\xf3\xa0\x81\x81", "\\U000e0041", 10},
		{"\xef\xbb\xbf", "\\ufeff", 6},
	};
	struct text text = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text.size = 0;
		text_add_escaped(&text, dn_str_of(cases[i].raw));
		assert_string_equal(text.data, cases[i].escaped);
		assert_int_equal(text_width(dn_str_of(text.data)),
		    cases[i].width);
		assert_int_equal(text_is_plain(dn_str_of(cases[i].raw)),
		    strcmp(cases[i].raw, cases[i].escaped) == 0);
	}
	text.size = 0;
	text_add_json(&text, dn_str_of("\"\xf3\xa0\x81\x81\""));
	assert_string_equal(text.data, "\"\\udb40\\udc41\"");
	text_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_list_with_objects),
		cmocka_unit_test(test_times_for_people),
		cmocka_unit_test(test_stream_and_bare_lines),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_nothing_reaches_the_terminal),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_escaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
