/*
 * Which entry of the forwarding table a number has: what each message asks for.
 * Open addressing with linear probing, at most half full, whose slots hold the
 * number beside the entry so that a miss touches no entry. Between table.c and
 * nobody else.
 *
 * It grows and shrinks in steps: a server that learns of 100,000 users at once
 * must not let everybody wait while all of them are dealt out anew.
 */
#ifndef DATAPLANE_TABLE_INDEX_H
#define DATAPLANE_TABLE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_entry;

struct table_slot {
	uint64_t number;
	struct table_entry *entry; /* NULL: free */
};

/* One array of slots. */
struct table_slots {
	struct table_slot *slots;
	size_t capacity; /* a power of two */
};

struct table_index {
	struct table_slots now; /* where numbers are added */
	struct table_slots old; /* of those that have not been moved, or none */
	size_t old_at;          /* the next of these slots to be looked at */
	size_t old_left;        /* how many have not been looked at */
	size_t count;
	uint64_t seed;
};

/* An empty index; 'seed' must be hard to guess. False if out of memory. */
bool table_index_init(struct table_index *index, uint64_t seed);
void table_index_deinit(struct table_index *index);

/* The entry of 'number', or NULL. */
struct table_entry *table_index_find(const struct table_index *index,
    uint64_t number);

/* Adds 'number', which is not there; false if out of memory. */
bool table_index_add(struct table_index *index, uint64_t number,
    struct table_entry *entry);

/* Takes 'number' out, which is there. */
void table_index_del(struct table_index *index, uint64_t number);

#endif
