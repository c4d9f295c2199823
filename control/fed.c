/* Federation by the channels protocol: see fed.h. */
#include "fed.h"

#include <stdio.h>
#include <stdlib.h>

#include <utlist.h>

#include "down.h"
#include "fed_guest.h"
#include "fed_identity.h"
#include "fed_join.h"
#include "fed_offer.h"
#include "fed_room.h"
#include "gate.h"
#include "link.h"
#include "login.h"
#include "memory.h"
#include "peer.h"
#include "room_door.h"
#include "room_say.h"

/* ---- servers of our own kind ---- */

/*
 * A server that dnchat brings us already would show all there is a second
 * time. The protocol has nothing to know it by; but what is no word of it is
 * ignored by the others (its page), so we say "DNCHAT number": the number of a
 * room of ours, which dnchat announces to all its servers, and only to those.
 * It is said only where there are such servers at all.
 */
static bool
fed_has_own_kind(const struct core *core)
{
	unsigned slot;

	for (slot = 0; slot < core->slot_end; slot++)
		if (core->links[slot] != NULL && !core->naive[slot] &&
		    !core->links[slot]->is_lost)
			return true;
	return false;
}

static void
fed_mark(struct core *core, struct peer *peer)
{
	uint64_t number = fed_room_marker(core);
	char text[24];

	if (peer->fed->is_marked || number == 0 || !fed_has_own_kind(core))
		return;
	peer->fed->is_marked = true;
	(void)snprintf(text, sizeof(text), "%ju", (uintmax_t)number);
	DOWN(core, reply, .conn = peer->conn, .verb = DN_VERB_DNCHAT,
	    .room = dn_str_of(text));
}

static void
fed_mark_all(struct core *core)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->fed != NULL && peer->state == PEER_UP)
			fed_mark(core, peer);
}

/* Ends the federation on 'peer' if its marker is known here otherwise. */
static void
fed_refuse_own(struct core *core, struct peer *peer)
{
	const struct user *user = user_find(core, peer->fed->marker);
	char hint[NOTICE_BYTES_MAX / 2];
	struct notice *notice;
	const char *why;

	if (user == NULL || !user->shown)
		return;
	why = user->session != NULL ? "this is the same server" :
	    "it is linked to us by dnchat, which shows all that it has";
	notice = updates_notice(core->updates, DN_LOG_WARN,
	    "federation_refused");
	notice_add(notice, "peer", dn_str_of(peer->name));
	notice_add(notice, "why", dn_str_of(why));
	(void)snprintf(hint, sizeof(hint), "dnctl disconnect %s", peer->name);
	notice_add(notice, "hint", dn_str_of(hint));
	peer->failures = FED_OWN_FAILURES;
	peer_close(core, peer, 1000, why);
}

static void
fed_marker(struct core *core, struct peer *peer, const struct ipc_call *call)
{
	char text[24], *end;

	(void)snprintf(text, sizeof(text), "%.*s", (int)(call->room.size <
	    sizeof(text) ? call->room.size : 0), call->room.data);
	peer->fed->marker = strtoull(text, &end, 10);
	if (*end == '\0' && peer->fed->marker != 0)
		fed_refuse_own(core, peer);
	else
		peer->fed->marker = 0;
}

/* ---- links ---- */

/* The server on 'peer' agrees: each tells the other what it has. */
static void
fed_begin(struct core *core, struct peer *peer)
{
	fed_room_tell_all(core, peer);
	fed_mark(core, peer);
}

static bool
fed_open(struct core *core, struct peer *peer, uint64_t conn)
{
	link_attach(core, peer, conn);
	peer->routed = 0;
	peer->announced = 0;
	peer->fed = memory_new(sizeof(*peer->fed));
	fed_identity_begin(core, peer);
	DOWN(core, open, .conn = conn,
	    .flags = peer->dialled ? IPC_OPEN_DIALLED : 0);
	if (!peer->dialled) {
		DOWN(core, reply, .conn = conn, .verb = DN_VERB_CONFIRM);
		fed_begin(core, peer);
	}
	return true;
}

