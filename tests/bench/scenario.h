/*
 * What is measured: a table, and the running of one of its rows.
 */
#ifndef BENCH_SCENARIO_H
#define BENCH_SCENARIO_H

#include <stdbool.h>

#include "bench.h"
#include "flood.h"
#include "server.h"
#include "traffic.h"

enum scenario_shape {
	SCENARIO_TRAFFIC, /* 'plan', among 'count' others who are idle */
	SCENARIO_LOGIN,   /* logins in 'count' lanes */
	SCENARIO_IDLE,    /* memory of 'count' idle users */
	SCENARIO_STORM,   /* 'count' users arrive at once, spread over nodes */
	SCENARIO_FLOOD    /* links to servers with many users: 'flood' */
};

struct scenario {
	const char *name;
	const char *what;          /* for the table */
	enum scenario_shape shape;
	unsigned systems;          /* a bit for each that takes part */
	bool is_once;              /* not in every round */
	bool is_extra;             /* only when asked for by name, or --all */
	struct traffic_plan plan;
	bool is_load;              /* its rate is a fifth of the limit's */
	uint32_t count;
	struct flood_plan flood;
	const char *beside;        /* the same without what it is about */
	/* What dnchatd is to reach of the rate of servers of others. */
	double goals[BENCH_SYSTEM_COUNT];
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/*
 * Starts 'system', measures 'scenario' for 'msec', ends it; fills '*sample'.
 * What fails is told on stderr, and the sample is not valid then.
 */
void scenario_run(const struct scenario *scenario, enum bench_system system,
    const struct server_place *place, uint64_t msec,
    struct bench_sample *sample);

#endif
