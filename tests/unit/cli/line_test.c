/*
 * line.c: matching, sentences, completion, help, quoting.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../../cli/line.h"

static struct line
read_line(const char *text, bool in_shell)
{
	struct line line;

	line_read(text, strlen(text), in_shell, &line);
	return line;
}

static void
sends(const char *text, const char *canonical)
{
	struct line line = read_line(text, false);

	if (line.verdict != LINE_SEND)
		fail_msg("%s: %s", text, line.error);
	assert_string_equal(line.text, canonical);
}

static void
refuses(const char *text, const char *error, const char *hint)
{
	struct line line = read_line(text, false);

	if (line.verdict != LINE_WRONG)
		fail_msg("%s is accepted", text);
	if (strstr(line.error, error) == NULL ||
	    strstr(line.hint, hint) == NULL)
		fail_msg("%s: %s (%s)", text, line.error, line.hint);
}

static void
test_commands_in_full_and_shortened(void **state)
{
	(void)state;
	sends("connect 127.0.0.1 42015", "connect 127.0.0.1 42015");
	sends("  connect\thost.example \r", "connect host.example");
	sends("c h", "connect h");
	sends("sh us", "show users");
	sends("show route 7", "show route 7");
	sends("show r 7", "show route 7");
	sends("show routes", "show routes");
	sends("map", "map");
	sends("map --dot", "map --dot");
	sends("shut", "shutdown");
	sends("re", "restart");
	sends("ro l", "room list");
	sends("room create 'a b'", "room create a\\ b");
	sends("e", "exit");
	sends("exit", "exit");
	sends("k 'a b'", "kick a\\ b");
	sends("kick \"\"", "kick \"\"");
	sends("kick 'it''s'", "kick its");
	sends("kick \"a'b\\\\\"", "kick a\\'b\\\\");
	sends("kick '#1'", "kick \\#1");
}

/* Every command, in full, is itself. */
static void
test_every_row(void **state)
{
	const struct admin_command *row;
	char text[128];
	unsigned i;

	(void)state;
	for (i = 0; i < ADMIN_COUNT; i++) {
		struct line line;
		size_t least, most, at;

		row = admin_command((enum admin_id)i);
		admin_arity(row, &least, &most);
		at = (size_t)snprintf(text, sizeof(text), "%s", row->words);
		if (strstr(row->arguments, "PASSWORD") != NULL)
			least--;
		while (least-- > 0)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    i == ADMIN_LOG ? " info" : " x");
		line = read_line(text, false);
		assert_int_equal(line.verdict, LINE_SEND);
		assert_int_equal(line.id, i);
		assert_string_equal(line.text, text);
	}
}

/* A password comes from elsewhere, and stands last in what is sent. */
static void
test_passwords_are_no_part_of_a_line(void **state)
{
	char secret[DN_SECRET_BYTES_MAX + 1];
	struct line line;

	(void)state;
	line = read_line("account password 'a b'", false);
	assert_int_equal(line.verdict, LINE_SEND);
	assert_true(line.wants_secret);
	assert_true(line_add_secret(&line, "it's # mine"));
	assert_string_equal(line.text,
	    "account password a\\ b it\\'s\\ #\\ mine");
	refuses("account add ann secret", "password does not belong",
	    "leave it out");
	refuses("account add", "takes NAME PASSWORD", "account add");
	line = read_line("account lock ann", false);
	assert_false(line.wants_secret);
	/* The longest there can be fits, a line break does not. */
	line = read_line("account add ann", false);
	memset(secret, '"', sizeof(secret) - 1);
	secret[sizeof(secret) - 1] = '\0';
	assert_true(line_add_secret(&line, secret));
	line = read_line("account add ann", false);
	assert_false(line_add_secret(&line, "two\nlines"));
}

/* `s` must not shut a server down because `show users` is longer. */
static void
test_a_beginning_of_longer_commands_is_ambiguous(void **state)
{
	(void)state;
	refuses("s", "several", "`shutdown`");
	refuses("sh", "several", "`show users`");
	refuses("show r", "several", "`show routes`");
	refuses("\"\"", "several", "`connect`");
	refuses("show", "not a whole command", "`show status`");
}

static void
test_sentences(void **state)
{
	(void)state;
	refuses("conect host", "no command `conect host`", "`connect`?");
	refuses("shwo users", "no command", "`show users`?");
	refuses("show usres", "no command", "`show users`?");
	refuses("peers", "no command", "`show peers`?");
	refuses("hlep", "no command", "`help`?");
	refuses("zzzzzzzz", "no command", "`help` lists");
	refuses("connect", "`connect` takes HOST [PORT]", "link to another");
	refuses("connect a b c", "`connect` takes HOST [PORT]", "");
	refuses("show users x", "takes no arguments", "");
	refuses("map --dto", "`map` takes [--dot]", "");
	refuses("log loud", "`log` takes LEVEL", "debug");
	refuses("kick 'a", "a quote is not closed", "");
	refuses("quit now", "`quit` takes no arguments", "");
	refuses("a b c d e f g h i", "too many words", "");
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_int_equal(read_line("", false).verdict, LINE_EMPTY);
	assert_int_equal(read_line(" \t ", false).verdict, LINE_EMPTY);
	assert_int_equal(read_line("# kick 7", false).verdict, LINE_EMPTY);
}

