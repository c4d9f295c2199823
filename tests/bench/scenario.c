/*
 * The table of scenarios. A new one is a row; a new kind of load is a shape,
 * with a file of its own beside traffic.c and login.c.
 */
#include "scenario.h"

#include <stdio.h>

#include "crowd.h"
#include "login.h"
#include "room.h"

#define LIMIT (1u << BENCH_LIMIT)
#define LOCAL (1u << BENCH_LOCAL)
#define LINK (1u << BENCH_LINK)
#define LINES (1u << BENCH_LINE3 | 1u << BENCH_LINE5)
#define RING (1u << BENCH_RING5)
#define WSS (1u << BENCH_WSS)
/* Servers of others. They deliver the same texts to as many users, though a
 * number that dnchat has beside its text stands in theirs, and nobody is told
 * who is there. dnchatd alone answers who sends; where a message has one
 * receiver that is a second message, which they don't pay for. */
#define NATS (1u << BENCH_NATS)
#define PEERS (NATS | 1u << BENCH_INSPIRCD)

#define LOGIN_MSEC 30000
#define REST_MSEC 500
/* Those who are there before memory is compared: they warm the buffers. */
#define IDLE_FIRST 500
/* How long the limit is measured for, and the share of it that is a load. */
#define LOAD_MSEC 1000
#define LOAD_SHARE 0.2

const struct scenario scenarios[] = {
	{"fanout-1", "1,000 receivers, 1 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL | PEERS, .plan = {1, 1000, true, false, 1, 64}},
	{"fanout-16", "1,000 receivers, 16 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL | LINK | PEERS | WSS,
	    .plan = {1, 1000, true, false, 16, 64},
	    .goals = {[BENCH_NATS] = 1.8, [BENCH_INSPIRCD] = 1.5}},
	{"fanout-16-512", "the same with 512 bytes", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .plan = {1, 1000, true, false, 16, 512}},
	{"fanout-many", "1,000 receivers, 16 senders, 1 outstanding each",
	    SCENARIO_TRAFFIC, LIMIT | LOCAL,
	    .plan = {16, 1000, true, false, 1, 64}},
	{"receipts-1", "1,000 receivers that answer ACKN", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .plan = {1, 1000, true, true, 1, 64}},
	{"room-1000", "a room of 1,000 members, 16 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .plan = {1, 1000, true, false, 16, 64,
	    .is_room = true}, .beside = "fanout-16"},
	{"unicast-1", "100 pairs, 1 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL | LINK | PEERS | WSS,
	    .plan = {100, 100, false, false, 1, 64}},
	{"unicast-16", "100 pairs, 16 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL | LINK | LINES | PEERS | WSS,
	    .plan = {100, 100, false, false, 16, 64}},
	{"latency", "10 pairs, 1,000 messages a second in all",
	    SCENARIO_TRAFFIC, LIMIT | LOCAL | LINK | LINES | PEERS,
	    .plan = {10, 10, false, false, 0, 64, 1000}},
	{"latency-load", "1,000 receivers, a fifth of the limit's fan-out",
	    SCENARIO_TRAFFIC, LIMIT | LOCAL | PEERS, .is_load = true,
	    .plan = {1, 1000, true, false, 0, 64}},
	{"pairs", "50 pairs, 1 outstanding", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .is_once = true,
	    .plan = {50, 50, false, false, 1, 64}},
	{"pairs-idle", "the same beside 10,000 idle users", SCENARIO_TRAFFIC,
	    LIMIT | LOCAL, .is_once = true, .count = 10000,
	    .plan = {50, 50, false, false, 1, 64}, .beside = "pairs"},
	/* Not inspircd, which lets people in once a second. */
	{"login", "connect, log in, leave; 32 at a time", SCENARIO_LOGIN,
	    LIMIT | LOCAL | NATS | WSS, .count = 32},
	{"idle", "memory of 2,000 idle connections", SCENARIO_IDLE,
	    LIMIT | LOCAL | PEERS | WSS, .is_once = true, .count = 2000},
	{"storm", "5,000 users arrive at once (told of, a second)",
	    SCENARIO_STORM, LOCAL | RING, .is_once = true, .count = 5000},
	{"flood", "100,000 users come over 4 links at once", SCENARIO_FLOOD,
	    LOCAL, .is_once = true, .flood = {4, 25000, 1, false}},
	{"flood-loss", "a link with 100,000 users goes, 8 clients watch",
	    SCENARIO_FLOOD, LOCAL, .is_once = true,
	    .flood = {1, 100000, 8, true}},
	{"flood-25", "25,000 users come over 4 links at once", SCENARIO_FLOOD,
	    LOCAL, .is_once = true, .is_extra = true,
	    .flood = {4, 6250, 1, false}, .beside = "flood"},
	{"flood-50", "50,000 users come over 4 links at once", SCENARIO_FLOOD,
	    LOCAL, .is_once = true, .is_extra = true,
	    .flood = {4, 12500, 1, false}, .beside = "flood"},
	{"flood-loss-25", "a link with 25,000 users goes", SCENARIO_FLOOD,
	    LOCAL, .is_once = true, .is_extra = true,
	    .flood = {1, 25000, 8, true}, .beside = "flood-loss"},
	{"flood-loss-50", "a link with 50,000 users goes", SCENARIO_FLOOD,
	    LOCAL, .is_once = true, .is_extra = true,
	    .flood = {1, 50000, 8, true}, .beside = "flood-loss"},
	{"fanout-link-512", "1,000 receivers behind a link, 512 bytes",
	    SCENARIO_TRAFFIC, LOCAL | LINK, .is_extra = true,
	    .plan = {1, 1000, true, false, 16, 512}},
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
	uint64_t limit = login_msec(plan->senders + plan->receivers +
	    scenario->count);

	if (plan->is_room && !room_make(crowd, server))
		return false;
	return crowd_grow(crowd, plan->senders, server->ports[0], limit) &&
	    crowd_grow(crowd, plan->receivers, last, limit) &&
	    crowd_grow(crowd, scenario->count, last, limit) &&
	    crowd_settle(crowd, limit) &&
	    (!plan->is_room || room_join(crowd, limit)) &&
	    traffic_run(crowd, plan, msec, server, sample);
}

