/*
 * Rooms come and go: between those who want it (room_door.c, room_command.c,
 * life.c) and what follows: their members (room_member.c), the tables
 * (room.c), the store and the network (way.c).
 */
#include "room.h"

#include <stdlib.h>

#include <utlist.h>

#include "memory.h"
#include "name.h"
#include "room_store.h"
#include "way.h"

#define ROOM_SHOWN_BYTES_MAX (DN_NAME_BYTES_MAX + 1)
#define ROOM_SERVICE_WORD "rooms@"
#define ROOM_SERVICE_DESCRIPTION "creates and lists rooms: say /help"

static struct notice *
room_notice(struct core *core, const struct room *room,
    enum dn_log_level level, const char *event)
{
	struct notice *notice = updates_notice(core->updates, level, event);

	notice_add(notice, "room", dn_str_of(room->name));
	return notice;
}

/* ---- rooms are shown ---- */

/* True if 'user' is in the clients' lists since before the reset of dnchatd,
 * which keeps rooms and services, without members. */
static bool
room_is_leftover(const struct user *user, struct dn_str name)
{
	return user != NULL && user->shown && user->session == NULL &&
	    user->route.distance == ROUTE_INFINITY &&
	    user->sent == ROUTE_NONE &&
	    dn_str_eq(text_name(user->text), name);
}

/*
 * Who can be shown as 'number', or as another where that is in use: nobody's
 * record, or a leftover of the same text, which has to be shown no more. NULL
 * if there are too many users.
 */
static struct user *
room_claim(struct core *core, uint64_t number, struct dn_str name,
    struct dn_str description)
{
	struct user *user = way_find(core, number);

	if (room_is_leftover(user, name)) {
		if (text_is(user->text, name, description))
			return user;
		way_unlist(core, user);
		user = user_find(core, number);
	}
	if (user != NULL && (user->shown || user->session != NULL)) {
		number = room_new_number(core);
		user = NULL;
	}
	if (user == NULL)
		user = way_user(core, number, name, description);
	if (user == NULL)
		(void)updates_notice(core->updates, DN_LOG_ERROR,
		    "users_full");
	return user;
}

/* '#name', in 'text'. */
static struct dn_str
room_shown_name(struct dn_str name, char text[ROOM_SHOWN_BYTES_MAX])
{
	int size = snprintf(text, ROOM_SHOWN_BYTES_MAX, "#%.*s",
	    (int)name.size, name.data);

	return (struct dn_str){text, (size_t)size};
}

/* All who are here have been let in, for dnchatd knows of none. */
static void
room_show_members(struct core *core, struct room *room)
{
	struct member *member;

	DL_FOREACH(room->members, member)
		if (member->stage != ROOM_AWAY)
			room_set_live(core, member);
}

/* An entry that is there already is told its members, then that it is live
 * again; a new one the other way round. */
static void
room_show_as(struct core *core, struct room *room, struct user *user,
    struct dn_str name, struct dn_str description)
{
	struct seat seat = {.conn = room->conn, .role = room->role,
	    .door = room->role == IPC_ROLE_IMPORT ? IPC_DOOR_CHANNELS :
	    IPC_DOOR_DNCHAT};
	bool is_leftover = user->shown;

	room_attach(core, room, user);
	if (is_leftover)
		room_show_members(core, room);
	way_login(core, user, &seat, name, description);
	if (!is_leftover)
		room_show_members(core, room);
}

static void
room_show(struct core *core, struct room *room)
{
	char shown[ROOM_SHOWN_BYTES_MAX];
	char described[DN_HOST_BYTES_MAX + 8];
	uint64_t number = room->number;
	struct dn_str name, description;
	struct user *user;

	if (!core->synced || core->shutting_down || room->user != NULL)
		return;
	(void)snprintf(described, sizeof(described), "room %s",
	    core->settings.name);
	name = room_shown_name(dn_str_of(room->name), shown);
	description = dn_str_of(room->description != NULL ?
	    room->description : described);
	user = room_claim(core, number, name, description);
	if (user == NULL)
		return;
	room_show_as(core, room, user, name, description);
	/* There is one such change for a room at most, however full. */
	if (room->number != number && room->role == IPC_ROLE_ROOM)
		room_store_put_room(core, room);
}

/* It is no user any more; its members stay. */
static void
room_hide(struct core *core, struct room *room)
{
	struct user *user = room->user;

	if (user == NULL)
		return;
	room_detach(core, room);
	way_logout(core, user);
}

