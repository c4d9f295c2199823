/*
 * How the explorer came to each state, in three bytes a state: the action that
 * it was first reached by, and how many states were first reached from it.
 * States are expanded in the order in which they were found, so that tells
 * which state led to which.
 */
#ifndef SIM_TRAIL_H
#define SIM_TRAIL_H

#include "world.h"

struct trail {
	uint16_t *actions;  /* by state */
	uint8_t *children;  /* by state */
	uint64_t count, expanded;
	uint64_t room;
};

void trail_free(struct trail *trail);

/* A state was found, from the one that is next to be 'expanded'. */
void trail_add(struct trail *trail, struct world_action action);

/* All states that follow the next state have been found: 'children' new
 * ones. */
void trail_expand(struct trail *trail, unsigned children);

/* Fills 'path' (or NULL) with the actions from the first state to 'index';
 * returns how many that are. */
unsigned trail_path(const struct trail *trail, uint64_t index,
    struct world_action *path);

/* Lets the actions that lead to a state happen again, from '*world' on, and
 * tells them on standard output. */
void trail_tell(const struct trail *trail, const struct world_net *net,
    uint64_t index, struct world *world);

#endif