static void
fed_down(struct core *core, struct peer *peer)
{
	struct fed_server *server = peer->fed->server;
	struct peer *other = fed_server_link(core, server, peer);

	if (other == NULL)
		fed_join_server_gone(core, server);
	fed_room_leave_link(core, peer, other);
	fed_guest_leave_link(core, peer);
	fed_identity_end(core, peer);
	fed_identity_lost(core, peer);
	fed_offer_free_all(peer->fed);
	free(peer->fed);
	peer->fed = NULL;
	peer->routed = 0;
	peer->announced = 0;
	link_detach(core, peer);
}

const struct link_kind fed_link_kind = {
	.open = fed_open,
	.down = fed_down,
	.overdue = fed_identity_overdue,
	.is_asking = true,
};

/* ---- what servers say ---- */

static void
fed_confirmed(struct core *core, struct peer *peer,
    const struct ipc_call *call)
{
	(void)call;
	if (peer->state != PEER_ASKING)
		return;
	peer_agreed(core, peer);
	fed_begin(core, peer);
}

static void
fed_channels(struct core *core, struct peer *peer, const struct ipc_call *call)
{
	fed_room_list(core, peer, call->text);
	fed_identity_offered(core, peer, true);
	fed_join_again(core, peer);
}

static void
fed_new(struct core *core, struct peer *peer, const struct ipc_call *call)
{
	fed_room_offer(core, peer, call->room);
	fed_identity_offered(core, peer, false);
	fed_join_again(core, peer);
}

static void
fed_joins(struct core *core, struct peer *peer, const struct ipc_call *call)
{
	struct fed_name name;

	if (fed_name_of_user(&name, call->name))
		fed_identity_heard(core, peer, name.host);
	fed_guest_join(core, peer, call);
}

static void
fed_answers(struct core *core, struct peer *peer, const struct ipc_call *call)
{
	struct fed_name room, user;

	/* The host is ours behind the user's name, its own behind the
	 * channel's; a server may write either in its own way. */
	if (!fed_name_of_room(&room, call->room) ||
	    !fed_name_of_user(&user, call->name))
		return;
	fed_identity_heard(core, peer, room.host);
	fed_identity_answered(core, peer, room.local, user.local);
	if (call->about == DN_VERB_JOIN)
		fed_join_result(core, peer, room.local, user.local,
		    call->result);
	else if (call->about == DN_VERB_SAY && !call->result)
		fed_join_unsaid(core, peer, room.local, user.local);
}

static void (*const fed_handlers[DN_VERB_COUNT])(struct core *core,
    struct peer *peer, const struct ipc_call *call) = {
	[DN_VERB_CONFIRM] = fed_confirmed,
	[DN_VERB_FEDCHANNELS] = fed_channels,
	[DN_VERB_FEDNEW] = fed_new,
	[DN_VERB_FEDJOIN] = fed_joins,
	[DN_VERB_FEDRESULT] = fed_answers,
	[DN_VERB_DNCHAT] = fed_marker,
};

/* A server that has not agreed yet can only do that. */
static void
fed_said(struct core *core, struct peer *peer, const struct ipc_call *call)
{
	if (core->shutting_down || call->verb >= DN_VERB_COUNT ||
	    fed_handlers[call->verb] == NULL)
		return;
	if (peer->state == PEER_UP || call->verb == DN_VERB_CONFIRM)
		fed_handlers[call->verb](core, peer, call);
}

/* ---- events ---- */

enum dn_err
fed_federate(struct core *core, const struct event *event)
{
	const struct event_federate *body = &event->body.federate;

	if (body->written.size == 0 || body->written.size > DN_HOST_BYTES_MAX)
		return DN_E_MALFORMED;
	return peer_want(core, &(struct peer_target){
	    .door = IPC_DOOR_CHANNELS, .host = body->host, .port = body->port,
	    .written = body->written});
}

