/*
 * Records from dncontrol, applied in order and once: those that were applied
 * before a reconnection are skipped, a gap ends the session.
 */
#include "push.h"

#include <assert.h>
#include <stdio.h>

#include "dnchat/log.h"
#include "plane.h"
#include "plane_room.h"
#include "utf8.h"

/* What a handler made of a record: anything but DN_OK ends the session. */
typedef enum dn_err push_handler(struct plane *plane, struct dn_rd *rd);

/* ---- handlers of what comes down ---- */

static enum dn_err
push_config(struct plane *plane, const struct ipc_config *body)
{
	plane->text_bytes_max = body->text_bytes_max;
	/* Less than a tick of the wheel cannot be kept. */
	plane->link_silence_msec =
	    body->link_silence_msec > 8 * WHEEL_TICK_MSEC ?
	    body->link_silence_msec : 8 * WHEEL_TICK_MSEC;
	plane->config = body->flags;
	plane->configured = true;
	(void)snprintf(plane->federation, sizeof(plane->federation), "%.*s",
	    (int)utf8_clip(body->federation, sizeof(plane->federation) - 1),
	    body->federation.data);
	return DN_OK;
}

static enum dn_err
push_name(struct plane *plane, const struct ipc_name *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (conn != NULL)
		conn_name(conn, body->number);
	return DN_OK;
}

static enum dn_err
push_deny(struct plane *plane, const struct ipc_deny *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (body->reason >= DN_REASON_COUNT)
		return DN_E_MALFORMED;
	if (conn != NULL)
		conn_deny(conn, body->number, (enum dn_reason)body->reason);
	return DN_OK;
}

static enum dn_err
push_open(struct plane *plane, const struct ipc_open *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (conn != NULL)
		conn_open(conn, body->flags);
	return DN_OK;
}

static enum dn_err
push_refuse(struct plane *plane, const struct ipc_refuse *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (conn != NULL)
		conn_refuse(conn, body->why);
	return DN_OK;
}

static enum dn_err
push_close(struct plane *plane, const struct ipc_close *body)
{
	struct conn *conn = plane_conn(plane, body->conn);
	char why[WS_CONTROL_BYTES_MAX];

	(void)snprintf(why, sizeof(why), "%.*s",
	    (int)utf8_clip(body->why, sizeof(why) - 1), body->why.data);
	if (conn != NULL)
		conn_close(conn, (enum ws_close)body->code, why);
	return DN_OK;
}

static enum dn_err
push_dial(struct plane *plane, const struct ipc_dial *body)
{
	if (plane->stage >= PLANE_CLOSING)
		plane_undialled(plane, body->dial, "shutting down");
	else
		plane->ops->dial(plane, body);
	return DN_OK;
}

static enum dn_err
push_undial(struct plane *plane, const struct ipc_undial *body)
{
	plane->ops->undial(plane, body->dial);
	return DN_OK;
}

static enum dn_err
push_show(struct plane *plane, const struct ipc_show *body)
{
	if (body->state >= IPC_STATE_COUNT ||
	    body->role >= IPC_ROLE_COUNT || body->number == DN_TO_ALL)
		return DN_E_MALFORMED;
	return plane_show(plane, body);
}

static enum dn_err
push_route(struct plane *plane, const struct ipc_route *body)
{
	struct table_entry *entry = table_find(plane->table, body->number);

	if (body->state >= IPC_STATE_COUNT)
		return DN_E_MALFORMED;
	if (entry == NULL)
		return DN_E_UNKNOWN;
	plane_route(plane, entry, body->conn, (enum ipc_state)body->state);
	return DN_OK;
}

static enum dn_err
push_hide(struct plane *plane, const struct ipc_hide *body)
{
	struct table_entry *entry = table_find(plane->table, body->number);

	if (entry == NULL)
		return DN_E_UNKNOWN;
	plane_hide(plane, entry);
	return DN_OK;
}

static enum dn_err
push_announce(struct plane *plane, const struct ipc_announce *body)
{
	struct conn *conn = plane_conn(plane, body->conn);
	struct dn_msg arrv = {
		.kind = DN_KIND_ARRV,
		.number = body->number,
		.hops = body->hops,
		.name = body->name,
		.description = body->description,
	};

	if (conn != NULL && conn->state == CONN_LINK)
		conn_say(conn, &arrv);
	return DN_OK;
}