/* Counts announcements until everybody knows all others. */
static bool
run_storm(const struct scenario *scenario, const struct server *server,
    struct crowd *crowd, struct bench_sample *sample)
{
	double data_before, control_before, data, control;
	uint64_t limit = login_msec(scenario->count), begin;
	bool done;

	server_cpu(server, &data_before, &control_before);
	begin = bench_now();
	done = crowd_storm(crowd, scenario->count, server->ports,
	    server->node_count, limit) && crowd_settle(crowd, limit);
	sample->seconds = (double)(bench_now() - begin) / 1e9;
	sample->count = (double)crowd->arrv;
	server_cpu(server, &data, &control);
	sample->data_seconds = data - data_before;
	sample->control_seconds = control - control_before;
	return done;
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
	uint32_t room = scenario->count + IDLE_FIRST +
	    scenario->plan.senders + scenario->plan.receivers;
	struct crowd crowd;
	bool done = false;

	/* Where nothing is said to all, nobody pays for hearing it. */
	if (!crowd_init(&crowd, room, server->dialect,
	    scenario->plan.is_broadcast)) {
		*error = "out of memory";
		return false;
	}
	switch (scenario->shape) {
	case SCENARIO_TRAFFIC:
		done = run_traffic(scenario, server, &crowd, msec, sample);
		break;
	case SCENARIO_IDLE:
		done = run_idle(scenario, server, &crowd, sample);
		break;
	case SCENARIO_STORM:
		done = run_storm(scenario, server, &crowd, sample);
		break;
	case SCENARIO_LOGIN:
	case SCENARIO_FLOOD:
		break;
	}
	*error = crowd.error;
	crowd_deinit(&crowd);
	return done;
}

static void
run(const struct scenario *scenario, enum bench_system system,
    const struct server_place *place, uint64_t msec,
    struct bench_sample *sample)
{
	const char *error = NULL;
	struct server server;

	*sample = (struct bench_sample){0};
	if (!server_start(&server, system, place))
		return;
	if (scenario->shape == SCENARIO_LOGIN)
		sample->valid = login_run(scenario->count, msec, &server,
		    sample, &error);
	else if (scenario->shape == SCENARIO_FLOOD)
		sample->valid = flood_run(&scenario->flood, msec, &server,
		    sample, &error);
	else
		sample->valid = run_crowd(scenario, &server, msec, sample,
		    &error);
	if (!server_alive(&server)) {
		sample->valid = false;
		error = "a server died";
	}
	if (!sample->valid)
		(void)fprintf(stderr, "bench: %s, %s: %s\n", scenario->name,
		    bench_name(system), error != NULL ? error : "failed");
	server_stop(&server);
}

/* Messages a second that are a load: the same for all systems of a run. */
static double
load_rate(const struct scenario *scenario, const struct server_place *place)
{
	struct scenario most = *scenario;
	struct bench_sample sample;
	static double rate;

	if (rate > 0)
		return rate;
	most.plan.window = 16;
	run(&most, BENCH_LIMIT, place, LOAD_MSEC, &sample);
	if (sample.valid)
		rate = LOAD_SHARE * sample.count / sample.seconds /
		    (scenario->plan.senders + scenario->plan.receivers - 1);
	return rate;
}

void
scenario_run(const struct scenario *scenario, enum bench_system system,
    const struct server_place *place, uint64_t msec,
    struct bench_sample *sample)
{
	struct scenario loaded = *scenario;

	/* To it a room of all is what a broadcast is. */
	if (system == BENCH_LIMIT)
		loaded.plan.is_room = false;
	if (scenario->is_load) {
		loaded.plan.rate = load_rate(scenario, place);
		if (loaded.plan.rate <= 0) {
			*sample = (struct bench_sample){0};
			return;
		}
	}
	run(&loaded, system, place, msec, sample);
}
