/*
 * The shell of a node's dnchatd: its sockets are wires, its loop is virtual
 * time.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../dataplane/plane.h"
#include "node.h"
#include "node_net.h"
#include "sim_clock.h"

/* ---- ops ---- */

static struct node *
node_of(const struct plane *plane)
{
	return plane->shell;
}

static enum plane_write
plane_op_write(struct plane *plane, struct conn *conn,
    const unsigned char *data, size_t size)
{
	struct wire_end *end = conn->shell;

	(void)plane;
	if (!end->is_open)
		return PLANE_FAILED;
	return wire_write(end, data, size) ? PLANE_WRITTEN : PLANE_BLOCKED;
}

static void
plane_op_writable(void *object, uint64_t incarnation)
{
	struct wire_end *end = object;
	struct conn *conn = end->handle;

	if (!end->is_open || end->is_closing || conn == NULL ||
	    conn->plane->incarnation != incarnation)
		return;
	plane_clock(conn->plane, sim_now());
	conn_writable(conn);
	node_plane_turn(node_of(conn->plane));
}

static void
plane_op_want_write(struct plane *plane, struct conn *conn)
{
	struct wire_end *end = conn->shell;

	/* Where the wire is full it says when it isn't. */
	if (!wire_other(end)->is_awaited)
		sim_at(sim_now() + 1, plane_op_writable, end,
		    plane->incarnation);
}

static void
plane_op_pause(struct plane *plane, struct conn *conn, bool pause)
{
	(void)plane;
	wire_pause(conn->shell, pause);
}

static void
plane_op_close(struct plane *plane, struct conn *conn, uint16_t code,
    struct dn_str why)
{
	(void)plane;
	(void)why;
	wire_close(conn->shell, code);
}

static void
plane_op_kill(struct plane *plane, struct conn *conn)
{
	(void)plane;
	wire_kill(conn->shell);
}

static uint64_t
plane_op_progress(struct plane *plane, struct conn *conn)
{
	(void)plane;
	return wire_other(conn->shell)->arrived;
}

static void
plane_op_tune(struct plane *plane, struct conn *conn)
{
	(void)plane;
	(void)conn;
}

static void
plane_op_dial(struct plane *plane, const struct ipc_dial *dial)
{
	struct node *node = node_of(plane);

	node->ops->dial(node->index,
	    node_of_address(dial->address.data, dial->address.size),
	    dial->dial, dial->routing != 0);
}

static void
plane_op_undialled(void *object, uint64_t dial)
{
	node_dialled(object, (uint32_t)dial, NULL, 0);
}

static void
plane_op_undial(struct plane *plane, uint32_t dial)
{
	/* One that gets through all the same is closed by dncontrol. */
	sim_at(sim_now() + 1, plane_op_undialled, node_of(plane), dial);
}

static void
plane_op_undial_all(struct plane *plane)
{
	(void)plane;
}

static uint32_t
plane_op_random(struct plane *plane)
{
	(void)plane;
	return (uint32_t)sim_random();
}

static void
plane_op_finished(void *object, uint64_t incarnation)
{
	struct node *node = object;

	if (node->plane != NULL && node->plane->incarnation == incarnation)
		node_plane_kill(node);
}

static void
plane_op_finish(struct plane *plane)
{
	sim_at(sim_now(), plane_op_finished, node_of(plane),
	    plane->incarnation);
}

static const struct plane_ops plane_shell = {
	plane_op_write, plane_op_want_write, plane_op_pause, plane_op_close,
	plane_op_kill, plane_op_progress, plane_op_tune, plane_op_dial,
	plane_op_undial, plane_op_undial_all, plane_op_random,
	plane_op_finish,
};

/* ---- what wires say ---- */

static void
node_wire_frame(struct wire_end *end, unsigned opcode,
    const unsigned char *data, size_t size)
{
	struct conn *conn = end->handle;

	plane_clock(conn->plane, sim_now());
	if (opcode == WS_PING) {
		conn_heard(conn);
		if (!end->is_closing)
			wire_control(end, WS_PONG, data, size);
	} else if (opcode == WS_PONG) {
		conn_pong(conn, data, size);
	} else {
		conn_receive(conn, data, size, 0, true, opcode == WS_BINARY);
	}
}

