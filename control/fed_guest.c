/* Users of federated servers who are here: see fed_guest.h. */
#include "fed_guest.h"

#include <stdio.h>

#include <utlist.h>

#include "down.h"
#include "fed_room.h"
#include "way.h"

#define FED_GUEST_NAME_BYTES_MAX (DN_NAME_BYTES_MAX + 1)

/* The user of the server on 'peer' who is called so here, over whichever link
 * of it; or NULL. */
static struct user *
fed_guest_find(const struct core *core, const struct peer *peer,
    struct dn_str name)
{
	const struct peer *other;
	struct user *user = NULL;

	while ((user = user_named(core, name, user)) != NULL) {
		if (user->session == NULL || user->session->seat.is_client ||
		    user->session->seat.role != IPC_ROLE_USER)
			continue;
		other = fed_server_on(core, user->session->seat.conn);
		if (other != NULL && other->fed->server == peer->fed->server)
			break;
	}
	return user;
}

static struct user *
fed_guest_new(struct core *core, struct peer *peer, struct dn_str name)
{
	char text[FED_VIA_BYTES_MAX];
	struct dn_str via = fed_via(peer->fed->server, text);
	uint64_t number = fed_number(core, name, via);
	struct user *user = way_find(core, number);
	struct seat seat = {
		.conn = peer->conn,
		.source = dn_str_of(peer->host),
		.role = IPC_ROLE_USER,
		.door = peer->door,
	};

	if (peer->routed >= DN_FED_GUESTS_MAX)
		return NULL;
	if (user == NULL)
		user = way_user(core, number, name, via);
	if (user == NULL)
		return NULL;
	peer->routed++;
	way_login(core, user, &seat, name, via);
	return user;
}

/* He, who came over another link of his server, comes over 'peer' now. True
 * if that is so. */
static bool
fed_guest_move(struct core *core, struct peer *peer, struct user *user)
{
	struct peer *other = fed_server_on(core, user->session->seat.conn);

	if (other == peer)
		return false;
	other->routed--;
	peer->routed++;
	user->session->seat.conn = peer->conn;
	way_tell(core, user);
	return true;
}

static struct user *
fed_guest_get(struct core *core, struct peer *peer, struct dn_str local,
    bool *is_moved)
{
	char text[FED_GUEST_NAME_BYTES_MAX];
	int size = snprintf(text, sizeof(text), "%.*s@%s", (int)local.size,
	    local.data, peer->fed->server->host);
	struct dn_str name = {text, (size_t)size};
	struct user *user;

	if (size > DN_NAME_BYTES_MAX)
		return NULL;
	user = fed_guest_find(core, peer, name);
	if (user == NULL)
		return fed_guest_new(core, peer, name);
	*is_moved = fed_guest_move(core, peer, user);
	return user;
}

static void
fed_guest_answer(struct core *core, uint64_t conn, struct dn_str local,
    struct dn_str channel, bool result)
{
	/* What the server calls him and the room, so that it knows what we
	 * mean. */
	DOWN(core, reply, .conn = conn, .verb = DN_VERB_FEDRESULT,
	    .about = DN_VERB_JOIN, .result = result, .name = local,
	    .room = channel);
}

void
fed_guest_welcome(struct core *core, struct room *room, struct user *user,
    struct dn_str word)
{
	struct fed_name name;

	(void)room;
	if (fed_name_of_user(&name, text_name(user->text)))
		fed_guest_answer(core, user->session->seat.conn, name.local,
		    word, true);
}

/* Why not; NULL: he will be welcomed. */
static const char *
fed_guest_refusal(struct core *core, struct peer *peer,
    const struct fed_name *name, struct dn_str channel)
{
	struct fed_name room_name;
	bool is_moved = false;
	struct room *room;
	struct user *user;
	enum dn_err err;

	if (!fed_host_fits(core, peer, name->host))
		return "the user is of another host";
	/* Another server's is not ours to give. The one who asks means us by
	 * its own address, if it has the same. */
	if (!fed_name_of_room(&room_name, channel) ||
	    (fed_server_find(core, room_name.host) != NULL &&
	    !fed_is_address(peer, room_name.host)))
		return "no such room";
	room = room_find(core, room_name.local);
	if (room == NULL || room->role != IPC_ROLE_ROOM || room->user == NULL)
		return "no such room";
	user = fed_guest_get(core, peer, name->local, &is_moved);
	if (user == NULL)
		return "there are too many users, or the name is too long";
	err = room_enter(core, room, user, ROOM_WELCOME_HOOK, channel);
	if (err == DN_E_EXISTS && is_moved) {
		/* Over a new link of a server that has forgotten him. */
		fed_guest_answer(core, peer->conn, name->local, channel, true);
		return NULL;
	}
	return err == DN_OK ? NULL : err == DN_E_EXISTS ?
	    "he is a member" : "the room is full";
}

void
fed_guest_join(struct core *core, struct peer *peer,
    const struct ipc_call *call)
{
	struct fed_name name = {call->name, {"", 0}};
	const char *refusal = "that can't be a user's name";
	struct notice *notice;

	if (fed_name_of_user(&name, call->name))
		refusal = fed_guest_refusal(core, peer, &name, call->room);
	else
		name.local = call->name;
	if (refusal == NULL)
		return;
	fed_guest_answer(core, peer->conn, name.local, call->room, false);
	notice = updates_notice(core->updates, DN_LOG_INFO,
	    "federation_join_refused");
	notice_add(notice, "peer", dn_str_of(peer->name));
	notice_add(notice, "user", call->name);
	notice_add(notice, "room", call->room);
	notice_add(notice, "why", dn_str_of(refusal));
}

void
fed_guest_leave_link(struct core *core, struct peer *peer)
{
	struct user *user, *next;

	DL_FOREACH_SAFE(core->users, user, next)
		if (user->session != NULL && !user->session->seat.is_client &&
		    user->session->seat.role == IPC_ROLE_USER &&
		    user->session->seat.conn == peer->conn)
			way_logout(core, user);
	peer->routed = 0;
}
