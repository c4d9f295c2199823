/* Our users in rooms of federated servers: see fed_join.h. */
#include "fed_join.h"

#include <stdio.h>

#include <utlist.h>

#include "down.h"
#include "fed_room.h"
#include "room_command.h"
#include "room_door.h"
#include "room_say.h"

/* ---- answers ---- */

/* How a join ended, for who asked. */
struct fed_outcome {
	bool is_member;
	const char *why; /* if he is not */
};

static void
fed_join_tell(struct core *core, const struct room *room,
    const struct user *user, struct dn_str name, uint64_t conn,
    struct fed_outcome outcome)
{
	if (conn != IPC_CONN_NONE)
		room_door_joined(core, conn, name, outcome.is_member);
	else if (room != NULL && user != NULL && outcome.is_member)
		room_command_joined(core, room, user, DN_OK);
	else if (room != NULL && user != NULL)
		room_answer(core, room->user, user,
		    "error refused: you cannot join: %s", outcome.why);
}

/* Why 'user' can't be named to another server, or NULL. */
static const char *
fed_join_unfit(const struct user *user)
{
	struct dn_str name = text_name(user->text);

	if (fed_is_import(user))
		return "you are a guest here";
	if (memchr(name.data, '@', name.size) != NULL)
		return "your name has an @ in it";
	return name.size > DN_NAME_OWN_BYTES_MAX ? "your name is too long" :
	    NULL;
}

static bool
fed_join_is_account(const struct user *user)
{
	return user->session != NULL && user->session->seat.is_client &&
	    user->session->seat.is_verified;
}

/* He is a member of 'room' as far as its server goes: here, too. */
static enum dn_err
fed_join_settle(struct core *core, struct fed_server *server,
    struct room *room, struct dn_str local, struct user *user)
{
	struct fed_seat *seat = fed_seat_get(core, server, local,
	    text_name(user->text));

	if (seat == NULL)
		return DN_E_FULL;
	seat->number = user->number;
	seat->is_granted = true;
	seat->is_wished = false;
	seat->is_kept = fed_join_is_account(user);
	return room_enter(core, room, user, ROOM_WELCOME_NONE,
	    dn_str_of(""));
}

/* ---- asking ---- */

/* What dnchatd knows of him while the server has not answered: it may say
 * something in the room in the same breath as that he is a member. */
static void
fed_join_foresee(struct core *core, const struct fed_join *join,
    enum ipc_membership membership)
{
	const struct room *room = fed_room_find(core, join->server,
	    (struct dn_str){join->room, join->room_size});

	if (room != NULL)
		DOWN(core, member, .room = room->number, .user = join->user,
		    .membership = (uint8_t)membership);
}

static struct fed_join *
fed_join_begin(struct core *core, struct peer *peer, struct dn_str name,
    size_t local_size, const struct user *user)
{
	struct fed_join *join = fed_join_new(core, peer->fed->server, name,
	    local_size);

	join->user = user->number;
	fed_join_foresee(core, join, IPC_MEMBER_JOINING);
	DOWN(core, reply, .conn = peer->conn, .verb = DN_VERB_FEDJOIN,
	    .name = text_name(user->text), .room = {name.data, local_size});
	return join;
}

/* Over which link a room's server is asked: that of the import. */
static struct peer *
fed_join_link(const struct core *core, const struct fed_server *server,
    const struct room *room)
{
	return room != NULL ? fed_server_on(core, room->conn) :
	    fed_server_link(core, server, NULL);
}

/* Why the server can't be asked now, or NULL. */
static const char *
fed_join_hindrance(const struct core *core, const struct fed_server *server,
    struct dn_str local, const struct user *user)
{
	if (fed_join_find(core, server, local, user->number) != NULL)
		return "its server has been asked already";
	if (server->join_count >= DN_FED_JOINS_MAX)
		return "its server has too much to answer; try again later";
	return fed_join_unfit(user);
}

