/* The rooms as bytes and back, for save.c. */
#include "save.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "memory.h"
#include "room_command.h"
#include "room_store.h"

/* ---- members ---- */

static bool
save_member_is_sane(const struct core *core, const struct room *room,
    const char *account, const struct user *user, uint8_t stage)
{
	if (stage >= ROOM_STAGE_COUNT || (stage == ROOM_AWAY) != (user == NULL))
		return false;
	if (account == NULL)
		return user != NULL && user->shown &&
		    room_member(core, room, user) == NULL;
	return *account != '\0' && strlen(account) <= DN_NAME_OWN_BYTES_MAX &&
	    room->role == IPC_ROLE_ROOM &&
	    room_kept_in(core, room, dn_str_of(account)) == NULL &&
	    (user == NULL || (user->shown &&
	    room_member(core, room, user) == NULL));
}

/* What a joiner said meanwhile. */
static void
save_speech(struct save *save, struct core *core, struct member *member)
{
	uint32_t count = (uint32_t)member->speech_count;
	const struct speech *speech = member->speech;
	struct dn_str text = {"", 0};

	save_u32(save, &count);
	for (; count > 0 && save_is_good(save); count--) {
		if (speech != NULL)
			text = (struct dn_str){speech->text, speech->size};
		save_str(save, &text);
		if (!save_is_reading(save))
			speech = speech->next;
		else if (member->user == NULL || !save_is_good(save) ||
		    !room_hold(core, member, text))
			save_fail(save);
	}
}

/* What is under way about a member. */
static void
save_joining(struct save *save, struct core *core, struct member *member)
{
	save_u64(save, &member->order);
	save_bool(save, &member->is_plain);
	save_u8(save, &member->welcome);
	save_string(save, &member->word);
	save_speech(save, core, member);
	if (!save_is_reading(save))
		return;
	if (member->welcome >= ROOM_WELCOME_COUNT ||
	    (member->welcome != ROOM_WELCOME_NONE && member->user == NULL) ||
	    ((member->welcome == ROOM_WELCOME_REPLY ||
	    member->welcome == ROOM_WELCOME_HOOK) && (member->word == NULL ||
	    member->user->session == NULL)))
		save_fail(save);
}

/* What stands of a member, 'member' NULL where it is read. */
static void
save_member(struct save *save, struct core *core, struct room *room,
    struct member *member)
{
	char *account = member != NULL && member->keeper != NULL ?
	    memory_string(dn_str_of(member->keeper->name)) : NULL;
	uint64_t number = member != NULL && member->user != NULL ?
	    member->user->number : 0;
	uint8_t stage = member != NULL ? (uint8_t)member->stage : 0;
	struct user *user;

	save_string(save, &account);
	save_u64(save, &number);
	save_u8(save, &stage);
	if (member == NULL) {
		user = number != 0 ? user_find(core, number) : NULL;
		if (!save_is_good(save) || (number != 0 && user == NULL) ||
		    !save_member_is_sane(core, room, account, user, stage)) {
			save_fail(save);
		} else {
			member = room_member_new(core, room,
			    dn_str_of(account));
			if (user != NULL)
				room_member_attach(core, member, user,
				    (enum room_stage)stage);
		}
	}
	free(account);
	if (member != NULL)
		save_joining(save, core, member);
}

static void
save_members(struct save *save, struct core *core, struct room *room)
{
	uint32_t count = (uint32_t)room->member_count;
	struct member *member;

	save_u32(save, &count);
	if (count > DN_ROOM_MEMBERS_MAX)
		save_fail(save);
	if (!save_is_reading(save))
		DL_FOREACH(room->members, member)
			save_member(save, core, room, member);
	else
		while (count-- > 0 && save_is_good(save))
			save_member(save, core, room, NULL);
}

/* ---- rooms ---- */

static bool
save_room_is_sane(const struct core *core, const char *name, uint8_t role,
    uint64_t id)
{
	size_t size = name != NULL ? strlen(name) : 0;

	if (name == NULL || size >= DN_NAME_BYTES_MAX || id == 0 ||
	    room_of_id(core, id) != NULL)
		return false;
	if (role == IPC_ROLE_ROOM && size > DN_ROOM_NAME_BYTES_MAX)
		return false;
	if (role == IPC_ROLE_USER)
		return true;
	return (role == IPC_ROLE_ROOM || role == IPC_ROLE_IMPORT) &&
	    size > 0 && room_find(core, dn_str_of(name)) == NULL;
}

/* What a room that is shown is known as. */
static void
save_shown(struct save *save, struct core *core, struct room *room)
{
	bool is_shown = room->user != NULL;
	struct user *user;

	save_bool(save, &is_shown);
	if (!save_is_reading(save) || !save_is_good(save))
		return;
	if (!is_shown) {
		/* The others are only known while they are shown. */
		if (room->role != IPC_ROLE_ROOM)
			save_fail(save);
		return;
	}
	user = user_find(core, room->number);
	if (user == NULL || !user->shown || room_at(core, room->number) ||
	    (room->role == IPC_ROLE_USER ? user->session != NULL :
	    user->session == NULL || user->session->seat.role != room->role))
		save_fail(save);
	else
		room_attach(core, room, user);
}

