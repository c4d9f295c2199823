/*
 * What the control plane has to do at most: links to servers with very many
 * users come up and go, and meanwhile people want to log in.
 */
#ifndef BENCH_FLOOD_H
#define BENCH_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"
#include "server.h"

struct flood_plan {
	uint32_t links;    /* servers of other origin, which are ours */
	uint32_t users;    /* behind each of them */
	uint32_t watchers; /* clients, who hear of all of them */
	bool is_loss;      /* measured when the links are cut, not made */
};

/*
 * Runs 'plan' on the first node of 'server': logins one after the other, for
 * 'msec' while nothing else happens, and then until all watchers (and, while
 * links come up, all peers) have heard of all users. Fills '*sample': users,
 * how long all took, latency of the logins in both times, CPU time, and how
 * much waited for dncontrol at most. False, and '*error', if it failed.
 */
bool flood_run(const struct flood_plan *plan, uint64_t msec,
    const struct server *server, struct bench_sample *sample,
    const char **error);

#endif
