/*
 * The ways to the states: see trail.h.
 */
#include "trail.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define TRAIL_ROOM_MIN 4096
/* In an action: 4 bits of kind, 6 of argument, 4 of first slot. */
#define TRAIL_ARG_SHIFT 4
#define TRAIL_FIRST_SHIFT 10

static void *
trail_resize(void *array, uint64_t count, size_t item_size)
{
	array = realloc(array, count * item_size);
	if (array == NULL) {
		fprintf(stderr, "explore: out of memory\n");
		exit(4);
	}
	return array;
}

void
trail_free(struct trail *trail)
{
	free(trail->actions);
	free(trail->children);
	*trail = (struct trail){0};
}

void
trail_add(struct trail *trail, struct world_action action)
{
	if (trail->count == trail->room) {
		trail->room = trail->room > 0 ? trail->room * 2
		    : TRAIL_ROOM_MIN;
		trail->actions = trail_resize(trail->actions, trail->room,
		    sizeof(*trail->actions));
		trail->children = trail_resize(trail->children, trail->room,
		    sizeof(*trail->children));
	}
	trail->actions[trail->count++] = (uint16_t)(action.kind |
	    action.arg << TRAIL_ARG_SHIFT | action.first << TRAIL_FIRST_SHIFT);
}

void
trail_expand(struct trail *trail, unsigned children)
{
	assert(children <= UINT8_MAX && trail->expanded < trail->count);
	trail->children[trail->expanded++] = (uint8_t)children;
}

/* The state that 'index' (above 0) was found from. */
static uint64_t
trail_parent(const struct trail *trail, uint64_t index)
{
	uint64_t parent = 0, first = 1;

	while (parent < trail->expanded &&
	    first + trail->children[parent] <= index)
		first += trail->children[parent++];
	return parent;
}

static struct world_action
trail_action(const struct trail *trail, uint64_t index)
{
	uint16_t action = trail->actions[index];

	return (struct world_action){
		.kind = action & 0xf,
		.arg = action >> TRAIL_ARG_SHIFT & 0x3f,
		.first = (uint8_t)(action >> TRAIL_FIRST_SHIFT),
	};
}

unsigned
trail_path(const struct trail *trail, uint64_t index,
    struct world_action *path)
{
	unsigned i, steps = 0;
	uint64_t at;

	for (at = index; at > 0; at = trail_parent(trail, at))
		steps++;
	for (at = index, i = steps; path != NULL && i > 0; i--) {
		path[i - 1] = trail_action(trail, at);
		at = trail_parent(trail, at);
	}
	return steps;
}

void
trail_tell(const struct trail *trail, const struct world_net *net,
    uint64_t index, struct world *world)
{
	unsigned i, steps = trail_path(trail, index, NULL);
	struct world_action *path = calloc(steps + 1, sizeof(*path));
	struct world before;

	assert(path != NULL);
	trail_path(trail, index, path);
	for (i = 0; i < steps; i++) {
		world_copy(&before, world, net);
		world_apply(world, net, path[i]);
		printf("  %2u. ", i + 1);
		world_tell(&before, world, net, path[i]);
	}
	free(path);
}