void
room_drop(struct core *core, struct room *room)
{
	struct user *user = room->user;
	struct member *member;

	DL_FOREACH(room->members, member)
		room_unwelcome(core, member);
	/* HIDE ends the memberships at dnchatd. */
	room_remove(core, room);
	if (user != NULL)
		way_logout(core, user);
}

/* ---- the service rooms@NODE ---- */

struct user *
room_service(const struct core *core)
{
	struct user *user = user_find(core, core->rooms.service);

	return user != NULL && user->session != NULL &&
	    user->session->seat.role == IPC_ROLE_SERVICE ? user : NULL;
}

void
room_settle_service(struct core *core)
{
	struct seat seat = {.role = IPC_ROLE_SERVICE};
	struct user *user = room_service(core);
	char text[DN_HOST_BYTES_MAX + sizeof(ROOM_SERVICE_WORD)];
	bool is_wanted = core->settings.rooms_service && core->synced &&
	    !core->shutting_down;
	struct dn_str name;

	(void)snprintf(text, sizeof(text), ROOM_SERVICE_WORD "%s",
	    core->settings.name);
	name = dn_str_of(text);
	if (name.size > DN_NAME_BYTES_MAX)
		is_wanted = false;
	if (user != NULL && (!is_wanted ||
	    !dn_str_eq(text_name(user->text), name))) {
		way_logout(core, user);
		user = NULL;
	}
	if (!is_wanted || user != NULL)
		return;
	user = user_named(core, name, NULL);
	if (room_is_leftover(user, name))
		core->rooms.service = user->number;
	else if (core->rooms.service == 0)
		core->rooms.service = room_new_number(core);
	user = room_claim(core, core->rooms.service, name,
	    dn_str_of(ROOM_SERVICE_DESCRIPTION));
	core->rooms.service = user != NULL ? user->number : 0;
	if (user != NULL)
		way_login(core, user, &seat, name,
		    dn_str_of(ROOM_SERVICE_DESCRIPTION));
}

/* ---- rooms come and go ---- */

static struct room *
room_make(struct core *core, struct dn_str name, uint64_t number)
{
	struct room *room = room_add(core, name, IPC_ROLE_ROOM);

	room->number = number;
	return room;
}

static bool
room_is_taken(const struct core *core, struct dn_str name)
{
	char text[ROOM_SHOWN_BYTES_MAX];

	return room_find(core, name) != NULL ||
	    user_named(core, room_shown_name(name, text), NULL) != NULL;
}

enum dn_err
room_create(struct core *core, struct dn_str name, struct dn_str by)
{
	struct notice *notice;
	struct room *room;

	if (core->shutting_down)
		return DN_E_STATE;
	if (!room_is_name(name))
		return DN_E_MALFORMED;
	if (room_is_taken(core, name))
		return DN_E_EXISTS;
	if (core->rooms.count >= DN_ROOMS_MAX || room_store_is_full(core))
		return DN_E_FULL;
	room = room_make(core, name, room_new_number(core));
	room_store_put_room(core, room);
	room_show(core, room);
	notice = room_notice(core, room, DN_LOG_INFO, "room_created");
	notice_add_number(notice, "number", room->number);
	notice_add(notice, "by", by);
	if (core->hooks.room_created != NULL)
		core->hooks.room_created(core, room);
	return DN_OK;
}

enum dn_err
room_delete(struct core *core, struct room *room)
{
	if (room->role != IPC_ROLE_ROOM)
		return DN_E_STATE;
	if (room_store_is_full(core))
		return DN_E_FULL;
	(void)room_notice(core, room, DN_LOG_INFO, "room_deleted");
	room_store_delete_room(core, room);
	room_drop(core, room);
	return DN_OK;
}

/* An import of before the reset of dnchatd has another link now, and is shown
 * anew. */
static void
room_forget_leftover(struct core *core, struct dn_str name)
{
	char text[ROOM_SHOWN_BYTES_MAX];
	struct dn_str shown = room_shown_name(name, text);
	struct user *user = user_named(core, shown, NULL);

	if (room_is_leftover(user, shown))
		way_unlist(core, user);
}

/* What other servers import, too, is here as a user until it is shown as an
 * import of ours. */
static void
room_take_over(struct core *core, const struct room *room)
{
	struct user *user = way_find(core, room->number);
	char shown[ROOM_SHOWN_BYTES_MAX];

	if (user != NULL && user->shown && user->session == NULL &&
	    text_is(user->text, room_shown_name(dn_str_of(room->name), shown),
	    dn_str_of(room->description)))
		way_unlist(core, user);
}

