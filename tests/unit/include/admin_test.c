/*
 * The grammar of commands: words and quotes, abbreviations, arguments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "dnchat/admin.h"

DN_LOG_DEFINE;

static const struct {
	const char *text;
	size_t count;
	const char *words[ADMIN_WORDS_MAX];
} lines[] = {
	{"", 0, {NULL}}, {" \t\r\n", 0, {NULL}}, {"# a b", 0, {NULL}},
	{"  # a", 0, {NULL}},
	{"a", 1, {"a"}}, {"  show\tusers \r\n", 2, {"show", "users"}},
	{"kick #1", 2, {"kick", "#1"}},
	{"kick 'a b' \"c  d\"", 3, {"kick", "a b", "c  d"}},
	{"a'b'\"c\"d", 1, {"abcd"}}, {"'' x \"\"", 3, {"", "x", ""}},
	{"'\"' \"'\"", 2, {"\"", "'"}},
	{"a\\ b \\' \\\\ \"\\\"\"", 4, {"a b", "'", "\\", "\""}},
	{"a\\", 1, {"a\\"}},
	{"1 2 3 4 5 6 7 8", 8, {"1", "2", "3", "4", "5", "6", "7", "8"}},
	{"\xc3\xa4 \xff", 2, {"\xc3\xa4", "\xff"}},
};

/* Splits a copy of just that size, for ASan to watch. */
static const char *
split(struct admin_line *line, const char *text, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);
	const char *error;

	assert_non_null(copy);
	memcpy(copy, text, size);
	error = admin_split(line, copy, size);
	free(copy);
	return error;
}

static void
lines_are_cut_into_words(void **state)
{
	struct admin_line line;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_null(split(&line, lines[i].text,
		    strlen(lines[i].text)));
		assert_int_equal(line.count, lines[i].count);
		for (j = 0; j < line.count; j++)
			assert_string_equal(line.words[j],
			    lines[i].words[j]);
	}
}

static void
odd_lines_are_refused(void **state)
{
	char text[DN_ADMIN_LINE_BYTES_MAX];
	struct admin_line line;

	(void)state;
	assert_non_null(split(&line, "a 'b", 4));
	assert_non_null(split(&line, "a \"", 3));
	assert_non_null(split(&line, "a'b\"", 4));
	assert_non_null(split(&line, "a\0b", 3));
	assert_non_null(split(&line, "1 2 3 4 5 6 7 8 9", 17));
	memset(text, 'x', sizeof(text));
	assert_non_null(split(&line, text, sizeof(text)));
	assert_null(split(&line, text, sizeof(text) - 1));
	assert_int_equal(strlen(line.words[0]), sizeof(text) - 1);
	memset(text, '\'', sizeof(text));
	assert_non_null(split(&line, text, sizeof(text) - 1));
	assert_null(split(&line, text, sizeof(text) - 2));
}

