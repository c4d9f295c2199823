/*
 * What can come of one state: the states one action later, one by one.
 */
#ifndef SIM_OUTCOME_H
#define SIM_OUTCOME_H

#include "world.h"

struct outcome {
	const struct world_net *net;
	const uint8_t *from; /* the state, packed */
	struct world_action list[WORLD_ACTIONS_MAX], action;
	size_t count, must, next;
	uint32_t ties;       /* slots to try the action with once more */
	struct world world;  /* after 'action' */
};

/* 'from' must stay as it is. 'must' tells then whether the state is at rest,
 * and 'world' is the state itself. */
void outcome_begin(struct outcome *outcome, const struct world_net *net,
    const uint8_t *from);

/* The next one is in 'action' and 'world'; false if there is none. */
bool outcome_next(struct outcome *outcome);

/* True if it isn't an event: one step of a run. */
bool outcome_is_step(const struct outcome *outcome);

#endif
