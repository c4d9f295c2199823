/*
 * Any bytes as WebSocket frames: whole, and cut up as the first bytes say,
 * they mean the same; and what was not broken could have been written so.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../dataplane/ws_read.h"

#define STORY_BYTES_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read: all payloads, each control frame and message with its end. */
struct story {
	unsigned char *bytes;
	size_t size;
};

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static void
tell(struct story *story, const void *bytes, size_t size)
{
	require(story->size + size <= STORY_BYTES_MAX);
	if (size > 0)
		memcpy(story->bytes + story->size, bytes, size);
	story->size += size;
}

static void
tell_piece(struct story *story, const struct ws_piece *piece)
{
	unsigned char word[2] = {(unsigned char)piece->kind,
	    (unsigned char)piece->opcode};

	if (piece->kind == WS_PIECE_DATA) {
		tell(story, piece->data, piece->size);
		word[1] = piece->is_binary;
		if (piece->is_last)
			tell(story, word, sizeof(word));
		require(!piece->is_last || piece->remaining == 0);
		return;
	}
	tell(story, word, sizeof(word));
	tell(story, piece->data, piece->size);
	if (piece->kind == WS_PIECE_CONTROL)
		require(piece->size <= WS_CONTROL_BYTES_MAX);
	else
		require(piece->why != NULL);
}

/* Reads from the front of 'bytes' what is whole; returns what was taken. */
static size_t
take(struct ws_reader *reader, unsigned char *bytes, size_t size,
    struct story *story)
{
	struct ws_piece piece;
	size_t at = 0, taken;

	for (;;) {
		taken = ws_read(reader, bytes + at, size - at, &piece);
		require(taken <= size - at);
		at += taken;
		if (piece.kind == WS_PIECE_NONE)
			break;
		require(taken > 0);
		tell_piece(story, &piece);
	}
	require(size - at < WS_READ_REST_BYTES_MAX);
	return at;
}

/* Reads 'data' in pieces of 'step' bytes. */
static void
read_all(const uint8_t *data, size_t size, bool is_bare, size_t step,
    struct story *story)
{
	struct ws_reader reader = {.is_bare = is_bare};
	unsigned char *bytes = malloc(size + 1);
	size_t from = 0, to = 0;

	memcpy(bytes, data, size);
	while (to < size) {
		to = size - to > step ? to + step : size;
		from += take(&reader, bytes + from, to - from, story);
	}
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char rooms[2][STORY_BYTES_MAX];
	struct story whole = {rooms[0], 0}, cut = {rooms[1], 0};

	if (size < 1 || size > STORY_BYTES_MAX / 4)
		return 0;
	read_all(data + 1, size - 1, data[0] > 127, size, &whole);
	read_all(data + 1, size - 1, data[0] > 127,
	    (size_t)data[0] % 32 + 1, &cut);
	require(whole.size == cut.size &&
	    memcmp(whole.bytes, cut.bytes, cut.size) == 0);
	return 0;
}
