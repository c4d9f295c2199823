/*
 * Explores one scenario, given as words (scenario.h), or all of a list. Ends in
 * "explored STATES states, N violations"; exits with 1 if there is one, 2 if
 * the words are wrong, 3 if there was no end to it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "explore.h"
#include "scenario.h"

/* Where it gives up: some 60 bytes each. */
#define EXPLORE_STATES_MAX 60000000u

/* The networks on which all that can happen is tried at each commit: all links
 * break and return, and where it says so users come and go at all servers, all
 * ends of links are drained, all servers shut down. */
#define EXPLORE_USERS " arrive=all leave=all"
#define EXPLORE_DOWN " drain=all shut=all"
static const char *const explore_short[] = {
	"pair events=4" EXPLORE_USERS EXPLORE_DOWN,
	"pair-double events=4" EXPLORE_USERS,
	"line3 events=4" EXPLORE_USERS,
	"line3 events=4" EXPLORE_USERS EXPLORE_DOWN,
	"line4 events=3" EXPLORE_USERS,
	"star4 events=3" EXPLORE_USERS,
	"triangle events=4" EXPLORE_USERS,
	"triangle events=3" EXPLORE_USERS EXPLORE_DOWN,
	"triangle-double events=3" EXPLORE_USERS,
	"triangle-double events=2" EXPLORE_USERS EXPLORE_DOWN,
	"triangle-tail events=3" EXPLORE_USERS,
	"square events=3" EXPLORE_USERS,
	"square events=2" EXPLORE_USERS EXPLORE_DOWN,
	"square events=3 drain=all",
	"square-diagonal events=2" EXPLORE_USERS,
	"full4 events=1" EXPLORE_USERS EXPLORE_DOWN,
	"ring5 events=3",
	"line3 cold events=4" EXPLORE_USERS " drain=all",
	"triangle cold events=4" EXPLORE_USERS " drain=all",
	"square cold events=5" EXPLORE_USERS,
	"triangle-tail foreign=0 events=2" EXPLORE_USERS,
};

struct explore_total {
	uint64_t states;
	unsigned violations;
	bool is_full;
};

static void
explore_one(const struct scenario *scenario, const char *name,
    struct explore_total *total)
{
	struct explore_result result;
	struct world start;
	clock_t begin = clock();

	world_init(&start, &scenario->net, scenario->users,
	    scenario->is_cold);
	explore_run(&scenario->net, &start, scenario->faults,
	    EXPLORE_STATES_MAX, &result);
	printf("%s: states %" PRIu64 ", transitions %" PRIu64
	    ", run %u, hops %u, %.1f s%s\n", name, result.states,
	    result.transitions, result.run, result.hops,
	    (double)(clock() - begin) / CLOCKS_PER_SEC,
	    result.is_full ? ", not complete" : "");
	if (result.fault != WORLD_FAULT_NONE)
		printf("violation %s in %u steps\n",
		    world_fault_word[result.fault], result.steps);
	fflush(stdout);
	total->states += result.states;
	total->violations += result.fault != WORLD_FAULT_NONE;
	total->is_full |= result.is_full;
}

int
main(int argc, char **argv)
{
	struct explore_total total = {0};
	struct scenario scenario;
	size_t i;

	if (argc > 1) {
		if (!scenario_read(&scenario, argv + 1, argc - 1))
			return 2;
		explore_one(&scenario, argv[1], &total);
	}
	for (i = 0; argc == 1 && i < sizeof(explore_short) /
	    sizeof(explore_short[0]); i++) {
		if (!scenario_read_line(&scenario, explore_short[i]))
			return 2;
		explore_one(&scenario, explore_short[i], &total);
	}
	printf("explored %" PRIu64 " states, %u violations\n", total.states,
	    total.violations);
	if (total.violations > 0)
		return 1;
	return total.is_full ? 3 : 0;
}
