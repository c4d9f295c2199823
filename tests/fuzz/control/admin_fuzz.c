/*
 * Any line, cut into words and looked up. The words are no longer than the
 * line; and a line made of them anew, each in quotes, is cut the same.
 */
#include <stdlib.h>
#include <string.h>

#include "dnchat/admin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* Writes the words of 'line' to 'text', quoted; returns its size. */
static size_t
quote(const struct admin_line *line, char *text)
{
	const char *at;
	size_t size = 0, i;

	for (i = 0; i < line->count; i++) {
		text[size++] = ' ';
		text[size++] = '\'';
		text[size++] = '\'';
		for (at = line->words[i]; *at != '\0'; at++) {
			text[size++] = '\\';
			text[size++] = *at;
		}
	}
	return size;
}

static void
match(const struct admin_line *line)
{
	size_t argument, least, most;
	enum admin_match result;
	enum admin_id id;

	result = admin_match(line, &id, &argument);
	if (result != ADMIN_MATCHED)
		return;
	require(id < ADMIN_COUNT && argument <= line->count);
	admin_arity(admin_command(id), &least, &most);
	require(line->count - argument >= least);
	require(line->count - argument <= most);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct admin_line line, again;
	static char text[4 * DN_ADMIN_LINE_BYTES_MAX];
	size_t i, room = 0;

	if (admin_split(&line, (const char *)data, size) != NULL)
		return 0;
	require(line.count <= ADMIN_WORDS_MAX);
	for (i = 0; i < line.count; i++)
		room += strlen(line.words[i]) + 1;
	require(room <= size + 1);
	if (line.count == 0)
		return 0;
	match(&line);
	room = quote(&line, text);
	if (room >= DN_ADMIN_LINE_BYTES_MAX)
		return 0;
	require(admin_split(&again, text, room) == NULL);
	require(again.count == line.count);
	for (i = 0; i < line.count; i++)
		require(strcmp(again.words[i], line.words[i]) == 0);
	return 0;
}
