/*
 * Rooms over a federation: what a server offers is imported, as '#room:host'
 * with the description "via host"; what is ours is offered. Under fed.c; above
 * room.c.
 */
#ifndef CONTROL_FED_ROOM_H
#define CONTROL_FED_ROOM_H

#include "fed_server.h"
#include "room.h"

/* "via HOST": how everything of that server is described. */
#define FED_VIA_BYTES_MAX (DN_HOST_BYTES_MAX + 8)
struct dn_str fed_via(const struct fed_server *server,
    char text[FED_VIA_BYTES_MAX]);

/* The number of 'name', described 'via': the one that servers which import the
 * same have for it, or another one that is free. */
uint64_t fed_number(const struct core *core, struct dn_str name,
    struct dn_str via);

/* True if 'user' came from a server behind another door, of ours or of another
 * server of our kind: he is not exported again. */
bool fed_is_import(const struct user *user);

/* What a server on link 'peer' says of its rooms: a list, or one of them. They
 * are imported unless it is not clear whose they are (fed->is_unsure). */
void fed_room_list(struct core *core, struct peer *peer, struct dn_str list);
void fed_room_offer(struct core *core, struct peer *peer, struct dn_str text);

/* Imports all that was offered on 'peer', unless it is there. */
void fed_room_show_all(struct core *core, struct peer *peer);

/* The import of 'server' called 'local', without host, or NULL. */
struct room *fed_room_find(const struct core *core,
    const struct fed_server *server, struct dn_str local);

/* Imports 'local' over 'peer', unless it is there; NULL: it can't be. */
struct room *fed_room_import(struct core *core, struct peer *peer,
    struct dn_str local);

/* The import goes over 'peer', another link of its server, from now on. */
void fed_room_move(struct core *core, struct room *room, struct peer *peer);

/* Link 'peer', which is going, has no rooms any more: they move to 'other', or
 * are dropped if that is NULL. */
void fed_room_leave_link(struct core *core, struct peer *peer,
    struct peer *other);

/* True if other servers are told of this room: it is one of ours, and they
 * have a name for it. */
bool fed_room_is_offered(const struct room *room);

/* Tells the server on 'peer' all of those. */
void fed_room_tell_all(struct core *core, struct peer *peer);

/* The number of a room or service of ours; 0: there is none. */
uint64_t fed_room_marker(const struct core *core);

#endif
