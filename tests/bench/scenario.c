/*
 * The table of scenarios. A new one is a row; a new kind of load is a shape,
 * with a file of its own beside traffic.c and login.c.
 */
#include "scenario.h"

#include <stdio.h>

#include "crowd.h"
#include "login.h"

#define LIMIT (1u << BENCH_LIMIT)
#define LOCAL (1u << BENCH_LOCAL)
#define LINK (1u << BENCH_LINK)

#define LOGIN_MSEC 30000
#define REST_MSEC 500
/* Those who are there before memory is compared: they warm the buffers. */
#define IDLE_FIRST 500

const struct scenario scenarios[] = {
	{"fanout-1", "1,000 receivers, 1 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .plan = {1, 1000, true, false, 1, 64}},
	{"fanout-16", "1,000 receivers, 16 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .plan = {1, 1000, true, false, 16, 64}},
	{"unicast-1", "100 pairs, 1 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL | LINK, .plan = {100, 100, false, false, 1, 64}},
	{"unicast-16", "100 pairs, 16 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL | LINK, .plan = {100, 100, false, false, 16, 64}},
	{"login", "connect, log in, leave; 32 at a time", SCENARIO_LOGIN,
	    LIMIT | LOCAL, .count = 32},
	{"idle", "memory of 2,000 idle connections", SCENARIO_IDLE,
	    LIMIT | LOCAL, .is_once = true, .count = 2000},
	{"receipts-1", "1,000 receivers that answer ACKN", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .is_extra = true,
	    .plan = {1, 1000, true, true, 1, 64}},
	{"fanout-16-512", "the same with 512 bytes", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .is_extra = true,
	    .plan = {1, 1000, true, false, 16, 512}},
	{"fanout-link-16", "1,000 receivers behind a link", SCENARIO_TRAFFIC,
	    LOCAL | LINK, .is_extra = true,
	    .plan = {1, 1000, true, false, 16, 64}},
	{"idle-10000", "memory of 10,000 idle connections", SCENARIO_IDLE,
	    LIMIT | LOCAL, .is_once = true, .is_extra = true, .count = 10000},
};
const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

/* Time for 'count' users to log in, each of whom all others hear of. */
static uint64_t
login_msec(uint32_t count)
{
	return LOGIN_MSEC + (uint64_t)count * count / 500;
}

static bool
run_traffic(const struct scenario *scenario, const struct server *server,
    struct crowd *crowd, uint64_t msec, struct bench_sample *sample)
{
	const struct traffic_plan *plan = &scenario->plan;
	uint16_t last = server->ports[server->node_count - 1];
	uint64_t limit = login_msec(plan->senders + plan->receivers);

	return crowd_grow(crowd, plan->senders, server->ports[0], limit) &&
	    crowd_grow(crowd, plan->receivers, last, limit) &&
	    crowd_settle(crowd, limit) &&
	    traffic_run(crowd, plan, msec, server, sample);
}

static bool
run_idle(const struct scenario *scenario, const struct server *server,
    struct crowd *crowd, struct bench_sample *sample)
{
	uint64_t limit = login_msec(IDLE_FIRST + scenario->count);
	double data_before, control_before, data, control;
	uint64_t begin;

	if (!crowd_grow(crowd, IDLE_FIRST, server->ports[0], limit) ||
	    !crowd_settle(crowd, limit))
		return false;
	crowd_rest(crowd, REST_MSEC);
	server_memory(server, &data_before, &control_before);
	begin = bench_now();
	if (!crowd_grow(crowd, scenario->count, server->ports[0], limit) ||
	    !crowd_settle(crowd, limit))
		return false;
	sample->seconds = (double)(bench_now() - begin) / 1e9;
	crowd_rest(crowd, REST_MSEC);
	server_memory(server, &data, &control);
	sample->data_bytes = (data - data_before) / scenario->count;
	sample->control_bytes = (control - control_before) / scenario->count;
	return crowd->error == NULL;
}

static bool
run_crowd(const struct scenario *scenario, const struct server *server,
    uint64_t msec, struct bench_sample *sample, const char **error)
{
	const struct traffic_plan *plan = &scenario->plan;
	bool is_traffic = scenario->shape == SCENARIO_TRAFFIC;
	struct crowd crowd;
	bool done;

	if (!crowd_init(&crowd, is_traffic ? plan->senders + plan->receivers :
	    IDLE_FIRST + scenario->count)) {
		*error = "out of memory";
		return false;
	}
	done = is_traffic ?
	    run_traffic(scenario, server, &crowd, msec, sample) :
	    run_idle(scenario, server, &crowd, sample);
	*error = crowd.error;
	crowd_deinit(&crowd);
	return done;
}

void
scenario_run(const struct scenario *scenario, enum bench_system system,
    const struct server_place *place, uint64_t msec,
    struct bench_sample *sample)
{
	const char *error = NULL;
	struct server server;

	*sample = (struct bench_sample){0};
	if (!server_start(&server, system, place))
		return;
	sample->valid = scenario->shape == SCENARIO_LOGIN ?
	    login_run(scenario->count, msec, &server, sample, &error) :
	    run_crowd(scenario, &server, msec, sample, &error);
	if (!server_alive(&server)) {
		sample->valid = false;
		error = "a server died";
	}
	if (!sample->valid)
		(void)fprintf(stderr, "bench: %s, %s: %s\n", scenario->name,
		    bench_name(system), error != NULL ? error : "failed");
	server_stop(&server);
}
