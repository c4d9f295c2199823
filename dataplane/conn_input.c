/*
 * What is received: pieces become messages, messages are decoded and handled
 * by who sent them. SEND and ACKN go by the table; AUTH, SRVR, ARRV and LEFT
 * go up to dncontrol.
 */
#include "conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dnchat/log.h"
#include "plane.h"
#include "utf8.h"

/* A message in pieces begins with so much room, and doubles. */
#define CONN_PART_BYTES_FIRST 512

/* What a handler makes of a message of 'conn'. */
typedef void conn_handler(struct conn *conn, const struct dn_msg *msg);

/* ---- strangers ---- */

static void
conn_stranger_srvr(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;

	/* Before the first CONFIG nobody knows: dncontrol decides later. */
	if (msg->number != 0 && plane->configured &&
	    (plane->config & IPC_CONFIG_SRVR_ANY) == 0) {
		conn_invalid(conn, WS_CLOSE_PROTOCOL,
		    "SRVR with a number that is not 0");
		return;
	}
	conn_offer(conn, msg->number);
}

/* ---- clients ---- */

static void
conn_fail(struct conn *conn, uint64_t number, enum dn_reason reason)
{
	struct dn_msg fail = {.kind = DN_KIND_FAIL, .number = number,
	    .reason = reason};

	conn_say(conn, &fail);
}

static void
conn_client_send(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;
	struct dn_msg okay = {.kind = DN_KIND_OKAY, .number = msg->number};
	struct forward forward = plane_forward(plane);
	struct forward_verdict verdict = forward_send(&forward, msg);

	if (verdict.action == FORWARD_FAIL) {
		conn_fail(conn, msg->number, verdict.reason);
		return;
	}
	plane->counters[IPC_COUNTER_sends_local]++;
	/* Ahead of all that follows from it. */
	conn_say(conn, &okay);
	if (verdict.action == FORWARD_ONE)
		plane_deliver(plane, verdict.entry, msg);
	else
		plane_flood(plane, msg, NULL);
}

static void
conn_client_ackn(struct conn *conn, const struct dn_msg *msg)
{
	struct plane *plane = conn->plane;
	struct msgtable_acker acker = {conn->user, conn->since,
	    IPC_CONN_SLOT(conn->id)};
	struct forward forward = plane_forward(plane);
	struct forward_verdict verdict;
	struct dn_msg ackn = {.kind = DN_KIND_ACKN, .number = msg->number,
	    .from = msg->from};

	verdict = forward_ackn(&forward, msg->number, &acker);
	if (verdict.action == FORWARD_FAIL) {
		conn_fail(conn, msg->number, verdict.reason);
		return;
	}
	plane->counters[IPC_COUNTER_acks]++;
	if (verdict.action == FORWARD_DROP)
		plane->counters[verdict.counter]++;
	if (verdict.action != FORWARD_ONE)
		return;
	ackn.to = verdict.author;
	plane_deliver(plane, verdict.entry, &ackn);
}

/* ---- links ---- */

static void
conn_link_arrv(struct conn *conn, const struct dn_msg *msg)
{
	struct ipc_arrv body = {conn->id, msg->number, msg->hops, msg->name,
	    msg->description};

	PLANE_PUT(conn->plane, conn, arrv, &body);
}

static void
conn_link_left(struct conn *conn, const struct dn_msg *msg)
{
	struct ipc_left body = {conn->id, msg->number};

	PLANE_PUT(conn->plane, conn, left, &body);
}

static void
conn_link_pass(struct conn *conn, const struct dn_msg *msg)
{
	plane_transit(conn->plane, conn->id, msg);
}

static void
conn_link_invd(struct conn *conn, const struct dn_msg *msg)
{
	(void)msg;
	dn_warn("peer_says_invd", "source=%s", conn->source);
	conn_close(conn, WS_CLOSE_NORMAL, "the peer says INVD");
}

/* ---- messages ---- */

/* Who may say what: what is not here is not legal. */
static conn_handler *const conn_handlers[][DN_KIND_COUNT] = {
	[CONN_STRANGER] = {
		[DN_KIND_AUTH] = conn_ask,
		[DN_KIND_SRVR] = conn_stranger_srvr,
	},
	[CONN_CLIENT] = {
		[DN_KIND_SEND] = conn_client_send,
		[DN_KIND_ACKN] = conn_client_ackn,
	},
	[CONN_LINK] = {
		[DN_KIND_ARRV] = conn_link_arrv,
		[DN_KIND_LEFT] = conn_link_left,
		[DN_KIND_SEND] = conn_link_pass,
		[DN_KIND_ACKN] = conn_link_pass,
		[DN_KIND_INVD] = conn_link_invd,
	},
	[CONN_CLOSING] = {NULL},
};

static enum codec_audience
conn_audience(struct conn *conn, const void *data, size_t size)
{
	if (conn->state == CONN_LINK)
		return AUDIENCE_PEER;
	if (!conn->is_client && conn->codec->is_peer(data, size))
		return AUDIENCE_PEER;
	conn->is_client = true;
	return AUDIENCE_CLIENT;
}

