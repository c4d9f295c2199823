/*
 * Frames: the bytes that go out, made once and shared by every connection
 * that sends them. The arena lays them one behind the other into chunks; a
 * chunk lives as long as somebody holds a frame of it. Stands below queue.c
 * and codec.c.
 */
#ifndef DATAPLANE_FRAME_H
#define DATAPLANE_FRAME_H

#include "dnchat/buf.h"
#include "dnchat/err.h"

/* A chunk's room and head together, in bytes. */
#define FRAME_CHUNK_BYTES (64u << 10)

struct chunk {
	struct arena *arena; /* that counts its bytes */
	uint32_t refs;       /* frames, and the arena while it is filling it */
	uint32_t capacity;   /* of 'data', in bytes */
	unsigned char data[];
};

/* Neighbouring whole frames of one chunk: mostly one, in a queue a run of
 * several. Holds one reference to the chunk. 'chunk' is NULL and 'size' 0 in
 * an empty one. */
struct frame {
	struct chunk *chunk;
	uint32_t offset; /* in bytes from the chunk's data */
	uint32_t size;   /* in bytes */
};

struct arena {
	struct chunk *chunk; /* being filled, or NULL */
	uint32_t fill;       /* bytes of it in use */
	uint32_t reserved;   /* bytes promised by arena_reserve() */
	size_t bytes;        /* that all chunks alive take, heads included */
};

/* Makes '*arena' an empty one; it has no chunk until the first reserve. */
void arena_init(struct arena *arena);

/* Gives up the chunk being filled. Frames that are still held stay good, but
 * 'arena' must live until the last of them is released. */
void arena_deinit(struct arena *arena);

/*
 * Room for 'size' bytes (more than 0), valid until the next call with this
 * arena; NULL if out of memory. A chunk that has too little room is left for
 * a new one; more than a chunk's worth gets a chunk of its own.
 */
unsigned char *arena_reserve(struct arena *arena, size_t size);

/* Makes the first 'size' bytes of what was just reserved a frame, which the
 * caller owns. Two commits in a row are neighbours if they fit one chunk. */
struct frame arena_commit(struct arena *arena, size_t size);

/*
 * A frame of 'size' bytes (more than 0) in a chunk that is exactly that big
 * and holds nothing else; the caller owns it and fills its chunk's data.
 * Errors: DN_E_MEMORY; '*frame' is then empty.
 */
enum dn_err frame_alone(struct arena *arena, size_t size, struct frame *frame);

/* True if nothing else than 'frame' stands in its chunk. */
static inline bool
frame_is_alone(const struct frame *frame)
{
	return frame->size == frame->chunk->capacity;
}

/* The bytes of 'frame'; they live as long as it is held. */
static inline const unsigned char *
frame_data(const struct frame *frame)
{
	return frame->chunk->data + frame->offset;
}

/* Another reference to the bytes of 'frame', for the caller to release. */
static inline struct frame
frame_hold(const struct frame *frame)
{
	if (frame->chunk != NULL)
		frame->chunk->refs++;
	return *frame;
}

/* Gives 'frame' up and empties it. An empty one is left alone. */
void frame_release(struct frame *frame);

#endif
