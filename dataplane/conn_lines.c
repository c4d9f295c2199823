/*
 * What is received as lines, for protocols without frames. Where such a line
 * makes no sense the protocol has an answer, or it is ignored: the connection
 * stays. Between the shell, which reads, and conn_call.c and door.c, which
 * do what lines say.
 */
#include "conn.h"

#include "door.h"
#include "plane.h"
#include "spell.h"
#include "utf8.h"

/* A gap that we notice so much too late may not have been one: we did not
 * read meanwhile. */
#define CONN_GAP_LATE_MSEC (2 * WHEEL_TICK_MSEC)

typedef void conn_line_handler(struct conn *conn, const struct dn_msg *msg);

static void
conn_line_login(struct conn *conn, const struct dn_msg *msg)
{
	static const struct dn_msg fail = {.kind = DN_KIND_FAIL};
	unsigned char bytes[SPELL_BYTES(DN_NAME_BYTES_MAX)];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct dn_msg auth = *msg;

	if (conn->state == CONN_STRANGER && !conn_is_crowded(conn->plane) &&
	    msg->secret.size <= DN_SECRET_BYTES_MAX &&
	    spell_read(&wr, msg->name, &auth.name))
		conn_ask(conn, &auth);
	else
		conn_say(conn, &fail);
}

static void
conn_line_offer(struct conn *conn, const struct dn_msg *msg)
{
	conn_offer(conn, msg->number);
}

/* Who may say what: the rest is ignored. */
static conn_line_handler *const conn_line_handlers[][DN_KIND_COUNT] = {
	[CONN_STRANGER] = {
		[DN_KIND_AUTH] = conn_line_login,
		[DN_KIND_CALL] = conn_call,
		[DN_KIND_SAY] = door_say,
		[DN_KIND_SRVR] = conn_line_offer,
	},
	[CONN_CLIENT] = {
		[DN_KIND_AUTH] = conn_line_login,
		[DN_KIND_CALL] = conn_call,
		[DN_KIND_SAY] = door_say,
	},
	[CONN_LINK] = {
		[DN_KIND_CALL] = conn_call,
		[DN_KIND_SAY] = door_fedsay,
		[DN_KIND_RECV] = door_fedrecv,
	},
	[CONN_CLOSING] = {NULL},
};

static enum codec_audience
conn_line_audience(const struct conn *conn, struct dn_str line)
{
	bool is_peer = conn->state == CONN_LINK ||
	    (conn->state == CONN_STRANGER && !conn->is_client &&
	    conn->codec->is_peer(line.data, line.size));

	return is_peer ? AUDIENCE_PEER : AUDIENCE_CLIENT;
}

/* A line that can't be read whole: its first word tells a client's answer. */
static void
conn_line_refuse(struct conn *conn, struct dn_str line)
{
	const char *blank = line.size > 0 ?
	    memchr(line.data, ' ', line.size) : NULL;
	struct dn_msg msg;

	if (conn->state == CONN_LINK || blank == NULL)
		return;
	if (conn->codec->decode(AUDIENCE_CLIENT, line.data,
	    (size_t)(blank - line.data), &msg) == DN_E_REFUSED)
		conn_say(conn, &msg);
}

static void
conn_line(struct conn *conn, struct dn_str line)
{
	enum codec_audience audience = conn_line_audience(conn, line);
	conn_line_handler *handler;
	struct dn_msg msg;
	enum dn_err err;

	if (!utf8_is_valid(line.data, line.size)) {
		conn_line_refuse(conn, line);
		return;
	}
	err = conn->codec->decode(audience, line.data, line.size, &msg);
	if (err != DN_OK && err != DN_E_REFUSED)
		return;
	if (audience == AUDIENCE_CLIENT)
		conn->is_client = true;
	handler = conn_line_handlers[conn->state][msg.kind];
	if (err == DN_E_REFUSED)
		conn_say(conn, &msg);
	else if (handler != NULL)
		handler(conn, &msg);
}

bool
conn_has_lines(const struct conn *conn)
{
	return conn->lines != NULL && conn->state != CONN_CLOSING &&
	    (lines_bytes(conn->lines) > 0 || conn->is_over);
}

/* Handles the next line; false if there is none. */
static bool
conn_next_line(struct conn *conn)
{
	size_t most = conn->state == CONN_LINK ? DN_LINE_PEER_BYTES_MAX :
	    DN_LINE_CLIENT_BYTES_MAX;
	struct dn_str line;

	switch (lines_next(conn->lines, most, &line)) {
	case LINES_NONE:
		return false;
	case LINES_WHOLE:
		conn_line(conn, line);
		break;
	case LINES_LONG:
		conn->plane->counters[IPC_COUNTER_long_dropped]++;
		conn_line_refuse(conn, line);
		break;
	}
	conn->plane->counters[IPC_COUNTER_messages_in]++;
	conn_take_turn(conn);
	return true;
}

void
conn_lines(struct conn *conn)
{
	while (conn_has_lines(conn) && conn->paused == 0)
		if (!conn_next_line(conn))
			break;
	if (!conn_has_lines(conn) || conn->paused != 0)
		return;
	if (conn->is_over)
		conn_close(conn, WS_CLOSE_NORMAL, "closed by the other end");
}

/* ---- what has no end ---- */

static void
conn_gap_begin(struct conn *conn)
{
	bool had = conn->gap_msec != 0;

	conn->gap_msec = !conn->lines->has_lf &&
	    conn->state != CONN_CLOSING && lines_is_open(conn->lines) ?
	    conn->plane->now_msec + DN_LINE_GAP_MSEC : 0;
	conn->is_late = false;
	if (had || conn->gap_msec != 0)
		conn_schedule(conn);
}

void
conn_lines_tick(struct conn *conn)
{
	uint64_t now_msec = conn->plane->now_msec;

	if (now_msec < conn->gap_msec)
		return;
	if (now_msec > conn->gap_msec + CONN_GAP_LATE_MSEC &&
	    !conn->is_late) {
		conn->is_late = true;
		conn->gap_msec = now_msec + DN_LINE_GAP_MSEC;
		return;
	}
	conn->gap_msec = 0;
	if (lines_end(conn->lines) != DN_OK)
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
	conn_lines(conn);
}

/* ---- for the shell ---- */

void
conn_stream(struct conn *conn, const void *data, size_t size)
{
	conn_heard(conn);
	if (conn->state == CONN_CLOSING)
		return;
	if (lines_feed(conn->lines, data, size) != DN_OK) {
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	conn_lines(conn);
	conn_gap_begin(conn);
	conn_attend(conn);
}

void
conn_stream_end(struct conn *conn)
{
	if (conn->state == CONN_CLOSING)
		return;
	conn->is_over = true;
	conn->gap_msec = 0;
	if (lines_end(conn->lines) != DN_OK)
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
	conn_lines(conn);
}
