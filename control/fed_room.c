/* Rooms over a federation: see fed_room.h. */
#include "fed_room.h"

#include <stdio.h>

#include <utlist.h>

#include "down.h"
#include "fed_offer.h"
#include "memory.h"

#define FED_ROOM_NAME_BYTES_MAX (DN_NAME_BYTES_MAX + 1)
#define FED_VIA "via "

struct dn_str
fed_via(const struct fed_server *server, char text[FED_VIA_BYTES_MAX])
{
	int size = snprintf(text, FED_VIA_BYTES_MAX, FED_VIA "%s",
	    server->host);

	return (struct dn_str){text, (size_t)size};
}

bool
fed_is_import(const struct user *user)
{
	struct dn_str text = text_description(user->text);

	if (user->session != NULL)
		return !user->session->seat.is_client &&
		    user->session->seat.conn != IPC_CONN_NONE;
	return text.size >= sizeof(FED_VIA) - 1 &&
	    memcmp(text.data, FED_VIA, sizeof(FED_VIA) - 1) == 0;
}

uint64_t
fed_number(const struct core *core, struct dn_str name, struct dn_str via)
{
	const struct user *user;
	uint64_t number;
	unsigned salt = 0;

	do {
		number = fed_name_number(name, salt++);
		user = user_find(core, number);
	} while (user != NULL && (user->session != NULL ||
	    !text_is(user->text, name, via)));
	return number;
}

/* "#local:host", in 'text'; false: it is too long. */
static bool
fed_room_name(const struct fed_server *server, struct dn_str local,
    char text[FED_ROOM_NAME_BYTES_MAX], struct dn_str *name)
{
	int size = snprintf(text, FED_ROOM_NAME_BYTES_MAX, "#%.*s:%s",
	    (int)local.size, local.data, server->host);

	*name = (struct dn_str){text, (size_t)size};
	return size <= DN_NAME_BYTES_MAX;
}

struct room *
fed_room_find(const struct core *core, const struct fed_server *server,
    struct dn_str local)
{
	char text[FED_ROOM_NAME_BYTES_MAX];
	struct dn_str name;

	return fed_room_name(server, local, text, &name) ?
	    room_find(core, room_bare(name)) : NULL;
}

/* ---- theirs ---- */

/* Too many, or no place for more: said once a link. */
static void
fed_room_full(struct core *core, struct peer *peer, enum dn_err err)
{
	struct notice *notice;

	if (peer->fed->is_full)
		return;
	peer->fed->is_full = true;
	notice = updates_notice(core->updates, DN_LOG_WARN,
	    "federation_full");
	notice_add(notice, "peer", dn_str_of(peer->name));
	notice_add(notice, "why", dn_str_of(dn_err_text(err)));
	notice_add_number(notice, "rooms", peer->announced);
}

struct room *
fed_room_import(struct core *core, struct peer *peer, struct dn_str local)
{
	char text[FED_ROOM_NAME_BYTES_MAX], via_text[FED_VIA_BYTES_MAX];
	const struct fed_server *server = peer->fed->server;
	struct dn_str name, via = fed_via(server, via_text);
	struct room *room = NULL;
	enum dn_err err = DN_E_FULL;

	if (!fed_room_name(server, local, text, &name))
		return NULL;
	room = room_find(core, room_bare(name));
	if (room != NULL)
		return room;
	if (peer->announced < DN_FED_ROOMS_MAX)
		err = room_import(core, room_bare(name), fed_number(core,
		    name, via), peer->conn, via, &room);
	if (err == DN_OK)
		peer->announced++;
	else if (err == DN_E_FULL)
		fed_room_full(core, peer, err);
	return err == DN_OK ? room : NULL;
}

void
fed_room_offer(struct core *core, struct peer *peer, struct dn_str text)
{
	struct fed_name name;

	/* What it has from others is not its to offer. */
	if (!fed_name_of_room(&name, text) ||
	    !fed_host_fits(core, peer, name.host))
		return;
	(void)fed_offer_add(core, peer->fed, name.local);
	if (!peer->fed->is_unsure)
		(void)fed_room_import(core, peer, name.local);
}

void
fed_room_show_all(struct core *core, struct peer *peer)
{
	const struct fed_offer *offer;

	for (offer = peer->fed->offers; offer != NULL; offer = offer->hh.next)
		(void)fed_room_import(core, peer, dn_str_of(offer->name));
}

void
fed_room_list(struct core *core, struct peer *peer, struct dn_str list)
{
	struct dn_str text;

	while (fed_name_next(&list, &text))
		fed_room_offer(core, peer, text);
}

void
fed_room_move(struct core *core, struct room *room, struct peer *peer)
{
	struct peer *other = fed_server_on(core, room->conn);

	if (other != NULL)
		other->announced--;
	peer->announced++;
	room_move(core, room, peer->conn);
}

void
fed_room_leave_link(struct core *core, struct peer *peer, struct peer *other)
{
	struct room *room, *next;

	for (room = room_next(core, NULL); room != NULL; room = next) {
		next = room_next(core, room);
		if (room->role != IPC_ROLE_IMPORT || room->conn != peer->conn)
			continue;
		if (other == NULL)
			room_drop(core, room);
		else
			fed_room_move(core, room, other);
	}
}

/* ---- ours ---- */

bool
fed_room_is_offered(const struct room *room)
{
	/* Behind a colon a server would look for a host. */
	return room->role == IPC_ROLE_ROOM && room->user != NULL &&
	    strchr(room->name, ':') == NULL;
}

void
fed_room_tell_all(struct core *core, struct peer *peer)
{
	struct bytes list = {0};
	struct room *room = NULL;

	while ((room = room_next(core, room)) != NULL) {
		if (!fed_room_is_offered(room))
			continue;
		if (list.size > 0)
			bytes_append(&list, "\n", 1);
		bytes_append(&list, room->name, strlen(room->name));
	}
	DOWN_LONG(core, list.size, reply, .conn = peer->conn,
	    .verb = DN_VERB_FEDCHANNELS,
	    .text = {(const char *)list.data, list.size});
	bytes_deinit(&list);
}

uint64_t
fed_room_marker(const struct core *core)
{
	struct room *room = NULL;

	while ((room = room_next(core, room)) != NULL)
		if (room->role == IPC_ROLE_ROOM && room->user != NULL)
			return room->number;
	return core->rooms.service;
}
