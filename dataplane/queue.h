/*
 * A connection's output: frames that wait to be written, in order. Neighbours
 * in a chunk become one run, so that a burst is one write without a copy.
 * Between forward.c, which pushes, and the shell, which writes. A queue that
 * holds at most one run has no memory of its own.
 */
#ifndef DATAPLANE_QUEUE_H
#define DATAPLANE_QUEUE_H

#include "frame.h"

struct queue_ring;

/* All zero is an empty queue. */
struct queue {
	struct frame first;      /* the run that is written next */
	struct queue_ring *ring; /* the runs behind it, or NULL */
	uint32_t count;          /* runs, 'first' included */
	uint32_t bytes;          /* in all of them */
};

/* Releases all that waits; the queue is empty and may be used again. */
void queue_clear(struct queue *queue);

/*
 * Puts 'frame' last and takes its reference, in case of an error too. An
 * empty frame is ignored. Errors: DN_E_MEMORY; the frame is lost, so the
 * connection must be closed.
 */
enum dn_err queue_push(struct queue *queue, struct frame frame);

/* As queue_push(), but ahead of all that waits: PING. */
enum dn_err queue_push_front(struct queue *queue, struct frame frame);

/*
 * What to write next: sets '*data' and returns its size in bytes, always
 * whole frames; 0 if the queue is empty. It is the first run by pointer, or,
 * if more runs wait, as many whole ones as fit into the 'scratch_size' bytes
 * at 'scratch', copied there. Nothing is taken out: see queue_pop().
 */
size_t queue_peek(const struct queue *queue, void *scratch,
    size_t scratch_size, const unsigned char **data);

/* Takes the first 'size' bytes out, which must end where a frame ends: all
 * that queue_peek() gave, or what ws_mask() took of it. */
void queue_pop(struct queue *queue, size_t size);

/*
 * Copies what waits into chunks that hold nothing else, counted in 'arena',
 * so that a slow reader does not keep whole chunks for a few bytes of each.
 * What stands alone already is not copied again. Returns false if memory ran
 * out on the way; the queue is whole then too.
 */
bool queue_compact(struct queue *queue, struct arena *arena);

/* Bytes that wait. */
static inline size_t
queue_bytes(const struct queue *queue)
{
	return queue->bytes;
}

static inline bool
queue_is_empty(const struct queue *queue)
{
	return queue->count == 0;
}

#endif
