/*
 * Any line: what is sent is a line of the grammar that means the same again,
 * whatever was typed; help and completion survive it too.
 */
#include <stdlib.h>

#include "../../../cli/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static void
check_sent(struct line *line)
{
	struct admin_line words;
	enum admin_id id;
	struct line again;
	size_t argument;

	require(strlen(line->text) < DN_ADMIN_LINE_BYTES_MAX - 1);
	require(strchr(line->text, '\n') == NULL);
	line_read(line->text, strlen(line->text), false, &again);
	require(again.verdict == LINE_SEND && again.id == line->id);
	require(strcmp(again.text, line->text) == 0);
	/* What is asked for comes last; there may be no room for it. */
	if (line->wants_secret && !line_add_secret(line, "a \"word\""))
		return;
	/* dncontrol's own matching has to agree. */
	require(admin_split(&words, line->text, strlen(line->text)) == NULL);
	require(admin_match(&words, &id, &argument) == ADMIN_MATCHED);
	require(id == line->id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[LINE_HELP_BYTES_MAX];
	const char *bytes = (const char *)data;
	struct line_choices choices;
	struct line line;

	line_read(bytes, size, size % 2 == 0, &line);
	if (line.verdict == LINE_SEND)
		check_sent(&line);
	else if (line.verdict == LINE_WRONG)
		require(line.error[0] != '\0');
	else if (line.verdict == LINE_HELP)
		(void)line_help(line.text, text);
	line_complete(bytes, size, &choices);
	require(choices.count <= LINE_CHOICES_MAX);
	return 0;
}
