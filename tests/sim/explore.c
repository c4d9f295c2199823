/*
 * The exploration of explore.h. Kept per state: its fingerprint, the state and
 * action that it was first reached by (so that the way to it can be walked
 * again), and the states that it leads to without another event (so that
 * endless runs show as cycles). The states themselves live only until they
 * have been expanded: those of two levels.
 */
#include "explore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPLORE_NOBODY UINT32_MAX

/* The states of one level, one after the other: size, then bytes. */
struct explore_level {
	uint8_t *bytes;
	size_t size, room;
};

/* How a state was reached first, and where its successors begin. */
struct explore_state {
	uint32_t parent;
	struct world_action action;
	uint32_t edges; /* index in explore.edges; the next state's ends it */
};

struct explore_known {
	uint64_t fingerprint; /* 0: empty */
	uint32_t index;
};

struct explore {
	const struct world_net *net;
	const struct world *start;
	uint32_t mask;
	struct explore_result *result;
	struct explore_known *known; /* a hash table */
	size_t known_room;           /* a power of two */
	struct explore_state *states;
	uint32_t count;
	size_t room;
	uint32_t *edges;
	size_t edge_count, edge_room;
	struct explore_level now, next;
};

/* Makes room for one more, doubling. */
static void *
explore_reserve(void *array, size_t *room, size_t count, size_t item_size)
{
	if (count < *room)
		return array;
	while (*room <= count)
		*room = *room > 0 ? *room * 2 : 4096;
	array = realloc(array, *room * item_size);
	if (array == NULL) {
		fprintf(stderr, "explore: out of memory\n");
		exit(3);
	}
	return array;
}

