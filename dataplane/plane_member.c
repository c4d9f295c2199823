/*
 * Who is in which room, by dncontrol's word, and what waits for those who are
 * joining one.
 */
#include "plane_room.h"

#include "hash.h"
#include "plane.h"
#include "room.h"

void
plane_room_clear(struct plane *plane, struct table_entry *entry)
{
	if (entry->room == NULL)
		return;
	plane->member_count -= entry->room->count;
	plane->joining_bytes -= entry->room->line_bytes;
	room_free(entry->room);
	entry->room = NULL;
}

/* Who goes live, and where. */
struct plane_entrant {
	struct plane *plane;
	struct table_entry *member; /* NULL: he has just left */
	uint64_t room;
};

/* Passes on what waited for somebody who was joining. */
static void
plane_entrant_tell(void *context, const struct room_line *line)
{
	const struct plane_entrant *entrant = context;
	struct relay_origin origin = {line->author, line->said};
	struct dn_msg msg = {
		.kind = DN_KIND_SEND,
		.number = line->number,
		.from = entrant->room,
		.text = line->text,
	};

	if (entrant->member != NULL)
		plane_pass(entrant->plane, entrant->member, &msg, &origin);
}

static enum dn_err
plane_member_change(struct plane *plane, struct table_entry *entry,
    const struct ipc_member *member)
{
	struct plane_entrant entrant = {plane, table_find(plane->table,
	    member->user), entry->number};

	switch ((enum ipc_membership)member->membership) {
	case IPC_MEMBER_JOINING:
		/* Other rooms' history is not read here. */
		if (entry->role == IPC_ROLE_ROOM)
			return room_join(entry->room, member->user);
		/* fall through */
	case IPC_MEMBER_LIVE:
		return room_admit(entry->room, member->user,
		    plane_entrant_tell, &entrant);
	case IPC_MEMBER_GONE:
		room_leave(entry->room, member->user);
		break;
	case IPC_MEMBERSHIP_COUNT:
		break;
	}
	return DN_OK;
}

enum dn_err
plane_member(struct plane *plane, const struct ipc_member *member)
{
	struct table_entry *entry = table_find(plane->table, member->room);
	struct ipc_joined joined = {member->room, member->user};
	enum dn_err err;

	if (member->membership == IPC_MEMBER_GONE &&
	    (entry == NULL || entry->room == NULL))
		return DN_OK;
	if (entry == NULL)
		return DN_E_UNKNOWN;
	if (entry->role == IPC_ROLE_SERVICE || !plane_is_automat(entry))
		return DN_E_MALFORMED;
	if (entry->room == NULL)
		entry->room = room_new(hash_mix(plane->seed, entry->number));
	if (entry->room == NULL)
		plane_die();
	plane->member_count -= entry->room->count;
	plane->joining_bytes -= entry->room->line_bytes;
	err = plane_member_change(plane, entry, member);
	plane->member_count += entry->room->count;
	plane->joining_bytes += entry->room->line_bytes;
	if (err == DN_E_MEMORY)
		plane_die();
	if (entry->room->count == 0)
		plane_room_clear(plane, entry);
	if (err == DN_OK && member->membership == IPC_MEMBER_JOINING)
		UPLINK_PUT(&plane->uplink, IPC_CONN_NONE, joined, &joined);
	return err;
}
