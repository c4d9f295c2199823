/*
 * What happens next in the networks of scale.h and agg_study.h.
 */
#ifndef SIM_SCALE_HEAP_H
#define SIM_SCALE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct scale_item {
	double at;
	uint32_t way;    /* on which something arrives, or UINT32_MAX */
	uint32_t node;   /* or home */
	uint32_t number; /* of a user, or serial */
	uint8_t withdrawals;
};

/* By 'at', the least first. Zeroed is empty. */
struct scale_heap {
	struct scale_item *items;
	size_t count, room;
};

void scale_heap_push(struct scale_heap *heap, struct scale_item item);

/* The first, which there must be. */
struct scale_item scale_heap_pop(struct scale_heap *heap);

/* Frees the memory; the heap is empty then. */
void scale_heap_end(struct scale_heap *heap);

#endif
