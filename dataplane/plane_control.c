/*
 * The plane and dncontrol: the session, what is told after a reset, the end.
 */
#include "plane.h"

#include <assert.h>

#include "dnchat/log.h"
#include "plane_room.h"
#include "push.h"

/* Connections get so long to close after DONE. */
#define PLANE_CLOSE_MSEC 1000

void
plane_control_begin(struct plane *plane)
{
	struct ipc_welcome body = {
		.version = IPC_VERSION,
		.incarnation = plane->incarnation,
		.worker = plane->worker,
		.applied = plane->uplink.applied,
		.pid = plane->pid,
		.listening = dn_str_of(plane->listening),
	};
	unsigned char bytes[UPLINK_SHORT_BYTES_MAX];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	uplink_begin(&plane->uplink);
	IPC_PUT(&wr, welcome, 0, &body);
	assert(!wr.failed);
	uplink_say(&plane->uplink, bytes, wr.at);
}

enum dn_err
plane_control_feed(struct plane *plane, const void *data, size_t size)
{
	enum dn_err err = size > 0 ?
	    uplink_feed(&plane->uplink, data, size) : DN_OK;

	return err == DN_OK ? push_records(plane) : err;
}

void
plane_control_end(struct plane *plane)
{
	uplink_end(&plane->uplink);
	plane->control_waits = false;
	/* Nobody is left to say DONE. */
	if (plane->stage == PLANE_STOPPING)
		plane_done(plane);
}

void
plane_account(struct plane *plane, struct conn *conn, size_t size)
{
	if (conn->state != CONN_LINK)
		return;
	conn->uplink_bytes += size;
	plane->links_uplink_bytes += size;
	if (conn->uplink_bytes <= DN_LINK_QUEUE_BYTES_MAX)
		return;
	if (plane_may_log(plane))
		dn_warn("uplink_full", "source=%s bytes=%zu", conn->source,
		    conn->uplink_bytes);
	conn_cut(conn, WS_CLOSE_LATER, "too much waits for dncontrol");
}

bool
plane_acked(struct plane *plane, uint64_t seq)
{
	struct conn *conn;
	uint64_t id;
	size_t size;

	if (seq > plane->uplink.seq - plane->uplink.unsent)
		return false;
	while (uplink_drop(&plane->uplink, seq, &id, &size)) {
		conn = plane_conn(plane, id);
		if (id == PLANE_CONN_COPY)
			plane->copy_bytes -= size;
		if (conn == NULL || conn->state != CONN_LINK)
			continue;
		conn->uplink_bytes -= size;
		plane->links_uplink_bytes -= size;
	}
	return true;
}

/* After a reset: 'entry' as dncontrol must know it. */
static void
plane_sync_entry(struct plane *plane, struct table_entry *entry)
{
	struct conn *conn = plane_conn(plane, entry->conn);
	struct ipc_sync_client client = {
		.conn = entry->conn,
		.number = entry->number,
		.name = table_name(entry),
		.description = table_description(entry),
	};
	struct ipc_sync_entry other = {entry->number, table_name(entry),
	    table_description(entry), entry->role};

	plane_room_clear(plane, entry);
	if (conn != NULL && conn->state == CONN_CLIENT &&
	    conn->user == entry->number) {
		client.source = dn_str_of(conn->source);
		client.door = (uint8_t)conn->codec->door;
		conn->is_told = true;
		UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, sync_client,
		    &client);
		return;
	}
	if (conn != NULL && conn->state == CONN_ASKING) {
		/* It was shown, but never got its name: it asks again. */
		plane_hide(plane, entry);
		return;
	}
	table_route(entry, IPC_CONN_NONE, IPC_HOLD);
	UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, sync_entry, &other);
}

void
plane_reset(struct plane *plane)
{
	static const struct ipc_synced synced = {0};
	struct table_entry *entry, *newer;
	struct conn *conn;
	size_t i;

	plane->ops->undial_all(plane);
	for (i = 0; i < plane->slot_count; i++) {
		conn = plane->slots[i].conn;
		if (conn == NULL)
			continue;
		conn->is_told = false;
		if (conn->state == CONN_LINK || conn->state == CONN_OFFERED)
			conn_close(conn, WS_CLOSE_LATER, "starting anew");
	}
	uplink_reset(&plane->uplink);
	plane->copy_bytes = 0;
	for (entry = table_oldest(plane->table); entry != NULL;
	    entry = newer) {
		newer = entry->newer;
		plane_sync_entry(plane, entry);
	}
	UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, synced, &synced);
	for (i = 0; i < plane->slot_count; i++) {
		conn = plane->slots[i].conn;
		if (conn == NULL)
			continue;
		if (conn->state == CONN_CLIENT && !conn->is_told)
			conn_close(conn, WS_CLOSE_LATER, "starting anew");
		conn_ask_again(conn);
		if (conn->is_calling)
			conn_call_fail(conn);
	}
}

