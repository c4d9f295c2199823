/*
 * A protocol for tests that writes names where dnchat writes numbers, and has
 * dnchat's words otherwise: as a door's, without one.
 */
#ifndef TESTS_DATAPLANE_NAMES_H
#define TESTS_DATAPLANE_NAMES_H

#include "../../../dataplane/codec.h"

static inline bool
names_is_peer(const void *data, size_t size)
{
	return codec_dnchat.is_peer(data, size);
}

static inline enum dn_err
names_decode(enum codec_audience audience, const void *data, size_t size,
    struct dn_msg *msg)
{
	return codec_dnchat.decode(audience, data, size, msg);
}

static inline void
names_put(struct dn_wr *wr, const char *word, struct dn_str str)
{
	dn_wr_bytes(wr, word, strlen(word));
	dn_wr_bytes(wr, str.data, str.size);
}

static inline void
names_encode(enum codec_audience audience, const struct dn_msg *msg,
    struct dn_wr *wr)
{
	if (msg->kind == DN_KIND_OKAY) {
		names_put(wr, "OKAY", (struct dn_str){NULL, 0});
		return;
	}
	if (msg->kind == DN_KIND_SAY) {
		names_put(wr, "SAY ", msg->name);
	} else if (msg->kind == DN_KIND_SEND && msg->room.size > 0) {
		names_put(wr, "RECV ", msg->author);
		if (audience == AUDIENCE_PEER)
			names_put(wr, " to ", msg->name);
	} else {
		return;
	}
	names_put(wr, " ", msg->room);
	names_put(wr, " ", msg->text);
}

static const struct codec names = {
	.name = "names",
	.door = IPC_DOOR_CHANNELS,
	.transport = CODEC_WEBSOCKET,
	.wants_names = true,
	.is_peer = names_is_peer,
	.decode = names_decode,
	.encode = names_encode,
};

#endif
