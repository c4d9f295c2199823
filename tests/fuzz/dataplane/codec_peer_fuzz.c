/*
 * Any bytes, said by a peer, to every codec of frames. What is understood is
 * written for peers again, and must be the same message; in the dnchat protocol the
 * same bytes, save for numbers that were too great.
 */
#include <stdlib.h>

#include "../../../dataplane/codec.h"
#include "../../../dataplane/utf8.h"
#include "../../../dataplane/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

static bool
is_same(const struct dn_msg *a, const struct dn_msg *b)
{
	return a->kind == b->kind && a->reason == b->reason &&
	    a->number == b->number && a->from == b->from && a->to == b->to &&
	    a->hops == b->hops && dn_str_eq(a->name, b->name) &&
	    dn_str_eq(a->description, b->description) &&
	    dn_str_eq(a->secret, b->secret) && dn_str_eq(a->text, b->text);
}

/* Frames 'msg' for 'audience', and returns its payload; the caller releases
 * '*frame'. */
static struct dn_str
payload_of(const struct codec *codec, struct arena *arena,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame)
{
	size_t head, payload = 0;

	if (codec_frame(codec, arena, audience, msg, frame) != DN_OK)
		return (struct dn_str){NULL, 0};
	head = ws_get_head(frame_data(frame), frame->size, &payload);
	require(head > 0 && head + payload == frame->size);
	return (struct dn_str){(const char *)frame_data(frame) + head,
	    payload};
}

static void
check(const struct codec *codec, const struct dn_msg *msg, enum dn_err err,
    struct dn_str said)
{
	bool is_capped = msg->hops == UINT32_MAX || msg->number == UINT64_MAX;
	struct frame to_peer, to_client;
	struct dn_str again, told;
	struct arena arena;
	struct dn_msg back;

	arena_init(&arena);
	again = payload_of(codec, &arena, AUDIENCE_PEER, msg, &to_peer);
	told = payload_of(codec, &arena, AUDIENCE_CLIENT, msg, &to_client);
	require(again.size > 0);
	require(codec->decode(AUDIENCE_PEER, again.data, again.size, &back) ==
	    err);
	require(is_same(msg, &back));
	if (codec == &codec_dnchat && !is_capped)
		require(dn_str_eq(said, again));
	require((told.size == 0) == (msg->kind == DN_KIND_SRVR));
	if (utf8_is_valid(said.data, said.size))
		require(utf8_is_valid(told.data, told.size));
	frame_release(&to_peer);
	frame_release(&to_client);
	arena_deinit(&arena);
	require(arena.bytes == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct codec *codec;
	struct dn_msg msg;
	enum dn_err err;
	size_t i;

	for (i = 0; i < codec_count(); i++) {
		codec = codec_at(i);
		if (codec->transport != CODEC_WEBSOCKET)
			continue;
		err = codec->decode(AUDIENCE_PEER, data, size, &msg);
		require(err == DN_OK || err == DN_E_MALFORMED ||
		    err == DN_E_TOO_LONG);
		if (err != DN_E_MALFORMED)
			check(codec, &msg, err,
			    (struct dn_str){(const char *)data, size});
	}
	return 0;
}