void
fed_join_ask(struct core *core, struct fed_server *server,
    const struct fed_name *name, struct user *user, uint64_t conn)
{
	struct room *room = fed_room_find(core, server, name->local);
	struct peer *peer = fed_join_link(core, server, room);
	struct dn_str whole = {name->local.data, (size_t)(name->host.data +
	    name->host.size - name->local.data)};
	struct fed_outcome outcome = {false, NULL};
	struct fed_seat *seat;

	seat = fed_seat_find(core, server, name->local,
	    text_name(user->text));
	if (room != NULL && room_member(core, room, user) != NULL)
		outcome.why = "you are a member";
	else if (peer == NULL || core->shutting_down)
		outcome.why = "its server is away";
	else
		outcome.why = fed_join_hindrance(core, server, name->local,
		    user);
	if (outcome.why == NULL && room != NULL && seat != NULL &&
	    seat->is_granted) {
		/* He left, which its server could not be told. */
		outcome.is_member = fed_join_settle(core, server, room,
		    name->local, user) == DN_OK;
		outcome.why = "the room is full";
	}
	if (outcome.why != NULL)
		fed_join_tell(core, room, user, whole, conn, outcome);
	else
		fed_join_begin(core, peer, whole, name->local.size, user)->
		    conn = conn;
}

void
fed_join_again(struct core *core, struct peer *peer)
{
	struct fed_server *server = peer->fed->server;
	struct fed_seat *seat, *next;
	const struct user *user;
	const struct room *room;
	struct dn_str local;

	HASH_ITER(hh, server->seats, seat, next) {
		local = fed_seat_room(seat);
		user = user_find(core, seat->number);
		if (!seat->is_wished || user == NULL || !user->shown ||
		    !dn_str_eq(text_name(user->text), fed_seat_user(seat)))
			continue;
		room = fed_room_find(core, server, local);
		if (room == NULL || fed_join_hindrance(core, server, local,
		    user) != NULL)
			continue;
		fed_join_begin(core, peer, dn_str_of(room->name), local.size,
		    user)->is_again = true;
	}
}

/* ---- what becomes of it ---- */

/* 'join' ends, and 'is_member' says how. */
static void
fed_join_end(struct core *core, struct fed_join *join, struct peer *peer,
    struct fed_outcome outcome)
{
	struct fed_server *server = join->server;
	struct dn_str local = {join->room, join->room_size};
	struct user *user = user_find(core, join->user);
	struct room *room = fed_room_find(core, server, local);

	if (outcome.is_member && room == NULL)
		room = fed_room_import(core, peer, local);
	if (outcome.is_member && room != NULL && room->conn != peer->conn)
		/* It answers over another link than we asked: so it will say
		 * over that one what is said in the room. */
		fed_room_move(core, room, peer);
	if (outcome.is_member) {
		outcome.is_member = room != NULL && fed_join_settle(core,
		    server, room, local, user) == DN_OK;
		outcome.why = "there are too many";
	}
	if (!outcome.is_member)
		fed_join_foresee(core, join, IPC_MEMBER_GONE);
	if (!join->is_again)
		fed_join_tell(core, room, user, dn_str_of(join->room),
		    join->conn, outcome);
	fed_join_free(core, join);
}

/* It said so though nobody waits any more: the next who asks is in at once. */
static void
fed_join_late(struct core *core, struct peer *peer, struct dn_str local,
    struct dn_str name)
{
	struct fed_seat *seat;

	seat = fed_seat_get(core, peer->fed->server, local, name);
	if (seat != NULL)
		seat->is_granted = true;
}

/* The oldest join of 'local' by 'name' that awaits an answer, of 'server'
 * unless that is NULL; or NULL. */
static struct fed_join *
fed_join_of(const struct core *core, const struct fed_server *server,
    struct dn_str local, struct dn_str name)
{
	const struct user *user;
	struct fed_join *join;

	DL_FOREACH(core->federation.joins, join) {
		user = user_find(core, join->user);
		if ((server == NULL || join->server == server) &&
		    user != NULL && dn_str_eq((struct dn_str){join->room,
		    join->room_size}, local) &&
		    dn_str_eq(text_name(user->text), name))
			break;
	}
	return join;
}

struct fed_server *
fed_join_awaited(const struct core *core, struct dn_str room,
    struct dn_str user)
{
	const struct fed_join *join = fed_join_of(core, NULL, room, user);

	return join != NULL ? join->server : NULL;
}

void
fed_join_result(struct core *core, struct peer *peer, struct dn_str local,
    struct dn_str name, bool is_member)
{
	struct fed_join *join = fed_join_of(core, peer->fed->server, local,
	    name);

	/* A server that keeps its members over the loss of a link refuses one
	 * who asks again. */
	if (join != NULL)
		fed_join_end(core, join, peer, (struct fed_outcome){
		    is_member || join->is_again, "its server refuses"});
	else if (is_member)
		fed_join_late(core, peer, local, name);
}

