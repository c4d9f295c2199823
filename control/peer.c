/*
 * Servers: between their links (link.c), dialling (dial.c) and the operator,
 * who names them. What they announce goes on to way.c.
 */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "dial.h"
#include "down.h"
#include "link.h"
#include "memory.h"
#include "way.h"

/* How long a link has to be up until its failures are forgotten. */
#define PEER_STEADY_MSEC 30000
/* How long a server has to agree that it is one. */
#define PEER_ASKING_MSEC 10000
/* Protocol page: LEFT for all, 1 to 2 s, close. */
#define PEER_DRAIN_MSEC 1500
/* How long a peer that did not acknowledge is taken for a foreign one. */
#define PEER_PLAIN_MSEC 3600000
#define PEER_NAME_BYTES_MAX (DN_HOST_BYTES_MAX + 32)

struct peer *
peer_new(struct core *core, enum ipc_door door)
{
	struct peer *peer = memory_new(sizeof(*peer));

	if (++core->peer_last == 0)
		core->peer_last++;
	peer->id = core->peer_last;
	peer->door = (uint8_t)door;
	peer->state = PEER_OFFLINE;
	peer->since_msec = core->now_msec;
	peer->why = memory_string(dn_str_of(""));
	peer->timer.kind = TIMER_PEER;
	peer->timer.owner = peer->id;
	DL_APPEND(core->peers, peer);
	return peer;
}

void
peer_free(struct core *core, struct peer *peer)
{
	timer_stop(&core->timers, &peer->timer);
	DL_DELETE(core->peers, peer);
	free(peer->name);
	free(peer->host);
	free(peer->written);
	free(peer->addresses);
	free(peer->why);
	free(peer->fed);
	free(peer);
}

static struct peer *
peer_find(const struct core *core, uint64_t id)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->id == id)
			break;
	return peer;
}

static struct notice *
peer_notice(struct core *core, const struct peer *peer,
    enum dn_log_level level, const char *event)
{
	struct notice *notice = updates_notice(core->updates, level, event);

	notice_add(notice, "peer", dn_str_of(peer->name));
	return notice;
}

void
peer_resume(struct core *core, struct peer *peer)
{
	if (peer->state == PEER_RESOLVING)
		dial_start(core, peer);
}

/* The link is gone, or never came up: what next? */
static void
peer_end(struct core *core, struct peer *peer, struct dn_str why)
{
	struct notice *notice;

	notice = peer_notice(core, peer, DN_LOG_INFO, "link_down");
	notice_add(notice, "why", why);
	if (!peer->wanted) {
		peer_free(core, peer);
	} else if (core->shutting_down) {
		dial_why(peer, why);
		dial_state(core, peer, PEER_OFFLINE, 0);
	} else if (peer->state == PEER_DRAINING) {
		/* Asked for again while it was being taken down. */
		peer->failures = 0;
		dial_start(core, peer);
	} else {
		notice_add_number(notice, "retry_msec",
		    dial_again(core, peer, why));
	}
}

/* What its link was is undone. */
static void
peer_link_down(struct core *core, struct peer *peer)
{
	core->link_kinds[peer->door]->down(core, peer);
}

void
peer_close(struct core *core, struct peer *peer, uint16_t code,
    const char *why)
{
	DOWN(core, close, .conn = peer->conn, .code = code,
	    .why = dn_str_of(why));
	peer_link_down(core, peer);
	peer_end(core, peer, dn_str_of(why));
}

void
peer_closed(struct core *core, struct peer *peer, uint16_t code,
    struct dn_str why)
{
	char text[32];

	if (why.size == 0) {
		(void)snprintf(text, sizeof(text), "closed with code %u",
		    (unsigned)code);
		why = dn_str_of(text);
	}
	peer_link_down(core, peer);
	peer_end(core, peer, why);
}

