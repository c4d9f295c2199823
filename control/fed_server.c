/* Federated servers and what is kept about them, under fed*.c. */
#include "fed_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "bytes.h"
#include "dial.h"
#include "link.h"
#include "memory.h"

/* What an address of the machine itself is called everywhere. */
#define FED_LOCALHOST "localhost"

struct fed_server *
fed_server_find(const struct core *core, struct dn_str host)
{
	struct fed_server *server;

	DL_FOREACH(core->federation.servers, server)
		if (fed_host_eq(dn_str_of(server->host), host))
			break;
	return server;
}

bool
fed_port_is(struct dn_str text, uint16_t port)
{
	char digits[8];

	(void)snprintf(digits, sizeof(digits), "%u", (unsigned)port);
	return dn_str_eq(text, dn_str_of(digits));
}

/* True if 'server' has a link whose rooms are shown, or would be. */
static bool
fed_server_is_there(const struct core *core, const struct fed_server *server)
{
	const struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->fed != NULL && peer->fed->server == server &&
		    !peer->fed->is_unsure)
			break;
	return peer != NULL;
}

/* True if the link is called 'host' in another way than its server is. */
static bool
fed_is_known_as(const struct peer *peer, struct dn_str host)
{
	struct dn_str port, bare = fed_host_bare(host, &port);

	if (peer->dialled)
		return fed_host_eq(host, dn_str_of(peer->written)) ||
		    fed_host_eq(host, dn_str_of(peer->name));
	return peer->fed->port != 0 && fed_port_is(port, peer->fed->port) &&
	    fed_is_address(peer, bare);
}

/* The one that has a link called so, or NULL. */
static struct fed_server *
fed_server_known_as(const struct core *core, struct dn_str host)
{
	const struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer->fed != NULL && !peer->fed->is_unsure &&
		    fed_is_known_as(peer, host))
			return peer->fed->server;
	return NULL;
}

struct fed_server *
fed_server_meant(const struct core *core, struct dn_str host)
{
	struct fed_server *server = fed_server_find(core, host), *found;
	size_t count = 0;

	if (server != NULL && server->link_count == 0)
		return NULL;
	if (server != NULL && fed_server_is_there(core, server))
		return server;
	found = fed_server_known_as(core, host);
	if (found != NULL)
		return found;
	DL_FOREACH(core->federation.servers, server)
		if (fed_host_is(host, dn_str_of(server->host)) &&
		    fed_server_is_there(core, server)) {
			found = server;
			count++;
		}
	return count == 1 ? found : NULL;
}

struct fed_server *
fed_server_get(struct core *core, struct dn_str host)
{
	struct fed_server *server = fed_server_find(core, host);

	if (server != NULL)
		return server;
	server = memory_new(sizeof(*server));
	server->host = memory_string(host);
	DL_APPEND(core->federation.servers, server);
	return server;
}

static void
fed_server_free(struct core *core, struct fed_server *server)
{
	struct fed_seat *seat, *next;

	HASH_ITER(hh, server->seats, seat, next)
		fed_seat_free(server, seat);
	DL_DELETE(core->federation.servers, server);
	free(server->host);
	free(server);
}

void
fed_server_trim(struct core *core, struct fed_server *server)
{
	if (server->link_count == 0 && server->join_count == 0 &&
	    server->seats == NULL)
		fed_server_free(core, server);
}

void
fed_server_free_all(struct core *core)
{
	struct fed_server *server, *next_server;
	struct fed_join *join, *next_join;

	DL_FOREACH_SAFE(core->federation.joins, join, next_join)
		fed_join_free(core, join);
	DL_FOREACH_SAFE(core->federation.servers, server, next_server)
		fed_server_free(core, server);
}

struct peer *
fed_server_link(const struct core *core, const struct fed_server *server,
    const struct peer *but)
{
	struct peer *peer;

	DL_FOREACH(core->peers, peer)
		if (peer != but && peer->state == PEER_UP &&
		    peer->fed != NULL && peer->fed->server == server)
			break;
	return peer;
}

struct peer *
fed_server_on(const struct core *core, uint64_t conn)
{
	struct peer *peer = link_find(core, conn);

	return peer != NULL && peer->fed != NULL && peer->state == PEER_UP ?
	    peer : NULL;
}

bool
fed_is_address(const struct peer *peer, struct dn_str bare)
{
	struct accept_address address;

	return !peer->dialled && (fed_host_eq(bare, dn_str_of(peer->host)) ||
	    (fed_host_eq(bare, dn_str_of(FED_LOCALHOST)) &&
	    accept_address(&address, dn_str_of(peer->host)) &&
	    accept_is_loopback(&address)));
}

/* True if 'entry' is dialled at the address 'host'. */
static bool
fed_is_dialled_at(const struct peer *entry, struct dn_str host)
{
	struct accept_address address, own;

	if (fed_host_eq(host, dn_str_of(FED_LOCALHOST)))
		return fed_is_dialled_at(entry, dn_str_of("127.0.0.1")) ||
		    fed_is_dialled_at(entry, dn_str_of("::1"));
	return accept_address(&address, host) &&
	    ((entry->addresses != NULL &&
	    dial_lists(entry->addresses, &address)) ||
	    /* It need not have been looked up for that. */
	    (accept_address(&own, dn_str_of(entry->host)) &&
	    memcmp(&own, &address, sizeof(own)) == 0));
}

