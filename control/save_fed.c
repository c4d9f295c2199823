/* Federated servers as bytes and back, for save.c; save_peer.c has the links
 * to them. */
#include "save.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "fed_offer.h"
#include "memory.h"

#define SAVE_SERVERS_MAX (2 * DN_LINKS_MAX)

/* ---- who has a seat ---- */

static void
save_seat_names(struct save *save, const struct fed_seat *seat,
    struct dn_str *room, struct dn_str *user)
{
	if (seat != NULL) {
		*room = fed_seat_room(seat);
		*user = fed_seat_user(seat);
	}
	save_str(save, room);
	save_str(save, user);
	/* The two are cut apart at the first line end. */
	if (room->size == 0 || user->size == 0 ||
	    memchr(room->data, '\n', room->size) != NULL)
		save_fail(save);
}

static void
save_seat(struct save *save, struct core *core, struct fed_server *server,
    struct fed_seat *seat)
{
	struct dn_str room = {"", 0}, user = {"", 0};

	save_seat_names(save, seat, &room, &user);
	if (!save_is_good(save))
		return;
	if (seat == NULL && fed_seat_find(core, server, room, user) == NULL)
		seat = fed_seat_get(core, server, room, user);
	if (seat == NULL) {
		save_fail(save);
		return;
	}
	save_u64(save, &seat->number);
	save_bool(save, &seat->is_granted);
	save_bool(save, &seat->is_wished);
	save_bool(save, &seat->is_kept);
}

static void
save_seats(struct save *save, struct core *core, struct fed_server *server)
{
	uint32_t count = HASH_COUNT(server->seats);
	struct fed_seat *seat;

	save_u32(save, &count);
	if (save_is_reading(save)) {
		while (count-- > 0 && save_is_good(save))
			save_seat(save, core, server, NULL);
		return;
	}
	for (seat = server->seats; seat != NULL; seat = seat->hh.next)
		save_seat(save, core, server, seat);
}

/* ---- servers ---- */

static void
save_server(struct save *save, struct core *core, struct fed_server *server)
{
	struct dn_str host = {"", 0};

	if (server != NULL)
		host = dn_str_of(server->host);
	save_str(save, &host);
	if (!save_is_good(save))
		return;
	if (server == NULL && host.size > 0 &&
	    host.size <= DN_HOST_BYTES_MAX &&
	    fed_server_find(core, host) == NULL)
		server = fed_server_get(core, host);
	if (server == NULL)
		save_fail(save);
	else
		save_seats(save, core, server);
}

static void
save_servers(struct save *save, struct core *core)
{
	struct fed_server *server;
	uint32_t count = 0;

	DL_FOREACH(core->federation.servers, server)
		count++;
	save_u32(save, &count);
	if (save_is_reading(save)) {
		if (count > SAVE_SERVERS_MAX)
			save_fail(save);
		while (count-- > 0 && save_is_good(save))
			save_server(save, core, NULL);
		return;
	}
	DL_FOREACH(core->federation.servers, server)
		save_server(save, core, server);
}

/* ---- links ---- */

static void
save_offers(struct save *save, struct core *core, struct fed *fed)
{
	uint32_t count = HASH_COUNT(fed->offers);
	const struct fed_offer *offer;
	struct fed_name name;
	struct dn_str text;

	save_u32(save, &count);
	for (offer = fed->offers; offer != NULL && !save_is_reading(save);
	    offer = offer->hh.next) {
		text = dn_str_of(offer->name);
		save_str(save, &text);
	}
	while (save_is_reading(save) && count-- > 0 && save_is_good(save)) {
		save_str(save, &text);
		if (!save_is_good(save) || !fed_name_of_room(&name, text) ||
		    name.host.size > 0 ||
		    !fed_offer_add(core, fed, name.local))
			save_fail(save);
	}
}

/* What is known of who dialled us. */
static void
save_identity(struct save *save, struct core *core, struct peer *peer)
{
	struct fed *fed = peer->fed;

	save_bool(save, &fed->is_listed);
	save_bool(save, &fed->is_unsure);
	save_u32(save, &fed->twin);
	save_u16(save, &fed->port);
	save_offers(save, core, fed);
	if (fed->is_unsure && peer->dialled)
		save_fail(save);
}

/* What a link of this door is, which save_peer.c has read. */
static void
save_link(struct save *save, struct core *core, struct peer *peer)
{
	struct dn_str host = {"", 0};
	struct fed *fed = peer->fed;
	uint64_t routed = peer->routed, announced = peer->announced;

	if (!save_is_reading(save))
		host = dn_str_of(fed->server->host);
	save_str(save, &host);
	if (save_is_reading(save)) {
		fed = memory_new(sizeof(*fed));
		fed->server = fed_server_find(core, host);
		if (fed->server == NULL) {
			free(fed);
			save_fail(save);
			return;
		}
		fed->server->link_count++;
		peer->fed = fed;
	}
	save_u64(save, &fed->marker);
	save_bool(save, &fed->is_marked);
	save_bool(save, &fed->is_full);
	save_u64(save, &routed);
	save_u64(save, &announced);
	if (save->version >= SAVE_VERSION_OFFERS)
		save_identity(save, core, peer);
	if (routed > DN_FED_GUESTS_MAX || announced > 2 * DN_FED_ROOMS_MAX)
		save_fail(save);
	peer->routed = routed;
	peer->announced = announced;
}

/* ---- joins ---- */

static void
save_join(struct save *save, struct core *core, struct fed_join *join)
{
	struct dn_str host = {"", 0}, room = {"", 0};
	struct fed_server *server = NULL;
	uint32_t room_size = 0;

	if (join != NULL) {
		server = join->server;
		host = dn_str_of(server->host);
		room = dn_str_of(join->room);
		room_size = (uint32_t)join->room_size;
	}
	save_str(save, &host);
	save_str(save, &room);
	save_u32(save, &room_size);
	if (!save_is_good(save))
		return;
	if (join == NULL) {
		server = fed_server_find(core, host);
		if (server == NULL || room_size == 0 ||
		    room_size >= room.size) {
			save_fail(save);
			return;
		}
		join = fed_join_new(core, server, room, room_size);
		timer_stop(&core->timers, &join->timer);
	}
	save_u64(save, &join->id);
	save_u64(save, &join->user);
	save_u64(save, &join->conn);
	save_bool(save, &join->is_again);
	join->timer.owner = join->id;
	save_timer(save, core, &join->timer);
}

static void
save_joins(struct save *save, struct core *core)
{
	struct fed_join *join;
	uint64_t last = core->federation.join_last, id = 0;
	uint32_t count = 0;

	DL_FOREACH(core->federation.joins, join)
		count++;
	save_u32(save, &count);
	save_u64(save, &last);
	if (save_is_reading(save)) {
		while (count-- > 0 && save_is_good(save)) {
			save_join(save, core, NULL);
			if (!save_is_good(save))
				break;
			/* Ids grow along the list. */
			join = core->federation.joins->prev;
			if (join->id <= id || join->id > last)
				save_fail(save);
			id = join->id;
		}
		core->federation.join_last = last;
		return;
	}
	DL_FOREACH(core->federation.joins, join)
		save_join(save, core, join);
}

void
save_federation(struct save *save, struct core *core)
{
	struct peer *peer;

	save_servers(save, core);
	DL_FOREACH(core->peers, peer)
		if (save_is_good(save) && peer->conn != IPC_CONN_NONE &&
		    peer->door == IPC_DOOR_CHANNELS)
			save_link(save, core, peer);
	if (save_is_good(save))
		save_joins(save, core);
}