void
peer_offline(struct core *core, struct peer *peer)
{
	if (!peer->wanted) {
		peer_free(core, peer);
		return;
	}
	peer->failures = 0;
	dial_state(core, peer, PEER_OFFLINE, 0);
}

/* ---- what the operator wants ---- */

static bool
peer_is_host(struct dn_str host)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";
	size_t i;

	if (host.size == 0 || host.size > DN_HOST_BYTES_MAX)
		return false;
	for (i = 0; i < host.size; i++)
		if (memchr(good, host.data[i], sizeof(good) - 1) == NULL)
			return false;
	return true;
}

static struct peer *
peer_of_target(const struct core *core, enum ipc_door door, const char *name)
{
	struct peer *peer;

	/* Ports are digits: only the host can differ in case. */
	DL_FOREACH(core->peers, peer)
		if (peer->dialled && peer->door == door &&
		    strcasecmp(peer->name, name) == 0)
			break;
	return peer;
}

static size_t
peer_count_dialled(const struct core *core)
{
	const struct peer *peer;
	size_t count = 0;

	DL_FOREACH(core->peers, peer)
		count += peer->dialled;
	return count;
}

/* CONNECT to a server that is known already. */
static enum dn_err
peer_connect_again(struct core *core, struct peer *peer)
{
	if (peer->state == PEER_WAITING) {
		dial_start(core, peer);
		return DN_OK;
	}
	if (!peer->wanted) {
		peer->wanted = true;
		return DN_OK;
	}
	return DN_E_EXISTS;
}

static struct peer *
peer_of_new_target(struct core *core, const struct peer_target *target,
    struct dn_str host, const char *name)
{
	struct peer *peer = peer_new(core, target->door);

	peer->dialled = true;
	peer->wanted = true;
	peer->is_tls = target->is_tls;
	peer->name = memory_string(dn_str_of(name));
	peer->host = memory_string(host);
	if (target->written.size > 0)
		peer->written = memory_string(target->written);
	peer->port = target->port;
	return peer;
}

enum dn_err
peer_want(struct core *core, const struct peer_target *target)
{
	char name[PEER_NAME_BYTES_MAX];
	struct dn_str host = target->host;
	struct peer *peer;
	bool is_ipv6;

	if (core->shutting_down)
		return DN_E_STATE;
	if (host.size > 2 && host.data[0] == '[' &&
	    host.data[host.size - 1] == ']')
		host = (struct dn_str){host.data + 1, host.size - 2};
	if (!peer_is_host(host))
		return DN_E_MALFORMED;
	if (target->port == 0)
		return DN_E_RANGE;
	is_ipv6 = memchr(host.data, ':', host.size) != NULL;
	(void)snprintf(name, sizeof(name), is_ipv6 ? "%s[%.*s]:%u" :
	    "%s%.*s:%u", target->is_tls ? DN_WSS_PREFIX : "", (int)host.size,
	    host.data, (unsigned)target->port);
	peer = peer_of_target(core, target->door, name);
	if (peer != NULL)
		return peer_connect_again(core, peer);
	if (peer_count_dialled(core) >= DN_LINKS_MAX)
		return DN_E_FULL;
	dial_start(core, peer_of_new_target(core, target, host, name));
	return DN_OK;
}

enum dn_err
peer_connect(struct core *core, const struct event *event)
{
	return peer_want(core, &(struct peer_target){
	    .door = IPC_DOOR_DNCHAT, .is_tls = event->body.connect.tls != 0,
	    .host = event->body.connect.host,
	    .port = event->body.connect.port});
}

/* The server called 'word': its name, or its host if only one has that. */
static struct peer *
peer_called(const struct core *core, struct dn_str word)
{
	struct peer *peer, *found = NULL;
	size_t count = 0;

	DL_FOREACH(core->peers, peer) {
		if (dn_str_eq(dn_str_of(peer->name), word))
			return peer;
		if (dn_str_eq(dn_str_of(peer->host), word)) {
			found = peer;
			count++;
		}
	}
	return count == 1 ? found : NULL;
}

