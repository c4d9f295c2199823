/*
 * What the store is asked about rooms, until it has answered: a request is made
 * again after a restart (RESUMED). Between room_life.c and room_history.c,
 * which ask, and the shell, which has the store.
 */
#ifndef CONTROL_ROOM_STORE_H
#define CONTROL_ROOM_STORE_H

#include "room.h"

/* Requests that may be outstanding: changes, and lookups of history. What
 * would be one more is refused. */
#define ROOM_CHANGES_MAX 4096
#define ROOM_HISTORIES_MAX 1024

/* A request that is outstanding. */
struct order {
	UT_hash_handle hh; /* by id, in the order in which they were made */
	uint64_t id;
	uint8_t kind;      /* enum request_kind */
	char *room;        /* its name, without '#' */
	char *account;     /* MEMBER_*, else NULL */
	uint64_t number;   /* ROOM_PUT: the room's */
	uint64_t room_id;  /* HISTORY: of which room, for whom, and what */
	uint64_t user;
	uint64_t from;
	uint32_t count;
	struct timer timer; /* HISTORY: nobody waits longer */
};

/* The order with 'id', or NULL. */
struct order *room_store_find(const struct core *core, uint64_t id);

/* True if changes have to be refused for now. */
bool room_store_is_full(const struct core *core);

/* Changes; not to be made while the store is full. */
void room_store_put_room(struct core *core, const struct room *room);
void room_store_delete_room(struct core *core, const struct room *room);
void room_store_put_member(struct core *core, const struct member *member);
void room_store_delete_member(struct core *core, const struct member *member);

/* Asks for 'count' lines that were said in the member's room, the last ones or
 * those from id 'from' on, if that is not 0: the order's id, or 0 if too many
 * wait. */
uint64_t room_store_ask_history(struct core *core,
    const struct member *member, uint32_t count, uint64_t from);

/* The order has been answered, or nobody waits for it any more. */
void room_store_done(struct core *core, struct order *order);

/* The event STORED. */
enum dn_err room_store_stored(struct core *core, const struct event *event);

/* Makes all requests again. */
void room_store_resume(struct core *core);

/* Forgets all orders. */
void room_store_free_all(struct core *core);

/* ---- for save_room.c ---- */

/* A record of an order, without a request. */
struct order *room_store_new(struct core *core, uint64_t id, uint8_t kind,
    struct dn_str room, struct dn_str account);

#endif
