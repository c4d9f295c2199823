/* Which entry a number has: see table_index.h. */
#include "table_index.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"

#define INDEX_SLOTS_LEAST 64

/* Slots of the old array that are looked at with each change: enough to have
 * done with it before there is a next one. */
#define INDEX_STEP 32

static size_t
index_home(const struct table_index *index, const struct table_slots *in,
    uint64_t number)
{
	return (size_t)hash_mix(index->seed, number) & (in->capacity - 1);
}

/* The slot of 'number' in 'in', or the free one where it would stand. */
static struct table_slot *
index_probe(const struct table_index *index, const struct table_slots *in,
    uint64_t number)
{
	size_t at = index_home(index, in, number);

	while (in->slots[at].entry != NULL && in->slots[at].number != number)
		at = (at + 1) & (in->capacity - 1);
	return &in->slots[at];
}

static bool
index_allocate(struct table_slots *slots, size_t capacity)
{
	slots->slots = calloc(capacity, sizeof(*slots->slots));
	slots->capacity = capacity;
	return slots->slots != NULL;
}

bool
table_index_init(struct table_index *index, uint64_t seed)
{
	*index = (struct table_index){.seed = seed};
	return index_allocate(&index->now, INDEX_SLOTS_LEAST);
}

void
table_index_deinit(struct table_index *index)
{
	free(index->now.slots);
	free(index->old.slots);
}

struct table_entry *
table_index_find(const struct table_index *index, uint64_t number)
{
	struct table_entry *entry = index_probe(index, &index->now,
	    number)->entry;

	if (entry == NULL && index->old.slots != NULL)
		entry = index_probe(index, &index->old, number)->entry;
	return entry;
}

/* ---- from the old array to the new one ---- */

/* Moves what stands in the next slots, and on to the next free one: what is
 * left behind must not be looked for past a slot that became free. */
static void
index_move(struct table_index *index, size_t count)
{
	struct table_slots *old = &index->old;
	struct table_slot *slot;

	for (; index->old_left > 0; index->old_left--) {
		slot = &old->slots[index->old_at];
		if (slot->entry == NULL && count == 0)
			return;
		if (slot->entry != NULL)
			*index_probe(index, &index->now, slot->number) =
			    *slot;
		slot->entry = NULL;
		index->old_at = (index->old_at + 1) & (old->capacity - 1);
		count -= count > 0;
	}
	free(old->slots);
	old->slots = NULL;
}

/* Begins an array of 'capacity' slots. False if there is no memory for it; the
 * present one stays. */
static bool
index_begin(struct table_index *index, size_t capacity)
{
	struct table_slots now;

	if (index->old.slots != NULL)
		index_move(index, index->old_left);
	if (!index_allocate(&now, capacity))
		return false;
	index->old = index->now;
	index->now = now;
	index->old_left = index->old.capacity;
	/* Half of them are free. */
	for (index->old_at = 0; index->old.slots[index->old_at].entry != NULL;)
		index->old_at++;
	return true;
}

bool
table_index_add(struct table_index *index, uint64_t number,
    struct table_entry *entry)
{
	struct table_slot *slot;

	if ((index->count + 1) * 2 > index->now.capacity &&
	    !index_begin(index, index->now.capacity * 2))
		return false;
	slot = index_probe(index, &index->now, number);
	assert(slot->entry == NULL);
	*slot = (struct table_slot){number, entry};
	index->count++;
	if (index->old.slots != NULL)
		index_move(index, INDEX_STEP);
	return true;
}

/* ---- taking out ---- */

/* Empties the slot 'at', and moves those behind it up that would not be found
 * past a free one. */
static void
index_vacate(struct table_index *index, const struct table_slots *in,
    size_t at)
{
	size_t mask = in->capacity - 1, next, home;

	for (next = (at + 1) & mask; in->slots[next].entry != NULL;
	    next = (next + 1) & mask) {
		home = index_home(index, in, in->slots[next].number);
		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		in->slots[at] = in->slots[next];
		at = next;
	}
	in->slots[at].entry = NULL;
}

void
table_index_del(struct table_index *index, uint64_t number)
{
	const struct table_slots *in = &index->now;
	struct table_slot *slot = index_probe(index, in, number);

	if (slot->entry == NULL) {
		in = &index->old;
		slot = index_probe(index, in, number);
	}
	assert(slot->entry != NULL);
	index_vacate(index, in, (size_t)(slot - in->slots));
	index->count--;
	if (index->old.slots != NULL)
		index_move(index, INDEX_STEP);
	/* Shrinks long after it grew, lest it do both again and again. */
	else if (index->now.capacity > INDEX_SLOTS_LEAST &&
	    index->count * 16 < index->now.capacity)
		(void)index_begin(index, index->now.capacity / 4);
}
