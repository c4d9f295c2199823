/*
 * Any bytes, said by a client, to every codec of frames. What is understood
 * is passed to peers as forward.c would, and must be the same message there.
 * In the dnchat protocol there is just one way to say a thing, so what a
 * client said can be told from the message, byte by byte.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../../dataplane/codec.h"
#include "../../../dataplane/utf8.h"
#include "../../../dataplane/ws.h"
#include "dnchat/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* What a client says for 'msg'; returns its size. */
static size_t
say(const struct dn_msg *msg, char *bytes, size_t room)
{
	char dest[24] = "*";
	struct dn_wr wr;
	int head;

	if (msg->to != DN_TO_ALL)
		snprintf(dest, sizeof(dest), "%llu",
		    (unsigned long long)msg->to);
	head = snprintf(bytes, room, "%s %llu", dn_kind_word(msg->kind),
	    (unsigned long long)msg->number);
	wr = dn_wr_of(bytes + head, room - (size_t)head);
	if (msg->kind == DN_KIND_AUTH) {
		dn_wr_bytes(&wr, "\r\n", 2);
		dn_wr_bytes(&wr, msg->name.data, msg->name.size);
		dn_wr_bytes(&wr, "\r\n", 2);
		dn_wr_bytes(&wr, msg->secret.data, msg->secret.size);
	} else if (msg->kind == DN_KIND_SEND) {
		dn_wr_bytes(&wr, "\r\n", 2);
		dn_wr_bytes(&wr, dest, strlen(dest));
		dn_wr_bytes(&wr, "\r\n", 2);
		dn_wr_bytes(&wr, msg->text.data, msg->text.size);
	}
	require(!wr.failed);
	return (size_t)head + wr.at;
}

/* 'msg' goes to peers, and is read by them. */
static void
pass_on(const struct codec *codec, struct dn_msg *msg)
{
	size_t head, payload = 0;
	struct arena arena;
	struct frame frame;
	struct dn_msg back;
	enum dn_err err;

	msg->from = DN_NUMBER_MAX;
	if (msg->kind == DN_KIND_ACKN)
		msg->to = 1;
	arena_init(&arena);
	err = codec_frame(codec, &arena, AUDIENCE_PEER, msg, &frame);
	require(err == (msg->kind == DN_KIND_AUTH ? DN_E_UNKNOWN : DN_OK));
	if (err == DN_OK) {
		head = ws_get_head(frame_data(&frame), frame.size, &payload);
		require(head > 0 && head + payload == frame.size);
		err = codec->decode(AUDIENCE_PEER, frame_data(&frame) + head,
		    payload, &back);
		require(err == DN_OK || (err == DN_E_TOO_LONG &&
		    msg->text.size > DN_TEXT_PEER_BYTES_MAX));
		require(back.kind == msg->kind &&
		    back.number == msg->number && back.from == msg->from &&
		    back.to == msg->to && dn_str_eq(back.text, msg->text));
	}
	frame_release(&frame);
	arena_deinit(&arena);
	require(arena.bytes == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *again = malloc(size + 64);
	const struct codec *codec;
	struct dn_msg msg;
	enum dn_err err;
	size_t i;

	require(again != NULL);
	for (i = 0; i < codec_count(); i++) {
		codec = codec_at(i);
		if (codec->transport != CODEC_WEBSOCKET)
			continue;
		(void)codec->is_peer(data, size);
		err = codec->decode(AUDIENCE_CLIENT, data, size, &msg);
		if (err != DN_OK) {
			require(err == DN_E_MALFORMED);
			continue;
		}
		require(!utf8_has_control(msg.name, false));
		require(!utf8_has_control(msg.text, true));
		require(msg.number >= 1 && msg.number <= DN_NUMBER_MAX);
		if (codec == &codec_dnchat)
			require(say(&msg, again, size + 64) == size &&
			    memcmp(again, data, size) == 0);
		pass_on(codec, &msg);
	}
	free(again);
	return 0;
}
