/*
 * What is received as WebSocket frames: pieces of messages for conn_input.c,
 * and control frames. Between the shell, which reads, and the rest of the
 * connection.
 */
#include "conn.h"

#include <stdlib.h>
#include <string.h>

#include "plane.h"
#include "utf8.h"

/* What came makes no sense as frames. RFC 6455, 7.1.7: say why, and end. */
static void
conn_unframed(struct conn *conn, enum ws_close code, const char *why)
{
	if (conn->state == CONN_CLOSING)
		return;
	conn_complain(conn, why);
	conn_cut(conn, code, why);
}

/* The other end closes; it gets its own code back, and that was it. */
static void
conn_take_close(struct conn *conn, const unsigned char *data, size_t size)
{
	struct dn_str why = {(const char *)data, size};
	uint16_t code = WS_CLOSE_NORMAL;

	conn->is_over = true;
	if (conn->is_ending) {
		conn->plane->ops->kill(conn->plane, conn);
		return;
	}
	if (size >= 2) {
		code = (uint16_t)ws_get_big_endian(data, 2);
		why.data += 2;
		why.size -= 2;
	}
	if (size == 1 || !ws_is_close_code(code))
		conn_unframed(conn, WS_CLOSE_PROTOCOL, "a bad close frame");
	else if (!utf8_is_valid(why.data, why.size))
		conn_unframed(conn, WS_CLOSE_UTF8, "not UTF-8");
	else
		conn_cut(conn, (enum ws_close)code, "");
}

static void
conn_take_control(struct conn *conn, const struct ws_piece *piece)
{
	switch (piece->opcode) {
	case WS_CLOSE:
		conn_take_close(conn, piece->data, piece->size);
		break;
	case WS_PING:
		/* No sign that we are heard: who answers ours gives that. */
		conn_answer_ping(conn, piece->data, piece->size);
		break;
	case WS_PONG:
		conn_pong(conn, piece->data, piece->size);
		break;
	case WS_TEXT:
	case WS_BINARY:
		break;
	}
	if (conn->state != CONN_CLOSING)
		conn_take_turn(conn);
}

/* Handles what stands whole in the 'size' bytes at 'data', until 'conn' is
 * paused; returns the bytes taken. */
static size_t
conn_take_frames(struct conn *conn, unsigned char *data, size_t size)
{
	struct ws_piece piece;
	size_t at = 0;

	while (conn->paused == 0) {
		/* After CLOSE nothing may come. */
		if (conn->is_over)
			return size;
		at += ws_read(&conn->reader, data + at, size - at, &piece);
		switch (piece.kind) {
		case WS_PIECE_NONE:
			return at;
		case WS_PIECE_DATA:
			conn_receive(conn, piece.data, piece.size,
			    piece.remaining, piece.is_last,
			    piece.is_binary);
			break;
		case WS_PIECE_CONTROL:
			conn_take_control(conn, &piece);
			break;
		case WS_PIECE_BROKEN:
			conn_unframed(conn, WS_CLOSE_PROTOCOL, piece.why);
			break;
		}
	}
	return at;
}

/* ---- what waits ---- */

static void
conn_rest_free(struct conn *conn)
{
	explicit_bzero(conn->rest->data, conn->rest->room);
	free(conn->rest);
	conn->rest = NULL;
}

/* Keeps the 'size' bytes at 'data' behind those that wait. */
static void
conn_rest_add(struct conn *conn, const unsigned char *data, size_t size)
{
	size_t used = conn->rest != NULL ? conn->rest->size : 0;
	struct conn_part *rest = malloc(sizeof(*rest) + used + size);

	if (rest == NULL) {
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	rest->size = rest->room = used + size;
	memcpy(rest->data + used, data, size);
	if (conn->rest != NULL) {
		memcpy(rest->data, conn->rest->data, used);
		conn_rest_free(conn);
	}
	conn->rest = rest;
}

void
conn_frames_go_on(struct conn *conn)
{
	struct conn_part *rest = conn->rest;
	size_t taken;

	if (rest == NULL)
		return;
	taken = conn_take_frames(conn, rest->data, rest->size);
	rest->size -= taken;
	memmove(rest->data, rest->data + taken, rest->size);
	if (rest->size == 0)
		conn_rest_free(conn);
}

void
conn_frames(struct conn *conn, unsigned char *data, size_t size)
{
	size_t taken;

	if (conn->rest != NULL) {
		conn_rest_add(conn, data, size);
		conn_frames_go_on(conn);
		return;
	}
	taken = conn_take_frames(conn, data, size);
	if (taken < size)
		conn_rest_add(conn, data + taken, size - taken);
}
