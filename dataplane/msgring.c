/*
 * Messages in the order in which they came, and marks of who has acknowledged
 * them: memory comes at one end and goes at the other.
 */
#include "msgring.h"

#include <stdlib.h>
#include <string.h>

/* So many messages ahead memory is fetched: it is written in turn. */
#define MSGRING_AHEAD 8u

struct msgring_acked {
	uint32_t words;
	uint64_t bits[];
};

_Static_assert(sizeof(struct msgring_entry) == 32, "two to a line of memory");
_Static_assert(DN_MESSAGES_MAX == 1u << 20, "twins are so far apart at most");
_Static_assert(DN_TRANSIT_MAX < 8, "transits have three bits");
_Static_assert(DN_MESSAGES_MAX % MSGRING_SEGMENT == 0, "whole segments");

static size_t
msgring_acked_size(uint32_t words)
{
	return words > 0 ? sizeof(struct msgring_acked) +
	    words * sizeof(uint64_t) : 0;
}

static void
msgring_acked_free(struct msgring *ring, struct msgring_entry *entry)
{
	if (!entry->is_shared || entry->acked == NULL)
		return;
	ring->acked_bytes -= msgring_acked_size(entry->acked->words);
	free(entry->acked);
	entry->acked = NULL;
}

/* Lets the oldest message go, and its segment if it was the last there. */
static void
msgring_drop(struct msgring *ring)
{
	uint32_t oldest = msgspan_oldest(&ring->span);
	uint32_t place = oldest % DN_MESSAGES_MAX;
	struct msgring_entry *entry = msgring_at(ring, oldest);

	msgring_acked_free(ring, entry);
	ring->sends -= !entry->is_ackn;
	ring->keyed -= entry->is_keyed;
	ring->span.count--;
	if (ring->span.count > 0 && (place + 1) % MSGRING_SEGMENT != 0)
		return;
	/* The newest messages may have come round to the same segment. */
	if (ring->span.count > DN_MESSAGES_MAX - MSGRING_SEGMENT)
		return;
	free(ring->segments[place / MSGRING_SEGMENT]);
	ring->segments[place / MSGRING_SEGMENT] = NULL;
}

void
msgring_clear(struct msgring *ring)
{
	while (ring->span.count > 0)
		msgring_drop(ring);
}

void
msgring_expire(struct msgring *ring, uint64_t now_msec)
{
	/* None came after the last call: but for this, times modulo 2^32 are
	 * all that there is to them. */
	if (now_msec >= ring->now_msec &&
	    now_msec - ring->now_msec >= DN_MESSAGE_MSEC)
		msgring_clear(ring);
	if (now_msec > ring->now_msec || ring->span.count == 0)
		ring->now_msec = now_msec;
	while (ring->span.count > 0 && (uint32_t)ring->now_msec -
	    msgring_at(ring, msgspan_oldest(&ring->span))->msec >=
	    DN_MESSAGE_MSEC)
		msgring_drop(ring);
}

struct msgring_entry *
msgring_reserve(struct msgring *ring)
{
	uint32_t place = (uint32_t)ring->span.next % DN_MESSAGES_MAX;
	struct msgring_entry **segment;

	if (ring->span.count == DN_MESSAGES_MAX)
		msgring_drop(ring);
	segment = &ring->segments[place / MSGRING_SEGMENT];
	if (*segment == NULL)
		*segment = aligned_alloc(sizeof(**segment),
		    MSGRING_SEGMENT * sizeof(**segment));
	if (*segment == NULL)
		return NULL;
	return &(*segment)[place % MSGRING_SEGMENT];
}

void
msgring_commit(struct msgring *ring)
{
	uint32_t link = (uint32_t)ring->span.next;
	struct msgring_entry *entry = msgring_at(ring, link);

	entry->msec = (uint32_t)ring->now_msec;
	if (link % MSGRING_SEGMENT < MSGRING_SEGMENT - MSGRING_AHEAD)
		__builtin_prefetch(entry + MSGRING_AHEAD, 1);
	ring->span.next++;
	ring->span.count++;
	ring->sends += !entry->is_ackn;
	ring->keyed += entry->is_keyed;
}

void
msgring_key(struct msgring *ring, struct msgring_entry *entry)
{
	ring->keyed += !entry->is_keyed;
	entry->is_keyed = true;
}

bool
msgring_is_marked(const struct msgring_entry *entry, uint32_t slot)
{
	const struct msgring_acked *acked = entry->acked;

	return acked != NULL && slot / 64 < acked->words &&
	    (acked->bits[slot / 64] >> slot % 64 & 1) != 0;
}

void
msgring_mark(struct msgring *ring, uint32_t link, uint32_t slot)
{
	struct msgring_entry *entry = msgring_at(ring, link);
	uint32_t words = slot / 64 + 1, had;
	struct msgring_acked *acked;
	size_t more;

	had = entry->acked != NULL ? entry->acked->words : 0;
	if (words > had) {
		more = msgring_acked_size(words) - msgring_acked_size(had);
		while (ring->acked_bytes + more > DN_ACKED_BYTES_MAX &&
		    msgspan_oldest(&ring->span) != link)
			msgring_drop(ring);
		if (ring->acked_bytes + more > DN_ACKED_BYTES_MAX)
			return;
		acked = realloc(entry->acked, msgring_acked_size(words));
		if (acked == NULL)
			return;
		memset(acked->bits + had, 0,
		    (words - had) * sizeof(acked->bits[0]));
		acked->words = words;
		entry->acked = acked;
		ring->acked_bytes += more;
	}
	entry->acked->bits[slot / 64] |= UINT64_C(1) << slot % 64;
}