enum dn_err
peer_disconnect(struct core *core, const struct event *event)
{
	struct peer *peer = peer_called(core, event->body.disconnect.peer);
	const struct link_kind *kind;

	if (core->shutting_down)
		return DN_E_STATE;
	if (peer == NULL)
		return DN_E_UNKNOWN;
	peer->wanted = false;
	kind = core->link_kinds[peer->door];
	if (peer->state == PEER_UP && kind->drain != NULL) {
		(void)peer_notice(core, peer, DN_LOG_INFO, "link_drain");
		dial_state(core, peer, PEER_DRAINING, PEER_DRAIN_MSEC);
		kind->drain(core, peer);
	} else if (peer->state == PEER_UP || peer->state == PEER_ASKING) {
		peer_close(core, peer, 1000, "taken down");
	} else if (peer->state != PEER_DRAINING) {
		dial_stop(core, peer);
		peer_free(core, peer);
	}
	return DN_OK;
}

/* ---- links that come up ---- */

static void
peer_notice_up(struct core *core, const struct peer *peer)
{
	struct notice *notice = peer_notice(core, peer, DN_LOG_INFO, "link_up");

	notice_add(notice, "kind", dn_str_of(
	    peer->door != IPC_DOOR_DNCHAT ? "federation" :
	    peer->foreign ? "foreign" : "dnchat"));
}

void
peer_up(struct core *core, struct peer *peer, uint64_t conn)
{
	const struct link_kind *kind = core->link_kinds[peer->door];
	bool is_asking = kind->is_asking && peer->dialled;

	dial_state(core, peer, is_asking ? PEER_ASKING : PEER_UP,
	    is_asking ? PEER_ASKING_MSEC :
	    peer->dialled ? PEER_STEADY_MSEC : 0);
	if (!kind->open(core, peer, conn)) {
		DOWN(core, close, .conn = conn, .code = 1013,
		    .why = dn_str_of("too many links"));
		peer_end(core, peer, dn_str_of("too many links"));
	} else if (!is_asking) {
		peer_notice_up(core, peer);
	}
}

void
peer_agreed(struct core *core, struct peer *peer)
{
	dial_state(core, peer, PEER_UP, PEER_STEADY_MSEC);
	peer_notice_up(core, peer);
}

enum dn_err
peer_resolved(struct core *core, const struct event *event)
{
	struct peer *peer = peer_find(core, event->body.resolved.peer);

	if (peer != NULL)
		dial_resolved(core, peer, event->body.resolved.addresses,
		    event->body.resolved.why);
	return DN_OK;
}

static struct peer *
peer_of_dial(const struct core *core, uint32_t dial)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->state == PEER_DIALLING && peer->dial == dial)
			break;
	return peer;
}

enum dn_err
peer_dialled(struct core *core, const struct event *event)
{
	const struct ipc_dialled *body = &event->body.dialled;
	struct peer *peer = peer_of_dial(core, body->dial);

	if (body->conn == IPC_CONN_NONE ||
	    link_find(core, body->conn) != NULL)
		return DN_OK;
	if (peer == NULL) {
		/* It got through while we gave it up. */
		DOWN(core, close, .conn = body->conn, .code = 1000,
		    .why = dn_str_of("not wanted any more"));
	} else if (body->flags & IPC_LINK_SELF) {
		DOWN(core, close, .conn = body->conn, .code = 1000,
		    .why = dn_str_of("this is the same server"));
		(void)peer_notice(core, peer, DN_LOG_WARN, "link_self");
		peer_free(core, peer);
	} else {
		peer->foreign = peer->door == IPC_DOOR_DNCHAT &&
		    !(body->flags & IPC_LINK_ROUTING);
		peer_up(core, peer, body->conn);
	}
	return DN_OK;
}

enum dn_err
peer_undialled(struct core *core, const struct event *event)
{
	struct peer *peer = peer_of_dial(core, event->body.undialled.dial);

	if (peer != NULL)
		dial_next(core, peer, event->body.undialled.why);
	return DN_OK;
}

