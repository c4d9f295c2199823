/*
 * Breadth-first exploration of all that can happen in a world (world.h): every
 * order of deliveries, timers and a bounded number of events. States are
 * told apart by 64-bit fingerprints (known.h), and if that is wanted not by
 * which server stands where (symmetry.h).
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "progress.h"
#include "world.h"

struct explore_options {
	uint32_t mask;          /* faults to look for, a bit each */
	bool is_symmetric;
	struct progress bounds;
};

struct explore_result {
	enum world_fault fault; /* the first that was found */
	uint64_t states, transitions;
	uint64_t images; /* states that these stand for by symmetry */
	unsigned depth;  /* the most actions that lead to a state */
	unsigned steps;  /* to the fault, the fewest that there are */
	unsigned run;    /* most steps until rest without another event */
	unsigned hops;   /* the largest hop count sent */
	bool has_all_states; /* else it met a bound before */
	bool is_complete;    /* and there was no bound to the rest of it */
	double seconds;
};

/*
 * Explores from 'start' until all is known, a fault is found, or a bound is
 * reached. Tells the shortest way to a fault on standard output. False if the
 * network has too many symmetries.
 */
bool explore_run(const struct world_net *net, const struct world *start,
    const struct explore_options *options, struct explore_result *result);

#endif
