/*
 * Linear hashing by lines of the processor's cache: every few messages one
 * line is dealt out to itself and one more, so that no message waits while all
 * others are moved. Where more messages meet than a line has slots it leads to
 * an extra line. Extra lines are numbered from MSGINDEX_LINES_MOST on.
 *
 * A slot that was last used 2^32 messages ago may seem to lead somewhere: what
 * is found there is of another key.
 */
#include "msgindex.h"

#include <stdlib.h>

#define MSGINDEX_LINE_BYTES 64

struct msgindex_line {
	uint32_t hashes[MSGINDEX_SLOTS];
	uint32_t more; /* the extra line that this leads to, or 0 */
	uint32_t links[MSGINDEX_SLOTS];
	uint32_t unused;
};

/* Where a line that is dealt out goes on. */
struct msgindex_pen {
	struct msgindex_line *line;
	uint32_t slot;
};

_Static_assert(sizeof(struct msgindex_line) == MSGINDEX_LINE_BYTES,
    "a line is a line");
_Static_assert(MSGINDEX_LINES_MOST % MSGINDEX_SEGMENT == 0, "whole segments");

static struct msgindex_line *
msgindex_line(const struct msgindex *index, uint32_t number)
{
	return &index->segments[number / MSGINDEX_SEGMENT][
	    number % MSGINDEX_SEGMENT];
}

/* The line of what has this hash: those from 'level' on have been split off
 * from the same ones without that bit. */
static uint32_t
msgindex_place(const struct msgindex *index, uint32_t hash)
{
	uint32_t place = hash & (index->level * 2 - 1);

	return place < index->lines ? place : place - index->level;
}

/* Makes sure that there is memory for line 'number', the next one. */
static bool
msgindex_reserve(struct msgindex *index, uint32_t number)
{
	struct msgindex_line **segment;

	segment = &index->segments[number / MSGINDEX_SEGMENT];
	if (*segment == NULL)
		*segment = aligned_alloc(MSGINDEX_LINE_BYTES,
		    MSGINDEX_SEGMENT * sizeof(**segment));
	return *segment != NULL;
}

/* Empties 'line'. A link to what is older than the oldest leads nowhere. */
static void
msgindex_wipe(const struct msgindex *index, struct msgindex_line *line)
{
	uint32_t i;

	for (i = 0; i < MSGINDEX_SLOTS; i++) {
		line->hashes[i] = 0;
		line->links[i] = msgspan_oldest(index->span) - 1;
	}
	line->more = 0;
}

/* An empty line that 'line' leads to from now on, or NULL. */
static struct msgindex_line *
msgindex_extend(struct msgindex *index, struct msgindex_line *line)
{
	uint32_t number = index->spare;
	struct msgindex_line *more;

	if (number == 0) {
		if (index->extra == MSGINDEX_LINES_MOST)
			return NULL;
		number = MSGINDEX_LINES_MOST + index->extra;
		if (!msgindex_reserve(index, number))
			return NULL;
		index->extra++;
	}
	more = msgindex_line(index, number);
	if (number == index->spare)
		index->spare = more->more;
	msgindex_wipe(index, more);
	line->more = number;
	return more;
}

/* Writes the next slot. There is an extra line for it: no more lines are
 * written than have been read and released. */
static void
msgindex_append(struct msgindex *index, struct msgindex_pen *pen,
    uint32_t hash, uint32_t link)
{
	if (pen->slot == MSGINDEX_SLOTS) {
		pen->line = msgindex_extend(index, pen->line);
		pen->slot = 0;
	}
	pen->line->hashes[pen->slot] = hash;
	pen->line->links[pen->slot++] = link;
}

/* Deals the slots of 'from' out to the lines 'old' and 'fresh'. One that only
 * seems to lead somewhere may be of neither. */
static void
msgindex_deal_line(struct msgindex *index, const struct msgindex_line *from,
    uint32_t old, uint32_t fresh, struct msgindex_pen pens[2])
{
	uint32_t i, place;

	for (i = 0; i < MSGINDEX_SLOTS; i++) {
		if (!msgspan_has(index->span, from->links[i]))
			continue;
		place = msgindex_place(index, from->hashes[i]);
		if (place == old || place == fresh)
			msgindex_append(index, &pens[place != old],
			    from->hashes[i], from->links[i]);
	}
}

