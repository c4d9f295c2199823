/*
 * The forwarding plane: its connections, turns and deadlines.
 */
#include "plane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dnchat/log.h"
#include "hash.h"
#include "plane_room.h"

/* How often the plane looks after itself. */
#define PLANE_TIMER_MSEC 1000

/* ---- life ---- */

struct plane *
plane_new(const struct plane_ops *ops, void *shell, uint64_t seed,
    uint64_t incarnation, uint64_t now_usec)
{
	struct plane *plane = calloc(1, sizeof(*plane));

	if (plane == NULL)
		return NULL;
	plane->ops = ops;
	plane->shell = shell;
	plane->incarnation = incarnation;
	plane->seed = seed;
	plane->text_bytes_max = DN_TEXT_BYTES_DEFAULT;
	plane->link_silence_msec = DN_LINK_SILENCE_MSEC;
	arena_init(&plane->arena);
	arena_init(&plane->answers);
	uplink_init(&plane->uplink);
	plane_clock(plane, now_usec);
	plane->started_msec = plane->now_msec;
	wheel_init(&plane->wheel, plane->now_msec);
	wheel_set(&plane->wheel, &plane->timer,
	    plane->now_msec + PLANE_TIMER_MSEC);
	plane->due_msec = UINT64_MAX;
	plane->table = table_new(hash_mix(seed, 1));
	plane->msgtable = msgtable_new(hash_mix(seed, 2));
	plane->relay = relay_new(hash_mix(seed, 4));
	plane->scratch = malloc(PLANE_SCRATCH_BYTES);
	plane->masked = malloc(PLANE_SCRATCH_BYTES);
	if (plane->table == NULL || plane->msgtable == NULL ||
	    plane->relay == NULL || plane->scratch == NULL ||
	    plane->masked == NULL) {
		plane_free(plane);
		return NULL;
	}
	return plane;
}

void
plane_free(struct plane *plane)
{
	struct table_entry *entry;
	size_t i;

	if (plane == NULL)
		return;
	for (i = 0; i < plane->slot_count; i++)
		if (plane->slots[i].conn != NULL)
			conn_free(plane->slots[i].conn);
	if (plane->table != NULL)
		for (entry = table_oldest(plane->table); entry != NULL;
		    entry = entry->newer) {
			held_drop(&plane->held, entry);
			plane_room_clear(plane, entry);
		}
	held_deinit(&plane->held);
	table_free(plane->table);
	msgtable_free(plane->msgtable);
	relay_free(plane->relay);
	uplink_deinit(&plane->uplink);
	status_deinit(&plane->status);
	arena_deinit(&plane->arena);
	arena_deinit(&plane->answers);
	free(plane->slots);
	free(plane->clients.conns);
	free(plane->links.conns);
	free(plane->dirty.ids);
	free(plane->resting.ids);
	free(plane->unread.ids);
	free(plane->scratch);
	free(plane->masked);
	free(plane);
}

void
plane_clock(struct plane *plane, uint64_t now_usec)
{
	assert(now_usec >= plane->now_usec);
	plane->now_usec = now_usec;
	plane->now_msec = now_usec / 1000;
}

/* ---- sets ---- */

/* Makes room for one more item of 'size' bytes behind '*count'. */
static enum dn_err
plane_grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t more = *room > 0 ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return DN_OK;
	grown = realloc(*items, more * size);
	if (grown == NULL)
		return DN_E_MEMORY;
	*items = grown;
	*room = more;
	return DN_OK;
}

enum dn_err
plane_set_add(struct plane_set *set, struct conn *conn)
{
	void *conns = set->conns;

	if (plane_grow(&conns, set->count, &set->room, sizeof(conn)) != DN_OK)
		return DN_E_MEMORY;
	set->conns = conns;
	conn->index = (uint32_t)set->count;
	set->conns[set->count++] = conn;
	return DN_OK;
}

void
plane_set_del(struct plane_set *set, struct conn *conn)
{
	struct conn *last = set->conns[--set->count];

	assert(set->conns[conn->index] == conn);
	set->conns[conn->index] = last;
	last->index = conn->index;
}