static const struct {
	const char *text;
	enum admin_match match;
	enum admin_id id; /* unless there is none, or several */
	size_t argument;
} commands[] = {
	{"connect host", ADMIN_MATCHED, ADMIN_CONNECT, 1},
	{"connect host 42015", ADMIN_MATCHED, ADMIN_CONNECT, 1},
	{"c host", ADMIN_MATCHED, ADMIN_CONNECT, 1},
	{"connect", ADMIN_ARGUMENTS, ADMIN_CONNECT, 1},
	{"connect a b c", ADMIN_ARGUMENTS, ADMIN_CONNECT, 1},
	{"disconnect a", ADMIN_MATCHED, ADMIN_DISCONNECT, 1},
	{"show users", ADMIN_MATCHED, ADMIN_SHOW_USERS, 2},
	{"sho u", ADMIN_MATCHED, ADMIN_SHOW_USERS, 2},
	{"show users x", ADMIN_ARGUMENTS, ADMIN_SHOW_USERS, 2},
	/* `shutdown` begins so too, but takes no argument. */
	{"s u", ADMIN_MATCHED, ADMIN_SHOW_USERS, 2},
	/* It must not shut the server down because `show users` is longer. */
	{"s", ADMIN_AMBIGUOUS, ADMIN_COUNT, 0},
	{"sh", ADMIN_AMBIGUOUS, ADMIN_COUNT, 0},
	{"shu", ADMIN_MATCHED, ADMIN_SHUTDOWN, 1},
	{"sho", ADMIN_NO_SUCH, ADMIN_COUNT, 0},
	{"show r 7", ADMIN_MATCHED, ADMIN_SHOW_ROUTE, 2},
	{"show r", ADMIN_AMBIGUOUS, ADMIN_COUNT, 0},
	/* In full it is not taken for the longer one. */
	{"show route 7", ADMIN_MATCHED, ADMIN_SHOW_ROUTE, 2},
	{"show route", ADMIN_ARGUMENTS, ADMIN_SHOW_ROUTE, 2},
	{"show routes", ADMIN_MATCHED, ADMIN_SHOW_ROUTES, 2},
	{"map", ADMIN_MATCHED, ADMIN_MAP, 1},
	{"map --dot", ADMIN_MATCHED, ADMIN_MAP, 1},
	{"exit", ADMIN_MATCHED, ADMIN_EXIT, 1},
	{"nonsense", ADMIN_NO_SUCH, ADMIN_COUNT, 0},
	{"exits", ADMIN_NO_SUCH, ADMIN_COUNT, 0},
	{"SHOW users", ADMIN_NO_SUCH, ADMIN_COUNT, 0},
	{"show nonsense", ADMIN_NO_SUCH, ADMIN_COUNT, 0},
};

static void
commands_are_recognised(void **state)
{
	struct admin_line line;
	enum admin_id id;
	size_t i, argument;

	(void)state;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		assert_null(split(&line, commands[i].text,
		    strlen(commands[i].text)));
		argument = 0;
		assert_int_equal(admin_match(&line, &id, &argument),
		    commands[i].match);
		if (commands[i].id == ADMIN_COUNT)
			continue;
		assert_int_equal(id, commands[i].id);
		assert_int_equal(argument, commands[i].argument);
	}
}

/* Each command, in full, is itself; and every argument is of a known name. */
static void
every_command_is_itself(void **state)
{
	static const char *const names[] = {
		"HOST", "PORT", "PEER", "USER", "LEVEL",
		"ACCOUNT", "NAME", "PASSWORD", "ROOM"
	};
	const struct admin_command *command;
	struct admin_line line;
	enum admin_id id;
	size_t i, argument, least, most;
	enum admin_match match;
	const char *at;

	(void)state;
	for (i = 0; i < ADMIN_COUNT; i++) {
		command = admin_command((enum admin_id)i);
		assert_int_equal(command->id, i);
		assert_true(strlen(command->help) > 0);
		assert_null(split(&line, command->words,
		    strlen(command->words)));
		admin_arity(command, &least, &most);
		assert_true(least <= most);
		match = admin_match(&line, &id, &argument);
		assert_int_equal(match, least == 0 ? ADMIN_MATCHED :
		    ADMIN_ARGUMENTS);
		assert_int_equal(id, i);
		assert_int_equal(argument, line.count);
		assert_null(split(&line, command->arguments,
		    strlen(command->arguments)));
		assert_int_equal(line.count, most);
		for (argument = 0; argument < line.count; argument++) {
			at = line.words[argument];
			at += *at == '[';
			for (id = 0; id < 9; id++)
				if (strncmp(at, names[id],
				    strlen(names[id])) == 0)
					break;
			assert_true(id < 9 || *at == '-');
		}
	}
}

static void
words_are_counted(void **state)
{
	(void)state;
	assert_int_equal(admin_word_count(""), 0);
	assert_int_equal(admin_word_count("a"), 1);
	assert_int_equal(admin_word_count("HOST [PORT]"), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cut_into_words),
		cmocka_unit_test(odd_lines_are_refused),
		cmocka_unit_test(commands_are_recognised),
		cmocka_unit_test(every_command_is_itself),
		cmocka_unit_test(words_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
