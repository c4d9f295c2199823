/*
 * Chunks and the arena that fills them. A chunk that nobody else holds any
 * more is filled anew from its start, so that a quiet server stays in one.
 */
#include "frame.h"

#include <assert.h>
#include <stdlib.h>

static struct chunk *
frame_chunk_new(struct arena *arena, size_t capacity)
{
	struct chunk *chunk;

	if (capacity > UINT32_MAX - sizeof(*chunk))
		return NULL;
	chunk = malloc(sizeof(*chunk) + capacity);
	if (chunk == NULL)
		return NULL;
	chunk->arena = arena;
	chunk->refs = 1;
	chunk->capacity = (uint32_t)capacity;
	arena->bytes += sizeof(*chunk) + capacity;
	return chunk;
}

static void
frame_chunk_release(struct chunk *chunk)
{
	assert(chunk->refs > 0);
	if (--chunk->refs > 0)
		return;
	chunk->arena->bytes -= sizeof(*chunk) + chunk->capacity;
	free(chunk);
}

void
frame_release(struct frame *frame)
{
	if (frame->chunk != NULL)
		frame_chunk_release(frame->chunk);
	*frame = (struct frame){NULL, 0, 0};
}

enum dn_err
frame_alone(struct arena *arena, size_t size, struct frame *frame)
{
	*frame = (struct frame){NULL, 0, 0};
	assert(size > 0);
	frame->chunk = frame_chunk_new(arena, size);
	if (frame->chunk == NULL)
		return DN_E_MEMORY;
	frame->size = (uint32_t)size;
	return DN_OK;
}

void
arena_init(struct arena *arena)
{
	*arena = (struct arena){NULL, 0, 0, 0};
}

void
arena_deinit(struct arena *arena)
{
	if (arena->chunk != NULL)
		frame_chunk_release(arena->chunk);
	arena->chunk = NULL;
	arena->fill = arena->reserved = 0;
}

unsigned char *
arena_reserve(struct arena *arena, size_t size)
{
	size_t usual = FRAME_CHUNK_BYTES - sizeof(struct chunk);
	struct chunk *chunk = arena->chunk;

	assert(size > 0);
	if (chunk != NULL && chunk->refs == 1)
		arena->fill = 0;
	if (chunk == NULL || chunk->capacity - arena->fill < size) {
		chunk = frame_chunk_new(arena, size > usual ? size : usual);
		if (chunk == NULL)
			return NULL;
		if (arena->chunk != NULL)
			frame_chunk_release(arena->chunk);
		arena->chunk = chunk;
		arena->fill = 0;
	}
	arena->reserved = (uint32_t)size;
	return chunk->data + arena->fill;
}

struct frame
arena_commit(struct arena *arena, size_t size)
{
	struct frame frame = {arena->chunk, arena->fill, (uint32_t)size};

	assert(size > 0 && size <= arena->reserved);
	arena->fill += (uint32_t)size;
	arena->reserved = 0;
	frame.chunk->refs++;
	return frame;
}
