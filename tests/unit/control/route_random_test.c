/*
 * control/route.c in random networks of up to 12 servers (tests/sim/world.h),
 * some of other origin: thousands of events that overlap. After each step there
 * is no loop and the lemmas of the proof hold; at rest all distances are exact.
 *
 * A failure names its seed; ROUTE_SEED=N runs that one alone, and tells it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../sim/world.h"

#define RUNS 1500
#define EVENTS_PER_RUN 60
#define STEPS_MAX 200000

static uint64_t random_state;

static uint32_t
draw(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % below;
}

/* A tree, so that all can reach all, and links across it, some doubled. */
static void
draw_links(struct world_net *net)
{
	uint32_t server, more = draw(2 * net->server_count);

	for (server = 1; server < net->server_count; server++)
		world_net_link(net, (uint8_t)server, (uint8_t)draw(server));
	while (more-- > 0 && net->link_count < WORLD_LINKS_MAX) {
		uint8_t a = (uint8_t)draw(net->server_count);
		uint8_t b = (uint8_t)draw(net->server_count);

		if (a != b && net->degree[a] < WORLD_DEGREE_MAX &&
		    net->degree[b] < WORLD_DEGREE_MAX)
			world_net_link(net, a, b);
	}
}

static void
draw_net(struct world_net *net, bool is_mixed)
{
	uint32_t i, percent = 10 + 20 * draw(4);

	world_net_init(net, (uint8_t)(3 + draw(WORLD_SERVERS_MAX - 2)));
	for (i = 0; is_mixed && i < net->server_count; i++)
		if (draw(100) < percent)
			net->kind[i] = (uint8_t)(WORLD_RIP + draw(3));
	draw_links(net);
	net->hold_timers = is_mixed || draw(4) > 0;
	net->event_max = EVENTS_PER_RUN;
	net->allowed[WORLD_BREAK] = net->allowed[WORLD_UP] = UINT64_MAX;
	net->allowed[WORLD_ARRIVE] = net->allowed[WORLD_LEAVE] = UINT64_MAX;
	for (i = 0; i < net->server_count; i++)
		if (net->kind[i] == WORLD_OURS)
			net->allowed[WORLD_SHUT] |= UINT64_C(1) << i;
	for (i = 0; i < 2u * net->link_count; i++)
		if (net->kind[net->server_of[i]] == WORLD_OURS)
			net->allowed[WORLD_DRAIN] |= UINT64_C(1) << i;
}

/* How likely it is that an action that was drawn is taken, in percent. Timers
 * fire at any time, but rather late; what takes down is rarer. */
static uint32_t
percent_of(enum world_action_kind kind)
{
	static const uint8_t percents[WORLD_ACTION_COUNT] = {
		[WORLD_DELIVER] = 100, [WORLD_OPEN] = 60, [WORLD_DOWN] = 30,
		[WORLD_HOLD] = 15, [WORLD_CLOSE] = 10, [WORLD_BREAK] = 30,
		[WORLD_UP] = 100, [WORLD_ARRIVE] = 30, [WORLD_LEAVE] = 100,
		[WORLD_DRAIN] = 5, [WORLD_SHUT] = 1,
	};

	return percents[kind];
}

/* Takes a step, and says in '*is_rest' if there was none that must be. */
static struct world_action
draw_action(const struct world *world, const struct world_net *net,
    uint32_t event_percent, bool *is_rest)
{
	struct world_action list[WORLD_ACTIONS_MAX], action;
	size_t must, count = world_actions(world, net, list, &must);
	bool is_event;

	*is_rest = must == 0;
	if (count == 0)
		return (struct world_action){WORLD_ACTION_COUNT, 0, 0};
	do {
		is_event = count > must &&
		    (must == 0 || draw(100) < event_percent);
		action = is_event ? list[must + draw((uint32_t)(count - must))]
		    : list[draw((uint32_t)must)];
	} while (draw(100) >= percent_of(action.kind));
	return action;
}

static void
check(enum world_fault fault, uint64_t seed, unsigned step)
{
	if (fault != WORLD_FAULT_NONE)
		fail_msg("seed %llu, step %u: %s", (unsigned long long)seed,
		    step, world_fault_text[fault]);
}

static unsigned
run(uint64_t seed, bool is_mixed, bool is_told)
{
	static struct world world, before;
	struct world_net net;
	struct world_action action;
	uint32_t user, event_percent;
	unsigned step;
	bool is_rest;

	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	draw_net(&net, is_mixed);
	event_percent = 2 + draw(20);
	user = draw(net.server_count);
	world_init(&world, &net, 1u << user, draw(2));
	for (step = 0; step < STEPS_MAX; step++) {
		action = draw_action(&world, &net, event_percent, &is_rest);
		if (is_rest)
			check(world_check_rest(&world, &net, UINT32_MAX),
			    seed, step);
		if (is_rest && (action.kind == WORLD_ACTION_COUNT ||
		    world.event_count == EVENTS_PER_RUN))
			return step;
		if (is_told)
			world_copy(&before, &world, &net);
		world_apply(&world, &net, action);
		if (is_told)
			world_tell(&before, &world, &net, action);
		check(world_check(&world, &net, UINT32_MAX), seed, step);
	}
	fail_msg("seed %llu: no rest", (unsigned long long)seed);
	return step;
}

static void
run_all(bool is_mixed)
{
	const char *only = getenv("ROUTE_SEED");
	uint64_t seed, steps = 0;

	if (only != NULL) {
		run(strtoull(only, NULL, 10), is_mixed, true);
		return;
	}
	for (seed = 1; seed <= RUNS; seed++)
		steps += run(seed, is_mixed, false);
	print_message("%u runs of %u events, %llu steps\n", RUNS,
	    EVENTS_PER_RUN, (unsigned long long)steps);
}

static void
test_ours(void **state)
{
	(void)state;
	run_all(false);
}

static void
test_beside_classic_servers(void **state)
{
	(void)state;
	run_all(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_beside_classic_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
