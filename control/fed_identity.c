/* Who it is that dialled us: see fed_identity.h. */
#include "fed_identity.h"

#include <stdio.h>

#include <utlist.h>

#include "dial.h"
#include "fed_join.h"
#include "fed_offer.h"
#include "fed_room.h"

/* How long one that we dial at the same address has to come up, and to say
 * what the other has said. */
#define FED_UNSURE_MSEC 500
/* The same when its link was lost: it is dialled again in that time. */
#define FED_LOST_MSEC 2000

/* ---- names ---- */

/* True if no other server is called 'name', or is to be. */
static bool
fed_is_free(const struct core *core, const struct peer *peer,
    struct dn_str name)
{
	const struct fed_server *server = fed_server_find(core, name);
	const struct peer *entry = NULL;

	if (server != NULL && server != peer->fed->server &&
	    server->link_count > 0)
		return false;
	while ((entry = fed_server_entry(core, peer, entry)) != NULL)
		if (fed_host_eq(dn_str_of(entry->written), name))
			return false;
	return true;
}

/* True if it is called by what it dialled from, for want of a better name. */
static bool
fed_is_nameless(const struct peer *peer)
{
	return !peer->dialled && fed_host_eq(dn_str_of(peer->name),
	    dn_str_of(peer->fed->server->host));
}

/* The server on 'peer', if it is none of those that we dial. */
static struct fed_server *
fed_stranger(struct core *core, const struct peer *peer)
{
	bool is_ipv6 = strchr(peer->host, ':') != NULL;
	char text[DN_HOST_BYTES_MAX + 16];

	if (fed_is_free(core, peer, dn_str_of(peer->host)))
		return fed_server_get(core, dn_str_of(peer->host));
	(void)snprintf(text, sizeof(text), is_ipv6 ? "[%s]:%u" : "%s:%u",
	    peer->host, (unsigned)peer->fed->port);
	if (peer->fed->port != 0 && fed_is_free(core, peer, dn_str_of(text)))
		return fed_server_get(core, dn_str_of(text));
	return fed_server_get(core, dn_str_of(peer->name));
}

/* ---- becoming another ---- */

/* True if some of ours are members of its rooms, or wait to be. */
static bool
fed_has_members(const struct core *core, const struct peer *peer)
{
	struct room *room = NULL;

	if (peer->fed->server->join_count > 0)
		return true;
	while ((room = room_next(core, room)) != NULL)
		if (room->role == IPC_ROLE_IMPORT &&
		    room->conn == peer->conn && room->member_count > 0)
			return true;
	return false;
}

void
fed_identity_end(struct core *core, struct peer *peer)
{
	struct fed_server *server = peer->fed->server;
	struct fed_seat *seat, *next;

	server->link_count--;
	/* Nobody will ever be called so again. */
	if (server->link_count == 0 && fed_is_nameless(peer))
		HASH_ITER(hh, server->seats, seat, next)
			fed_seat_free(server, seat);
	fed_server_trim(core, server);
}

static void
fed_hide_rooms(struct core *core, struct peer *peer)
{
	fed_room_leave_link(core, peer, NULL);
	peer->announced = 0;
}

/* The link is one of 'server' from now on; false: it can't become that, and
 * 'server' may be gone. */
static bool
fed_become(struct core *core, struct peer *peer, struct fed_server *server)
{
	struct peer *other = fed_server_link(core, peer->fed->server, peer);

	if (server == peer->fed->server)
		return true;
	/* They would be called otherwise. */
	if (peer->routed > 0 || fed_has_members(core, peer)) {
		fed_server_trim(core, server);
		return false;
	}
	fed_hide_rooms(core, peer);
	if (other != NULL)
		fed_room_show_all(core, other);
	fed_identity_end(core, peer);
	peer->fed->server = server;
	server->link_count++;
	return true;
}

/* It is known whose link it is. */
static void
fed_settle(struct core *core, struct peer *peer)
{
	peer->fed->is_unsure = false;
	timer_stop(&core->timers, &peer->timer);
	fed_room_show_all(core, peer);
	fed_join_again(core, peer);
}

/* ---- by what it offers ---- */

static bool
fed_is_taken(const struct core *core, const struct peer *entry,
    const struct peer *but)
{
	const struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer != but && peer->fed != NULL &&
		    peer->fed->twin == entry->id)
			break;
	return peer != NULL;
}

/* True if 'entry' is being dialled, or has not said yet what it has. */
static bool
fed_is_coming(const struct peer *entry)
{
	return entry->state != PEER_WAITING && entry->state != PEER_OFFLINE;
}

/* Looks for the one that offers the same; true if there is it, or may be
 * soon. */
static bool
fed_find_twin(const struct core *core, struct peer *peer)
{
	struct peer *entry = NULL;
	enum fed_likeness likeness;
	bool may_be = false;

	peer->fed->twin = 0;
	while ((entry = fed_server_entry(core, peer, entry)) != NULL) {
		if (fed_is_taken(core, entry, peer))
			continue;
		if (entry->fed == NULL || !entry->fed->is_listed) {
			may_be |= fed_is_coming(entry);
			continue;
		}
		likeness = fed_offer_compare(core, peer->fed, entry->fed);
		may_be |= likeness != FED_APART;
		if (likeness == FED_ALIKE) {
			peer->fed->twin = entry->id;
			break;
		}
	}
	return may_be;
}

