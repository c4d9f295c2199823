/*
 * The rooms of the whole network, sorted by name: for lists that users ask
 * for. Between user.c, and room_command.c and room_door.c.
 */
#ifndef CONTROL_ROOM_NAMES_H
#define CONTROL_ROOM_NAMES_H

#include "room.h"

/*
 * A room, and what doors that name hosts call it: ours 'name', imports
 * 'name:host', another server's 'name', or 'name:NODE' where that alone would
 * mean another.
 */
struct room_name {
	const struct user *user; /* borrowed */
	char *word;
};

/* Rooms, in the order of their words. */
struct room_names {
	struct room_name *names;
	size_t count;
};

/* Fills '*names' with the users that are rooms: ours, imports, and those that
 * other servers announce. */
void room_names_init(struct room_names *names, const struct core *core);
void room_names_deinit(struct room_names *names);

/* The shown room that 'word', spelled so, means; NULL: none. */
struct user *room_names_find(const struct core *core, struct dn_str word);

#endif