static uint64_t
explore_mix(uint64_t x)
{
	x ^= x >> 31;
	x *= UINT64_C(0x9fb21c651e98df25);
	x ^= x >> 28;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static uint64_t
explore_fingerprint(const uint8_t *bytes, size_t size)
{
	uint64_t word, sum = size;
	size_t i, part;

	for (i = 0; i < size; i += part) {
		part = size - i < sizeof(word) ? size - i : sizeof(word);
		word = 0;
		memcpy(&word, bytes + i, part);
		sum = explore_mix(sum + word) + UINT64_C(0x632be59bd9b4e019);
	}
	sum = explore_mix(sum);
	return sum != 0 ? sum : 1;
}

static struct explore_known *
explore_find(struct explore *explore, uint64_t fingerprint)
{
	size_t at = fingerprint & (explore->known_room - 1);

	while (explore->known[at].fingerprint != 0 &&
	    explore->known[at].fingerprint != fingerprint)
		at = (at + 1) & (explore->known_room - 1);
	return &explore->known[at];
}

static void
explore_grow_known(struct explore *explore)
{
	struct explore_known *old = explore->known;
	size_t i, room = explore->known_room;

	explore->known_room = room > 0 ? room * 2 : 8192;
	explore->known = calloc(explore->known_room, sizeof(*old));
	assert(explore->known != NULL);
	for (i = 0; i < room; i++)
		if (old[i].fingerprint != 0)
			*explore_find(explore, old[i].fingerprint) = old[i];
	free(old);
}

static void
explore_push(struct explore_level *level, const uint8_t *bytes, size_t size)
{
	uint16_t head = (uint16_t)size;

	level->bytes = explore_reserve(level->bytes, &level->room,
	    level->size + sizeof(head) + size, 1);
	memcpy(level->bytes + level->size, &head, sizeof(head));
	memcpy(level->bytes + level->size + sizeof(head), bytes, size);
	level->size += sizeof(head) + size;
}

/* Returns the index of the state, and whether it is a new one. */
static uint32_t
explore_meet(struct explore *explore, const struct world *world,
    uint32_t parent, struct world_action action, bool *is_new)
{
	uint8_t bytes[WORLD_PACKED_MAX];
	size_t size = world_pack(world, explore->net, bytes);
	uint64_t fingerprint = explore_fingerprint(bytes, size);
	struct explore_known *known;

	if (explore->count * UINT64_C(2) >= explore->known_room)
		explore_grow_known(explore);
	known = explore_find(explore, fingerprint);
	*is_new = known->fingerprint == 0;
	if (!*is_new)
		return known->index;
	*known = (struct explore_known){fingerprint, explore->count};
	explore->states = explore_reserve(explore->states, &explore->room,
	    explore->count + (size_t)1, sizeof(*explore->states));
	explore->states[explore->count] = (struct explore_state){
		.parent = parent,
		.action = action,
	};
	explore_push(&explore->next, bytes, size);
	return explore->count++;
}

static void
explore_copy(const struct explore *explore, struct world *to,
    const struct world *from)
{
	uint8_t bytes[WORLD_PACKED_MAX];

	world_pack(from, explore->net, bytes);
	world_unpack(to, explore->net, bytes);
}

/* Fills 'path' with the states from the start to 'index'; returns how many
 * steps that are. 'path' may be NULL. */
static unsigned
explore_path(const struct explore *explore, uint32_t index, uint32_t *path)
{
	unsigned i, steps = 0;
	uint32_t at;

	for (at = index; explore->states[at].parent != EXPLORE_NOBODY; steps++)
		at = explore->states[at].parent;
	for (at = index, i = steps; path != NULL && i > 0; i--) {
		path[i - 1] = at;
		at = explore->states[at].parent;
	}
	return steps;
}

/* Tells how the state comes about, by letting it happen again; leaves it in
 * '*after'. */
static void
explore_tell(const struct explore *explore, uint32_t index,
    struct world *after)
{
	unsigned i, steps = explore_path(explore, index, NULL);
	uint32_t *path = calloc(steps + 1, sizeof(*path));
	struct world before;

	assert(path != NULL);
	explore_path(explore, index, path);
	explore_copy(explore, after, explore->start);
	for (i = 0; i < steps; i++) {
		explore_copy(explore, &before, after);
		world_apply(after, explore->net,
		    explore->states[path[i]].action);
		printf("  %2u. ", i + 1);
		world_tell(&before, after, explore->net,
		    explore->states[path[i]].action);
	}
	free(path);
}

/* Tells the step from '*world' to the state 'index', and takes it. */
static void
explore_tell_step(struct explore *explore, struct world *world,
    uint32_t index)
{
	struct world_action list[WORLD_ACTIONS_MAX];
	uint8_t bytes[WORLD_PACKED_MAX];
	struct world next;
	size_t i, must, size;
	size_t count = world_actions(world, explore->net, list, &must);

	for (i = 0; i < count; i++) {
		explore_copy(explore, &next, world);
		world_apply(&next, explore->net, list[i]);
		size = world_pack(&next, explore->net, bytes);
		if (explore_find(explore, explore_fingerprint(bytes,
		    size))->index != index)
			continue;
		printf("      ");
		world_tell(world, &next, explore->net, list[i]);
		explore_copy(explore, world, &next);
		return;
	}
}

static void
explore_fail(struct explore *explore, enum world_fault fault, uint32_t index)
{
	struct explore_result *result = explore->result;
	struct world world;

	result->fault = fault;
	result->steps = explore_path(explore, index, NULL);
	printf("after %u steps %s:\n", result->steps,
	    world_fault_text[fault]);
	explore_tell(explore, index, &world);
}

/* The 'count' states of 'cycle' come one after the other, over and over. */
static void
explore_fail_endless(struct explore *explore, const uint32_t *cycle,
    uint32_t count)
{
	struct explore_result *result = explore->result;
	struct world world;
	uint32_t i;

	result->fault = WORLD_FAULT_ENDLESS;
	result->steps = explore_path(explore, cycle[0], NULL);
	printf("after %u steps %s:\n", result->steps,
	    world_fault_text[WORLD_FAULT_ENDLESS]);
	explore_tell(explore, cycle[0], &world);
	printf("  and then again and again:\n");
	for (i = 1; i <= count; i++)
		explore_tell_step(explore, &world, cycle[i % count]);
}

static void
explore_check(struct explore *explore, const struct world *world,
    uint32_t index)
{
	enum world_fault fault = world_check(world, explore->net,
	    explore->mask);

	if (fault != WORLD_FAULT_NONE)
		explore_fail(explore, fault, index);
}

/* Meets all states that follow the one in 'bytes'. */
static void
explore_expand(struct explore *explore, uint32_t index, const uint8_t *bytes)
{
	struct explore_result *result = explore->result;
	struct world_action list[WORLD_ACTIONS_MAX];
	struct world world;
	size_t i, count, must;
	enum world_fault fault;
	uint32_t next;
	bool is_new;

	explore->states[index].edges = (uint32_t)explore->edge_count;
	world_unpack(&world, explore->net, bytes);
	count = world_actions(&world, explore->net, list, &must);
	if (must == 0) {
		fault = world_check_rest(&world, explore->net, explore->mask);
		if (fault != WORLD_FAULT_NONE)
			explore_fail(explore, fault, index);
	}
	for (i = 0; i < count && result->fault == WORLD_FAULT_NONE; i++) {
		world_unpack(&world, explore->net, bytes);
		world_apply(&world, explore->net, list[i]);
		if (world.hops > result->hops)
			result->hops = world.hops;
		next = explore_meet(explore, &world, index, list[i], &is_new);
		result->transitions++;
		if (is_new)
			explore_check(explore, &world, next);
		if (list[i].kind >= WORLD_BREAK)
			continue;
		explore->edges = explore_reserve(explore->edges,
		    &explore->edge_room, explore->edge_count,
		    sizeof(*explore->edges));
		explore->edges[explore->edge_count++] = next;
	}
}

static void
explore_levels(struct explore *explore, uint32_t state_max)
{
	struct explore_level done;
	uint32_t index = 0;
	uint16_t size;
	size_t at;

	while (explore->next.size > 0) {
		done = explore->now;
		explore->now = explore->next;
		explore->next = done;
		explore->next.size = 0;
		for (at = 0; at < explore->now.size; at += size) {
			memcpy(&size, explore->now.bytes + at, sizeof(size));
			at += sizeof(size);
			explore_expand(explore, index++,
			    explore->now.bytes + at);
			if (explore->result->fault != WORLD_FAULT_NONE)
				return;
			if (explore->count >= state_max) {
				explore->result->is_full = true;
				return;
			}
		}
	}
}

static uint32_t
explore_edges_end(const struct explore *explore, uint32_t index)
{
	return index + 1 < explore->count ? explore->states[index + 1].edges
	    : (uint32_t)explore->edge_count;
}

/* Walks the graph of steps in depth: finds its longest way, or a cycle.
 * 'runs': 0 for a state not seen, 1 while it is on the way, else its longest
 * run + 2. */
static void
explore_walk(struct explore *explore, uint16_t *runs, uint32_t *stack,
    uint32_t *at)
{
	struct explore_result *result = explore->result;
	uint32_t index, next, first, depth = 1;

	while (depth > 0) {
		index = stack[depth - 1];
		if (runs[index] == 0) {
			runs[index] = 1;
			at[index] = explore->states[index].edges;
		}
		for (; at[index] < explore_edges_end(explore, index);
		    at[index]++) {
			next = explore->edges[at[index]];
			if (runs[next] == 1) {
				for (first = 0; stack[first] != next; first++)
					;
				explore_fail_endless(explore, stack + first,
				    depth - first);
				return;
			}
			if (runs[next] == 0) {
				stack[depth++] = next;
				break;
			}
		}
		if (at[index] < explore_edges_end(explore, index))
			continue;
		runs[index] = 2;
		for (next = explore->states[index].edges;
		    next < at[index]; next++)
			if (runs[explore->edges[next]] >= runs[index])
				runs[index] = (uint16_t)
				    (runs[explore->edges[next]] + 1);
		if (runs[index] - 2u > result->run)
			result->run = runs[index] - 2u;
		depth--;
	}
}

static void
explore_find_endless(struct explore *explore)
{
	uint16_t *runs = calloc(explore->count, sizeof(*runs));
	uint32_t *stack = calloc(explore->count + (size_t)1, sizeof(*stack));
	uint32_t *at = calloc(explore->count, sizeof(*at));
	uint32_t i;

	assert(runs != NULL && stack != NULL && at != NULL);
	for (i = 0; i < explore->count &&
	    explore->result->fault == WORLD_FAULT_NONE; i++) {
		stack[0] = i;
		if (runs[i] == 0)
			explore_walk(explore, runs, stack, at);
	}
	free(at);
	free(stack);
	free(runs);
}

void
explore_run(const struct world_net *net, const struct world *start,
    uint32_t mask, uint32_t state_max, struct explore_result *result)
{
	struct explore explore = {
		.net = net,
		.start = start,
		.mask = mask,
		.result = result,
	};
	bool is_new;

	*result = (struct explore_result){.fault = WORLD_FAULT_NONE};
	explore_meet(&explore, start, EXPLORE_NOBODY,
	    (struct world_action){0, 0}, &is_new);
	explore_check(&explore, start, 0);
	if (result->fault == WORLD_FAULT_NONE)
		explore_levels(&explore, state_max);
	if (result->fault == WORLD_FAULT_NONE && !result->is_full &&
	    (mask >> WORLD_FAULT_ENDLESS & 1))
		explore_find_endless(&explore);
	result->states = explore.count;
	free(explore.known);
	free(explore.states);
	free(explore.edges);
	free(explore.now.bytes);
	free(explore.next.bytes);
}