static void
test_own_words(void **state)
{
	struct line line;

	(void)state;
	assert_int_equal(read_line("quit", false).verdict, LINE_QUIT);
	assert_int_equal(read_line("q", true).verdict, LINE_QUIT);
	assert_int_equal(read_line("exit", true).verdict, LINE_QUIT);
	assert_int_equal(read_line("exit", false).verdict, LINE_SEND);
	assert_int_equal(read_line("shutdown", true).verdict, LINE_SEND);
	assert_int_equal(read_line("?", true).verdict, LINE_HELP);
	line = read_line("help show  route", true);
	assert_int_equal(line.verdict, LINE_HELP);
	assert_string_equal(line.text, "show route");
}

static void
test_bounds(void **state)
{
	char text[DN_ADMIN_LINE_BYTES_MAX + 8];
	struct line line;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "kick ", 5);
	line_read(text, DN_ADMIN_LINE_BYTES_MAX, false, &line);
	assert_int_equal(line.verdict, LINE_WRONG);
	assert_non_null(strstr(line.error, "too long"));
	/* It fits as it was typed, but not with the command in full. */
	memcpy(text, "d xxx", 5);
	line_read(text, DN_ADMIN_LINE_BYTES_MAX - 4, false, &line);
	assert_int_equal(line.verdict, LINE_WRONG);
	line_read(text, DN_ADMIN_LINE_BYTES_MAX - 16, false, &line);
	assert_int_equal(line.verdict, LINE_SEND);
	assert_true(strlen(line.text) < DN_ADMIN_LINE_BYTES_MAX - 1);
	line_read("kick a\0b", 8, false, &line);
	assert_int_equal(line.verdict, LINE_WRONG);
}

static void
test_words_of_argv(void **state)
{
	const char *const one[] = {"show users"};
	const char *const blank[] = {"kick", "a b"};
	const char *const broken[] = {"kick", "a\nb"};
	const char *const many[] = {"a", "b", "c", "d", "e", "f", "g", "h",
	    "i"};
	struct line line;

	(void)state;
	line_read_words(one, 1, &line);
	assert_int_equal(line.verdict, LINE_SEND);
	assert_string_equal(line.text, "show users");
	line_read_words(blank, 2, &line);
	assert_int_equal(line.verdict, LINE_SEND);
	assert_string_equal(line.text, "kick a\\ b");
	line_read_words(broken, 2, &line);
	assert_int_equal(line.verdict, LINE_WRONG);
	line_read_words(many, 9, &line);
	assert_int_equal(line.verdict, LINE_WRONG);
	assert_string_equal(line.error, "too many words");
}

static bool
offers(const char *before, const char *word)
{
	struct line_choices choices;
	size_t i;

	line_complete(before, strlen(before), &choices);
	for (i = 0; i < choices.count; i++)
		if (strcmp(choices.words[i], word) == 0)
			return true;
	return false;
}

static void
test_completion(void **state)
{
	struct line_choices choices;

	(void)state;
	assert_true(offers("", "show") && offers("", "help"));
	assert_false(offers("", "users"));
	assert_true(offers("show ", "users") && offers("sh ", "routes"));
	assert_false(offers("show ", "show"));
	assert_true(offers("log ", "debug"));
	assert_true(offers("map ", "--dot"));
	assert_false(offers("map --dot ", "--dot"));
	assert_true(offers("help ", "show") && offers("? show ", "users"));
	assert_false(offers("help map ", "--dot"));
	assert_false(offers("kick 'open ", "show"));
	line_complete("show route ", 11, &choices);
	assert_true(choices.is_user && !choices.is_peer);
	line_complete("disconnect ", 11, &choices);
	assert_true(choices.is_peer && !choices.is_user);
	line_complete("kick 7 ", 7, &choices);
	assert_false(choices.is_user);
}

static void
test_help(void **state)
{
	char text[LINE_HELP_BYTES_MAX];
	size_t cursor = 0, count = 0;

	(void)state;
	assert_true(line_help("", text));
	assert_non_null(strstr(text, "connect HOST [PORT]"));
	assert_non_null(strstr(text, "quit"));
	assert_true(strlen(text) < LINE_HELP_BYTES_MAX - 1);
	assert_true(line_help("show r", text));
	assert_non_null(strstr(text, "show route USER"));
	assert_null(strstr(text, "show users"));
	assert_false(line_help("nonsense", text));
	assert_false(line_help("'", text));
	while (line_help_next("show", &cursor) != NULL)
		count++;
	assert_true(count >= 5);
}

static void
test_literals(void **state)
{
	(void)state;
	assert_true(line_is_literal("--dot"));
	assert_false(line_is_literal("--json"));
	assert_false(line_is_literal("HOST"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_in_full_and_shortened),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_passwords_are_no_part_of_a_line),
		cmocka_unit_test(
		    test_a_beginning_of_longer_commands_is_ambiguous),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_own_words),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_words_of_argv),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_literals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
