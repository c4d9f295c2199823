/*
 * The message table: which SENDs and ACKNs came by here within the last
 * DN_MESSAGE_MSEC, DN_MESSAGES_MAX at most, the oldest giving way. It tells
 * forward.c whether a number is in use, whether a message has been here
 * before, and whose message an ACKN of a client means. Every call takes
 * constant time, save that what became too old meanwhile goes first.
 *
 * 'now_msec' is monotonic and must not go back from call to call.
 */
#ifndef DATAPLANE_MSGTABLE_H
#define DATAPLANE_MSGTABLE_H

#include "dnchat/err.h"
#include "dnchat/limits.h"
#include "dnchat/msg.h"

/* An ACKN is matched with this many of the newest SENDs of its number. */
#define MSGTABLE_WALK_MAX 64

struct msgtable;

/* What becomes of a message that came over a link. */
enum msgtable_verdict {
	MSGTABLE_NEW,       /* not seen before: it is in the table now */
	MSGTABLE_AGAIN,     /* a unicast or ACKN that may pass once more */
	MSGTABLE_DUPLICATE, /* a broadcast that was here: drop */
	MSGTABLE_SPENT,     /* it passed DN_TRANSIT_MAX times: drop */
	MSGTABLE_FORGED     /* in the name of our user, who never said it */
};

/* What becomes of an ACKN of a client. */
enum msgtable_ack {
	MSGTABLE_ACKED,     /* tell the author */
	MSGTABLE_SWALLOWED, /* it has been acknowledged before */
	MSGTABLE_NEVER_SENT /* no such message went to this client: FAIL */
};

/* An empty table, or NULL if out of memory. 'seed' must be hard to guess. */
struct msgtable *msgtable_new(uint64_t seed);

/* Frees 'table'; NULL is allowed. */
void msgtable_free(struct msgtable *table);

/* Forgets what is too old, and gives memory back. Every other call that takes
 * the time does so too: this is for quiet times, every few seconds. */
void msgtable_expire(struct msgtable *table, uint64_t now_msec);

/* How many messages are in the table. */
size_t msgtable_count(const struct msgtable *table);

/* Bytes that sets of acknowledgements take, at most DN_ACKED_BYTES_MAX. */
size_t msgtable_acked_bytes(const struct msgtable *table);

/* The stamp that the next new message will bear; they only grow. A client
 * remembers it when it gets its name: see msgtable_acknowledge(). */
uint64_t msgtable_stamp(const struct msgtable *table);

/* Begins to fetch what calls about this number will read: worth while if
 * something else is done in between. */
void msgtable_expect(const struct msgtable *table, uint64_t number);

/* True if any SEND of this number is in the table: FAIL NUMBER. */
bool msgtable_is_used(struct msgtable *table, uint64_t number,
    uint64_t now_msec);

/*
 * Enters the SEND 'number' of our own user 'from' to 'to' (DN_TO_ALL: to all),
 * whose number is not used: that is not looked up again. Passing it on for the
 * first time is counted.
 * Errors: DN_E_MEMORY.
 */
enum dn_err msgtable_send(struct msgtable *table, uint64_t number,
    uint64_t from, uint64_t to, uint64_t now_msec);

/*
 * Enters what was said in our room 'room' and goes as 'number' to all of its
 * members who are here: it may be acknowledged by each, as what goes to all,
 * and 'room' is its author. Errors: DN_E_MEMORY.
 */
enum dn_err msgtable_send_room(struct msgtable *table, uint64_t number,
    uint64_t room, uint64_t now_msec);

/* Enters the ACKN of our user 'acker' to 'author' that a room passes on, so
 * that it may come by again without being forged. */
void msgtable_ackn(struct msgtable *table, uint64_t number, uint64_t acker,
    uint64_t author, uint64_t now_msec);

/*
 * Judges the SEND or ACKN 'msg' that came over a link, and enters or counts
 * it: call once for each time that it would be passed on or delivered.
 * 'slot' is that of the connection of its 'from' (author of a SEND, acker of
 * an ACKN) if that is our user, else NULL.
 * Another copy of a unicast may be acknowledged again. Out of memory, a new
 * message is MSGTABLE_NEW but not in the table.
 */
enum msgtable_verdict msgtable_transit(struct msgtable *table,
    const struct dn_msg *msg, const uint32_t *slot, uint64_t now_msec);

/* The client on whose behalf an ACKN is judged. */
struct msgtable_acker {
	uint64_t user;  /* its number */
	uint64_t since; /* msgtable_stamp() when it got it */
	uint32_t slot;  /* of its connection (IPC_CONN_SLOT) */
};

/*
 * Judges a client's ACKN of 'number': it means the newest SEND of that number
 * which went to 'acker' and which it has not acknowledged. That is one to its
 * number, or one to all or to a room's members that is of another author and
 * not older than 'since'.
 * On MSGTABLE_ACKED '*author' is set, and the SEND is marked, so that the ACKN
 * may come by again without being forged.
 */
enum msgtable_ack msgtable_acknowledge(struct msgtable *table, uint64_t number,
    const struct msgtable_acker *acker, uint64_t now_msec, uint64_t *author);

#endif
