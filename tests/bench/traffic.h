/*
 * Messages in a settled crowd: a fixed number of them outstanding per sender,
 * or so many a second, whatever becomes of them.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"
#include "crowd.h"
#include "server.h"

/* The first 'senders' of the crowd write. */
struct traffic_plan {
	uint32_t senders;
	uint32_t receivers; /* the rest: all get broadcasts, or each one
	                     * the messages of one sender */
	bool is_broadcast;
	bool is_acked;      /* receivers answer ACKN, which is waited for */
	uint32_t window;    /* outstanding messages of one sender, or 0: */
	uint32_t text_size;
	double rate;        /* messages a second of all senders together */
	bool is_room;       /* what is broadcast goes to crowd->sign instead,
	                     * which gives it numbers of its own */
};

/*
 * Runs 'plan' for 'msec' after a while of warming up, then waits for what is
 * under way. A message is outstanding until all its receivers have it and its
 * sender has its OKAY and ACKNs; where a server sends its author nothing, as
 * NATS and IRC don't, until all have it. Fills '*sample': deliveries, how long
 * they took if the plan is one of a rate, and the CPU time of 'server'. False,
 * and crowd->error, if a message was lost, refused, or came twice.
 */
bool traffic_run(struct crowd *crowd, const struct traffic_plan *plan,
    uint64_t msec, const struct server *server, struct bench_sample *sample);

#endif
