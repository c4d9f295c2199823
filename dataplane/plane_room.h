/*
 * What becomes of messages to rooms and services, and of what those say. By
 * the table alone; dncontrol says who is in a room, and is told what is none
 * of the members' business. For plane_deliver.c, push.c, and the doors whose
 * protocols know rooms.
 */
#ifndef DATAPLANE_PLANE_ROOM_H
#define DATAPLANE_PLANE_ROOM_H

#include "dnchat/ipc.h"
#include "relay.h"
#include "table.h"

struct conn;
struct plane;

/* True if what has 'role' is a room, of ours or of a server behind a door. */
static inline bool
plane_is_room(enum ipc_role role)
{
	return role == IPC_ROLE_ROOM || role == IPC_ROLE_IMPORT;
}

/* A message number that nothing else has, for what a room or a door's user
 * says. */
uint64_t plane_number(struct plane *plane);

/*
 * MEMBER. A room's members need no entry. For a user called "#..." (a room
 * elsewhere) too: it only answers who is in there.
 * Errors: DN_E_UNKNOWN (no such entry, unless somebody goes), DN_E_MALFORMED
 * (it can have no members), DN_E_FULL (DN_ROOM_MEMBERS_MAX).
 */
enum dn_err plane_member(struct plane *plane, const struct ipc_member *member);

/* SAY: a SEND in the name of 'say->from'; too long a text is cut. */
void plane_say(struct plane *plane, const struct ipc_say *say);

/* The SEND or ACKN 'msg' has come to 'entry', which is no user's. */
void plane_room_take(struct plane *plane, struct table_entry *entry,
    const struct dn_msg *msg);

/*
 * A door's user 'author' says 'text' in 'room', of ours or elsewhere; it is no
 * command, however it begins. The author is not told what he said. False if
 * he is no member: nothing was said then.
 */
bool plane_speak(struct plane *plane, struct table_entry *room,
    const struct table_entry *author, struct dn_str text);

/*
 * The server of 'room', an IMPORT, has our 'member' told what 'author' said.
 * What a member said himself he is told only if his protocol wants it so.
 * False if he is no member.
 */
bool plane_relate(struct plane *plane, struct table_entry *room,
    struct table_entry *member, struct dn_str author, struct dn_str text);

/* True if 'entry' is a room or service, here or elsewhere: they don't answer
 * one another. */
bool plane_is_automat(const struct table_entry *entry);

/* Sends 'msg', of a room and by 'origin', to 'member': under its number if he
 * is a client of ours, else under one of his own. */
void plane_pass(struct plane *plane, struct table_entry *member,
    const struct dn_msg *msg, const struct relay_origin *origin);

/* Nobody is in 'entry' any more. */
void plane_room_clear(struct plane *plane, struct table_entry *entry);

/* Queues the SEND 'msg' for 'conn', whose protocol wants names. */
void plane_say_named(struct plane *plane, struct conn *conn,
    const struct dn_msg *msg);

#endif
