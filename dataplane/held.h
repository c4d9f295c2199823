/*
 * Messages that wait: for a user whose route is being recomputed (held, per
 * entry of the table), and from a user who has no entry yet (early). Bounded
 * in every direction, the oldest giving way; order is kept. Between plane.c,
 * which delivers, and table.c, whose entries carry a queue.
 */
#ifndef DATAPLANE_HELD_H
#define DATAPLANE_HELD_H

#include "dnchat/err.h"
#include "dnchat/limits.h"
#include "dnchat/msg.h"
#include "table.h"

struct held_message;

/* The messages for one user. */
struct held {
	struct held_message *oldest, *newest;
	size_t count, bytes;
};

/* All of them; zeroed is empty. */
struct held_pool {
	struct held_message *oldest, *newest; /* over all users */
	size_t bytes;
	struct held_message *early_oldest, *early_newest;
	size_t early_count, early_bytes;
};

/*
 * Keeps a copy of 'msg' for the user of 'entry'. Returns how many messages
 * had to be dropped for it, itself perhaps: beyond DN_HOLD_COUNT_MAX or
 * DN_HOLD_BYTES_MAX the user's oldest, beyond DN_HOLD_TOTAL_BYTES_MAX the
 * oldest of all, and this one if there is no memory.
 */
size_t held_push(struct held_pool *pool, struct table_entry *entry,
    const struct dn_msg *msg);

/* A message that is passed on; it lives until the call returns. */
typedef void held_deliver(void *context, uint64_t conn,
    const struct dn_msg *msg);

/* Passes all that waits for the user of 'entry' to 'deliver', in order, and
 * forgets it. 'conn' is IPC_CONN_NONE there. */
void held_flush(struct held_pool *pool, struct table_entry *entry,
    held_deliver *deliver, void *context);

/* Forgets all that waits for the user of 'entry'; returns how many. */
size_t held_drop(struct held_pool *pool, struct table_entry *entry);

/*
 * Keeps a copy of 'msg', which came over link 'conn', until its sender has an
 * entry, at most DN_EARLY_MSEC. Returns how many were dropped for it.
 */
size_t held_early(struct held_pool *pool, uint64_t conn,
    const struct dn_msg *msg, uint64_t now_msec);

/* 'from' has an entry now: passes its early messages to 'deliver', in
 * order, and forgets them. */
void held_early_flush(struct held_pool *pool, uint64_t from,
    held_deliver *deliver, void *context);

/* Drops early messages that have waited too long; returns how many. */
size_t held_early_expire(struct held_pool *pool, uint64_t now_msec);

/* When held_early_expire() has something to do, UINT64_MAX for never. */
uint64_t held_early_deadline(const struct held_pool *pool);

/* Forgets all early messages. What is held goes with its entries. */
void held_deinit(struct held_pool *pool);

#endif
