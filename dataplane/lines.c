/*
 * Lines out of bytes. The buffer grows as needed and is given back when
 * nothing is left in it; no byte is looked at twice for its LF.
 */
#include "lines.h"

#include <stdlib.h>

/* It begins with so much, and doubles; it is kept when empty up to here. */
#define LINES_ROOM_FIRST 256
#define LINES_ROOM_KEPT 4096

/* Nothing waits any more: what was there is wiped. */
static void
lines_reset(struct lines *lines)
{
	if (lines->end > 0)
		explicit_bzero(lines->data, lines->end);
	lines->at = lines->end = lines->seen = 0;
	if (lines->room <= LINES_ROOM_KEPT)
		return;
	free(lines->data);
	lines->data = NULL;
	lines->room = 0;
}

void
lines_deinit(struct lines *lines)
{
	lines_reset(lines);
	free(lines->data);
	memset(lines, 0, sizeof(*lines));
}

static enum dn_err
lines_reserve(struct lines *lines, size_t size)
{
	size_t used = lines->end - lines->at;
	size_t room = lines->room > 0 ? lines->room : LINES_ROOM_FIRST;
	unsigned char *data;

	if (lines->room - lines->end >= size)
		return DN_OK;
	while (room - used < size)
		room *= 2;
	data = malloc(room);
	if (data == NULL)
		return DN_E_MEMORY;
	if (used > 0)
		memcpy(data, lines->data + lines->at, used);
	if (lines->end > 0)
		explicit_bzero(lines->data, lines->end);
	free(lines->data);
	lines->data = data;
	lines->room = room;
	lines->at = 0;
	lines->end = used;
	return DN_OK;
}

enum dn_err
lines_feed(struct lines *lines, const void *data, size_t size)
{
	if (size == 0)
		return DN_OK;
	if (lines_reserve(lines, size) != DN_OK)
		return DN_E_MEMORY;
	memcpy(lines->data + lines->end, data, size);
	lines->end += size;
	if (!lines->has_lf)
		lines->has_lf = memchr(data, '\n', size) != NULL;
	return DN_OK;
}

enum dn_err
lines_end(struct lines *lines)
{
	if (!lines_is_open(lines) && !lines->is_skipping)
		return DN_OK;
	if (lines_reserve(lines, 1) != DN_OK)
		return DN_E_MEMORY;
	lines->data[lines->end++] = '\n';
	return DN_OK;
}

/* Looks for the next LF: true if there is one. '*size' is what stands
 * before it, or all there is. */
static bool
lines_find(struct lines *lines, size_t *size)
{
	const unsigned char *start, *lf;
	size_t waiting = lines_bytes(lines);

	*size = 0;
	if (waiting == 0)
		return false;
	start = lines->data + lines->at;
	lf = memchr(start + lines->seen, '\n', waiting - lines->seen);
	*size = lf != NULL ? (size_t)(lf - start) : waiting;
	lines->seen = lf != NULL ? 0 : waiting;
	return lf != NULL;
}

/* Goes on behind a line that is too long; false if its end has not come. */
static bool
lines_skip(struct lines *lines)
{
	size_t size;
	bool found;

	if (!lines->is_skipping)
		return true;
	found = lines_find(lines, &size);
	lines->is_skipping = !found;
	lines->at += size + found;
	lines->seen = 0;
	return found;
}

enum lines_found
lines_next(struct lines *lines, size_t most, struct dn_str *line)
{
	bool found;
	size_t size;

	if (!lines_skip(lines)) {
		lines_reset(lines);
		return LINES_NONE;
	}
	found = lines_find(lines, &size);
	/* One more than the most may still be the CR of its end. */
	if (!found && size <= most + 1) {
		if (size == 0)
			lines_reset(lines);
		return LINES_NONE;
	}
	*line = (struct dn_str){(const char *)lines->data + lines->at, size};
	lines->at += size + found;
	lines->is_skipping = !found;
	lines->seen = 0;
	if (found && size > 0 && line->data[size - 1] == '\r')
		line->size--;
	if (line->size <= most)
		return LINES_WHOLE;
	line->size = most;
	return LINES_LONG;
}
