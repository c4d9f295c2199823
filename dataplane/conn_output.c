/*
 * What is sent: queues with their bounds, the first list of a client, and
 * writing at the end of a turn.
 */
#include "conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dnchat/log.h"
#include "door.h"
#include "plane.h"

/* Writes of one connection in one turn; the rest waits for the socket. */
#define CONN_WRITES_MAX 4

/* A PING's payload: the time, in bytes. */
#define CONN_PING_BYTES 8

size_t
conn_output_bytes(const struct conn *conn)
{
	return queue_bytes(&conn->queue);
}

bool
conn_is_congested(const struct conn *conn)
{
	return conn->state == CONN_LINK &&
	    queue_bytes(&conn->queue) >= DN_LINK_QUEUE_BYTES_MAX / 2;
}

void
conn_mark_dirty(struct conn *conn)
{
	if (conn->is_dirty || conn->is_blocked)
		return;
	if (plane_ids_add(&conn->plane->dirty, conn) == DN_OK) {
		conn->is_dirty = true;
		return;
	}
	conn->is_blocked = true;
	conn->plane->ops->want_write(conn->plane, conn);
}

/* ---- queueing ---- */

static void
conn_too_slow(struct conn *conn)
{
	struct plane *plane = conn->plane;

	if (conn->state == CONN_CLOSING)
		return;
	if (conn->state != CONN_LINK)
		plane->counters[IPC_COUNTER_slow_closed]++;
	if (plane_may_log(plane))
		dn_warn("slow", "source=%s conn=%llx user=%llu bytes=%zu",
		    conn->source, (unsigned long long)conn->id,
		    (unsigned long long)conn->user, conn_output_bytes(conn));
	conn_cut(conn, conn->state == CONN_LINK ? WS_CLOSE_LATER :
	    WS_CLOSE_POLICY, "does not read");
}

