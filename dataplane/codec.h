/*
 * The table of wire protocols: bytes <-> the one message of msg.h. A codec
 * keeps nothing from one message to the next and knows no connection, table
 * or clock. Between conn.c, which decodes, and forward.c, which encodes.
 */
#ifndef DATAPLANE_CODEC_H
#define DATAPLANE_CODEC_H

#include "dnchat/ipc.h"
#include "dnchat/msg.h"
#include "frame.h"

/* Who is at the other end. It decides what they may say, and how we put it. */
enum codec_audience {
	AUDIENCE_CLIENT,
	AUDIENCE_PEER,
	AUDIENCE_COUNT
};

enum codec_transport {
	CODEC_WEBSOCKET, /* messages in frames; PING and PONG */
	CODEC_TCP        /* lines; silence is no sign of anything */
};

struct codec {
	/* As in --listen NAME:PORT. */
	const char *name;
	enum ipc_door door;
	enum codec_transport transport;
	uint16_t port; /* where none is given */
	/* Clients are told of users who come and go, and get a list of all. */
	bool has_lists;
	/*
	 * Where a SEND goes its names are written: whoever encodes one fills
	 * in 'room', 'author' and 'name', and leaves 'room' empty where it is
	 * no room's. Such a protocol has no numbers of messages, nor receipts.
	 * For the codec all names are words, as those that it reads
	 * (spell.h); a list is as it stands in the line, but in a REPLY it
	 * has a word a line.
	 */
	bool wants_names;
	/* True if the first message of a connection that we accepted says that
	 * the other end is a server; nothing says that it is well-formed. */
	bool (*is_peer)(const void *data, size_t size);
	/*
	 * Reads the message in 'size' bytes at 'data', which are UTF-8 where
	 * the protocol is text, said by an 'audience'. '*msg' has all its
	 * members set, those that its kind doesn't have to 0 or empty; its
	 * strings point into 'data'. Whether the message is legal at this
	 * time, and whether our own users' limits hold, is not asked here.
	 * Errors: DN_E_MALFORMED ('*msg' is all zero); DN_E_TOO_LONG (peers
	 * only: well-formed and all filled in, but a name, description or
	 * text is over its limit for peers: to be dropped and counted). Lines
	 * only: DN_E_UNKNOWN (nothing of the protocol, to be ignored),
	 * DN_E_REFUSED (a client's, whose answer is '*msg', a REPLY).
	 */
	enum dn_err (*decode)(enum codec_audience audience, const void *data,
	    size_t size, struct dn_msg *msg);
	/*
	 * Writes 'msg' to 'wr' as an 'audience' is to read it: SEND and ACKN
	 * to clients without 'to', ARRV to clients without 'hops'. Writes
	 * nothing where the protocol has no words for it.
	 */
	void (*encode)(enum codec_audience audience, const struct dn_msg *msg,
	    struct dn_wr *wr);
};

/* Every codec, in their own files. */
extern const struct codec codec_dnchat;
extern const struct codec codec_channels;

/* How many codecs there are. */
size_t codec_count(void);

/* The codec number 'index', below codec_count(). */
const struct codec *codec_at(size_t index);

/* The codec called 'name', or NULL. */
const struct codec *codec_find(struct dn_str name);

/*
 * Encodes 'msg' for 'audience' in a frame of its transport, unmasked, ready
 * to be queued for any number of connections. The caller owns '*frame'.
 * Errors: DN_E_UNKNOWN (no words for it), DN_E_MEMORY; '*frame' is then empty.
 */
enum dn_err codec_frame(const struct codec *codec, struct arena *arena,
    enum codec_audience audience, const struct dn_msg *msg,
    struct frame *frame);

#endif