/* The only one that we dial there, if it can't be reached: it may be behind
 * what lets it out only. On a machine itself nothing is in between. NULL:
 * there is no such one. */
static struct peer *
fed_presumed(const struct core *core, const struct peer *peer)
{
	struct peer *entry = fed_server_entry(core, peer, NULL);
	struct accept_address address;

	if (entry == NULL || entry->fed != NULL ||
	    fed_server_entry(core, peer, entry) != NULL ||
	    fed_is_taken(core, entry, peer) ||
	    !accept_address(&address, dn_str_of(peer->host)) ||
	    accept_is_loopback(&address))
		return NULL;
	return entry;
}

/* It is none of those that are up. */
static void
fed_be_other(struct core *core, struct peer *peer)
{
	struct peer *entry = fed_presumed(core, peer);
	struct fed_server *server = entry != NULL ?
	    fed_server_get(core, dn_str_of(entry->written)) :
	    fed_stranger(core, peer);

	peer->fed->twin = entry != NULL ? entry->id : 0;
	(void)fed_become(core, peer, server);
	fed_settle(core, peer);
}

static void
fed_judge(struct core *core, struct peer *peer, bool is_late)
{
	const struct fed *fed = peer->fed;

	if (!fed->is_unsure || !fed->is_listed || fed->offers == NULL)
		return;
	if (!fed_find_twin(core, peer) || (is_late && fed->twin == 0))
		fed_be_other(core, peer);
	else if (fed->twin != 0)
		timer_stop(&core->timers, &peer->timer);
	else if (peer->timer.index == 0)
		timer_start(&core->timers, &peer->timer, core->now_msec,
		    FED_UNSURE_MSEC);
}

/* It was taken for a stranger, and 'entry' has the same rooms; or it was
 * presumed to be 'entry', which has others. */
static void
fed_doubt(struct core *core, struct peer *peer, const struct peer *entry)
{
	struct fed *fed = peer->fed;
	enum fed_likeness likeness;

	if (peer->dialled || fed->is_unsure || fed->port != 0 ||
	    fed->offers == NULL || !fed_server_is_entry(entry, peer))
		return;
	likeness = fed_offer_compare(core, fed, entry->fed);
	if (fed->twin == 0 && likeness == FED_ALIKE &&
	    !fed_is_taken(core, entry, peer) &&
	    !fed_has_members(core, peer)) {
		fed_hide_rooms(core, peer);
		fed->is_unsure = true;
		fed->twin = entry->id;
	} else if (fed->twin == entry->id && likeness == FED_APART &&
	    fed_become(core, peer, fed_stranger(core, peer))) {
		fed->twin = 0;
		fed_settle(core, peer);
	}
}

void
fed_identity_review(struct core *core)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->fed != NULL && peer->state == PEER_UP)
			fed_judge(core, peer, false);
}

void
fed_identity_overdue(struct core *core, struct peer *peer)
{
	fed_judge(core, peer, true);
}

void
fed_identity_offered(struct core *core, struct peer *peer, bool is_list)
{
	struct peer *other;

	if (is_list)
		peer->fed->is_listed = true;
	if (is_list && peer->dialled) {
		DL_FOREACH(core->peers, other)
			if (other->fed != NULL)
				fed_doubt(core, other, peer);
		fed_identity_review(core);
	} else if (is_list) {
		fed_judge(core, peer, false);
	} else if (peer->fed->is_unsure && peer->timer.index == 0) {
		/* The one that it may be will say so, too, in a moment. */
		timer_start(&core->timers, &peer->timer, core->now_msec,
		    FED_UNSURE_MSEC);
	}
}

void
fed_identity_lost(struct core *core, const struct peer *peer)
{
	struct peer *other;

	DL_FOREACH(core->peers, other)
		if (other->fed != NULL && other->fed->is_unsure &&
		    other->fed->twin == peer->id)
			timer_start(&core->timers, &other->timer,
			    core->now_msec, FED_LOST_MSEC);
}

/* ---- by what it says ---- */

/* It is 'entry'. */
static void
fed_be_entry(struct core *core, struct peer *peer, struct peer *entry)
{
	struct fed_server *server = entry->fed != NULL ? entry->fed->server :
	    fed_server_get(core, dn_str_of(entry->written));
	struct peer *other;

	DL_FOREACH(core->peers, other)
		if (other->fed != NULL && other->fed->twin == entry->id &&
		    other->fed->is_unsure)
			other->fed->twin = 0;
	peer->fed->twin = entry->id;
	peer->fed->port = entry->port;
	if (fed_become(core, peer, server))
		fed_settle(core, peer);
	fed_identity_review(core);
}