/* Deals what is in line 'old', and in those that it leads to, out to that and
 * line 'fresh', which may be the same, and leaves out what is gone. */
static void
msgindex_deal(struct msgindex *index, uint32_t old, uint32_t fresh)
{
	struct msgindex_pen pens[2] = {{msgindex_line(index, old), 0},
	    {msgindex_line(index, fresh), 0}};
	struct msgindex_line from = *pens[0].line, *extra;
	uint32_t more;

	msgindex_wipe(index, pens[0].line);
	msgindex_wipe(index, pens[1].line);
	msgindex_deal_line(index, &from, old, fresh, pens);
	while (from.more != 0) {
		more = from.more;
		extra = msgindex_line(index, more);
		from = *extra;
		extra->more = index->spare;
		index->spare = more;
		msgindex_deal_line(index, &from, old, fresh, pens);
	}
}

enum dn_err
msgindex_init(struct msgindex *index, const struct msgspan *span)
{
	uint32_t i;

	*index = (struct msgindex){.span = span,
	    .lines = MSGINDEX_LINES_LEAST, .level = MSGINDEX_LINES_LEAST};
	if (!msgindex_reserve(index, 0) ||
	    !msgindex_reserve(index, MSGINDEX_LINES_MOST)) {
		msgindex_free(index);
		return DN_E_MEMORY;
	}
	for (i = 0; i < index->lines; i++)
		msgindex_wipe(index, msgindex_line(index, i));
	return DN_OK;
}

void
msgindex_free(struct msgindex *index)
{
	uint32_t i;

	for (i = 0; i < MSGINDEX_SEGMENTS; i++) {
		free(index->segments[i]);
		index->segments[i] = NULL;
	}
}

void
msgindex_prefetch(const struct msgindex *index, uint32_t hash)
{
	__builtin_prefetch(msgindex_line(index, msgindex_place(index, hash)),
	    1);
}

struct msgindex_walk
msgindex_find(const struct msgindex *index, uint32_t hash)
{
	return (struct msgindex_walk){
		msgindex_line(index, msgindex_place(index, hash)), hash, 0
	};
}

uint32_t *
msgindex_next(const struct msgindex *index, struct msgindex_walk *walk)
{
	struct msgindex_line *line = walk->line;
	uint32_t i = walk->slot;

	for (;;) {
		for (; i < MSGINDEX_SLOTS; i++)
			if (line->hashes[i] == walk->hash &&
			    msgspan_has(index->span, line->links[i])) {
				walk->line = line;
				walk->slot = i + 1;
				return &line->links[i];
			}
		if (line->more == 0)
			return NULL;
		line = msgindex_line(index, line->more);
		i = 0;
	}
}

enum dn_err
msgindex_put(struct msgindex *index, uint32_t hash, uint32_t link)
{
	uint32_t place = msgindex_place(index, hash), i;
	struct msgindex_line *line = msgindex_line(index, place);

	/* Extra lines are given back as soon as they can be. */
	if (line->more != 0)
		msgindex_deal(index, place, place);
	for (; line != NULL; line = line->more != 0 ?
	    msgindex_line(index, line->more) : msgindex_extend(index, line))
		for (i = 0; i < MSGINDEX_SLOTS; i++)
			if (!msgspan_has(index->span, line->links[i])) {
				line->hashes[i] = hash;
				line->links[i] = link;
				return DN_OK;
			}
	return DN_E_MEMORY;
}

void
msgindex_fit(struct msgindex *index, uint32_t count)
{
	uint32_t fresh = index->lines;

	if (count <= fresh * MSGINDEX_LOAD || fresh == MSGINDEX_LINES_MOST ||
	    !msgindex_reserve(index, fresh))
		return;
	if (fresh == index->level * 2)
		index->level *= 2;
	index->lines++;
	msgindex_deal(index, fresh - index->level, fresh);
}
