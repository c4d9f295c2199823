/*
 * The cost of users in the core that ships. For scale_main.c and agg_main.c.
 */
#ifndef SIM_SCALE_CORE_H
#define SIM_SCALE_CORE_H

#include <stddef.h>
#include <stdint.h>

struct scale_core_cost {
	size_t bytes;          /* of the heap */
	uint64_t down_records; /* for dnchatd: entries, announcements */
	uint64_t down_bytes;
};

/* One server that hears of 'users' on each of 'links' links. */
struct scale_core_cost scale_core_measure(unsigned users, unsigned links);

#endif
