/*
 * The queue: its first run stands in the struct, the runs behind it in a ring
 * that is allocated when there is a second run and freed when there is none.
 */
#include "queue.h"

#include <assert.h>
#include <stdlib.h>

struct queue_ring {
	uint32_t head;     /* place of the second run */
	uint32_t capacity; /* places, a power of two */
	struct frame runs[];
};

#define QUEUE_RING_LEAST 4

/* The run number 'index' of the queue. */
static struct frame *
queue_at(struct queue *queue, uint32_t index)
{
	struct queue_ring *ring = queue->ring;

	if (index == 0)
		return &queue->first;
	return &ring->runs[(ring->head + index - 1) & (ring->capacity - 1)];
}

static const struct frame *
queue_run(const struct queue *queue, uint32_t index)
{
	const struct queue_ring *ring = queue->ring;

	if (index == 0)
		return &queue->first;
	return &ring->runs[(ring->head + index - 1) & (ring->capacity - 1)];
}

/* Makes room for one more run behind the first. */
static bool
queue_grow(struct queue *queue)
{
	struct queue_ring *ring = queue->ring, *larger;
	uint32_t count = queue->count - 1, capacity, i;

	if (ring != NULL && count < ring->capacity)
		return true;
	capacity = ring != NULL ? ring->capacity * 2 : QUEUE_RING_LEAST;
	larger = malloc(sizeof(*larger) + capacity * sizeof(larger->runs[0]));
	if (larger == NULL)
		return false;
	larger->head = 0;
	larger->capacity = capacity;
	for (i = 0; i < count; i++)
		larger->runs[i] = *queue_run(queue, i + 1);
	free(ring);
	queue->ring = larger;
	return true;
}

/* Takes the first run out, and leaves its reference to the caller. */
static void
queue_shift(struct queue *queue)
{
	queue->bytes -= queue->first.size;
	queue->first = (struct frame){NULL, 0, 0};
	queue->count--;
	if (queue->count > 0) {
		queue->first = queue->ring->runs[queue->ring->head];
		queue->ring->head++;
		queue->ring->head &= queue->ring->capacity - 1;
	}
	if (queue->count <= 1) {
		free(queue->ring);
		queue->ring = NULL;
	}
}

void
queue_clear(struct queue *queue)
{
	struct frame frame;

	while (queue->count > 0) {
		frame = queue->first;
		queue_shift(queue);
		frame_release(&frame);
	}
}

enum dn_err
queue_push(struct queue *queue, struct frame frame)
{
	struct frame *last;

	if (frame.size == 0) {
		frame_release(&frame);
		return DN_OK;
	}
	if (queue->count > 0) {
		last = queue_at(queue, queue->count - 1);
		if (last->chunk == frame.chunk &&
		    last->offset + last->size == frame.offset) {
			last->size += frame.size;
			queue->bytes += frame.size;
			frame_release(&frame);
			return DN_OK;
		}
		if (!queue_grow(queue)) {
			frame_release(&frame);
			return DN_E_MEMORY;
		}
	}
	queue->count++;
	queue->bytes += frame.size;
	*queue_at(queue, queue->count - 1) = frame;
	return DN_OK;
}

enum dn_err
queue_push_front(struct queue *queue, struct frame frame)
{
	struct queue_ring *ring;

	if (queue->count == 0 || frame.size == 0)
		return queue_push(queue, frame);
	if (!queue_grow(queue)) {
		frame_release(&frame);
		return DN_E_MEMORY;
	}
	ring = queue->ring;
	ring->head = (ring->head - 1) & (ring->capacity - 1);
	ring->runs[ring->head] = queue->first;
	queue->first = frame;
	queue->count++;
	queue->bytes += frame.size;
	return DN_OK;
}

size_t
queue_peek(const struct queue *queue, void *scratch, size_t scratch_size,
    const unsigned char **data)
{
	const struct frame *run;
	size_t size;
	uint32_t i;

	if (queue->count == 0)
		return 0;
	size = queue->first.size;
	*data = frame_data(&queue->first);
	if (queue->count == 1 ||
	    size + queue_run(queue, 1)->size > scratch_size)
		return size;
	for (i = 0, size = 0; i < queue->count; i++) {
		run = queue_run(queue, i);
		if (run->size > scratch_size - size)
			break;
		memcpy((unsigned char *)scratch + size, frame_data(run),
		    run->size);
		size += run->size;
	}
	*data = scratch;
	return size;
}

void
queue_pop(struct queue *queue, size_t size)
{
	struct frame frame;

	assert(size <= queue->bytes);
	while (size > 0) {
		frame = queue->first;
		if (frame.size > size) {
			queue->first.offset += (uint32_t)size;
			queue->first.size -= (uint32_t)size;
			queue->bytes -= (uint32_t)size;
			return;
		}
		queue_shift(queue);
		size -= frame.size;
		frame_release(&frame);
	}
}

/* How many runs from number 'from' on are to become one, '*size' bytes in
 * all: what fits a chunk, at least one. */
static uint32_t
queue_batch(const struct queue *queue, uint32_t from, size_t *size)
{
	size_t most = FRAME_CHUNK_BYTES - sizeof(struct chunk);
	const struct frame *run = queue_run(queue, from);
	uint32_t i;

	*size = run->size;
	/* Once is enough for what nearly fills a chunk. */
	if (frame_is_alone(run) && run->size > most / 2)
		return 1;
	for (i = from + 1; i < queue->count; i++) {
		run = queue_run(queue, i);
		if (run->size > most - (*size < most ? *size : most))
			break;
		*size += run->size;
	}
	return i - from;
}

/* Makes the 'count' runs from number 'from' on one in '*packed', and releases
 * them. */
static bool
queue_pack(struct queue *queue, struct arena *arena, uint32_t from,
    uint32_t count, size_t size, struct frame *packed)
{
	struct frame *run;
	unsigned char *data;
	uint32_t i;

	if (frame_alone(arena, size, packed) != DN_OK)
		return false;
	data = packed->chunk->data;
	for (i = from; i < from + count; i++) {
		run = queue_at(queue, i);
		memcpy(data, frame_data(run), run->size);
		data += run->size;
		frame_release(run);
	}
	return true;
}

bool
queue_compact(struct queue *queue, struct arena *arena)
{
	uint32_t from = 0, to = 0, count;
	struct frame packed;
	bool enough = true;
	size_t size;

	while (from < queue->count) {
		count = queue_batch(queue, from, &size);
		packed = *queue_run(queue, from);
		if (count == 1 && frame_is_alone(&packed)) {
			/* It stays as it is. */
		} else if (!queue_pack(queue, arena, from, count, size,
		    &packed)) {
			packed = *queue_run(queue, from);
			count = 1;
			enough = false;
		}
		*queue_at(queue, to++) = packed;
		from += count;
	}
	queue->count = to;
	if (to <= 1) {
		free(queue->ring);
		queue->ring = NULL;
	}
	return enough;
}