static void
node_wire_closed(struct wire_end *end, uint16_t code)
{
	struct conn *conn = end->handle;

	plane_clock(conn->plane, sim_now());
	conn_lost(conn, code, "closed by the other end");
	plane_gone(conn->plane, conn, code, "closed by the other end");
	end->handle = NULL;
}

static void
node_wire_gone(struct wire_end *end)
{
	struct conn *conn = end->handle;

	plane_clock(conn->plane, sim_now());
	plane_gone(conn->plane, conn, 0, "reset");
	end->handle = NULL;
}

static void
node_wire_writable(struct wire_end *end)
{
	struct conn *conn = end->handle;

	plane_clock(conn->plane, sim_now());
	conn_writable(conn);
}

static void
node_wire_settle(struct wire_end *end)
{
	node_plane_turn(end->owner);
}

static const struct wire_ops node_wire_ops = {
	node_wire_frame, node_wire_closed, node_wire_gone,
	node_wire_writable, node_wire_settle
};

/* ---- turns ---- */

static void
node_plane_wake(void *object, uint64_t incarnation)
{
	struct node *node = object;
	struct plane *plane = node->plane;

	if (plane == NULL || plane->incarnation != incarnation)
		return;
	node->plane_wake_usec = UINT64_MAX;
	plane_clock(plane, sim_now());
	if (plane_deadline(plane) <= plane->now_msec) {
		sim_count(1);
		plane_tick(plane);
	}
	node_plane_turn(node);
}

void
node_plane_turn(struct node *node)
{
	struct plane *plane = node->plane;
	const unsigned char *data;
	uint64_t next;
	size_t size;

	if (plane == NULL)
		return;
	plane_clock(plane, sim_now());
	plane_flush(plane);
	while (node->session != NULL && uplink_has_output(&plane->uplink)) {
		size = uplink_output(&plane->uplink, &data);
		if (size == 0)
			break;
		node_session_up(node, data, size);
		uplink_sent(&plane->uplink, size);
	}
	if (plane->dirty.count > 0)
		next = sim_now();
	else if ((next = plane_deadline(plane)) != UINT64_MAX)
		next *= SIM_MSEC;
	if (next < node->plane_wake_usec) {
		node->plane_wake_usec = next;
		sim_at(next, node_plane_wake, node, plane->incarnation);
	}
}

/* ---- life ---- */

void
node_plane_start(struct node *node)
{
	struct plane *plane;

	assert(node->plane == NULL);
	node->incarnations++;
	plane = plane_new(&plane_shell, node, sim_random(),
	    (uint64_t)(node->index + 1) << 32 | node->incarnations,
	    sim_now());
	assert(plane != NULL);
	snprintf(plane->listening, sizeof(plane->listening),
	    "0.0.0.0:%u", DN_PORT_DEFAULT);
	node->plane = plane;
	node->plane_wake_usec = UINT64_MAX;
	node_plane_turn(node);
}

void
node_plane_kill(struct node *node)
{
	struct plane *plane = node->plane;
	size_t i;

	if (plane == NULL)
		return;
	for (i = 0; i < plane->slot_count; i++)
		if (plane->slots[i].conn != NULL)
			wire_die(plane->slots[i].conn->shell);
	node_session_broken(node);
	plane_free(plane);
	node->plane = NULL;
	node->ops->routed(node->index);
}

static struct conn *
node_take(struct node *node, struct wire_end *end, const char *source,
    bool dialled)
{
	struct conn *conn = NULL;

	end->ops = &node_wire_ops;
	end->owner = node;
	end->node = node->index;
	if (node->plane == NULL)
		return NULL;
	plane_clock(node->plane, sim_now());
	if (plane_accept(node->plane, &codec_dnchat, dn_str_of(source),
	    dialled, end, &conn) != DN_OK)
		return NULL;
	end->handle = conn;
	return conn;
}

bool
node_accept(struct node *node, struct wire_end *end, const char *source,
    uint8_t flags)
{
	struct conn *conn = node_take(node, end, source, false);

	if (conn == NULL)
		return false;
	conn_upgraded(conn, flags);
	node_plane_turn(node);
	return true;
}