void
fed_join_unsaid(struct core *core, struct peer *peer, struct dn_str local,
    struct dn_str name)
{
	struct fed_server *server = peer->fed->server;
	struct fed_seat *seat = fed_seat_find(core, server, local, name);
	struct room *room = fed_room_find(core, server, local);
	struct user *user;

	if (seat == NULL)
		return;
	user = user_find(core, seat->number);
	fed_seat_free(server, seat);
	if (user == NULL || room == NULL ||
	    !dn_str_eq(text_name(user->text), name) ||
	    room_exit(core, room, user) != DN_OK)
		return;
	if (user->session != NULL && user->session->seat.is_client &&
	    user->session->seat.door != IPC_DOOR_DNCHAT)
		DOWN(core, reply, .conn = user->session->seat.conn,
		    .verb = DN_VERB_SAY);
	else
		room_answer(core, room->user, user, "error not-member: its "
		    "server did not take what you said; say /join to join "
		    "again");
}

void
fed_join_overdue(struct core *core, uint64_t id)
{
	struct fed_join *join;

	DL_FOREACH(core->federation.joins, join)
		if (join->id == id)
			break;
	fed_join_end(core, join, NULL, (struct fed_outcome){false,
	    "its server does not answer"});
}

/* ---- servers and users come and go ---- */

/* Those who are members now will want to be again; the others are forgotten,
 * as they may be by the server. */
static void
fed_join_wish_all(struct core *core, struct fed_server *server)
{
	struct fed_seat *seat, *next;
	const struct user *user;
	const struct room *room;

	HASH_ITER(hh, server->seats, seat, next) {
		room = fed_room_find(core, server, fed_seat_room(seat));
		user = user_find(core, seat->number);
		if (room != NULL && user != NULL &&
		    room_member(core, room, user) != NULL)
			seat->is_wished = true;
		seat->is_granted = false;
		if (!seat->is_wished)
			fed_seat_free(server, seat);
	}
}

void
fed_join_server_gone(struct core *core, struct fed_server *server)
{
	struct fed_join *join, *next;

	fed_join_wish_all(core, server);
	DL_FOREACH_SAFE(core->federation.joins, join, next)
		if (join->server == server)
			fed_join_end(core, join, NULL, (struct fed_outcome){
			    false, "its server is away"});
}

/* He will want to be a member of an import again, if he comes back. */
static void
fed_join_keep(struct core *core, const struct room *room,
    const struct user *user)
{
	struct peer *peer = fed_server_on(core, room->conn);
	struct fed_seat *seat;
	struct fed_name name;

	if (peer == NULL || !fed_name_of_room(&name, dn_str_of(room->name)))
		return;
	seat = fed_seat_find(core, peer->fed->server, name.local,
	    text_name(user->text));
	if (seat != NULL && seat->number == user->number && seat->is_kept)
		seat->is_wished = true;
}

void
fed_join_user_gone(struct core *core, struct user *user)
{
	struct fed_join *join, *next;
	const struct member *member;

	DL_FOREACH_SAFE(core->federation.joins, join, next)
		if (join->user == user->number) {
			fed_join_foresee(core, join, IPC_MEMBER_GONE);
			fed_join_free(core, join);
		}
	DL_FOREACH2(user->members, member, user_next)
		if (member->room->role == IPC_ROLE_IMPORT)
			fed_join_keep(core, member->room, user);
}

/* One of the seats that 'user' had when he went. */
static void
fed_join_return(struct core *core, struct fed_server *server,
    struct fed_seat *seat, struct user *user)
{
	struct dn_str local = fed_seat_room(seat);
	struct room *room = fed_room_find(core, server, local);
	struct peer *peer = fed_join_link(core, server, room);

	seat->number = user->number;
	if (room == NULL || peer == NULL)
		return;
	if (seat->is_granted)
		(void)fed_join_settle(core, server, room, local, user);
	else if (fed_join_hindrance(core, server, local, user) == NULL)
		fed_join_begin(core, peer, dn_str_of(room->name), local.size,
		    user)->is_again = true;
}

void
fed_join_user_back(struct core *core, struct user *user)
{
	struct fed_server *server;
	struct fed_seat *seat, *next;

	if (!fed_join_is_account(user))
		return;
	DL_FOREACH(core->federation.servers, server)
		HASH_ITER(hh, server->seats, seat, next)
			if (seat->is_kept && seat->is_wished &&
			    dn_str_eq(fed_seat_user(seat),
			    text_name(user->text)))
				fed_join_return(core, server, seat, user);
}
