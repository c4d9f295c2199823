/*
 * The exploration of explore.h. Kept of a state are its fingerprint and three
 * bytes by which the way to it can be walked again (trail.h). The states
 * themselves wait in a queue, and are gone once they have been expanded.
 */
#include "explore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endless.h"
#include "known.h"
#include "outcome.h"
#include "symmetry.h"
#include "trail.h"

/* Of the memory, how much fingerprints may take: a half, and as they double
 * that much and a half again. */
#define EXPLORE_KNOWN_SHARE 2

/* States that wait to be expanded, packed, the first come first. */
#define EXPLORE_CHUNK_BYTES (1 << 20)
struct explore_chunk {
	struct explore_chunk *next;
	size_t begin, end;
	uint8_t bytes[EXPLORE_CHUNK_BYTES];
};

struct explore {
	const struct world_net *net;
	const struct world *start;
	const struct explore_options *options;
	struct explore_result *result;
	struct progress progress;
	struct symmetry symmetry;
	struct known known;
	struct trail trail;
	struct explore_chunk *first, *last;
	uint64_t chunk_count;
	uint64_t level_left; /* states of this depth to be expanded */
	const uint64_t *targets; /* stop at the first of these, if any */
	size_t target_count;
	bool is_met;   /* 'trail.count - 1' is one of them */
	bool is_full;
};

static void
explore_push(struct explore *explore, const struct world *world)
{
	uint8_t bytes[WORLD_PACKED_MAX];
	uint16_t size = (uint16_t)world_pack(world, explore->net, bytes);
	struct explore_chunk *chunk = explore->last;

	if (chunk == NULL ||
	    chunk->end + sizeof(size) + size > sizeof(chunk->bytes)) {
		chunk = malloc(sizeof(*chunk));
		if (chunk == NULL) {
			fprintf(stderr, "explore: out of memory\n");
			exit(4);
		}
		chunk->next = NULL;
		chunk->begin = chunk->end = 0;
		if (explore->last != NULL)
			explore->last->next = chunk;
		else
			explore->first = chunk;
		explore->last = chunk;
		explore->chunk_count++;
	}
	memcpy(chunk->bytes + chunk->end, &size, sizeof(size));
	memcpy(chunk->bytes + chunk->end + sizeof(size), bytes, size);
	chunk->end += sizeof(size) + size;
}

static void
explore_drop_chunk(struct explore *explore)
{
	struct explore_chunk *chunk = explore->first;

	explore->first = chunk->next;
	if (explore->first == NULL)
		explore->last = NULL;
	explore->chunk_count--;
	free(chunk);
}

/* Copies the state that has waited longest; false if there is none. */
static bool
explore_pop(struct explore *explore, uint8_t *bytes)
{
	struct explore_chunk *chunk;
	uint16_t size;

	while ((chunk = explore->first) != NULL && chunk->begin == chunk->end)
		explore_drop_chunk(explore);
	if (chunk == NULL)
		return false;
	memcpy(&size, chunk->bytes + chunk->begin, sizeof(size));
	memcpy(bytes, chunk->bytes + chunk->begin + sizeof(size), size);
	chunk->begin += sizeof(size) + size;
	return true;
}

static uint64_t
explore_fingerprint(const struct explore *explore, const struct world *world)
{
	unsigned images;

	return symmetry_fingerprint(&explore->symmetry, world, explore->net,
	    &images);
}

static bool
explore_is_target(const struct explore *explore, uint64_t fingerprint)
{
	size_t i;

	for (i = 0; i < explore->target_count; i++)
		if (explore->targets[i] == fingerprint)
			return true;
	return false;
}

/* Tells how the state comes about; leaves it in '*world'. */
static void
explore_fail(struct explore *explore, enum world_fault fault, uint64_t index,
    struct world *world)
{
	struct explore_result *result = explore->result;

	result->fault = fault;
	result->steps = trail_path(&explore->trail, index, NULL);
	printf("after %u steps %s:\n", result->steps,
	    world_fault_text[fault]);
	world_copy(world, explore->start, explore->net);
	trail_tell(&explore->trail, explore->net, index, world);
}

/* The state came of 'action'. Returns whether it is a new one. */
static bool
explore_meet(struct explore *explore, const struct world *world,
    struct world_action action)
{
	enum world_fault fault;
	struct world told;
	unsigned images;
	uint64_t fingerprint = symmetry_fingerprint(&explore->symmetry, world,
	    explore->net, &images);
	bool is_new;

	if (!known_add(&explore->known, fingerprint, &is_new))
		explore->is_full = true;
	if (!is_new || explore->is_full)
		return false;
	trail_add(&explore->trail, action);
	explore->result->images += images;
	explore->is_met |= explore_is_target(explore, fingerprint);
	explore_push(explore, world);
	fault = world_check(world, explore->net, explore->options->mask);
	if (fault != WORLD_FAULT_NONE)
		explore_fail(explore, fault, explore->trail.count - 1,
		    &told);
	return true;
}

static bool
explore_is_over(const struct explore *explore)
{
	return explore->result->fault != WORLD_FAULT_NONE ||
	    explore->is_met || explore->is_full;
}