/* What stands of a room, 'room' NULL where it is read. */
static void
save_room(struct save *save, struct core *core, struct room *room)
{
	char *name = room != NULL ? memory_string(dn_str_of(room->name)) :
	    NULL;
	uint64_t id = room != NULL ? room->id : 0;
	uint8_t role = room != NULL ? room->role : 0;

	save_u64(save, &id);
	save_u8(save, &role);
	save_string(save, &name);
	if (room == NULL) {
		if (save_is_good(save) && id > core->rooms.id_last &&
		    save_room_is_sane(core, name, role, id)) {
			core->rooms.id_last = id - 1;
			room = room_add(core, dn_str_of(name), role);
		} else {
			save_fail(save);
		}
	}
	free(name);
	if (room == NULL)
		return;
	save_u64(save, &room->number);
	save_u64(save, &room->conn);
	save_string(save, &room->description);
	if (save_is_good(save))
		save_shown(save, core, room);
	if (save_is_good(save))
		save_members(save, core, room);
}

static void
save_all_rooms(struct save *save, struct core *core)
{
	uint32_t count = HASH_COUNT(core->rooms.by_id);
	struct room *room;

	save_u32(save, &count);
	if (!save_is_reading(save))
		for (room = room_next(core, NULL); room != NULL;
		    room = room_next(core, room))
			save_room(save, core, room);
	else
		while (count-- > 0 && save_is_good(save))
			save_room(save, core, NULL);
}

/* ---- what is outstanding ---- */

static bool
save_order_is_sane(const struct core *core, uint64_t id, uint8_t kind,
    const char *room)
{
	const struct order *last = core->rooms.orders != NULL ?
	    ELMT_FROM_HH(core->rooms.orders->hh.tbl,
	    core->rooms.orders->hh.tbl->tail) : NULL;

	return kind >= REQUEST_ROOM_PUT && kind <= REQUEST_HISTORY &&
	    room != NULL && id > (last != NULL ? last->id : 0) &&
	    id <= core->rooms.order_last;
}

/* What stands of an order, 'order' NULL where it is read. */
static void
save_order(struct save *save, struct core *core, struct order *order)
{
	char *room = order != NULL ? memory_string(dn_str_of(order->room)) :
	    NULL;
	char *account = order != NULL && order->account != NULL ?
	    memory_string(dn_str_of(order->account)) : NULL;
	uint64_t id = order != NULL ? order->id : 0;
	uint8_t kind = order != NULL ? order->kind : 0;

	save_u64(save, &id);
	save_u8(save, &kind);
	save_string(save, &room);
	save_string(save, &account);
	if (order == NULL && save_is_good(save) &&
	    save_order_is_sane(core, id, kind, room))
		order = room_store_new(core, id, kind, dn_str_of(room),
		    dn_str_of(account));
	free(room);
	free(account);
	if (order == NULL) {
		save_fail(save);
		return;
	}
	save_u64(save, &order->number);
	save_u64(save, &order->room_id);
	save_u64(save, &order->user);
	save_u64(save, &order->from);
	if (save->version < SAVE_VERSION_OFFERS && order->from > 0)
		/* They noted the last one that he had. */
		order->from++;
	save_u32(save, &order->count);
	save_timer(save, core, &order->timer);
}

static void
save_orders(struct save *save, struct core *core)
{
	uint32_t count = HASH_COUNT(core->rooms.orders);
	struct order *order;

	save_u32(save, &count);
	if (!save_is_reading(save))
		for (order = core->rooms.orders; order != NULL;
		    order = order->hh.next)
			save_order(save, core, order);
	else
		while (count-- > 0 && save_is_good(save))
			save_order(save, core, NULL);
}

static void
save_hint(struct save *save, struct core *core, const struct hint *hint)
{
	struct member_key key = {0};
	uint64_t until_msec = 0;

	if (hint != NULL) {
		key = hint->key;
		until_msec = hint->until_msec;
	}
	save_u64(save, &key.room);
	save_u64(save, &key.user);
	save_u64(save, &until_msec);
	if (!save_is_reading(save) || !save_is_good(save))
		return;
	if (room_command_is_hinted(core, &key))
		save_fail(save);
	else
		room_command_hinted(core, &key, until_msec);
}

static void
save_hints(struct save *save, struct core *core)
{
	uint32_t count = HASH_COUNT(core->rooms.hints);
	const struct hint *hint;

	save_u32(save, &count);
	if (count > ROOM_HINTS_MAX)
		save_fail(save);
	if (!save_is_reading(save))
		for (hint = core->rooms.hints; hint != NULL;
		    hint = hint->hh.next)
			save_hint(save, core, hint);
	else
		while (count-- > 0 && save_is_good(save))
			save_hint(save, core, NULL);
}

void
save_rooms(struct save *save, struct core *core)
{
	uint64_t id_last = core->rooms.id_last;

	save_u64(save, &id_last);
	save_u64(save, &core->rooms.order_last);
	save_u64(save, &core->rooms.service);
	save_all_rooms(save, core);
	if (core->rooms.id_last > id_last)
		save_fail(save);
	core->rooms.id_last = id_last;
	if (save_is_good(save))
		save_orders(save, core);
	if (save_is_good(save))
		save_hints(save, core);
}