/* A client's JOIN of a room that a federated server may have, but has not
 * offered: it is asked. Others are answered by who has a list of them. */
static bool
fed_call_join(struct core *core, const struct ipc_call *call)
{
	struct session *session = session_find(core, call->conn);
	struct fed_server *server = NULL;
	struct bytes meant = {0};
	struct fed_name name;

	if (call->verb != DN_VERB_JOIN || session == NULL)
		return false;
	room_say_meant(&meant, call->room);
	if (fed_name_of_room(&name, (struct dn_str){(const char *)meant.data,
	    meant.size}) && name.host.size > 0)
		server = fed_server_meant(core, name.host);
	if (server != NULL)
		fed_join_ask(core, server, &name, session->user, call->conn);
	bytes_deinit(&meant);
	return server != NULL;
}

enum dn_err
fed_call(struct core *core, const struct event *event)
{
	const struct ipc_call *call = &event->body.call;
	struct peer *peer = link_find(core, call->conn);

	if (peer != NULL && peer->fed != NULL)
		fed_said(core, peer, call);
	else if (!fed_call_join(core, call))
		return room_door_call(core, event);
	return DN_OK;
}

enum dn_err
fed_arrv(struct core *core, const struct event *event)
{
	uint64_t number = event->body.arrv.number;
	enum dn_err err = peer_arrv(core, event);
	struct peer *peer, *next;

	if (core->federation.servers == NULL)
		return err;
	DL_FOREACH_SAFE(core->peers, peer, next)
		if (peer->fed != NULL && peer->fed->marker == number)
			fed_refuse_own(core, peer);
	return err;
}

enum dn_err
fed_srvr(struct core *core, const struct event *event)
{
	enum dn_err err = gate_srvr(core, event);

	fed_mark_all(core);
	return err;
}

enum dn_err
fed_dialled(struct core *core, const struct event *event)
{
	enum dn_err err = peer_dialled(core, event);

	fed_mark_all(core);
	return err;
}

enum dn_err
fed_undialled(struct core *core, const struct event *event)
{
	enum dn_err err = peer_undialled(core, event);

	fed_identity_review(core);
	return err;
}

void
fed_free_all(struct core *core)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->fed != NULL)
			fed_offer_free_all(peer->fed);
	fed_server_free_all(core);
}

enum dn_err
fed_login(struct core *core, const struct event *event)
{
	enum dn_err err = login_attempt(core, event);
	struct session *session = session_find(core, event->body.login.conn);

	if (session != NULL && core->federation.servers != NULL)
		fed_join_user_back(core, session->user);
	return err;
}

void
fed_plane_down(struct core *core)
{
	struct fed_server *server;

	DL_FOREACH(core->federation.servers, server)
		fed_join_server_gone(core, server);
}

/* ---- hooks ---- */

void
fed_user_hidden(struct core *core, struct user *user)
{
	if (core->federation.servers != NULL)
		fed_join_user_gone(core, user);
	room_user_hidden(core, user);
}

void
fed_room_created(struct core *core, struct room *room)
{
	struct peer *peer;

	if (!fed_room_is_offered(room))
		return;
	DL_FOREACH(core->peers, peer)
		if (peer->fed != NULL && peer->state == PEER_UP)
			DOWN(core, reply, .conn = peer->conn,
			    .verb = DN_VERB_FEDNEW,
			    .room = dn_str_of(room->name));
	fed_mark_all(core);
}

void
fed_import_wanted(struct core *core, struct room *room, struct user *user,
    uint64_t conn)
{
	struct peer *peer = fed_server_on(core, room->conn);
	struct fed_name name;

	/* An import is never without its link. */
	if (peer != NULL && fed_name_of_room(&name, dn_str_of(room->name)))
		fed_join_ask(core, peer->fed->server, &name, user, conn);
}
