/* Rooms and members: the tables under room_life.c. Keeps, decides nothing. */
#include "room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "memory.h"
#include "name.h"

/* ---- finding ---- */

struct room *
room_find(const struct core *core, struct dn_str name)
{
	struct room *room;

	HASH_FIND_BYHASHVALUE(hh_name, core->rooms.by_name, name.data,
	    (unsigned)name.size, hash_string(core->seed, name), room);
	return room;
}

struct room *
room_at(const struct core *core, uint64_t number)
{
	struct room *room;

	HASH_FIND_BYHASHVALUE(hh_number, core->rooms.by_number, &number,
	    sizeof(number), hash_number(core->seed, number), room);
	return room;
}

struct room *
room_of_id(const struct core *core, uint64_t id)
{
	struct room *room;

	HASH_FIND_BYHASHVALUE(hh, core->rooms.by_id, &id, sizeof(id),
	    hash_number(core->seed, id), room);
	return room;
}

struct room *
room_next(const struct core *core, const struct room *room)
{
	return room == NULL ? core->rooms.by_id : room->hh.next;
}

static unsigned
room_hash_key(const struct core *core, const struct member_key *key)
{
	return (unsigned)hash_mix(core->seed ^ hash_mix(key->room ^
	    hash_mix(key->user)));
}

struct member *
room_member(const struct core *core, const struct room *room,
    const struct user *user)
{
	struct member_key key = {room->id, user->number};
	struct member *member;

	HASH_FIND_BYHASHVALUE(hh, core->rooms.members, &key, sizeof(key),
	    room_hash_key(core, &key), member);
	return member;
}

static struct keeper *
room_keeper(const struct core *core, struct dn_str account)
{
	struct keeper *keeper;

	HASH_FIND_BYHASHVALUE(hh, core->rooms.keepers, account.data,
	    (unsigned)account.size, hash_string(core->seed, account), keeper);
	return keeper;
}

struct member *
room_kept(const struct core *core, struct dn_str account)
{
	struct keeper *keeper = room_keeper(core, account);

	return keeper != NULL ? keeper->members : NULL;
}

struct member *
room_kept_in(const struct core *core, const struct room *room,
    struct dn_str account)
{
	struct member *member;

	DL_FOREACH2(room_kept(core, account), member, keeper_next)
		if (member->room == room)
			break;
	return member;
}

size_t
room_count_over(const struct room *room, uint64_t conn)
{
	const struct member *member;
	size_t count = 0;

	DL_FOREACH(room->members, member)
		count += member->user != NULL &&
		    member->user->session != NULL &&
		    !member->user->session->seat.is_client &&
		    member->user->session->seat.conn == conn;
	return count;
}

bool
room_is_sign(const struct user *user)
{
	struct dn_str name = text_name(user->text);

	return (name.size > 0 && name.data[0] == '#') ||
	    (user->session != NULL &&
	    user->session->seat.role != IPC_ROLE_USER);
}

bool
room_is_name(struct dn_str name)
{
	return name.size <= DN_ROOM_NAME_BYTES_MAX && name_is_good(name);
}

uint64_t
room_new_number(struct core *core)
{
	uint64_t number;

	do {
		core->random++;
		number = hash_mix(core->random) % DN_NUMBER_ASSIGNED_MAX + 1;
	} while (user_find(core, number) != NULL);
	return number;
}

/* ---- rooms ---- */

struct room *
room_add(struct core *core, struct dn_str name, uint8_t role)
{
	struct room *room = memory_new(sizeof(*room));

	room->id = ++core->rooms.id_last;
	room->role = role;
	room->name = memory_string(name);
	HASH_ADD_BYHASHVALUE(hh, core->rooms.by_id, id, sizeof(room->id),
	    hash_number(core->seed, room->id), room);
	if (role != IPC_ROLE_USER)
		HASH_ADD_KEYPTR_BYHASHVALUE(hh_name, core->rooms.by_name,
		    room->name, (unsigned)name.size,
		    hash_string(core->seed, name), room);
	core->rooms.count += role == IPC_ROLE_ROOM;
	return room;
}

void
room_remove(struct core *core, struct room *room)
{
	while (room->members != NULL)
		room_member_free(core, room->members);
	if (room->user != NULL)
		room_detach(core, room);
	HASH_DELETE(hh, core->rooms.by_id, room);
	if (room->role != IPC_ROLE_USER)
		HASH_DELETE(hh_name, core->rooms.by_name, room);
	core->rooms.count -= room->role == IPC_ROLE_ROOM;
	free(room->name);
	free(room->description);
	free(room);
}

