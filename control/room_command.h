/*
 * What users say to rooms that is not for the members, and to the service
 * rooms@NODE: /join and so on (room_parse.h). Under core.c; above
 * room_history.c and room.h. How answers begin is in man/dnchat.7.
 */
#ifndef CONTROL_ROOM_COMMAND_H
#define CONTROL_ROOM_COMMAND_H

#include "room.h"

/* Who said something without being a member is told so no more often. */
#define ROOM_HINT_MSEC 60000
/* Of so many that is remembered; further ones are told nothing meanwhile. */
#define ROOM_HINTS_MAX 1024

/* Who was told how to join what, and until when he isn't again. */
struct hint {
	UT_hash_handle hh;     /* by key, in the order of until_msec */
	struct member_key key; /* room 0: the service */
	uint64_t until_msec;
};

/* The event COMMAND; errors as core_step(). */
enum dn_err room_command(struct core *core, const struct event *event);

/* 'user' asked an import for membership by /join, and has got it or not. */
void room_command_joined(struct core *core, const struct room *room,
    const struct user *user, enum dn_err err);

/* Remembers a hint, as the newest. For save_room.c, too. */
void room_command_hinted(struct core *core, const struct member_key *key,
    uint64_t until_msec);

/* True if such a hint is remembered. */
bool room_command_is_hinted(const struct core *core,
    const struct member_key *key);

/* Forgets all hints. */
void room_command_free_all(struct core *core);

#endif
