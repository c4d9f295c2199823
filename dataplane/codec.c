/*
 * The table of codecs, and the frame around what they write.
 */
#include "codec.h"

#include "ws.h"

static const struct codec *const codecs[] = {
	&codec_dnchat,
	&codec_channels,
};

/* Room for what a codec puts beside a message's strings. */
#define CODEC_EXTRA_BYTES 256

size_t
codec_count(void)
{
	return sizeof(codecs) / sizeof(codecs[0]);
}

const struct codec *
codec_at(size_t index)
{
	return codecs[index];
}

const struct codec *
codec_find(struct dn_str name)
{
	size_t i;

	for (i = 0; i < codec_count(); i++)
		if (dn_str_eq(name, dn_str_of(codecs[i]->name)))
			return codecs[i];
	return NULL;
}

/* Bytes that 'msg' may need at most, without a head. Lists grow: what is one
 * LF between two names may be ", ". */
static size_t
codec_bytes_max(const struct dn_msg *msg)
{
	size_t text = msg->kind == DN_KIND_REPLY ? 2 : 1;

	return msg->name.size + msg->description.size + msg->secret.size +
	    msg->room.size + msg->author.size + msg->text.size * text +
	    CODEC_EXTRA_BYTES;
}

/* A message whose protocol puts nothing around it. */
static enum dn_err
codec_frame_bare(const struct codec *codec, struct arena *arena,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame)
{
	size_t room = codec_bytes_max(msg);
	unsigned char *start = arena_reserve(arena, room);
	struct dn_wr wr;

	if (start == NULL)
		return DN_E_MEMORY;
	wr = dn_wr_of(start, room);
	codec->encode(audience, msg, &wr);
	if (wr.at == 0 || wr.failed)
		return DN_E_UNKNOWN;
	*frame = arena_commit(arena, wr.at);
	return DN_OK;
}

enum dn_err
codec_frame(const struct codec *codec, struct arena *arena,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame)
{
	size_t room = WS_HEAD_BYTES_MAX + codec_bytes_max(msg);
	size_t head = ws_head_bytes(msg->name.size + msg->description.size +
	    msg->secret.size + msg->text.size);
	unsigned char *start;
	struct dn_wr wr;

	*frame = (struct frame){NULL, 0, 0};
	if (codec->transport == CODEC_TCP)
		return codec_frame_bare(codec, arena, audience, msg, frame);
	start = arena_reserve(arena, room);
	if (start == NULL)
		return DN_E_MEMORY;
	/* Frames must touch one another, so the head can't leave a gap: it is
	 * guessed, and the payload moved in the rare case of a wrong guess. */
	wr = dn_wr_of(start + head, room - WS_HEAD_BYTES_MAX);
	codec->encode(audience, msg, &wr);
	if (wr.at == 0 || wr.failed)
		return DN_E_UNKNOWN;
	if (ws_head_bytes(wr.at) != head) {
		memmove(start + ws_head_bytes(wr.at), start + head, wr.at);
		head = ws_head_bytes(wr.at);
	}
	ws_put_head(start, WS_TEXT, wr.at);
	*frame = arena_commit(arena, head + wr.at);
	return DN_OK;
}