void
node_dialled(struct node *node, uint32_t dial, struct wire_end *end,
    uint8_t flags)
{
	struct conn *conn = NULL;

	if (node->plane == NULL)
		return;
	plane_clock(node->plane, sim_now());
	if (end != NULL)
		conn = node_take(node, end, "10.0.0.0:1", true);
	if (conn != NULL)
		conn_dialled(conn, dial, flags);
	else
		plane_undialled(node->plane, dial, "refused");
	node_plane_turn(node);
}

/* ---- dncontrol's socket ---- */

void
node_plane_session_begin(struct node *node)
{
	plane_clock(node->plane, sim_now());
	plane_control_begin(node->plane);
	node_plane_turn(node);
}

bool
node_plane_session_feed(struct node *node, const void *data, size_t size)
{
	enum dn_err err;

	plane_clock(node->plane, sim_now());
	err = plane_control_feed(node->plane, data, size);
	while (err == DN_OK && node->plane->control_waits)
		err = plane_control_feed(node->plane, NULL, 0);
	node->ops->routed(node->index);
	node_plane_turn(node);
	return err == DN_OK;
}

void
node_plane_session_end(struct node *node)
{
	if (node->plane == NULL)
		return;
	plane_clock(node->plane, sim_now());
	plane_control_end(node->plane);
	node_plane_turn(node);
}

/* ---- questions ---- */

bool
node_withholds(const struct node *node, const char *source)
{
	return node->plane != NULL &&
	    plane_withholds(node->plane, dn_str_of(source));
}

struct wire_end *
node_next_hop(const struct node *node, uint64_t number, bool *is_shown)
{
	struct table_entry *entry = NULL;
	struct conn *conn;

	if (node->plane != NULL)
		entry = table_find(node->plane->table, number);
	*is_shown = entry != NULL;
	if (entry == NULL || entry->state == IPC_HOLD)
		return NULL;
	conn = plane_conn(node->plane, entry->conn);
	return conn != NULL && conn->state != CONN_CLOSING ? conn->shell :
	    NULL;
}

struct wire_end *
node_client(const struct node *node, uint64_t number)
{
	struct conn *conn;
	size_t i;

	for (i = 0; node->plane != NULL && i < node->plane->clients.count;
	    i++) {
		conn = node->plane->clients.conns[i];
		if (conn->user == number && conn->state == CONN_CLIENT)
			return conn->shell;
	}
	return NULL;
}

bool
node_is_link(const struct wire_end *end)
{
	const struct conn *conn = end->handle;

	return end->is_open && conn != NULL && conn->state == CONN_LINK;
}

static const char *
node_conn_bounds(const struct conn *conn)
{
	/* One frame may stand above the limit when it is met. */
	if (conn->state == CONN_CLIENT && conn_output_bytes(conn) >
	    DN_CLIENT_QUEUE_BYTES_MAX + DN_FRAME_PEER_BYTES_MAX)
		return "a client's output queue is above its limit";
	if (conn->state == CONN_LINK && conn_output_bytes(conn) >
	    DN_LINK_QUEUE_BYTES_MAX + DN_FRAME_PEER_BYTES_MAX)
		return "a link's output queue is above its limit";
	if (conn->uplink_bytes > DN_LINK_QUEUE_BYTES_MAX +
	    IPC_HEADER_BYTES + DN_IPC_BODY_BYTES_MAX)
		return "a link's records for dncontrol are above their limit";
	return NULL;
}

const char *
node_plane_bounds(const struct node *node)
{
	const struct plane *plane = node->plane;
	const char *wrong = NULL;
	size_t i;

	if (plane == NULL)
		return NULL;
	for (i = 0; i < plane->slot_count && wrong == NULL; i++)
		if (plane->slots[i].conn != NULL)
			wrong = node_conn_bounds(plane->slots[i].conn);
	if (wrong != NULL)
		return wrong;
	if (plane->held.bytes > DN_HOLD_TOTAL_BYTES_MAX)
		return "held messages are above their limit";
	if (plane->held.early_bytes > DN_EARLY_BYTES_MAX ||
	    plane->held.early_count > DN_EARLY_COUNT_MAX)
		return "early messages are above their limit";
	if (msgtable_count(plane->msgtable) > DN_MESSAGES_MAX)
		return "the message table is above its limit";
	return NULL;
}
