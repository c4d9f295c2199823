/* What the store is asked about rooms: see room_store.h. */
#include "room_store.h"

#include <stdlib.h>

#include "memory.h"

/* A joiner waits for what was said before no longer than this. */
#define ROOM_HISTORY_MSEC 5000

struct order *
room_store_find(const struct core *core, uint64_t id)
{
	struct order *order;

	HASH_FIND_BYHASHVALUE(hh, core->rooms.orders, &id, sizeof(id),
	    hash_number(core->seed, id), order);
	return order;
}

bool
room_store_is_full(const struct core *core)
{
	return HASH_COUNT(core->rooms.orders) - core->rooms.histories >=
	    ROOM_CHANGES_MAX;
}

/* ---- orders ---- */

struct order *
room_store_new(struct core *core, uint64_t id, uint8_t kind,
    struct dn_str room, struct dn_str account)
{
	struct order *order = memory_new(sizeof(*order));

	order->id = id;
	order->kind = kind;
	order->room = memory_string(room);
	if (account.size > 0)
		order->account = memory_string(account);
	order->timer.kind = TIMER_HISTORY;
	order->timer.owner = id;
	HASH_ADD_BYHASHVALUE(hh, core->rooms.orders, id, sizeof(order->id),
	    hash_number(core->seed, id), order);
	core->rooms.histories += kind == REQUEST_HISTORY;
	return order;
}

void
room_store_done(struct core *core, struct order *order)
{
	timer_stop(&core->timers, &order->timer);
	core->rooms.histories -= order->kind == REQUEST_HISTORY;
	HASH_DEL(core->rooms.orders, order);
	free(order->room);
	free(order->account);
	free(order);
}

void
room_store_free_all(struct core *core)
{
	struct order *order, *next;

	HASH_ITER(hh, core->rooms.orders, order, next)
		room_store_done(core, order);
}

/* ---- requests ---- */

static void
room_store_request(struct core *core, const struct order *order)
{
	struct request *request = updates_request(core->updates,
	    (enum request_kind)order->kind);

	request->id = order->id;
	request->number = order->number;
	request->count = order->count;
	request->from = order->from;
	(void)snprintf(request->room, sizeof(request->room), "%s",
	    order->room);
	if (order->account != NULL)
		(void)snprintf(request->account, sizeof(request->account),
		    "%s", order->account);
}

static struct order *
room_store_order(struct core *core, enum request_kind kind,
    const struct room *room, const char *account)
{
	return room_store_new(core, ++core->rooms.order_last, (uint8_t)kind,
	    dn_str_of(room->name), dn_str_of(account));
}

void
room_store_put_room(struct core *core, const struct room *room)
{
	struct order *order = room_store_order(core, REQUEST_ROOM_PUT, room,
	    NULL);

	order->number = room->number;
	room_store_request(core, order);
}

void
room_store_delete_room(struct core *core, const struct room *room)
{
	room_store_request(core, room_store_order(core, REQUEST_ROOM_DELETE,
	    room, NULL));
}

void
room_store_put_member(struct core *core, const struct member *member)
{
	room_store_request(core, room_store_order(core, REQUEST_MEMBER_PUT,
	    member->room, member->keeper->name));
}

void
room_store_delete_member(struct core *core, const struct member *member)
{
	room_store_request(core, room_store_order(core, REQUEST_MEMBER_DELETE,
	    member->room, member->keeper->name));
}

uint64_t
room_store_ask_history(struct core *core, const struct member *member,
    uint32_t count, uint64_t from)
{
	struct order *order;

	if (core->rooms.histories >= ROOM_HISTORIES_MAX)
		return 0;
	order = room_store_order(core, REQUEST_HISTORY, member->room, NULL);
	order->room_id = member->room->id;
	order->user = member->user->number;
	order->count = count;
	order->from = from;
	timer_start(&core->timers, &order->timer, core->now_msec,
	    ROOM_HISTORY_MSEC);
	room_store_request(core, order);
	return order->id;
}

/* ---- answers ---- */

enum dn_err
room_store_stored(struct core *core, const struct event *event)
{
	const struct event_stored *body = &event->body.stored;
	struct order *order = room_store_find(core, body->id);
	struct notice *notice;

	if (order == NULL || order->kind == REQUEST_HISTORY)
		return DN_OK;
	if (body->err != DN_OK) {
		notice = updates_notice(core->updates, DN_LOG_ERROR,
		    "room_not_stored");
		notice_add(notice, "room", dn_str_of(order->room));
		notice_add(notice, "account", dn_str_of(order->account));
		notice_add(notice, "why",
		    dn_str_of(dn_err_text((enum dn_err)body->err)));
	}
	room_store_done(core, order);
	return DN_OK;
}

void
room_store_resume(struct core *core)
{
	const struct order *order;

	for (order = core->rooms.orders; order != NULL; order = order->hh.next)
		room_store_request(core, order);
}
