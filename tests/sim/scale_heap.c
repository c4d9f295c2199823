/*
 * The heap of scale_heap.h.
 */
#include "scale_heap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
scale_heap_push(struct scale_heap *heap, struct scale_item item)
{
	size_t at = heap->count++;

	if (heap->count > heap->room) {
		heap->room = heap->room * 2 + 1024;
		heap->items = realloc(heap->items,
		    heap->room * sizeof(item));
		assert(heap->items != NULL);
	}
	while (at > 0 && item.at < heap->items[(at - 1) / 2].at) {
		heap->items[at] = heap->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap->items[at] = item;
}

struct scale_item
scale_heap_pop(struct scale_heap *heap)
{
	struct scale_item first = heap->items[0];
	struct scale_item last = heap->items[--heap->count];
	size_t at = 0, child;

	while ((child = at * 2 + 1) < heap->count) {
		if (child + 1 < heap->count &&
		    heap->items[child + 1].at < heap->items[child].at)
			child++;
		if (heap->items[child].at >= last.at)
			break;
		heap->items[at] = heap->items[child];
		at = child;
	}
	if (heap->count > 0)
		heap->items[at] = last;
	return first;
}

void
scale_heap_end(struct scale_heap *heap)
{
	free(heap->items);
	memset(heap, 0, sizeof(*heap));
}
