/*
 * Breadth-first exploration of all that can happen in a world (world.h): every
 * order of deliveries, timers and a bounded number of events. States are
 * told apart by 64-bit fingerprints.
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "world.h"

struct explore_result {
	enum world_fault fault; /* the first that was found */
	uint64_t states, transitions;
	unsigned steps; /* to the fault, the fewest that there are */
	unsigned run;   /* most steps until rest without another event */
	unsigned hops;  /* the largest hop count sent */
	bool is_full;   /* gave up at 'state_max' states */
};

/*
 * Explores from 'start' until all states are known, a fault of those in 'mask'
 * (a bit each) is found, or 'state_max' is reached. Tells the shortest way to
 * a fault on standard output.
 */
void explore_run(const struct world_net *net, const struct world *start,
    uint32_t mask, uint32_t state_max, struct explore_result *result);

#endif
