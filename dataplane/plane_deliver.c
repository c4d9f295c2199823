/*
 * Delivery of what forward.c decided, and the entries of the table, with what
 * clients are told of them.
 */
#include "plane.h"

#include <stdlib.h>

#include "dnchat/log.h"
#include "door.h"
#include "plane_room.h"

_Noreturn void
plane_die(void)
{
	dn_error("out_of_memory", "what=plane");
	abort();
}

static bool
plane_is_ours(void *context, uint64_t id)
{
	const struct conn *conn = plane_conn(context, id);

	return conn != NULL && (conn->state == CONN_CLIENT ||
	    (conn->state == CONN_LINK && conn->codec->wants_names));
}

struct forward
plane_forward(struct plane *plane)
{
	return (struct forward){plane->table, plane->msgtable,
	    plane_is_ours, plane, plane->text_bytes_max, plane->now_msec};
}

void
plane_deliver(struct plane *plane, struct table_entry *entry,
    const struct dn_msg *msg)
{
	struct conn *conn = plane_conn(plane, entry->conn);

	if (entry->role != IPC_ROLE_USER) {
		plane_room_take(plane, entry, msg);
		return;
	}
	/* A connection that has just gone, or has no name yet: dncontrol's
	 * word on it is on the way. */
	if (entry->state == IPC_HOLD || conn == NULL ||
	    (conn->state != CONN_CLIENT && conn->state != CONN_LINK))
		plane->counters[IPC_COUNTER_held_dropped] +=
		    held_push(&plane->held, entry, msg);
	else if (conn_is_congested(conn))
		plane->counters[IPC_COUNTER_congested_dropped]++;
	else if (conn->codec->wants_names)
		plane_say_named(plane, conn, msg);
	else
		conn_say(conn, msg);
}

void
plane_send_body(struct plane *plane, struct plane_bodies *bodies,
    enum codec_audience audience, struct conn *conn, const struct dn_msg *msg)
{
	struct frame *frame = &bodies->frames[conn->codec->door];

	if (!bodies->is_made[conn->codec->door]) {
		bodies->is_made[conn->codec->door] = true;
		/* Without words or memory for it nothing is sent. */
		(void)door_frame(plane, conn->codec, audience, msg, frame);
	}
	if (frame->size > 0)
		conn_send(conn, frame_hold(frame));
}

void
plane_bodies_release(struct plane_bodies *bodies)
{
	size_t i;

	for (i = 0; i < IPC_DOOR_COUNT; i++)
		frame_release(&bodies->frames[i]);
}

void
plane_flood(struct plane *plane, const struct dn_msg *msg,
    const struct conn *except)
{
	struct plane_bodies clients = {0}, peers = {0};
	struct conn *conn;
	size_t i;

	/* Backwards: who is closed here for being slow leaves the set. */
	for (i = plane->clients.count; i-- > 0;) {
		if (i >= PLANE_AHEAD)
			plane_fetch(plane->clients.conns[i - PLANE_AHEAD]);
		conn = plane->clients.conns[i];
		if (conn->user != msg->from)
			plane_send_body(plane, &clients, AUDIENCE_CLIENT,
			    conn, msg);
	}
	for (i = plane->links.count; i-- > 0;) {
		conn = plane->links.conns[i];
		if (conn == except)
			continue;
		if (conn_is_congested(conn))
			plane->counters[IPC_COUNTER_congested_dropped]++;
		else
			plane_send_body(plane, &peers, AUDIENCE_PEER, conn,
			    msg);
	}
	plane_bodies_release(&clients);
	plane_bodies_release(&peers);
}

void
plane_tell_clients(struct plane *plane, struct frame frame, uint64_t except)
{
	struct conn *conn;
	size_t i;

	for (i = plane->clients.count; i-- > 0;) {
		if (i >= PLANE_AHEAD)
			plane_fetch(plane->clients.conns[i - PLANE_AHEAD]);
		conn = plane->clients.conns[i];
		if (conn->user != except && conn->codec->has_lists)
			conn_send(conn, frame_hold(&frame));
	}
	frame_release(&frame);
}

void
plane_transit(void *context, uint64_t id, const struct dn_msg *msg)
{
	struct plane *plane = context;
	struct forward forward = plane_forward(plane);
	struct forward_verdict verdict = forward_transit(&forward, msg);

	switch (verdict.action) {
	case FORWARD_ONE:
		plane_deliver(plane, verdict.entry, msg);
		break;
	case FORWARD_ALL:
		plane_flood(plane, msg, plane_conn(plane, id));
		break;
	case FORWARD_EARLY:
		plane->counters[IPC_COUNTER_unknown_dropped] +=
		    held_early(&plane->held, id, msg, plane->now_msec);
		plane_early_schedule(plane);
		break;
	case FORWARD_DROP:
		plane->counters[verdict.counter]++;
		break;
	case FORWARD_FAIL:
	case FORWARD_SWALLOW:
		break;
	}
}

void
plane_release(void *context, uint64_t id, const struct dn_msg *msg)
{
	struct plane *plane = context;
	struct table_entry *entry = table_find(plane->table, msg->to);

	(void)id;
	if (entry != NULL)
		plane_deliver(plane, entry, msg);
}

/* ---- entries ---- */

enum dn_err
plane_show(struct plane *plane, const struct ipc_show *show)
{
	struct table_user user = {
		.number = show->number,
		.conn = show->conn,
		.state = (enum ipc_state)show->state,
		.role = (enum ipc_role)show->role,
		.name = show->name,
		.description = show->description,
	};
	struct dn_msg arrv = {.kind = DN_KIND_ARRV, .number = show->number,
	    .name = show->name, .description = show->description};
	struct frame frame;
	enum dn_err err;

	if (codec_frame(&codec_dnchat, &plane->arena, AUDIENCE_CLIENT, &arrv,
	    &frame) != DN_OK)
		plane_die();
	user.arrv = (struct dn_str){(const char *)frame_data(&frame),
	    frame.size};
	err = table_show(plane->table, &user, NULL);
	if (err == DN_E_MEMORY)
		plane_die();
	if (err != DN_OK) {
		frame_release(&frame);
		return err;
	}
	plane->room_count += plane_is_room(user.role);
	plane_tell_clients(plane, frame, show->number);
	door_learn(plane, table_find(plane->table, show->number));
	held_early_flush(&plane->held, show->number, plane_transit, plane);
	plane_early_schedule(plane);
	return DN_OK;
}

void
plane_route(struct plane *plane, struct table_entry *entry, uint64_t conn,
    enum ipc_state state)
{
	table_route(entry, conn, state);
	door_learn(plane, entry);
	if (state == IPC_FORWARD)
		held_flush(&plane->held, entry, plane_release, plane);
}

void
plane_hide(struct plane *plane, struct table_entry *entry)
{
	struct dn_msg left = {.kind = DN_KIND_LEFT, .number = entry->number};
	struct conn_list *list, *next;
	struct frame frame;

	if (codec_frame(&codec_dnchat, &plane->arena, AUDIENCE_CLIENT, &left,
	    &frame) != DN_OK)
		plane_die();
	for (list = plane->lists; list != NULL; list = next) {
		next = list->next;
		conn_list_hide(list, entry);
	}
	plane->counters[IPC_COUNTER_held_dropped] +=
	    held_drop(&plane->held, entry);
	plane_room_clear(plane, entry);
	plane->room_count -= plane_is_room((enum ipc_role)entry->role);
	table_hide(plane->table, entry);
	plane_tell_clients(plane, frame, left.number);
}