enum dn_err
plane_ids_add(struct plane_ids *ids, const struct conn *conn)
{
	void *grown = ids->ids;

	if (plane_grow(&grown, ids->count, &ids->room, sizeof(conn->id)) !=
	    DN_OK)
		return DN_E_MEMORY;
	ids->ids = grown;
	ids->ids[ids->count++] = conn->id;
	return DN_OK;
}

/* ---- strangers ---- */

struct dn_str
plane_address(struct dn_str source)
{
	const char *end;

	if (source.size == 0)
		return source;
	if (source.size > 1 && source.data[0] == '[') {
		end = memchr(source.data, ']', source.size);
		if (end != NULL)
			return (struct dn_str){source.data + 1,
			    (size_t)(end - source.data) - 1};
	}
	end = memchr(source.data, ':', source.size);
	if (end != NULL && memchr(end + 1, ':', source.size -
	    (size_t)(end + 1 - source.data)) == NULL)
		source.size = (size_t)(end - source.data);
	return source;
}

static bool
plane_is_loopback(struct dn_str address)
{
	return dn_str_eq(address, dn_str_of("::1")) ||
	    (address.size > 4 && memcmp(address.data, "127.", 4) == 0);
}

bool
plane_is_local(struct dn_str source)
{
	return plane_is_loopback(plane_address(source));
}

static uint16_t
plane_stranger_slot(const struct plane *plane, struct dn_str address)
{
	uint64_t state = hash_mix(plane->seed, 3);
	size_t i;

	for (i = 0; i < address.size; i++)
		state = hash_mix(state, (unsigned char)address.data[i]);
	return (uint16_t)(state % PLANE_STRANGER_SLOTS);
}

void
plane_stranger(struct plane *plane, struct conn *conn, bool is_one)
{
	if (conn->is_stranger == is_one)
		return;
	conn->is_stranger = is_one;
	if (is_one) {
		plane->strangers[conn->stranger_slot]++;
		plane->stranger_count++;
	} else {
		plane->strangers[conn->stranger_slot]--;
		plane->stranger_count--;
	}
}

bool
plane_withholds(const struct plane *plane, struct dn_str source)
{
	struct dn_str address = plane_address(source);
	size_t i;

	for (i = 0; i < PLANE_WITHHELD_MAX; i++)
		if (plane->withheld[i].until_msec > plane->now_msec &&
		    dn_str_eq(address,
		    dn_str_of(plane->withheld[i].address)))
			return true;
	return false;
}

void
plane_withhold(struct plane *plane, struct dn_str address, uint32_t msec)
{
	struct plane_withheld *withheld =
	    &plane->withheld[plane->withheld_next];

	address = plane_address(address);
	if (address.size >= sizeof(withheld->address))
		return;
	plane->withheld_next = (plane->withheld_next + 1) %
	    PLANE_WITHHELD_MAX;
	memset(withheld->address, 0, sizeof(withheld->address));
	memcpy(withheld->address, address.data, address.size);
	withheld->until_msec = plane->now_msec + msec;
}

/* ---- connections ---- */

static enum dn_err
plane_slot_take(struct plane *plane, struct conn *conn)
{
	void *slots = plane->slots;
	struct plane_slot *slot;
	uint32_t index;

	if (plane->slot_free != 0) {
		index = plane->slot_free - 1;
		slot = &plane->slots[index];
		plane->slot_free = slot->free_next;
	} else {
		if (plane_grow(&slots, plane->slot_count, &plane->slot_room,
		    sizeof(*slot)) != DN_OK)
			return DN_E_MEMORY;
		plane->slots = slots;
		index = (uint32_t)plane->slot_count++;
		slot = &plane->slots[index];
		slot->generation = 1;
	}
	slot->conn = conn;
	conn->id = IPC_CONN(plane->worker, slot->generation, index);
	plane->conn_count++;
	return DN_OK;
}

static void
plane_slot_give(struct plane *plane, const struct conn *conn)
{
	struct plane_slot *slot = &plane->slots[IPC_CONN_SLOT(conn->id)];

	assert(slot->conn == conn);
	slot->conn = NULL;
	slot->generation = (slot->generation + 1) & 0xffffff;
	/* With generation 0 slot 0 would have the id of no connection. */
	if (slot->generation == 0)
		slot->generation = 1;
	slot->free_next = plane->slot_free;
	plane->slot_free = IPC_CONN_SLOT(conn->id) + 1;
	plane->conn_count--;
}