void
conn_send(struct conn *conn, struct frame frame)
{
	size_t most = conn->state == CONN_LINK ? DN_LINK_QUEUE_BYTES_MAX :
	    DN_CLIENT_QUEUE_BYTES_MAX;

	if (conn->is_ending) {
		frame_release(&frame);
		return;
	}
	if (queue_push(&conn->queue, frame) != DN_OK) {
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	conn->plane->counters[IPC_COUNTER_messages_out]++;
	conn_mark_dirty(conn);
	if (queue_bytes(&conn->queue) > most)
		conn_too_slow(conn);
	else if (conn->state == CONN_CLIENT &&
	    queue_bytes(&conn->queue) > CONN_OUTPUT_BYTES_HIGH)
		conn_pause(conn, CONN_PAUSED_OUTPUT, true);
}

void
conn_say(struct conn *conn, const struct dn_msg *msg)
{
	bool is_peer = conn->state == CONN_LINK ||
	    conn->state == CONN_OFFERED;
	struct frame frame;

	switch (door_frame(conn->plane, conn->codec,
	    is_peer ? AUDIENCE_PEER : AUDIENCE_CLIENT, msg, &frame)) {
	case DN_E_OK:
		conn_send(conn, frame);
		break;
	case DN_E_UNKNOWN:
		break;
	default:
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
	}
}

/* A control frame; an empty one where there is no memory. */
static struct frame
conn_control(struct conn *conn, enum ws_opcode opcode, const void *data,
    size_t size)
{
	struct arena *arena = &conn->plane->arena;
	unsigned char *room = arena_reserve(arena, WS_HEAD_BYTES_MAX + size);
	size_t head;

	if (room == NULL)
		return (struct frame){0};
	head = ws_put_head(room, opcode, size);
	if (size > 0)
		memcpy(room + head, data, size);
	return arena_commit(arena, head + size);
}

/* Where control frames go: a list is not waited for. */
static struct queue *
conn_control_queue(struct conn *conn)
{
	return conn->list != NULL ? &conn->list->first : &conn->queue;
}

void
conn_ping(struct conn *conn)
{
	struct plane *plane = conn->plane;
	unsigned char payload[CONN_PING_BYTES];
	struct dn_wr wr = dn_wr_of(payload, sizeof(payload));

	if (conn->state == CONN_CLOSING)
		return;
	dn_wr_uint(&wr, CONN_PING_BYTES, plane->now_usec);
	conn->ping_usec = plane->now_usec;
	conn->pinged_msec = plane->now_msec;
	if (queue_push_front(conn_control_queue(conn), conn_control(conn,
	    WS_PING, payload, sizeof(payload))) == DN_OK)
		conn_mark_dirty(conn);
}

void
conn_answer_ping(struct conn *conn, const void *data, size_t size)
{
	/* Whoever does not read is not told that we are alive. */
	if (conn->state == CONN_CLOSING ||
	    queue_bytes(&conn->queue) >= CONN_OUTPUT_BYTES_LOW)
		return;
	if (queue_push(conn_control_queue(conn), conn_control(conn, WS_PONG,
	    data, size)) == DN_OK)
		conn_mark_dirty(conn);
}

/* ---- the first list ---- */

void
conn_list_begin(struct conn *conn, struct frame frame)
{
	struct plane *plane = conn->plane;
	struct conn_list *list = calloc(1, sizeof(*list));

	if (list == NULL) {
		frame_release(&frame);
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
		return;
	}
	list->conn = conn;
	list->next = plane->lists;
	if (list->next != NULL)
		list->next->prev = list;
	plane->lists = list;
	table_cursor_init(plane->table, &list->cursor);
	/* What was said before it had a name stays ahead. */
	list->first = conn->queue;
	memset(&conn->queue, 0, sizeof(conn->queue));
	conn->list = list;
	if (queue_push(&list->first, frame) != DN_OK)
		conn_cut(conn, WS_CLOSE_LATER, "out of memory");
	else
		conn_mark_dirty(conn);
}

void
conn_list_end(struct conn *conn)
{
	struct conn_list *list = conn->list;

	if (list == NULL)
		return;
	table_cursor_deinit(&list->cursor);
	queue_clear(&list->first);
	if (list->next != NULL)
		list->next->prev = list->prev;
	if (list->prev != NULL)
		list->prev->next = list->next;
	else
		conn->plane->lists = list->next;
	conn->list = NULL;
	free(list);
}

void
conn_list_hide(struct conn_list *list, const struct table_entry *entry)
{
	struct conn *conn = list->conn;
	struct dn_str arrv = table_arrv(entry);
	unsigned char *room;

	if (entry->number == conn->user ||
	    !table_cursor_awaits(&list->cursor, entry))
		return;
	room = arena_reserve(&conn->plane->arena, arrv.size);
	if (room != NULL) {
		memcpy(room, arrv.data, arrv.size);
		if (queue_push(&list->first, arena_commit(
		    &conn->plane->arena, arrv.size)) == DN_OK)
			return;
	}
	conn_cut(conn, WS_CLOSE_LATER, "out of memory");
}

/* Moves what waits in 'queue' to place 'at' of the plane's scratch, as many
 * runs as fit; returns where they end. */
static size_t
conn_gather(struct conn *conn, struct queue *queue, size_t at)
{
	unsigned char *to = conn->plane->scratch + at;
	size_t room = PLANE_WRITE_BYTES - at, size;
	const unsigned char *data;

	while ((size = queue_peek(queue, to, room, &data)) > 0 &&
	    size <= room) {
		if (data != to)
			memcpy(to, data, size);
		queue_pop(queue, size);
		to += size;
		room -= size;
	}
	return PLANE_WRITE_BYTES - room;
}

/* Copies entries of the list to place 'at' of the plane's scratch; returns
 * where they end. */
static size_t
conn_list_fill(struct conn *conn, size_t at)
{
	struct table_cursor *cursor = &conn->list->cursor;
	struct plane *plane = conn->plane;
	struct table_entry *entry;
	struct dn_str arrv;

	while ((entry = table_cursor_peek(cursor)) != NULL) {
		arrv = table_arrv(entry);
		if (at + arrv.size > PLANE_WRITE_BYTES)
			break;
		if (entry->number != conn->user) {
			memcpy(plane->scratch + at, arrv.data, arrv.size);
			at += arrv.size;
			plane->counters[IPC_COUNTER_messages_out]++;
		}
		table_cursor_advance(cursor);
	}
	return at;
}

/* The next part of the list, in the plane's scratch: returns its size. Behind
 * the last entry the list ends, and what has waited for that follows, so that
 * a newcomer gets all of it in one write if it is short. */
static size_t
conn_list_next(struct conn *conn)
{
	struct conn_list *list = conn->list;
	size_t at = conn_gather(conn, &list->first, 0);

	if (!queue_is_empty(&list->first))
		return at;
	at = conn_list_fill(conn, at);
	if (table_cursor_peek(&list->cursor) != NULL)
		return at;
	conn_list_end(conn);
	return conn_gather(conn, &conn->queue, at);
}

/* ---- writing ---- */

static uint32_t
conn_random(void *context)
{
	struct plane *plane = context;

	return plane->ops->random(plane);
}

static void
conn_block(struct conn *conn)
{
	struct plane *plane = conn->plane;

	conn->is_blocked = true;
	conn->moved_msec = plane->now_msec;
	conn->progress = plane->ops->progress(plane, conn);
	plane->ops->want_write(plane, conn);
	conn_schedule(conn);
}

/* Writes 'size' bytes; false if no more can be written now. */
static bool
conn_write(struct conn *conn, const unsigned char *data, size_t size)
{
	switch (conn->plane->ops->write(conn->plane, conn, data, size)) {
	case PLANE_WRITTEN:
		return true;
	case PLANE_BLOCKED:
		conn_block(conn);
		return false;
	case PLANE_FAILED:
		break;
	}
	conn_retire(conn, 0, "connection lost");
	queue_clear(&conn->queue);
	conn->is_ending = true;
	return false;
}

/* Writes from the front of 'queue', whose entries a link that we dialled gets
 * masked. False if no more can be written now. */
static bool
conn_write_queue(struct conn *conn, struct queue *queue)
{
	struct plane *plane = conn->plane;
	const unsigned char *data;
	unsigned char *masked = plane->masked;
	size_t taken, size;

	taken = size = queue_peek(queue, plane->scratch, PLANE_WRITE_BYTES,
	    &data);
	if (conn->is_dialled && conn->codec->transport == CODEC_WEBSOCKET) {
		size = ws_mask(masked, PLANE_SCRATCH_BYTES, data, size,
		    conn_random, plane, &taken);
		assert(taken > 0);
		data = masked;
	}
	if (!conn_write(conn, data, size) && conn->is_ending)
		return false;
	queue_pop(queue, taken);
	return !conn->is_blocked;
}

/* Writes once; false if nothing waits or no more can be written now. */
static bool
conn_write_next(struct conn *conn)
{
	size_t size;

	if (conn->list != NULL) {
		size = conn_list_next(conn);
		if (size > 0)
			return conn_write(conn, conn->plane->scratch, size);
		/* One run of it is longer than the scratch. */
		if (conn->list != NULL)
			return conn_write_queue(conn, &conn->list->first);
	}
	if (queue_is_empty(&conn->queue))
		return false;
	return conn_write_queue(conn, &conn->queue);
}

/* What becomes possible when little waits. */
static void
conn_relieve(struct conn *conn)
{
	struct plane *plane = conn->plane;
	struct ipc_sliced sliced = {conn->id};

	if ((conn->paused & CONN_PAUSED_OUTPUT) != 0 &&
	    queue_bytes(&conn->queue) < CONN_OUTPUT_BYTES_LOW)
		conn_pause(conn, CONN_PAUSED_OUTPUT, false);
	if (conn->wants_sliced && conn->state == CONN_LINK &&
	    queue_bytes(&conn->queue) < DN_LINK_SLICE_LOW_BYTES) {
		conn->wants_sliced = false;
		PLANE_PUT(plane, conn, sliced, &sliced);
	}
}

static void
conn_finish(struct conn *conn)
{
	struct dn_str why = {0};

	if (conn->part != NULL)
		why = (struct dn_str){(const char *)conn->part->data,
		    conn->part->size};
	conn->is_ending = true;
	conn->plane->ops->close(conn->plane, conn, conn->close_code, why);
}

void
conn_flush(struct conn *conn)
{
	unsigned writes;

	conn->is_dirty = false;
	if (conn->is_ending || conn->is_blocked)
		return;
	for (writes = 0; writes < CONN_WRITES_MAX; writes++)
		if (!conn_write_next(conn))
			break;
	if (conn->is_ending)
		return;
	conn_relieve(conn);
	if (conn->is_blocked)
		return;
	if (conn->list != NULL || !queue_is_empty(&conn->queue))
		conn_block(conn);
	else if (conn->state == CONN_CLOSING)
		conn_finish(conn);
}

void
conn_writable(struct conn *conn)
{
	conn->is_blocked = false;
	conn_mark_dirty(conn);
}