static enum dn_err
push_withdraw(struct plane *plane, const struct ipc_withdraw *body)
{
	struct conn *conn = plane_conn(plane, body->conn);
	struct dn_msg left = {.kind = DN_KIND_LEFT, .number = body->number};

	if (conn != NULL && conn->state == CONN_LINK)
		conn_say(conn, &left);
	return DN_OK;
}

static enum dn_err
push_slice(struct plane *plane, const struct ipc_slice *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (conn != NULL)
		conn_slice(conn);
	return DN_OK;
}

static enum dn_err
push_probe(struct plane *plane, const struct ipc_probe *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (conn != NULL)
		conn_probe(conn, body->msec);
	return DN_OK;
}

static enum dn_err
push_withhold(struct plane *plane, const struct ipc_withhold *body)
{
	plane_withhold(plane, body->address, body->msec);
	return DN_OK;
}

static enum dn_err
push_level(struct plane *plane, const struct ipc_level *body)
{
	(void)plane;
	if (body->level >= DN_LOG_COUNT)
		return DN_E_MALFORMED;
	dn_log_level = (enum dn_log_level)body->level;
	return DN_OK;
}

static enum dn_err
push_member(struct plane *plane, const struct ipc_member *body)
{
	return body->membership < IPC_MEMBERSHIP_COUNT ?
	    plane_member(plane, body) : DN_E_MALFORMED;
}

static enum dn_err
push_say(struct plane *plane, const struct ipc_say *body)
{
	plane_say(plane, body);
	return DN_OK;
}

static enum dn_err
push_reply(struct plane *plane, const struct ipc_reply *body)
{
	struct conn *conn = plane_conn(plane, body->conn);

	if (body->verb >= DN_VERB_COUNT || body->about >= DN_VERB_COUNT)
		return DN_E_MALFORMED;
	if (conn != NULL)
		conn_reply(conn, body);
	return DN_OK;
}

static enum dn_err
push_done(struct plane *plane, const struct ipc_done *body)
{
	(void)body;
	plane_done(plane);
	return DN_OK;
}

/* ---- handlers of the session ---- */

static enum dn_err
push_hello(struct plane *plane, const struct ipc_hello *body)
{
	struct uplink *uplink = &plane->uplink;

	if (uplink->state != UPLINK_GREETED)
		return DN_E_STATE;
	if (body->version != IPC_VERSION) {
		dn_error("version", "what=\"dncontrol speaks another version "
		    "of the protocol between the daemons\" ours=%u theirs=%u",
		    IPC_VERSION, body->version);
		return DN_E_VERSION;
	}
	if (body->reset) {
		plane_reset(plane);
	} else {
		/* Records that are not retained any more cannot be asked for
		 * again, nor such that never were. */
		if (body->applied > uplink->seq ||
		    body->applied < uplink->seq - uplink->count)
			return DN_E_STATE;
		uplink->unsent = 0;
		(void)plane_acked(plane, body->applied);
	}
	uplink_open(uplink);
	dn_info("control_up", "reset=%u resent=%zu", body->reset,
	    uplink->count);
	return DN_OK;
}

static enum dn_err
push_ack(struct plane *plane, const struct ipc_ack *body)
{
	return plane_acked(plane, body->applied) ? DN_OK : DN_E_STATE;
}

static enum dn_err
push_taken(struct plane *plane, const struct ipc_taken *body)
{
	return uplink_take(&plane->uplink, body->seq) ? DN_OK : DN_E_STATE;
}

static enum dn_err
push_ask(struct plane *plane, const struct ipc_ask *body)
{
	uint64_t counters[IPC_COUNTER_COUNT];
	unsigned char values[IPC_COUNTER_COUNT * 8];
	unsigned char bytes[UPLINK_SHORT_BYTES_MAX];
	struct dn_wr list = dn_wr_of(values, sizeof(values));
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_tell tell = {body->ask, {values, IPC_COUNTER_COUNT}};
	unsigned i;

	plane_count(plane, counters);
	for (i = 0; i < IPC_COUNTER_COUNT; i++)
		dn_wr_uint(&list, 8, counters[i]);
	IPC_PUT(&wr, tell, 0, &tell);
	assert(!wr.failed);
	uplink_say(&plane->uplink, bytes, wr.at);
	return DN_OK;
}

static enum dn_err
push_viewed(struct plane *plane, const struct ipc_viewed *body)
{
	return status_take(&plane->status, body->json, plane->now_msec);
}

/* ---- dispatch ---- */