struct conn *
plane_conn(const struct plane *plane, uint64_t id)
{
	struct conn *conn;

	if (IPC_CONN_SLOT(id) >= plane->slot_count)
		return NULL;
	conn = plane->slots[IPC_CONN_SLOT(id)].conn;
	return conn != NULL && conn->id == id ? conn : NULL;
}

enum dn_err
plane_accept(struct plane *plane, const struct codec *codec,
    struct dn_str source, bool dialled, void *shell, struct conn **conn)
{
	struct dn_str address = plane_address(source);
	struct conn *new;

	if (plane->stage >= PLANE_CLOSING)
		return DN_E_STATE;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return DN_E_MEMORY;
	new->plane = plane;
	new->codec = codec;
	new->shell = shell;
	new->is_dialled = dialled;
	new->source = strndup(source.data, source.size);
	if (codec->transport == CODEC_TCP)
		new->lines = calloc(1, sizeof(*new->lines));
	new->heard_msec = plane->now_msec;
	new->deadline_msec = plane->now_msec + CONN_UPGRADE_MSEC;
	new->stranger_slot = plane_stranger_slot(plane, address);
	if (new->source == NULL ||
	    (new->lines == NULL) != (codec->transport != CODEC_TCP) ||
	    plane_slot_take(plane, new) != DN_OK) {
		free(new->lines);
		free(new->source);
		free(new);
		return DN_E_MEMORY;
	}
	if (!dialled && !plane_is_loopback(address)) {
		if (plane->strangers[new->stranger_slot] >=
		    DN_STRANGERS_PER_ADDRESS_MAX) {
			plane_slot_give(plane, new);
			conn_free(new);
			return DN_E_FULL;
		}
		plane_stranger(plane, new, true);
	}
	conn_schedule(new);
	*conn = new;
	return DN_OK;
}

void
plane_gone(struct plane *plane, struct conn *conn, uint16_t code,
    const char *why)
{
	conn_retire(conn, code, why);
	plane_slot_give(plane, conn);
	conn_free(conn);
	if (plane->stage == PLANE_CLOSING && plane->conn_count == 0) {
		plane->stage = PLANE_FINISHED;
		plane->ops->finish(plane);
	}
}

void
plane_undialled(struct plane *plane, uint32_t dial, const char *why)
{
	struct ipc_undialled body = {dial, dn_str_of(why)};

	UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, undialled, &body);
}

/* ---- turns and deadlines ---- */

uint64_t
plane_deadline(struct plane *plane)
{
	uint64_t next = wheel_next(&plane->wheel);

	/* What is set to a time that has passed makes nobody late. */
	plane->due_msec = next > plane->now_msec ? next : plane->now_msec;
	return next;
}

/* We were late by so much: nobody else was silent meanwhile. */
static void
plane_forgive(struct plane *plane)
{
	size_t i;

	for (i = 0; i < plane->slot_count; i++)
		if (plane->slots[i].conn != NULL)
			plane->slots[i].conn->heard_msec = plane->now_msec;
}

/* Slow readers keep chunks alive that hold little else by now. */
static void
plane_compact(struct plane *plane)
{
	struct conn *conn;
	size_t i;

	if (plane->arena.bytes + plane->answers.bytes <=
	    PLANE_ARENA_BYTES_HIGH)
		return;
	for (i = 0; i < plane->slot_count; i++) {
		conn = plane->slots[i].conn;
		if (conn != NULL && conn->is_blocked)
			queue_compact(&conn->queue, &plane->arena);
	}
}