/* ---- the end ---- */

void
plane_stop(struct plane *plane)
{
	static const struct ipc_stop stop = {0};

	if (plane->stage == PLANE_RUNNING &&
	    plane->uplink.state == UPLINK_OPEN) {
		UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, stop, &stop);
		plane->stage = PLANE_STOPPING;
		plane->stage_msec = plane->now_msec + PLANE_STOP_MSEC;
	} else if (plane->stage < PLANE_CLOSING) {
		plane_done(plane);
	} else if (plane->stage == PLANE_CLOSING) {
		plane->stage = PLANE_FINISHED;
		plane->ops->finish(plane);
	}
}

void
plane_done(struct plane *plane)
{
	size_t i;

	if (plane->stage >= PLANE_CLOSING)
		return;
	plane->stage = PLANE_CLOSING;
	plane->stage_msec = plane->now_msec + PLANE_CLOSE_MSEC;
	wheel_set(&plane->wheel, &plane->timer, plane->stage_msec);
	plane->ops->undial_all(plane);
	for (i = 0; i < plane->slot_count; i++)
		if (plane->slots[i].conn != NULL)
			conn_close(plane->slots[i].conn, WS_CLOSE_AWAY,
			    "the server is shutting down");
	if (plane->conn_count == 0) {
		plane->stage = PLANE_FINISHED;
		plane->ops->finish(plane);
	}
}

/* ---- counters ---- */

void
plane_count(struct plane *plane, uint64_t *counters)
{
	struct conn *conn;
	size_t i;

	memcpy(counters, plane->counters, sizeof(plane->counters));
	counters[IPC_COUNTER_connections] = plane->conn_count;
	counters[IPC_COUNTER_clients] = plane->clients.count;
	counters[IPC_COUNTER_links] = plane->links.count;
	counters[IPC_COUNTER_entries] = table_count(plane->table);
	counters[IPC_COUNTER_message_entries] =
	    msgtable_count(plane->msgtable);
	counters[IPC_COUNTER_uplink_bytes] = plane->uplink.bytes;
	counters[IPC_COUNTER_rooms] = plane->room_count;
	counters[IPC_COUNTER_members] = plane->member_count;
	counters[IPC_COUNTER_relayed] = relay_count(plane->relay);
	counters[IPC_COUNTER_copy_bytes] = plane->copy_bytes;
	counters[IPC_COUNTER_strangers] = 0;
	counters[IPC_COUNTER_queue_bytes] = 0;
	for (i = 0; i < plane->slot_count; i++) {
		conn = plane->slots[i].conn;
		if (conn == NULL)
			continue;
		counters[IPC_COUNTER_queue_bytes] += conn_output_bytes(conn);
		counters[IPC_COUNTER_strangers] +=
		    conn->state < CONN_CLIENT || conn->state == CONN_OFFERED;
	}
}

/* Asks dncontrol for its view of the network, if it is there and it is time. */
static void
plane_ask_view(struct plane *plane)
{
	static const struct ipc_view view = {0};
	unsigned char bytes[IPC_HEADER_BYTES + 8];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	if (plane->uplink.state != UPLINK_OPEN ||
	    !status_asks(&plane->status, plane->now_msec))
		return;
	IPC_PUT(&wr, view, 0, &view);
	assert(!wr.failed);
	uplink_say(&plane->uplink, bytes, wr.at);
}

void
plane_show_status(struct plane *plane, struct dn_wr *wr)
{
	uint64_t counters[IPC_COUNTER_COUNT];
	struct status_facts facts = {
		.now_msec = plane->now_msec,
		.uptime_msec = plane->now_msec - plane->started_msec,
		.listening = plane->listening,
		.control_up = plane->uplink.state == UPLINK_OPEN,
		.counters = counters,
	};

	plane_ask_view(plane);
	plane_count(plane, counters);
	status_write(&plane->status, &facts, wr);
}