#define PUSH_PARSE(name, FIELDS, meaning)                                    \
	static enum dn_err push_parse_##name(struct plane *plane,            \
	    struct dn_rd *rd)                                                \
	{                                                                    \
		struct ipc_##name body;                                      \
		if (!ipc_get_##name(rd, &body))                              \
			return DN_E_MALFORMED;                               \
		return push_##name(plane, &body);                            \
	}
IPC_DOWN(PUSH_PARSE)
PUSH_PARSE(hello, , )
PUSH_PARSE(ack, , )
PUSH_PARSE(ask, , )
PUSH_PARSE(viewed, , )
PUSH_PARSE(taken, , )
#undef PUSH_PARSE

static push_handler *const push_handlers[] = {
#define PUSH_ROW(name, FIELDS, meaning) \
	[IPC_##name - IPC_DOWN_FIRST] = push_parse_##name,
	IPC_DOWN(PUSH_ROW)
#undef PUSH_ROW
};

/* welcome, tell and view are ours to say. */
static push_handler *const push_session_handlers[] = {
	[IPC_hello - IPC_SESSION_FIRST] = push_parse_hello,
	[IPC_ack - IPC_SESSION_FIRST] = push_parse_ack,
	[IPC_ask - IPC_SESSION_FIRST] = push_parse_ask,
	[IPC_viewed - IPC_SESSION_FIRST] = push_parse_viewed,
	[IPC_taken - IPC_SESSION_FIRST] = push_parse_taken,
	[IPC_SESSION_END - IPC_SESSION_FIRST] = NULL,
};

static enum dn_err
push_record(struct plane *plane, const struct ipc_header *header,
    struct dn_rd *body)
{
	struct uplink *uplink = &plane->uplink;
	push_handler *handler;

	if (header->type >= IPC_SESSION_FIRST) {
		handler = header->type < IPC_SESSION_END ?
		    push_session_handlers[header->type - IPC_SESSION_FIRST] :
		    NULL;
		if (handler == NULL || header->seq != 0)
			return DN_E_MALFORMED;
		if (uplink->state != UPLINK_OPEN &&
		    header->type != IPC_hello)
			return DN_E_STATE;
		return handler(plane, body);
	}
	if (!ipc_is_down(header->type))
		return DN_E_MALFORMED;
	if (uplink->state != UPLINK_OPEN)
		return DN_E_STATE;
	if (header->seq <= uplink->applied)
		return header->seq == 0 ? DN_E_MALFORMED : DN_OK;
	if (header->seq != uplink->applied + 1)
		return DN_E_STATE;
	uplink->applied++;
	return push_handlers[header->type - IPC_DOWN_FIRST](plane, body);
}

static void
push_acknowledge(struct plane *plane)
{
	struct uplink *uplink = &plane->uplink;
	unsigned char bytes[IPC_HEADER_BYTES + 8];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_ack ack = {uplink->applied};

	if (uplink->applied == uplink->applied_told)
		return;
	uplink->applied_told = uplink->applied;
	IPC_PUT(&wr, ack, 0, &ack);
	uplink_say(uplink, bytes, wr.at);
}

/* What it takes to apply a record of 'type'. */
static size_t
push_cost(const struct plane *plane, unsigned type)
{
	bool is_told = type == IPC_show || type == IPC_hide;

	return PUSH_RECORD_COST + (is_told ? plane->clients.count : 0);
}

enum dn_err
push_records(struct plane *plane)
{
	struct uplink *uplink = &plane->uplink;
	enum dn_err err = DN_E_UNKNOWN;
	struct ipc_header header;
	struct dn_rd body;
	size_t cost = 0, most = PUSH_COST_MAX +
	    PUSH_CLIENT_COST * plane->clients.count;

	plane->control_waits = false;
	while (cost < most &&
	    (err = uplink_next(uplink, &header, &body)) == DN_OK) {
		cost += push_cost(plane, header.type);
		err = push_record(plane, &header, &body);
		if (err == DN_OK)
			continue;
		if (plane_may_log(plane))
			dn_error("control_protocol", "record=%s seq=%llu "
			    "applied=%llu error=%s", ipc_name(header.type),
			    (unsigned long long)header.seq,
			    (unsigned long long)uplink->applied,
			    dn_err_code(err));
		return err;
	}
	plane->control_waits = cost >= most;
	if (!plane->control_waits && err != DN_E_UNKNOWN)
		return err;
	push_acknowledge(plane);
	return uplink->failed ? DN_E_MEMORY : DN_OK;
}
