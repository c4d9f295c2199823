/*
 * An index of the message table: from the hash of a key to the messages that
 * may have it, each known by its link. It looks at no message: whoever asks
 * compares the keys. What is asked for, and whether it is there at all, is
 * told by one line of memory. Every call takes constant time.
 *
 * Nothing is taken out: a link that leads to no message any more gives its
 * slot to another.
 */
#ifndef DATAPLANE_MSGINDEX_H
#define DATAPLANE_MSGINDEX_H

#include "msgring.h"

/* Messages in a line of memory, and how many there are to be on average. */
#define MSGINDEX_SLOTS 7u
#define MSGINDEX_LOAD 4u

/* Lines in use: as many as the messages need, within these. */
#define MSGINDEX_LINES_LEAST 64u
#define MSGINDEX_LINES_MOST (DN_MESSAGES_MAX / MSGINDEX_LOAD)

/* Lines come in segments; half of all are for what does not fit elsewhere. */
#define MSGINDEX_SEGMENT 4096u
#define MSGINDEX_SEGMENTS (2 * MSGINDEX_LINES_MOST / MSGINDEX_SEGMENT)

struct msgindex_line;

/* An index; its members are its own. */
struct msgindex {
	struct msgindex_line *segments[MSGINDEX_SEGMENTS];
	const struct msgspan *span;
	uint32_t lines; /* in use, by hash */
	uint32_t level; /* the greatest power of two that is not more */
	uint32_t extra; /* lines that others lead to, in use or spare */
	uint32_t spare; /* the first of those that are not in use, or 0 */
};

/* Where a search is. */
struct msgindex_walk {
	struct msgindex_line *line;
	uint32_t hash;
	uint32_t slot; /* the next to look at */
};

/* Makes 'index' an empty one of messages of 'span', which must outlive it.
 * Errors: DN_E_MEMORY; then there is nothing to free. */
enum dn_err msgindex_init(struct msgindex *index, const struct msgspan *span);

/* Frees what 'index' holds. */
void msgindex_free(struct msgindex *index);

/* Begins to fetch what a search for 'hash' will read. */
void msgindex_prefetch(const struct msgindex *index, uint32_t hash);

/* A search for the messages of 'hash': see msgindex_next(). */
struct msgindex_walk msgindex_find(const struct msgindex *index,
    uint32_t hash);

/* The link to the next message with the hash of 'walk', in no order, or NULL
 * if there is none. Until the next change of the index another link of the
 * same hash may be written there in its stead. */
uint32_t *msgindex_next(const struct msgindex *index,
    struct msgindex_walk *walk);

/* Puts 'link' in. Errors: DN_E_MEMORY. */
enum dn_err msgindex_put(struct msgindex *index, uint32_t hash,
    uint32_t link);

/* Grows by a line if there are too few for 'count' messages and there is
 * memory: to be called once for each message that is put in. */
void msgindex_fit(struct msgindex *index, uint32_t count);

#endif
