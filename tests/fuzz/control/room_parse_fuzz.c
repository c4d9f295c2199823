/* Any text that begins with a slash: it is taken apart, or refused, and what
 * comes out is within its bounds and within the text. */
#include <stdlib.h>
#include <string.h>

#include "../../../control/room_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static void
check_call(const struct room_call *call, enum room_taker taker,
    struct dn_str text)
{
	require(call->word < ROOM_WORD_COUNT);
	require(room_word_row(call->word)->taker & taker);
	require(call->count <= ROOM_HISTORY_LINES_MAX);
	require(call->from <= INT64_MAX);
	require(call->from == 0 || call->count > 0);
	require((call->name.size > 0) == (call->word == ROOM_WORD_CREATE));
	if (call->name.size > 0) {
		require(call->name.data > text.data);
		require(call->name.data + call->name.size <=
		    text.data + text.size);
		require(call->name.data[0] != ' ');
		require(call->name.data[call->name.size - 1] != ' ');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum room_taker taker = size > 0 && data[0] % 2 == 0 ?
	    ROOM_TAKER_ROOM : ROOM_TAKER_SERVICE;
	struct room_call call;
	struct dn_str text;
	char *bytes;

	if (size < 1)
		return 0;
	/* A copy of its own, so that nothing beyond it is read. */
	bytes = malloc(size);
	require(bytes != NULL);
	memcpy(bytes, data, size);
	bytes[0] = '/';
	text = (struct dn_str){bytes, size};
	if (room_parse(&call, taker, text) == DN_OK)
		check_call(&call, taker, text);
	free(bytes);
	return 0;
}