/* Another link of a server that says that it listens on the same port. */
static struct peer *
fed_sibling(const struct core *core, const struct peer *peer)
{
	struct peer *other;

	DL_FOREACH(core->peers, other)
		if (other != peer && other->fed != NULL &&
		    other->fed->port == peer->fed->port &&
		    fed_is_address(other, dn_str_of(peer->host)))
			break;
	return other;
}

/* It listens on 'port', where we dial nobody. */
static void
fed_be_stranger(struct core *core, struct peer *peer, uint16_t port)
{
	struct fed *fed = peer->fed;
	bool is_named = !fed_is_nameless(peer) &&
	    (fed->twin == 0 || fed->is_unsure);
	const struct peer *sibling;

	if (fed->port != 0)
		return;
	fed->port = port;
	fed->twin = 0;
	sibling = fed_sibling(core, peer);
	if (sibling != NULL)
		(void)fed_become(core, peer, sibling->fed->server);
	else if (!is_named)
		(void)fed_become(core, peer, fed_stranger(core, peer));
	fed_settle(core, peer);
}

/* Which of those that we dial is called 'host', or NULL. An address alone may
 * be anybody's. */
static struct peer *
fed_entry_called(const struct core *core, const struct peer *peer,
    struct dn_str host)
{
	struct dn_str port, bare = fed_host_bare(host, &port);
	bool is_address = fed_is_address(peer, bare);
	struct peer *entry = NULL;

	if (port.size == 0 && is_address)
		return NULL;
	while ((entry = fed_server_entry(core, peer, entry)) != NULL)
		if ((is_address || fed_host_eq(bare, dn_str_of(entry->host))) &&
		    (port.size > 0 ? fed_port_is(port, entry->port) :
		    entry->port == DN_PORT_CHANNELS_DEFAULT))
			break;
	return entry;
}

/* The port behind 'host', an address of 'peer'; 0: there is none, or only the
 * one that it dialled from. */
static uint16_t
fed_port_said(const struct peer *peer, struct dn_str host)
{
	struct dn_str port, bare = fed_host_bare(host, &port);
	unsigned long value = 0;
	size_t i;

	if (!fed_is_address(peer, bare) || port.size > 5 ||
	    fed_host_eq(host, dn_str_of(peer->name)))
		return 0;
	for (i = 0; i < port.size; i++) {
		if (port.data[i] < '0' || port.data[i] > '9')
			return 0;
		value = value * 10 + (unsigned long)(port.data[i] - '0');
	}
	return value <= UINT16_MAX ? (uint16_t)value : 0;
}

void
fed_identity_heard(struct core *core, struct peer *peer, struct dn_str host)
{
	struct peer *entry;
	uint16_t port;

	if (peer->dialled)
		return;
	entry = fed_entry_called(core, peer, host);
	port = fed_port_said(peer, host);
	if (entry != NULL)
		fed_be_entry(core, peer, entry);
	else if (port != 0)
		fed_be_stranger(core, peer, port);
	else if (peer->fed->is_unsure && fed_is_nameless(peer))
		/* Its users come, and are called somehow. */
		(void)fed_become(core, peer, fed_stranger(core, peer));
}

void
fed_identity_answered(struct core *core, struct peer *peer, struct dn_str room,
    struct dn_str user)
{
	const struct fed_server *server;
	struct peer *entry = NULL;

	if (!peer->fed->is_unsure)
		return;
	server = fed_join_awaited(core, room, user);
	while (server != NULL &&
	    (entry = fed_server_entry(core, peer, entry)) != NULL)
		if (entry->fed != NULL && entry->fed->server == server) {
			fed_be_entry(core, peer, entry);
			break;
		}
}

/* ---- links ---- */

/* We have dialled one that may be here already. */
static struct fed_server *
fed_begin_dialled(struct core *core, struct peer *peer)
{
	struct fed_server *server = fed_server_get(core,
	    dn_str_of(peer->written));
	struct peer *other;

	DL_FOREACH(core->peers, other) {
		if (other->fed == NULL || other->dialled ||
		    other->fed->port != peer->port ||
		    !fed_server_is_entry(peer, other))
			continue;
		other->fed->twin = peer->id;
		if (fed_become(core, other, server))
			fed_settle(core, other);
		else
			/* Its name stays as long as it is here. */
			server = other->fed->server;
	}
	return server;
}

static struct fed_server *
fed_begin_accepted(struct core *core, struct peer *peer)
{
	struct peer *entry = NULL;

	while ((entry = fed_server_entry(core, peer, entry)) != NULL) {
		peer->fed->is_unsure = true;
		/* It seems to be there again. */
		if (entry->state == PEER_WAITING &&
		    entry->failures < FED_OWN_FAILURES)
			dial_start(core, entry);
	}
	return peer->fed->is_unsure ?
	    fed_server_get(core, dn_str_of(peer->name)) :
	    fed_stranger(core, peer);
}

void
fed_identity_begin(struct core *core, struct peer *peer)
{
	peer->fed->server = peer->dialled ? fed_begin_dialled(core, peer) :
	    fed_begin_accepted(core, peer);
	peer->fed->server->link_count++;
}
