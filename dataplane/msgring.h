/*
 * The messages of the message table by age: a ring of DN_MESSAGES_MAX places,
 * made of segments that come with the newest message and go with the oldest;
 * and who has acknowledged those to many. What is in a message is for
 * msgtable.c to say.
 */
#ifndef DATAPLANE_MSGRING_H
#define DATAPLANE_MSGRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnchat/err.h"
#include "dnchat/limits.h"

/* Messages in a segment, and segments: in all DN_MESSAGES_MAX. */
#define MSGRING_SEGMENT 8192u
#define MSGRING_SEGMENTS (DN_MESSAGES_MAX / MSGRING_SEGMENT)

/* The messages there are: the 'count' that came before the one with the stamp
 * 'next'. A link is the low half of a stamp. */
struct msgspan {
	uint64_t next;
	uint32_t count;
};

/* Which slots of connections have acknowledged a message to many. */
struct msgring_acked;

/* A message. */
struct msgring_entry {
	uint64_t number;
	uint64_t from;
	union {
		uint64_t to;                 /* unless it is_shared */
		struct msgring_acked *acked; /* if it is; or NULL */
	};
	uint32_t msec;          /* when it came first, modulo 2^32 */
	uint32_t twin : 20;     /* the SEND of this number before it came so
				 * many messages earlier; 0: there is none */
	uint32_t transits : 3;  /* times that it was passed on */
	uint32_t is_ackn : 1;   /* not a SEND */
	uint32_t is_acked : 1;  /* of a SEND to one */
	uint32_t is_shared : 1; /* to all, or to a room's members */
	uint32_t is_room : 1;   /* that: 'from' is the room */
	uint32_t is_own : 1;    /* our client's SEND */
	uint32_t is_keyed : 1;  /* an ACKN, or a SEND that is not is_own and
				 * not the only one of its number */
};

/* A ring; all zeros but 'span.next' is an empty one. Its members are its own,
 * to be read by others. */
struct msgring {
	struct msgring_entry *segments[MSGRING_SEGMENTS];
	struct msgspan span;
	uint32_t sends;     /* of the messages: those that are no ACKN */
	uint32_t keyed;     /* those that are is_keyed */
	uint64_t now_msec;  /* of the last msgring_expire() */
	size_t acked_bytes; /* at most DN_ACKED_BYTES_MAX */
};

/* True if 'link' leads to a message that is there. */
static inline bool
msgspan_has(const struct msgspan *span, uint32_t link)
{
	return (uint32_t)span->next - link - 1 < span->count;
}

/* The link to the oldest message, if there is any. */
static inline uint32_t
msgspan_oldest(const struct msgspan *span)
{
	return (uint32_t)span->next - span->count;
}

/* The message that 'link' leads to; it is there. */
static inline struct msgring_entry *
msgring_at(const struct msgring *ring, uint32_t link)
{
	uint32_t place = link % DN_MESSAGES_MAX;

	return &ring->segments[place / MSGRING_SEGMENT][
	    place % MSGRING_SEGMENT];
}

/* Lets all messages go. */
void msgring_clear(struct msgring *ring);

/* Lets those go that came DN_MESSAGE_MSEC before 'now_msec'. Of times that go
 * back the latest stays, unless the ring is empty. */
void msgring_expire(struct msgring *ring, uint64_t now_msec);

/* Where the next message is to be written, which is the place of the oldest
 * if need be; NULL if out of memory. */
struct msgring_entry *msgring_reserve(struct msgring *ring);

/* Enters what was written there, as the newest and now. */
void msgring_commit(struct msgring *ring);

/* Makes 'entry' is_keyed. */
void msgring_key(struct msgring *ring, struct msgring_entry *entry);

/* True if 'slot' has acknowledged the message to many at 'entry'. */
bool msgring_is_marked(const struct msgring_entry *entry, uint32_t slot);

/* Notes that 'slot' has acknowledged the message to many at 'link'. The oldest
 * messages give way to the bits; where this is the oldest itself, or memory
 * runs out, there is no mark, and another ACKN of it would pass. */
void msgring_mark(struct msgring *ring, uint32_t link, uint32_t slot);

#endif