bool
fed_server_is_entry(const struct peer *entry, const struct peer *peer)
{
	return entry->wanted && entry->written != NULL &&
	    fed_is_dialled_at(entry, dn_str_of(peer->host));
}

struct peer *
fed_server_entry(const struct core *core, const struct peer *peer,
    const struct peer *after)
{
	struct peer *entry = after == NULL ? core->peers : after->next;

	while (entry != NULL && !fed_server_is_entry(entry, peer))
		entry = entry->next;
	return entry;
}

bool
fed_host_fits(const struct core *core, const struct peer *peer,
    struct dn_str host)
{
	struct dn_str port, bare = fed_host_bare(host, &port);
	const struct peer *entry = NULL;

	if (host.size == 0 || fed_host_is(host,
	    dn_str_of(peer->fed->server->host)))
		return true;
	if (peer->dialled)
		return fed_host_is(host, dn_str_of(peer->name)) ||
		    ((port.size == 0 || fed_port_is(port, peer->port)) &&
		    fed_is_dialled_at(peer, bare));
	/* One that dialled us has a port of its own that nobody knows. */
	if (fed_is_address(peer, bare))
		return true;
	while ((entry = fed_server_entry(core, peer, entry)) != NULL)
		if (fed_host_is(host, dn_str_of(entry->written)))
			return true;
	return false;
}

/* ---- seats ---- */

/* Writes a seat's key to 'key'. */
static void
fed_seat_key(struct bytes *key, struct dn_str room, struct dn_str user)
{
	bytes_append(key, room.data, room.size);
	bytes_append(key, "\n", 1);
	bytes_append(key, user.data, user.size);
}

static unsigned
fed_seat_hash(const struct core *core, const struct bytes *key)
{
	return hash_string(core->seed,
	    (struct dn_str){(const char *)key->data, key->size});
}

static struct fed_seat *
fed_seat_at(const struct core *core, const struct fed_server *server,
    const struct bytes *key)
{
	struct fed_seat *seat;

	HASH_FIND_BYHASHVALUE(hh, server->seats, key->data, key->size,
	    fed_seat_hash(core, key), seat);
	return seat;
}

struct fed_seat *
fed_seat_find(const struct core *core, const struct fed_server *server,
    struct dn_str room, struct dn_str user)
{
	struct bytes key = {0};
	struct fed_seat *seat;

	fed_seat_key(&key, room, user);
	seat = fed_seat_at(core, server, &key);
	bytes_deinit(&key);
	return seat;
}

struct fed_seat *
fed_seat_get(struct core *core, struct fed_server *server, struct dn_str room,
    struct dn_str user)
{
	struct bytes key = {0};
	struct fed_seat *seat;

	fed_seat_key(&key, room, user);
	seat = fed_seat_at(core, server, &key);
	if (seat == NULL && HASH_COUNT(server->seats) < DN_FED_SEATS_MAX) {
		seat = memory_new(sizeof(*seat));
		seat->key = memory_string((struct dn_str){
		    (const char *)key.data, key.size});
		seat->room_size = room.size;
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, server->seats, seat->key,
		    key.size, fed_seat_hash(core, &key), seat);
	}
	bytes_deinit(&key);
	return seat;
}

void
fed_seat_free(struct fed_server *server, struct fed_seat *seat)
{
	HASH_DEL(server->seats, seat);
	free(seat->key);
	free(seat);
}

struct dn_str
fed_seat_room(const struct fed_seat *seat)
{
	return (struct dn_str){seat->key, seat->room_size};
}

struct dn_str
fed_seat_user(const struct fed_seat *seat)
{
	return dn_str_of(seat->key + seat->room_size + 1);
}

/* ---- joins ---- */

struct fed_join *
fed_join_new(struct core *core, struct fed_server *server, struct dn_str room,
    size_t room_size)
{
	struct fed_join *join = memory_new(sizeof(*join));

	join->id = ++core->federation.join_last;
	join->server = server;
	join->room = memory_string(room);
	join->room_size = room_size;
	join->timer.kind = TIMER_FEDJOIN;
	join->timer.owner = join->id;
	timer_start(&core->timers, &join->timer, core->now_msec,
	    DN_FED_JOIN_MSEC);
	DL_APPEND(core->federation.joins, join);
	server->join_count++;
	return join;
}

void
fed_join_free(struct core *core, struct fed_join *join)
{
	timer_stop(&core->timers, &join->timer);
	DL_DELETE(core->federation.joins, join);
	join->server->join_count--;
	free(join->room);
	free(join);
}

struct fed_join *
fed_join_find(const struct core *core, const struct fed_server *server,
    struct dn_str room, uint64_t user)
{
	struct fed_join *join;

	DL_FOREACH(core->federation.joins, join)
		if (join->server == server && join->user == user &&
		    dn_str_eq((struct dn_str){join->room, join->room_size},
		    room))
			break;
	return join;
}
