/* What can be said to a room beginning with a slash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../control/room_parse.h"

static const struct row {
	enum room_taker taker;
	const char *text;
	enum dn_err err;
	enum room_word word;
	bool is_plain;
	uint32_t count;
	uint64_t from;
	const char *name;
} rows[] = {
	{ROOM_TAKER_ROOM, "/join", DN_OK, ROOM_WORD_JOIN, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/join ", DN_OK, ROOM_WORD_JOIN, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/join plain", DN_OK, ROOM_WORD_JOIN, 1, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/join plainer", DN_E_MALFORMED, ROOM_WORD_JOIN, 0,
	    0, 0, ""},
	{ROOM_TAKER_ROOM, "/join plain x", DN_E_MALFORMED, ROOM_WORD_JOIN, 0,
	    0, 0, ""},
	{ROOM_TAKER_ROOM, "/JOIN", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/joi", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/joins", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/ join", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/leave", DN_OK, ROOM_WORD_LEAVE, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/leave now", DN_E_MALFORMED, ROOM_WORD_LEAVE, 0, 0,
	    0, "now"},
	{ROOM_TAKER_ROOM, "/who", DN_OK, ROOM_WORD_WHO, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/history", DN_OK, ROOM_WORD_HISTORY, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/history  500 ", DN_OK, ROOM_WORD_HISTORY, 0, 500,
	    0, ""},
	{ROOM_TAKER_ROOM, "/history 7 after 9223372036854775806", DN_OK,
	    ROOM_WORD_HISTORY, 0, 7, INT64_MAX, ""},
	{ROOM_TAKER_ROOM, "/history 7 after 0", DN_OK, ROOM_WORD_HISTORY, 0,
	    7, 1, ""},
	{ROOM_TAKER_ROOM, "/history 7 after 00", DN_E_MALFORMED,
	    ROOM_WORD_HISTORY, 0, 7, 0, ""},
	{ROOM_TAKER_ROOM, "/history 7 after -1", DN_E_MALFORMED,
	    ROOM_WORD_HISTORY, 0, 7, 0, ""},
	{ROOM_TAKER_ROOM, "/history 0", DN_E_MALFORMED, ROOM_WORD_HISTORY, 0,
	    0, 0, ""},
	{ROOM_TAKER_ROOM, "/history 07", DN_E_MALFORMED, ROOM_WORD_HISTORY, 0,
	    0, 0, ""},
	{ROOM_TAKER_ROOM, "/history 501", DN_E_MALFORMED, ROOM_WORD_HISTORY,
	    0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/history -1", DN_E_MALFORMED, ROOM_WORD_HISTORY, 0,
	    0, 0, ""},
	{ROOM_TAKER_ROOM, "/history after 5", DN_E_MALFORMED,
	    ROOM_WORD_HISTORY, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/history 7 after", DN_E_MALFORMED,
	    ROOM_WORD_HISTORY, 0, 7, 0, ""},
	{ROOM_TAKER_ROOM, "/history 7 before 5", DN_E_MALFORMED,
	    ROOM_WORD_HISTORY, 0, 7, 0, ""},
	{ROOM_TAKER_ROOM, "/history 7 after 9223372036854775807",
	    DN_E_MALFORMED, ROOM_WORD_HISTORY, 0, 7, INT64_MAX / 10, ""},
	{ROOM_TAKER_ROOM, "/history 7 after 5 6", DN_E_MALFORMED,
	    ROOM_WORD_HISTORY, 0, 7, 5, ""},
	{ROOM_TAKER_ROOM, "/help", DN_OK, ROOM_WORD_HELP, 0, 0, 0, ""},
	{ROOM_TAKER_ROOM, "/list", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
	{ROOM_TAKER_SERVICE, "/create  a b ", DN_OK, ROOM_WORD_CREATE, 0, 0,
	    0, "a b"},
	{ROOM_TAKER_SERVICE, "/create", DN_E_MALFORMED, ROOM_WORD_CREATE, 0,
	    0, 0, ""},
	{ROOM_TAKER_SERVICE, "/list", DN_OK, ROOM_WORD_LIST, 0, 0, 0, ""},
	{ROOM_TAKER_SERVICE, "/help", DN_OK, ROOM_WORD_HELP, 0, 0, 0, ""},
	{ROOM_TAKER_SERVICE, "/join", DN_E_UNKNOWN, 0, 0, 0, 0, ""},
};

static void
commands_are_taken_apart(void **state)
{
	struct room_call call;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(room_parse(&call, rows[i].taker,
		    dn_str_of(rows[i].text)), rows[i].err);
		if (rows[i].err == DN_E_UNKNOWN)
			continue;
		assert_int_equal(call.word, rows[i].word);
		assert_int_equal(call.is_plain, rows[i].is_plain);
		assert_int_equal(call.count, rows[i].count);
		if (rows[i].err == DN_OK)
			assert_true(call.from == rows[i].from);
		assert_true(dn_str_eq(call.name, dn_str_of(rows[i].name)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
