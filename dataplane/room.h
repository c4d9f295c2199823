/*
 * Who is in a room, and what waits for those who are joining it. Between
 * plane_room.c, which passes on what is said, and table.c, whose entries carry
 * a room. Finding, adding and removing a member takes constant time.
 */
#ifndef DATAPLANE_ROOM_H
#define DATAPLANE_ROOM_H

#include "dnchat/buf.h"
#include "dnchat/err.h"
#include "dnchat/ipc.h"

/* The members are in no order, which changes when one goes. */
struct room_member {
	uint64_t user;
	uint64_t since; /* JOINING: the first line that waits for him; LIVE: 0 */
};

/* What was said while somebody was joining. */
struct room_line {
	struct room_line *newer;
	uint64_t stamp;  /* counts lines, from 1 */
	uint64_t number; /* under which those who are here got it */
	uint64_t author; /* who said it, and how he numbered it */
	uint64_t said;
	struct dn_str text; /* as members get it */
};

struct room {
	struct room_member *members;
	uint32_t *slots;     /* places in 'members', plus 1; 0: free */
	uint32_t slot_count; /* a power of two; half as many members fit */
	uint32_t count;      /* members */
	uint32_t joining;    /* of them */
	uint32_t line_count;
	size_t line_bytes;   /* of all lines, their heads included */
	struct room_line *oldest, *newest;
	uint64_t stamp;      /* of the newest line there ever was */
	uint64_t seed;
};

/* A room without members, or NULL if out of memory. 'seed' must be hard to
 * guess. */
struct room *room_new(uint64_t seed);

/* Frees 'room'; NULL is allowed, here and in questions: nobody is in it. */
void room_free(struct room *room);

/* What 'user' is. */
enum ipc_membership room_membership(const struct room *room, uint64_t user);

/*
 * 'user', who may have been a member, is joining: what is kept from now on
 * waits for him. Errors: DN_E_FULL (DN_ROOM_MEMBERS_MAX), DN_E_MEMORY.
 */
enum dn_err room_join(struct room *room, uint64_t user);

/* A line that is passed on; it lives until the call returns. */
typedef void room_deliver(void *context, const struct room_line *line);

/*
 * 'user' is a member from now on; if he was joining, what waited for him is
 * passed to 'deliver' first, in order, with 'context'.
 * Errors: as room_join().
 */
enum dn_err room_admit(struct room *room, uint64_t user,
    room_deliver *deliver, void *context);

/* 'user' is a member no more, if he was one. */
void room_leave(struct room *room, uint64_t user);

/*
 * Keeps a copy of 'line' for those who are joining, if there are any; its
 * stamp and 'newer' are filled in. Returns how many lines were dropped for it,
 * itself perhaps: the oldest beyond DN_JOINING_COUNT_MAX or
 * DN_JOINING_BYTES_MAX, this one if there is no memory.
 */
size_t room_keep(struct room *room, const struct room_line *line);

#endif