/* ---- what links say ---- */

enum dn_err
peer_arrv(struct core *core, const struct event *event)
{
	const struct ipc_arrv *body = &event->body.arrv;
	struct peer *peer = link_router(core, body->conn);
	struct user *user;
	uint16_t hops;

	if (peer == NULL || !user_is_number(body->number) ||
	    !user_is_text(body->name, body->description))
		return DN_OK;
	hops = body->hops < ROUTE_INFINITY ? (uint16_t)body->hops :
	    ROUTE_INFINITY - 1;
	user = way_find(core, body->number);
	if (user != NULL && peer->foreign && way_is_renamed(user, peer->slot,
	    hops, body->name, body->description)) {
		/* Our neighbours can hear of it only after a withdrawal. */
		way_left(core, user, peer->slot);
		user = user_find(core, body->number);
	}
	if (user == NULL)
		user = way_user(core, body->number, body->name,
		    body->description);
	if (user == NULL) {
		/* The only legal way to lose an ARRV. */
		(void)peer_notice(core, peer, DN_LOG_ERROR, "users_full");
		peer_close(core, peer, 1013, "too many users");
		return DN_OK;
	}
	way_arrv(core, user, peer->slot, hops, body->name, body->description);
	return DN_OK;
}

enum dn_err
peer_left(struct core *core, const struct event *event)
{
	const struct ipc_left *body = &event->body.left;
	struct peer *peer = link_router(core, body->conn);
	struct user *user = peer != NULL ? way_find(core, body->number) : NULL;

	if (user != NULL)
		way_left(core, user, peer->slot);
	return DN_OK;
}

enum dn_err
peer_sliced(struct core *core, const struct event *event)
{
	struct peer *peer = link_router(core, event->body.sliced.conn);

	if (peer != NULL)
		link_sliced(core, peer);
	return DN_OK;
}

enum dn_err
peer_rtt(struct core *core, const struct event *event)
{
	struct peer *peer = link_router(core, event->body.rtt.conn);

	if (peer != NULL)
		link_rtt(core, peer, event->body.rtt.usec);
	return DN_OK;
}

/* ---- deadlines ---- */

void
peer_overdue(struct core *core, uint64_t id)
{
	struct peer *peer = peer_find(core, id);

	if (peer->state == PEER_DRAINING)
		peer_close(core, peer, 1000, "taken down");
	else if (peer->state == PEER_ASKING)
		peer_close(core, peer, 1000, "it does not federate with us");
	else if (peer->fed != NULL && !peer->dialled)
		core->link_kinds[peer->door]->overdue(core, peer);
	else
		dial_overdue(core, peer);
}

/* Design, section 4: a proxy may strip the header in one direction, and the
 * peer is then not of our kind although it seems so. */
static void
peer_distrust(struct core *core, struct peer *peer)
{
	(void)peer_notice(core, peer, DN_LOG_WARN, "link_silent_about_left");
	if (peer->dialled)
		peer->plain_until_msec = core->now_msec + PEER_PLAIN_MSEC;
	else
		DOWN(core, withhold, .msec = PEER_PLAIN_MSEC,
		    .address = dn_str_of(peer->host));
	peer_close(core, peer, 1008, "no acknowledgement of a LEFT");
}

void
peer_reply_overdue(struct core *core, uint64_t number)
{
	const struct user *user = way_find(core, number);
	struct peer *late[DN_LINKS_MAX];
	size_t count = 0, i;
	uint16_t slot;

	if (user == NULL)
		return;
	for (slot = 0; slot < user->route.link_count; slot++)
		if (user->route.links[slot].flags & ROUTE_WAIT)
			late[count++] = core->links[slot];
	/* The record may be gone with the last of them. */
	for (i = 0; i < count; i++)
		peer_distrust(core, late[i]);
}
