/*
 * The log: how values are quoted, what a line looks like, which lines there
 * are at which level. Standard error is a file meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "dnchat/log.h"

DN_LOG_DEFINE;

static const struct {
	struct dn_str str;
	const char *value;
} values[] = {
	{{"plain", 5}, "plain"},
	{{"", 0}, "\"\""},
	{{"a b", 3}, "\"a b\""},
	{{"a=b", 3}, "\"a=b\""},
	{{"a\"b", 3}, "\"a\\x22b\""},
	{{"a\\b", 3}, "\"a\\x5cb\""},
	{{"a\nb", 3}, "\"a\\x0ab\""},
	{{"a\0b", 3}, "\"a\\x00b\""},
	{{"\x7f", 1}, "\"\\x7f\""},
	{{"\x1b[0m", 4}, "\"\\x1b[0m\""},
	{{"J\xc3\xb6rg", 5}, "J\xc3\xb6rg"},
};

static void
values_are_quoted_where_needed(void **state)
{
	struct dn_log_value value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		value = dn_log_str(values[i].str);
		assert_string_equal(value.text, values[i].value);
	}
}

static void
long_values_are_cut(void **state)
{
	static const char fillers[] = {'x', ' ', '\n', '"'};
	struct dn_log_value value;
	char text[1000];
	size_t i, size, length;

	(void)state;
	for (i = 0; i < sizeof(fillers); i++)
		for (size = 0; size < sizeof(text); size++) {
			memset(text, fillers[i], sizeof(text));
			value = dn_log_str((struct dn_str){text, size});
			length = strlen(value.text);
			assert_true(length < DN_LOG_VALUE_MAX);
			if (size >= DN_LOG_VALUE_MAX)
				assert_non_null(strstr(value.text, "..."));
			if (size < 50)
				assert_null(strstr(value.text, "..."));
		}
}

/* However the cut falls, no half of a character stands before the dots. */
static void
cuts_keep_characters_whole(void **state)
{
	struct dn_log_value value;
	char text[1002];
	size_t shift, i;

	(void)state;
	for (shift = 0; shift < 2; shift++) {
		memset(text, 'x', shift);
		for (i = 0; i < 500; i++)
			memcpy(text + shift + 2 * i, "\xc3\xb6", 2);
		value = dn_log_str((struct dn_str){text, shift + 1000});
		i = strlen(value.text);
		assert_string_equal(value.text + i - 5, "\xc3\xb6...");
	}
}

/* What 'write_lines' puts on standard error. */
static size_t
capture(void (*write_lines)(void), char *text, size_t room)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	size_t size;

	assert_non_null(file);
	assert_true(kept >= 0);
	fflush(stderr);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	write_lines();
	fflush(stderr);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	close(kept);
	rewind(file);
	size = fread(text, 1, room - 1, file);
	text[size] = '\0';
	fclose(file);
	return size;
}

static void
write_each_level(void)
{
	dn_error("one", "n=%d", 1);
	dn_warn("two", "n=%d", 2);
	dn_info("three", "n=%d s=%s", 3, dn_log_str(dn_str_of("a b")).text);
	dn_debug("four", "n=%d", 4);
}

static void
level_decides(void **state)
{
	static const char *const wanted[] = {
		"level=error event=one n=1\n",
		"level=warn event=two n=2\n",
		"level=info event=three n=3 s=\"a b\"\n",
		"level=debug event=four n=4\n",
	};
	char text[1000], all[1000] = "";
	unsigned level;

	(void)state;
	for (level = 0; level < DN_LOG_COUNT; level++) {
		dn_log_level = (enum dn_log_level)level;
		capture(write_each_level, text, sizeof(text));
		strcat(all, wanted[level]);
		assert_string_equal(text, all);
	}
	dn_log_level = DN_LOG_INFO;
}

static char filler[5000];
static size_t filler_size;

static void
write_filler(void)
{
	dn_error("long", "%.*s", (int)filler_size, filler);
}

static void
long_lines_are_cut_and_ended(void **state)
{
	char text[6000];
	size_t size;

	(void)state;
	memset(filler, 'x', sizeof(filler));
	for (filler_size = 2000; filler_size < 2050; filler_size++) {
		size = capture(write_filler, text, sizeof(text));
		assert_true(size <= 2048);
		assert_int_equal(text[size - 1], '\n');
		assert_int_equal(strlen(text), size);
		assert_int_equal(text[size - 2], 'x');
	}
}

static void
levels_are_words(void **state)
{
	unsigned level;

	(void)state;
	for (level = 0; level < DN_LOG_COUNT; level++)
		assert_int_equal(dn_log_parse(dn_str_of(dn_log_word(
		    (enum dn_log_level)level))), level);
	assert_int_equal(dn_log_parse(dn_str_of("loud")), DN_LOG_COUNT);
	assert_int_equal(dn_log_parse(dn_str_of("")), DN_LOG_COUNT);
	assert_string_equal(dn_log_word((enum dn_log_level)DN_LOG_COUNT),
	    "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_quoted_where_needed),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(cuts_keep_characters_whole),
		cmocka_unit_test(level_decides),
		cmocka_unit_test(long_lines_are_cut_and_ended),
		cmocka_unit_test(levels_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