static void
plane_look(struct plane *plane)
{
	uint64_t next = plane->now_msec + PLANE_TIMER_MSEC;

	msgtable_expire(plane->msgtable, plane->now_msec);
	relay_expire(plane->relay, plane->now_msec);
	plane_compact(plane);
	status_sample(&plane->status, plane->counters, plane->now_msec);
	if (plane->stage != PLANE_RUNNING &&
	    plane->now_msec + WHEEL_TICK_MSEC > plane->stage_msec) {
		if (plane->stage == PLANE_STOPPING) {
			dn_warn("no_done", "what=\"dncontrol did not say "
			    "DONE in time\"");
			plane_done(plane);
		} else if (plane->stage == PLANE_CLOSING) {
			plane->stage = PLANE_FINISHED;
			plane->ops->finish(plane);
		}
	}
	if (plane->stage != PLANE_RUNNING && plane->stage_msec < next)
		next = plane->stage_msec;
	wheel_set(&plane->wheel, &plane->timer, next);
}

void
plane_early_schedule(struct plane *plane)
{
	uint64_t deadline = held_early_deadline(&plane->held);

	if (deadline == UINT64_MAX)
		wheel_del(&plane->wheel, &plane->early);
	else
		/* A tick later, as the wheel is early rather than late. */
		wheel_set(&plane->wheel, &plane->early,
		    deadline + WHEEL_TICK_MSEC);
}

static void
plane_early_expire(struct plane *plane)
{
	plane->counters[IPC_COUNTER_unknown_dropped] +=
	    held_early_expire(&plane->held, plane->now_msec);
	plane_early_schedule(plane);
}

static struct conn *
plane_timer_conn(struct wheel_timer *timer)
{
	return (struct conn *)(void *)((char *)timer -
	    offsetof(struct conn, timer));
}

void
plane_tick(struct plane *plane)
{
	struct wheel_timer *timer;

	if (plane->due_msec != UINT64_MAX &&
	    plane->now_msec > plane->due_msec + PLANE_LATE_MSEC)
		plane_forgive(plane);
	while ((timer = wheel_advance(&plane->wheel, plane->now_msec)) !=
	    NULL) {
		if (timer == &plane->timer)
			plane_look(plane);
		else if (timer == &plane->early)
			plane_early_expire(plane);
		else
			conn_tick(plane_timer_conn(timer));
	}
}

/* Goes on with what came together with others. */
static void
plane_read_on(struct plane *plane)
{
	size_t i, count = plane->unread.count;
	struct conn *conn;

	/* What comes to be behind these is for the next turn. */
	for (i = 0; i < count; i++) {
		conn = plane_conn(plane, plane->unread.ids[i]);
		if (conn != NULL)
			conn_read_on(conn);
	}
	plane->unread.count -= count;
	memmove(plane->unread.ids, plane->unread.ids + count,
	    plane->unread.count * sizeof(plane->unread.ids[0]));
}

bool
plane_is_busy(const struct plane *plane)
{
	return plane->dirty.count > 0 || plane->unread.count > 0 ||
	    plane->control_waits;
}

void
plane_flush(struct plane *plane)
{
	struct conn *conn;
	size_t i;

	if (plane->unread.count > 0)
		plane_read_on(plane);
	/* By index: flushing may end connections, which are dirty then. */
	for (i = 0; i < plane->dirty.count; i++) {
		if (i + PLANE_AHEAD < plane->dirty.count)
			plane_fetch_id(plane,
			    plane->dirty.ids[i + PLANE_AHEAD]);
		conn = plane_conn(plane, plane->dirty.ids[i]);
		if (conn != NULL && conn->is_dirty)
			conn_flush(conn);
	}
	plane->dirty.count = 0;
	plane->turn++;
	for (i = 0; i < plane->resting.count; i++) {
		conn = plane_conn(plane, plane->resting.ids[i]);
		if (conn != NULL)
			conn_pause(conn, CONN_PAUSED_TURN, false);
	}
	plane->resting.count = 0;
}

bool
plane_may_log(struct plane *plane)
{
	if (plane->now_msec >= plane->log_msec + PLANE_LOG_MSEC) {
		if (plane->log_count > PLANE_LOG_LINES_MAX)
			dn_warn("suppressed", "lines=%u",
			    plane->log_count - PLANE_LOG_LINES_MAX);
		plane->log_msec = plane->now_msec;
		plane->log_count = 0;
	}
	return ++plane->log_count <= PLANE_LOG_LINES_MAX;
}
