/*
 * Any bytes as a stream of the channels protocol: however they are cut, the
 * lines are the same; what is understood is said again in the same words; and
 * names as words stay what they are. The first two bytes say who speaks, and
 * how to cut.
 */
#include <stdlib.h>

#include "../../../dataplane/codec.h"
#include "../../../dataplane/lines.h"
#include "../../../dataplane/spell.h"
#include "../../../dataplane/utf8.h"

/* So short that the bound is met often. */
#define LINE_BYTES_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* Appends what 'lines' yields to 'wr', each with its kind. */
static void
take(struct lines *lines, struct dn_wr *wr)
{
	enum lines_found found;
	struct dn_str line;

	while ((found = lines_next(lines, LINE_BYTES_MAX, &line)) !=
	    LINES_NONE) {
		require(line.size <= LINE_BYTES_MAX);
		dn_wr_bytes(wr, found == LINES_LONG ? "L" : "W", 1);
		dn_wr_str(wr, line);
	}
}

/* All lines in 'data', fed in pieces whose sizes 'cut' decides. */
static void
split(const uint8_t *data, size_t size, unsigned cut, struct dn_wr *wr)
{
	struct lines lines = {0};
	size_t at = 0, piece;

	while (at < size) {
		piece = 1 + (at * 31 + cut) % (cut + 1);
		piece = piece < size - at ? piece : size - at;
		require(lines_feed(&lines, data + at, piece) == DN_OK);
		at += piece;
		/* Lines may wait for others, or be taken as they come. */
		if (cut % 3 != 0)
			take(&lines, wr);
	}
	take(&lines, wr);
	require(lines_end(&lines) == DN_OK);
	take(&lines, wr);
	require(lines_bytes(&lines) == 0);
	lines_deinit(&lines);
}

/* A name is the same name once it has been a word. */
static void
check_word(struct dn_str word)
{
	unsigned char bytes[LINE_BYTES_MAX * 5];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct dn_str name, again;

	if (word.size == 0)
		return;
	require(memchr(word.data, ' ', word.size) == NULL);
	if (!spell_read(&wr, word, &name))
		return;
	again = spell_name(&wr, name, ":");
	require(!wr.failed && memchr(again.data, ' ', again.size) == NULL);
	require(spell_read(&wr, again, &again) && dn_str_eq(name, again));
}

static void
check_list(struct dn_str words)
{
	unsigned char bytes[LINE_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, words.size);

	spell_read_names(&wr, words);
	require(!wr.failed && utf8_is_valid(bytes, wr.at));
}

/* What a server says, said again, is the same line. */
static void
check_peer(struct dn_msg *msg, struct dn_str line)
{
	struct arena arena;
	struct frame frame;

	arena_init(&arena);
	require(codec_frame(&codec_channels, &arena, AUDIENCE_PEER, msg,
	    &frame) == DN_OK);
	/* An empty list has a blank before it, which need not be there. */
	if (msg->kind != DN_KIND_CALL || msg->text.size > 0 ||
	    msg->verb != DN_VERB_FEDCHANNELS)
		require(frame.size == line.size + 1 &&
		    memcmp(frame_data(&frame), line.data, line.size) == 0);
	require(frame_data(&frame)[frame.size - 1] == '\n');
	frame_release(&frame);
	arena_deinit(&arena);
}

static void
check_line(enum codec_audience audience, struct dn_str line)
{
	struct dn_msg msg;
	enum dn_err err;

	(void)codec_channels.is_peer(line.data, line.size);
	err = codec_channels.decode(audience, line.data, line.size, &msg);
	require(err == DN_OK || err == DN_E_UNKNOWN ||
	    (err == DN_E_REFUSED && audience == AUDIENCE_CLIENT));
	require(err != DN_E_REFUSED || (msg.kind == DN_KIND_REPLY &&
	    !msg.result));
	if (err != DN_OK)
		return;
	check_word(msg.name);
	check_word(msg.room);
	check_word(msg.author);
	check_list(msg.text);
	if (audience == AUDIENCE_PEER)
		check_peer(&msg, line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room = size * 8 + 64;
	unsigned char *whole = malloc(room), *cut = malloc(room);
	struct dn_wr one = dn_wr_of(whole, room);
	struct dn_wr other = dn_wr_of(cut, room);
	enum codec_audience audience;
	struct dn_rd rd;

	require(whole != NULL && cut != NULL);
	if (size >= 2) {
		audience = data[0] % 2 == 0 ? AUDIENCE_CLIENT : AUDIENCE_PEER;
		split(data + 2, size - 2, (unsigned)size, &one);
		split(data + 2, size - 2, data[1], &other);
		require(!one.failed && !other.failed && one.at == other.at &&
		    memcmp(whole, cut, one.at) == 0);
		rd = dn_rd_of(whole, one.at);
		while (rd.at < rd.size)
			if (*dn_rd_take(&rd, 1) == 'W')
				check_line(audience, dn_rd_str(&rd));
			else
				(void)dn_rd_str(&rd);
	}
	free(whole);
	free(cut);
	return 0;
}