void
conn_take_turn(struct conn *conn)
{
	struct plane *plane = conn->plane;
	unsigned most = conn->state == CONN_LINK ? DN_TURN_LINK_MESSAGES_MAX :
	    DN_TURN_MESSAGES_MAX;

	if (conn->turn != plane->turn)
		conn->turn_count = 0;
	conn->turn = plane->turn;
	if (++conn->turn_count < most)
		return;
	if (plane_ids_add(&plane->resting, conn) == DN_OK)
		conn_pause(conn, CONN_PAUSED_TURN, true);
}

static void
conn_message(struct conn *conn, const void *data, size_t size)
{
	struct plane *plane = conn->plane;
	conn_handler *handler;
	struct dn_msg msg;
	enum dn_err err;

	plane->counters[IPC_COUNTER_messages_in]++;
	if (!utf8_is_valid(data, size)) {
		conn_invalid(conn, WS_CLOSE_UTF8, "not UTF-8");
		return;
	}
	err = conn->codec->decode(conn_audience(conn, data, size), data,
	    size, &msg);
	if (err == DN_E_TOO_LONG && conn->state == CONN_LINK) {
		plane->counters[IPC_COUNTER_long_dropped]++;
		return;
	}
	if (err != DN_OK) {
		conn_invalid(conn, WS_CLOSE_PROTOCOL, "malformed message");
		return;
	}
	handler = conn_handlers[conn->state][msg.kind];
	if (handler == NULL) {
		conn_invalid(conn, WS_CLOSE_PROTOCOL, "not legal now");
		return;
	}
	if (conn->state == CONN_CLIENT)
		msg.from = conn->user;
	conn_take_turn(conn);
	handler(conn, &msg);
}

/* ---- pieces ---- */

static enum dn_err
conn_part_append(struct conn *conn, const void *data, size_t size)
{
	size_t used = conn->part != NULL ? conn->part->size : 0;
	size_t room = conn->part != NULL ? conn->part->room : 0;
	struct conn_part *part = conn->part;

	if (size == 0)
		return DN_OK;
	if (used + size > room) {
		room = room > 0 ? room : CONN_PART_BYTES_FIRST;
		while (room < used + size)
			room *= 2;
		part = realloc(conn->part, sizeof(*part) + room);
		if (part == NULL)
			return DN_E_MEMORY;
		part->room = room;
		conn->part = part;
	}
	memcpy(part->data + used, data, size);
	part->size = used + size;
	return DN_OK;
}

static void
conn_skip(struct conn *conn, size_t size, uint64_t remaining, bool is_last)
{
	conn->skipped += size;
	if (conn->skipped > DN_FRAME_SKIP_BYTES_MAX ||
	    remaining > DN_FRAME_SKIP_BYTES_MAX - conn->skipped) {
		conn->skipped = 0;
		conn_invalid(conn, WS_CLOSE_BIG, "message too long");
	} else if (is_last) {
		conn->skipped = 0;
		conn->plane->counters[IPC_COUNTER_long_dropped]++;
	}
}

/* A message is longer than what is kept. A SEND of a peer may be, up to a
 * point, and is passed over; its first bytes, or those that are here yet, tell
 * it from others. */
static void
conn_oversize(struct conn *conn, const void *data, size_t size,
    uint64_t remaining, bool is_last)
{
	static const char send[] = "SEND ";
	size_t most = sizeof(send) - 1;
	size_t used = conn->part != NULL ? conn->part->size : 0;
	size_t head = used < most ? used : most;
	size_t rest = size < most - head ? size : most - head;

	if (conn->state != CONN_LINK ||
	    (head > 0 && memcmp(conn->part->data, send, head) != 0) ||
	    (rest > 0 && memcmp(data, send + head, rest) != 0)) {
		conn_invalid(conn, WS_CLOSE_BIG, "message too long");
		return;
	}
	free(conn->part);
	conn->part = NULL;
	conn->skipped = used;
	conn_skip(conn, size, remaining, is_last);
}

/* The whole message has arrived: all of it in this piece, as mostly, or its
 * end. */
static void
conn_complete(struct conn *conn, const void *data, size_t size)
{
	struct conn_part *part;

	if (conn->part == NULL) {
		conn_message(conn, data, size);
		return;
	}
	if (conn_part_append(conn, data, size) != DN_OK) {
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	/* Handlers use the place themselves. */
	part = conn->part;
	conn->part = NULL;
	conn_message(conn, part->data, part->size);
	explicit_bzero(part->data, part->size);
	free(part);
}

void
conn_receive(struct conn *conn, const void *data, size_t size,
    uint64_t remaining, bool is_last, bool is_binary)
{
	size_t limit = conn->state == CONN_LINK ? DN_FRAME_PEER_BYTES_MAX :
	    DN_FRAME_CLIENT_BYTES_MAX;
	size_t used = conn->part != NULL ? conn->part->size : 0;

	conn_heard(conn);
	if (conn->state != CONN_STRANGER && conn->state != CONN_CLIENT &&
	    conn->state != CONN_LINK)
		return;
	if (is_binary)
		conn_invalid(conn, WS_CLOSE_BINARY, "a binary message");
	else if (conn->skipped > 0)
		conn_skip(conn, size, remaining, is_last);
	else if (used + size > limit || remaining > limit - used - size)
		/* What a frame announces is not waited for. */
		conn_oversize(conn, data, size, remaining, is_last);
	else if (is_last)
		conn_complete(conn, data, size);
	else if (conn_part_append(conn, data, size) != DN_OK)
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
}