void
room_attach(struct core *core, struct room *room, struct user *user)
{
	assert(room->user == NULL);
	room->user = user;
	room->number = user->number;
	HASH_ADD_BYHASHVALUE(hh_number, core->rooms.by_number, number,
	    sizeof(room->number), hash_number(core->seed, room->number), room);
}

void
room_detach(struct core *core, struct room *room)
{
	HASH_DELETE(hh_number, core->rooms.by_number, room);
	room->user = NULL;
}

void
room_remove_all(struct core *core)
{
	struct room *room, *next;

	HASH_ITER(hh, core->rooms.by_id, room, next)
		room_remove(core, room);
}

/* ---- members ---- */

/* What somebody is a member of stands in the order of the rooms: it doesn't
 * depend on what happened in between, or was loaded. */
static int
room_order(const struct member *a, const struct member *b)
{
	return (a->room->id > b->room->id) - (a->room->id < b->room->id);
}

static void
room_keep(struct core *core, struct member *member, struct dn_str account)
{
	struct keeper *keeper = room_keeper(core, account);

	if (keeper == NULL) {
		keeper = memory_new(sizeof(*keeper));
		keeper->name = memory_string(account);
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, core->rooms.keepers,
		    keeper->name, (unsigned)account.size,
		    hash_string(core->seed, account), keeper);
	}
	member->keeper = keeper;
	DL_INSERT_INORDER2(keeper->members, member, room_order, keeper_prev,
	    keeper_next);
}

static void
room_unkeep(struct core *core, struct member *member)
{
	struct keeper *keeper = member->keeper;

	DL_DELETE2(keeper->members, member, keeper_prev, keeper_next);
	member->keeper = NULL;
	if (keeper->members != NULL)
		return;
	HASH_DELETE(hh, core->rooms.keepers, keeper);
	free(keeper->name);
	free(keeper);
}

/* ---- what joiners say ---- */

bool
room_hold(struct core *core, struct member *member, struct dn_str text)
{
	struct speech *speech;

	if (member->speech_count >= ROOM_SPEECHES_MAX ||
	    core->rooms.speech_bytes + text.size > ROOM_SPEECH_BYTES_MAX)
		return false;
	speech = memory_new(sizeof(*speech) + text.size);
	speech->size = text.size;
	if (text.size > 0)
		memcpy(speech->text, text.data, text.size);
	LL_APPEND(member->speech, speech);
	member->speech_count++;
	core->rooms.speech_bytes += text.size;
	return true;
}

void
room_unhold(struct core *core, struct member *member)
{
	struct speech *speech;

	while ((speech = member->speech) != NULL) {
		member->speech = speech->next;
		member->speech_count--;
		core->rooms.speech_bytes -= speech->size;
		free(speech);
	}
}

/* ---- records of members ---- */

struct member *
room_member_new(struct core *core, struct room *room, struct dn_str account)
{
	struct member *member = memory_new(sizeof(*member));

	member->room = room;
	member->stage = ROOM_AWAY;
	DL_APPEND(room->members, member);
	room->member_count++;
	if (account.size > 0)
		room_keep(core, member, account);
	return member;
}

/* Nothing is under way about the member any more. */
static void
room_settle(struct core *core, struct member *member)
{
	member->order = 0;
	member->welcome = ROOM_WELCOME_NONE;
	member->is_plain = false;
	free(member->word);
	member->word = NULL;
	room_unhold(core, member);
}

void
room_member_free(struct core *core, struct member *member)
{
	if (member->user != NULL)
		room_member_detach(core, member);
	room_settle(core, member);
	if (member->keeper != NULL)
		room_unkeep(core, member);
	DL_DELETE(member->room->members, member);
	member->room->member_count--;
	free(member);
}

void
room_member_attach(struct core *core, struct member *member,
    struct user *user, enum room_stage stage)
{
	assert(member->user == NULL && stage != ROOM_AWAY);
	member->user = user;
	member->stage = stage;
	member->key = (struct member_key){member->room->id, user->number};
	HASH_ADD_BYHASHVALUE(hh, core->rooms.members, key,
	    sizeof(member->key), room_hash_key(core, &member->key), member);
	DL_INSERT_INORDER2(user->members, member, room_order, user_prev,
	    user_next);
	member->room->here_count++;
}

void
room_member_detach(struct core *core, struct member *member)
{
	HASH_DELETE(hh, core->rooms.members, member);
	DL_DELETE2(member->user->members, member, user_prev, user_next);
	member->user = NULL;
	member->stage = ROOM_AWAY;
	member->room->here_count--;
	room_settle(core, member);
}
