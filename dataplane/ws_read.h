/*
 * Reading WebSocket frames (RFC 6455, section 5): bytes in, pieces of messages
 * and whole control frames out. The other end masks all that it sends if it
 * dialled us, and nothing if we dialled it. What the RFC forbids is told from
 * what is not here yet by the first byte that shows it. Below conn_frames.c.
 */
#ifndef DATAPLANE_WS_READ_H
#define DATAPLANE_WS_READ_H

#include <stdbool.h>

#include "ws.h"

/* The longest control frame; no more than this is ever left to be given
 * again. */
#define WS_READ_REST_BYTES_MAX (2 + WS_KEY_BYTES + WS_CONTROL_BYTES_MAX)

/* Where in the stream of frames the reader is. All zero, but for is_bare: at
 * its start. */
struct ws_reader {
	uint64_t remaining;          /* bytes of the data frame to come */
	unsigned char key[WS_KEY_BYTES]; /* the next byte's first */
	bool is_bare : 1;            /* nothing is masked */
	bool in_frame : 1;           /* its head has been read, not its end */
	bool is_final : 1;           /* that frame ends its message */
	bool in_message : 1;         /* more frames of one must follow */
	bool is_binary : 1;          /* that message */
	bool is_broken : 1;          /* nothing makes sense any more */
};

enum ws_piece_kind {
	WS_PIECE_NONE,    /* nothing whole is there yet */
	WS_PIECE_DATA,    /* some bytes of a message, perhaps none */
	WS_PIECE_CONTROL, /* a whole CLOSE, PING or PONG */
	WS_PIECE_BROKEN   /* no frame: nothing after it can be read */
};

struct ws_piece {
	enum ws_piece_kind kind;
	enum ws_opcode opcode; /* CONTROL */
	unsigned char *data;   /* DATA, CONTROL: in the caller's bytes */
	size_t size;
	uint64_t remaining;    /* DATA: bytes of its frame that are to come */
	bool is_last;          /* DATA: the message ends with this piece */
	bool is_binary;        /* DATA */
	const char *why;       /* BROKEN */
};

/*
 * Reads one piece from the front of 'size' bytes at 'data', where its payload
 * is unmasked in place. Returns the bytes it took; with WS_PIECE_NONE that is
 * 0, and the same bytes must be given again with those that follow. Once
 * broken, all is taken and nothing is found.
 */
size_t ws_read(struct ws_reader *reader, unsigned char *data, size_t size,
    struct ws_piece *piece);

/* True if a close frame may carry 'code' (RFC 6455, 7.4; IANA's registry). */
bool ws_is_close_code(uint16_t code);

#endif