/* Meets all states that follow the one in 'bytes'. */
static void
explore_expand(struct explore *explore, const uint8_t *bytes)
{
	struct explore_result *result = explore->result;
	struct outcome outcome;
	enum world_fault fault = WORLD_FAULT_NONE;
	struct world told;
	unsigned children = 0;

	outcome_begin(&outcome, explore->net, bytes);
	if (outcome.must == 0)
		fault = world_check_rest(&outcome.world, explore->net,
		    explore->options->mask);
	if (fault != WORLD_FAULT_NONE)
		explore_fail(explore, fault, explore->trail.expanded, &told);
	while (!explore_is_over(explore) && outcome_next(&outcome)) {
		result->transitions++;
		if (outcome.world.hops > result->hops)
			result->hops = outcome.world.hops;
		children += explore_meet(explore, &outcome.world,
		    outcome.action);
	}
	if (!explore_is_over(explore))
		trail_expand(&explore->trail, children);
}

static bool
explore_tick(struct explore *explore)
{
	const struct trail *trail = &explore->trail;
	struct progress_state state = {
		.doing = "states",
		.count = trail->count,
		.waiting = trail->count - trail->expanded,
		.depth = explore->result->depth,
		.memory_bytes = explore->known.room *
		    sizeof(*explore->known.slots) +
		    trail->count * (sizeof(*trail->actions) +
		    sizeof(*trail->children)) +
		    explore->chunk_count * sizeof(struct explore_chunk),
	};

	return progress_tick(&explore->progress, &state) == PROGRESS_ON;
}

/* All levels, one after the other. */
static void
explore_levels(struct explore *explore)
{
	uint8_t bytes[WORLD_PACKED_MAX];

	explore->level_left = 1;
	while (!explore_is_over(explore) && explore_pop(explore, bytes)) {
		if (explore->level_left == 0) {
			explore->level_left = explore->trail.count -
			    explore->trail.expanded;
			explore->result->depth++;
		}
		explore->level_left--;
		explore_expand(explore, bytes);
		if (!explore_tick(explore))
			explore->is_full = true;
	}
	explore->result->has_all_states = !explore->is_full;
}

static void
explore_free(struct explore *explore)
{
	while (explore->first != NULL)
		explore_drop_chunk(explore);
	known_free(&explore->known);
	trail_free(&explore->trail);
}

static void
explore_begin(struct explore *explore)
{
	known_init(&explore->known,
	    explore->options->bounds.memory_bytes_max / EXPLORE_KNOWN_SHARE);
	explore->progress = explore->options->bounds;
	progress_begin(&explore->progress);
	explore_meet(explore, explore->start, (struct world_action){0, 0, 0});
}

/* Tells the step from '*world' to a state with this fingerprint, and takes
 * it. */
static void
explore_tell_step(const struct explore *explore, struct world *world,
    uint64_t fingerprint)
{
	uint8_t bytes[WORLD_PACKED_MAX];
	struct outcome outcome;

	world_pack(world, explore->net, bytes);
	outcome_begin(&outcome, explore->net, bytes);
	while (outcome_next(&outcome)) {
		if (explore_fingerprint(explore, &outcome.world) !=
		    fingerprint)
			continue;
		printf("      ");
		world_tell(world, &outcome.world, explore->net,
		    outcome.action);
		world_copy(world, &outcome.world, explore->net);
		return;
	}
}

/* Explores once more, until a state of the cycle is met; tells the way there
 * and on through the cycle. */
static void
explore_fail_endless(struct explore *explore, const uint64_t *cycle,
    size_t length)
{
	struct explore_result ignored = {.fault = WORLD_FAULT_NONE};
	struct explore again = {
		.net = explore->net,
		.start = explore->start,
		.options = explore->options,
		.result = &ignored,
		.symmetry = explore->symmetry,
		.targets = cycle,
		.target_count = length,
	};
	struct world world;
	size_t i, first;

	known_free(&explore->known);
	explore_begin(&again);
	/* It is known to be there. */
	again.progress.time_sec_max = 0;
	again.progress.memory_bytes_max = UINT64_MAX;
	explore_levels(&again);
	assert(again.is_met);
	explore_fail(&again, WORLD_FAULT_ENDLESS, again.trail.count - 1,
	    &world);
	explore->result->fault = WORLD_FAULT_ENDLESS;
	explore->result->steps = ignored.steps;
	printf("  and then again and again:\n");
	for (first = 0; cycle[first] != explore_fingerprint(&again, &world);
	    first++)
		;
	for (i = 1; i <= length; i++)
		explore_tell_step(&again, &world, cycle[(first + i) % length]);
	explore_free(&again);
}

static void
explore_find_endless(struct explore *explore)
{
	struct explore_result *result = explore->result;
	struct endless_result endless;

	endless_search(explore->net, explore->start, &explore->symmetry,
	    &explore->known, &explore->progress, &endless);
	result->run = endless.run;
	result->is_complete = endless.verdict == PROGRESS_ON;
	if (endless.cycle_length > 0)
		explore_fail_endless(explore, endless.cycle,
		    endless.cycle_length);
	free(endless.cycle);
}

bool
explore_run(const struct world_net *net, const struct world *start,
    const struct explore_options *options, struct explore_result *result)
{
	struct explore explore = {
		.net = net,
		.start = start,
		.options = options,
		.result = result,
	};

	*result = (struct explore_result){.fault = WORLD_FAULT_NONE};
	if (!symmetry_init(&explore.symmetry, net, options->is_symmetric))
		return false;
	explore_begin(&explore);
	explore_levels(&explore);
	result->states = explore.trail.count;
	result->is_complete = result->has_all_states;
	trail_free(&explore.trail);
	if (result->has_all_states && result->fault == WORLD_FAULT_NONE &&
	    (options->mask >> WORLD_FAULT_ENDLESS & 1))
		explore_find_endless(&explore);
	result->seconds = progress_elapsed_sec(&explore.progress);
	explore_free(&explore);
	return true;
}