enum dn_err
room_import(struct core *core, struct dn_str name, uint64_t number,
    uint64_t conn, struct dn_str description, struct room **room)
{
	if (!core->synced || core->shutting_down)
		return DN_E_STATE;
	if (name.size == 0 || name.size >= DN_NAME_BYTES_MAX ||
	    memchr(name.data, '\0', name.size) != NULL ||
	    description.size > DN_DESCRIPTION_BYTES_MAX)
		return DN_E_MALFORMED;
	room_forget_leftover(core, name);
	if (room_find(core, name) != NULL)
		return DN_E_EXISTS;
	*room = room_add(core, name, IPC_ROLE_IMPORT);
	(*room)->conn = conn;
	(*room)->description = memory_string(description);
	(*room)->number = number;
	room_take_over(core, *room);
	room_show(core, *room);
	if ((*room)->user != NULL)
		return DN_OK;
	room_remove(core, *room);
	*room = NULL;
	return DN_E_FULL;
}

void
room_move(struct core *core, struct room *room, uint64_t conn)
{
	room->conn = conn;
	room->user->session->seat.conn = conn;
	way_tell(core, room->user);
}

/* ---- what the store keeps ---- */

enum dn_err
room_known(struct core *core, const struct event *event)
{
	const struct event_room *body = &event->body.room;
	struct room *room;

	if (!room_is_name(body->name))
		return DN_E_MALFORMED;
	if (room_find(core, body->name) != NULL)
		return DN_E_EXISTS;
	if (core->rooms.count >= DN_ROOMS_MAX)
		return DN_E_FULL;
	room = room_make(core, body->name, body->number);
	if (!user_is_number(body->number)) {
		room->number = room_new_number(core);
		room_store_put_room(core, room);
	}
	room_show(core, room);
	return DN_OK;
}

enum dn_err
room_member_known(struct core *core, const struct event *event)
{
	const struct event_room_member *body = &event->body.room_member;
	struct room *room = room_find(core, body->room);
	struct user *user;

	if (room == NULL || room->role != IPC_ROLE_ROOM)
		return DN_E_UNKNOWN;
	if (!name_is_good(body->account))
		return DN_E_MALFORMED;
	if (room_kept_in(core, room, body->account) != NULL)
		return DN_E_EXISTS;
	if (room->member_count >= DN_ROOM_MEMBERS_MAX)
		return DN_E_FULL;
	(void)room_member_new(core, room, body->account);
	for (user = user_named(core, body->account, NULL); user != NULL;
	    user = user_named(core, body->account, user))
		if (room_account(user).size > 0 &&
		    room_member(core, room, user) == NULL)
			room_login(core, user);
	return DN_OK;
}

/* ---- what the operator wants ---- */

struct dn_str
room_bare(struct dn_str name)
{
	if (name.size > 0 && name.data[0] == '#')
		return (struct dn_str){name.data + 1, name.size - 1};
	return name;
}

enum dn_err
room_create_wanted(struct core *core, const struct event *event)
{
	return room_create(core, room_bare(event->body.room_create.name),
	    dn_str_of("operator"));
}

enum dn_err
room_delete_wanted(struct core *core, const struct event *event)
{
	struct room *room;

	room = room_find(core, room_bare(event->body.room_delete.name));
	return room != NULL ? room_delete(core, room) : DN_E_UNKNOWN;
}

/* ---- dnchatd comes and goes ---- */

void
room_synced(struct core *core)
{
	struct room *room;

	for (room = room_next(core, NULL); room != NULL;
	    room = room_next(core, room))
		room_show(core, room);
	room_settle_service(core);
}

void
room_renamed(struct core *core)
{
	struct room *room;

	for (room = room_next(core, NULL); room != NULL;
	    room = room_next(core, room))
		if (room->role == IPC_ROLE_ROOM && room->user != NULL) {
			room_hide(core, room);
			room_show(core, room);
		}
}

void
room_plane_down(struct core *core)
{
	struct room *room, *next_room;
	struct member *member, *next;

	HASH_ITER(hh, core->rooms.by_id, room, next_room) {
		if (room->role != IPC_ROLE_ROOM) {
			room_remove(core, room);
			continue;
		}
		DL_FOREACH_SAFE(room->members, member, next)
			if (member->user != NULL)
				room_depart(core, member);
		if (room->user != NULL)
			room_detach(core, room);
	}
}
