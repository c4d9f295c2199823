/*
 * Between the two halves of the limit server: limit.c has the sockets and the
 * frames, limit_chat.c the semantics of dnchat.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_CONNS_MAX 16384
#define LIMIT_NUMBER_DIGITS_MAX 19

struct limit_conn {
	int fd;
	bool is_open;    /* upgraded to WebSocket */
	bool is_dirty;   /* stands in the list of those to be flushed */
	bool is_blocked; /* its socket was full; 'out' waits for EPOLLOUT */
	bool is_dead;    /* goes at the end of the turn */
	uint8_t digits_size;
	char digits[LIMIT_NUMBER_DIGITS_MAX];
	uint64_t number; /* of its user; 0 = has not logged in */
	uint64_t name;   /* hash of the user's name */
	uint32_t rank;   /* its place among the users */
	uint32_t arrv_size;
	char *arrv;      /* the frame that announces its user */
	const char *run; /* output of this turn, not yet copied */
	size_t run_size;
	char *out;       /* output that had to be copied */
	size_t out_size;
	size_t out_room;
	char *in;        /* the begin of a frame whose rest is to come */
	size_t in_size;
};

/*
 * Room for a text frame of 'size' bytes, with its header already written;
 * the answer is where the payload goes. '*frame' and '*frame_size' are the
 * whole of it. It lives until the end of the turn; before the next call it has
 * to be queued wherever it shall go.
 */
char *limit_frame(size_t size, const char **frame, size_t *frame_size);

/* Room for 'size' bytes of whole frames; else like limit_frame(). */
char *limit_room(size_t size);

/* Sends 'size' bytes at 'data', which live until the end of the turn. */
void limit_queue(struct limit_conn *conn, const char *data, size_t size);

/* Ends the connection at the end of this turn. */
void limit_drop(struct limit_conn *conn);

/* A text message came. Unknown or malformed ones end the connection. */
void chat_message(struct limit_conn *conn, char *data, size_t size);

/* The connection is about to go: tells the others. */
void chat_gone(struct limit_conn *conn);

#endif
