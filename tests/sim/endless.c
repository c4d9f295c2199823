/*
 * The search of endless.h. Of the states only those on the way from the start
 * to where the search is are held, and what follows each of them; for all
 * others there is a number beside their fingerprint. Events can't be part of a
 * cycle, since they are counted.
 */
#include "endless.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outcome.h"

/* Numbers of states: not seen, on the way, or run + ENDLESS_DONE. */
#define ENDLESS_ON_WAY 1
#define ENDLESS_DONE 2

/* A state on the way; it stands in 'bytes' as the follower it was. */
struct endless_frame {
	size_t slot;      /* in known */
	size_t next, end; /* in 'bytes': followers to visit */
	uint16_t run;
	bool is_step;     /* the frame below leads here by a step */
};

/* Before the packed state of a follower. */
struct endless_follower {
	size_t slot, size;
	bool is_step;
};

struct endless {
	const struct world_net *net;
	const struct symmetry *symmetry;
	const struct known *known;
	struct endless_result *result;
	uint16_t *runs; /* by slot of known */
	struct endless_frame *frames;
	size_t depth, frame_room;
	uint8_t *bytes;
	size_t size, room;
	uint64_t count;
};

static void *
endless_resize(void *array, size_t *room, size_t needed, size_t item_size)
{
	if (needed <= *room)
		return array;
	while (*room < needed)
		*room = *room > 0 ? *room * 2 : 256;
	array = realloc(array, *room * item_size);
	if (array == NULL) {
		fprintf(stderr, "explore: out of memory\n");
		exit(4);
	}
	return array;
}

static void
endless_append(struct endless *endless, size_t slot, bool is_step,
    const struct world *world)
{
	struct endless_follower follower = {.slot = slot, .is_step = is_step};
	uint8_t bytes[WORLD_PACKED_MAX];

	follower.size = world_pack(world, endless->net, bytes);
	endless->bytes = endless_resize(endless->bytes, &endless->room,
	    endless->size + sizeof(follower) + follower.size, 1);
	memcpy(endless->bytes + endless->size, &follower, sizeof(follower));
	memcpy(endless->bytes + endless->size + sizeof(follower), bytes,
	    follower.size);
	endless->size += sizeof(follower) + follower.size;
}

static void
endless_extend(struct endless_frame *frame, uint16_t follower_run,
    bool is_step)
{
	if (is_step && frame->run <= follower_run)
		frame->run = (uint16_t)(follower_run + 1);
}

/* The state in 'slot' is on the way, and follows the last one there. */
static void
endless_close(struct endless *endless, size_t slot)
{
	struct endless_result *result = endless->result;
	size_t i, first = endless->depth;

	while (endless->frames[--first].slot != slot)
		;
	result->cycle_length = endless->depth - first;
	result->cycle = calloc(result->cycle_length, sizeof(*result->cycle));
	assert(result->cycle != NULL);
	for (i = 0; i < result->cycle_length; i++)
		result->cycle[i] = endless->known->slots[
		    endless->frames[first + i].slot];
}

/* Collects what follows the frame and has not been seen. */
static void
endless_follow(struct endless *endless, struct endless_frame *frame,
    const uint8_t *from)
{
	struct outcome outcome;
	unsigned images;
	size_t slot;
	bool is_step;

	outcome_begin(&outcome, endless->net, from);
	while (endless->result->cycle_length == 0 && outcome_next(&outcome)) {
		slot = known_find(endless->known, symmetry_fingerprint(
		    endless->symmetry, &outcome.world, endless->net,
		    &images));
		assert(endless->known->slots[slot] != 0);
		is_step = outcome_is_step(&outcome);
		if (endless->runs[slot] == ENDLESS_ON_WAY)
			endless_close(endless, slot);
		else if (endless->runs[slot] >= ENDLESS_DONE)
			endless_extend(frame, endless->runs[slot] -
			    ENDLESS_DONE, is_step);
		else
			endless_append(endless, slot, is_step,
			    &outcome.world);
	}
}

static void
endless_enter(struct endless *endless, size_t slot, bool is_step,
    const uint8_t *state, size_t size)
{
	uint8_t from[WORLD_PACKED_MAX];
	struct endless_frame *frame;

	memcpy(from, state, size);
	endless->frames = endless_resize(endless->frames,
	    &endless->frame_room, endless->depth + 1,
	    sizeof(*endless->frames));
	frame = &endless->frames[endless->depth++];
	*frame = (struct endless_frame){
		.slot = slot,
		.next = endless->size,
		.is_step = is_step,
	};
	endless->runs[slot] = ENDLESS_ON_WAY;
	endless->count++;
	endless_follow(endless, frame, from);
	frame->end = endless->size;
}

/* All that follows the last state on the way is done. */
static void
endless_leave(struct endless *endless)
{
	struct endless_frame *frame = &endless->frames[--endless->depth];

	assert(frame->run < UINT16_MAX - ENDLESS_DONE);
	endless->runs[frame->slot] = frame->run + ENDLESS_DONE;
	if (frame->run > endless->result->run)
		endless->result->run = frame->run;
	if (endless->depth > 0) {
		endless_extend(frame - 1, frame->run, frame->is_step);
		endless->size = (frame - 1)->end;
	}
}

static void
endless_visit(struct endless *endless, struct endless_frame *frame)
{
	struct endless_follower follower;
	const uint8_t *at = endless->bytes + frame->next;

	memcpy(&follower, at, sizeof(follower));
	frame->next += sizeof(follower) + follower.size;
	if (endless->runs[follower.slot] >= ENDLESS_DONE)
		endless_extend(frame, endless->runs[follower.slot] -
		    ENDLESS_DONE, follower.is_step);
	else
		endless_enter(endless, follower.slot, follower.is_step,
		    at + sizeof(follower), follower.size);
}

static enum progress_verdict
endless_tick(const struct endless *endless, struct progress *progress)
{
	struct progress_state state = {
		.doing = "runs",
		.count = endless->count,
		.waiting = endless->known->count - endless->count,
		.depth = (unsigned)endless->depth,
		.memory_bytes = endless->known->room *
		    (sizeof(*endless->known->slots) + sizeof(*endless->runs)),
	};

	return progress_tick(progress, &state);
}

static void
endless_walk(struct endless *endless, const struct world *start,
    struct progress *progress)
{
	struct endless_result *result = endless->result;
	uint8_t bytes[WORLD_PACKED_MAX];
	struct endless_frame *frame;
	unsigned images;
	size_t slot = known_find(endless->known, symmetry_fingerprint(
	    endless->symmetry, start, endless->net, &images));

	endless_enter(endless, slot, false, bytes,
	    world_pack(start, endless->net, bytes));
	while (endless->depth > 0 && result->cycle_length == 0) {
		result->verdict = endless_tick(endless, progress);
		if (result->verdict != PROGRESS_ON)
			return;
		frame = &endless->frames[endless->depth - 1];
		if (frame->next < frame->end)
			endless_visit(endless, frame);
		else
			endless_leave(endless);
	}
}

void
endless_search(const struct world_net *net, const struct world *start,
    const struct symmetry *symmetry, const struct known *known,
    struct progress *progress, struct endless_result *result)
{
	struct endless endless = {
		.net = net,
		.symmetry = symmetry,
		.known = known,
		.result = result,
	};

	*result = (struct endless_result){.verdict = PROGRESS_MEMORY_FULL};
	endless.runs = calloc(known->room, sizeof(*endless.runs));
	if (endless.runs == NULL)
		return;
	endless_walk(&endless, start, progress);
	free(endless.bytes);
	free(endless.frames);
	free(endless.runs);
}
