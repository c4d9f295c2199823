/*
 * The simulator: worlds of whole nodes, one after another, each from one seed,
 * until so many events have happened. What is an event: a frame, close or
 * reset that arrives at a server, client or foreign peer; a piece of the
 * socket between the planes; a deadline that fires; the answer to a dial; an
 * action of a client; a fault.
 *
 * A world goes through phases (sim_world.h); each ends with all mended, all
 * quiet and all checked. What is claimed and when it is not: the heads of
 * sim_check.c, sim_ledger.c and sim_client.c.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../control/secret.h"
#include "dnchat/log.h"
#include "sim_clock.h"
#include "sim_world.h"

#define MAIN_PHASES 8
/* After faults nothing about routes may happen for so long: longer than the
 * longest hold and list times, and the wait after a reset. */
#define MAIN_QUIET_USEC (10 * SIM_SEC)
#define MAIN_REST_SEC 200

struct options {
	uint64_t seed, events, runs;
	unsigned nodes;
	const char *graph;
	enum world_phase phase; /* all are of this kind; PHASE_COUNT: any */
	bool verbose;
};

static const char *const phase_names[] = {
	"calm", "control", "drain", "links", "all", "any"
};

/* True if all read, and nothing that was said while a link was slow is still
 * on its way. */
static bool
main_is_drained(void)
{
	const struct wire *wire;
	unsigned i;

	for (i = 0; i < world.client_count; i++)
		if (world.clients[i].paused_usec > sim_now())
			return false;
	for (wire = wires_first(); wire != NULL; wire = wire->next)
		for (i = 0; i < 2; i++)
			if (wire_is_up(wire) && !wire->is_lost &&
			    wire->ends[i].last_usec > sim_now() + SIM_SEC)
				return false;
	return true;
}

/* Lets all come to an end that is under way. */
static void
main_rest(void)
{
	uint64_t routing, end_usec = sim_now() + MAIN_REST_SEC * SIM_SEC;

	world.is_talking = false;
	fault_mend();
	do {
		routing = world.routing;
		if (sim_now() > end_usec)
			world_fail("no rest in %d s", MAIN_REST_SEC);
		world_pass(MAIN_QUIET_USEC);
	} while (!world.failed && (routing != world.routing ||
	    sim_now() - world.routed_usec < MAIN_QUIET_USEC ||
	    !main_is_drained()));
	check_bounds();
	check_rest();
}

static void
main_begin_phase(enum world_phase phase)
{
	world.phase = phase;
	world.phase_count++;
	world.phase_usec = sim_now();
	world.is_talking = true;
	check_begin();
	world_say("---- phase %u: %s", world.phase_count, phase_names[phase]);
}

static void
main_phase(enum world_phase phase)
{
	unsigned strikes = sim_chance(30) ? 1 : 2 + sim_below(12), i;

	main_begin_phase(phase);
	for (i = 0; i < strikes && !world.failed; i++) {
		world_pass(sim_below(1500 * (uint32_t)SIM_MSEC));
		fault_strike();
		check_bounds();
	}
	main_rest();
	check_flaps();
	ledger_judge();
}

static bool
main_run(const struct options *options, uint64_t seed)
{
	unsigned i;
	bool failed;

	world_begin(seed, options->graph, options->nodes, options->verbose);
	main_begin_phase(PHASE_CALM);
	world_pass(5 * SIM_SEC);
	main_rest();
	for (i = 0; i < MAIN_PHASES && !world.failed; i++)
		main_phase(options->phase != PHASE_COUNT ? options->phase :
		    (enum world_phase)sim_below(PHASE_COUNT));
	failed = world.failed;
	world_end();
	return !failed;
}

static void
main_help(void)
{
	puts("simulate [--seed N] [--runs N] [--events N] [--nodes N]\n"
	    "    [--graph ring|grid|random|ba|mesh]\n"
	    "    [--phase calm|control|drain|links|all] [-v]\n"
	    "Worlds from seed N on, until there were so many events, or so\n"
	    "many worlds. -v tells all that happens.");
}

static enum world_phase
main_phase_called(const char *name)
{
	unsigned i = 0;

	while (i < PHASE_COUNT && strcmp(phase_names[i], name) != 0)
		i++;
	return (enum world_phase)i;
}

/* False: 'value' is none for option 'c'. */
static bool
main_option(struct options *options, int c, const char *value)
{
	switch (c) {
	case 's':
		options->seed = strtoull(value, NULL, 10);
		return true;
	case 'e':
		options->events = strtoull(value, NULL, 10);
		return options->events > 0;
	case 'r':
		options->runs = strtoull(value, NULL, 10);
		return options->runs > 0;
	case 'n':
		options->nodes = (unsigned)strtoul(value, NULL, 10);
		return options->nodes >= 2 &&
		    options->nodes <= WORLD_NODES_MAX;
	case 'g':
		options->graph = value;
		return graph_is_known(value);
	case 'p':
		options->phase = main_phase_called(value);
		return options->phase != PHASE_COUNT;
	case 'v':
		options->verbose = true;
		return true;
	}
	return false;
}

static bool
main_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"seed", required_argument, NULL, 's'},
		{"events", required_argument, NULL, 'e'},
		{"runs", required_argument, NULL, 'r'},
		{"nodes", required_argument, NULL, 'n'},
		{"graph", required_argument, NULL, 'g'},
		{"phase", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}
	};
	int c;

	while ((c = getopt_long(argc, argv, "v", known, NULL)) != -1)
		if (!main_option(options, c, optarg)) {
			main_help();
			return false;
		}
	return true;
}

static void
main_say_replay(const struct options *options, const char *program,
    uint64_t seed)
{
	printf("replay: %s --seed %ju --runs 1", program,
	    (uintmax_t)seed);
	if (options->nodes != 0)
		printf(" --nodes %u", options->nodes);
	if (options->phase != PHASE_COUNT)
		printf(" --phase %s", phase_names[options->phase]);
	if (options->graph != NULL)
		printf(" --graph %s", options->graph);
	puts(" -v");
}

int
main(int argc, char **argv)
{
	struct options options = {.seed = 1, .events = 1000000,
	    .phase = PHASE_COUNT};
	uint64_t runs = 0, seed;

	if (!main_options(&options, argc, argv))
		return 2;
	/* Of what the planes log of the faults only a trace makes sense. */
	dn_log_level = options.verbose ? DN_LOG_DEBUG : DN_LOG_ERROR;
	stderr = options.verbose ? stdout : fopen("/dev/null", "we");
	if (stderr == NULL || secret_start() != DN_OK)
		return 2;
	for (seed = options.seed; options.runs != 0 ? runs < options.runs :
	    sim_counted() < options.events; seed++, runs++)
		if (!main_run(&options, seed)) {
			main_say_replay(&options, argv[0], seed);
			printf("simulated %ju events in %ju runs, 1 violation\n",
			    (uintmax_t)sim_counted(), (uintmax_t)runs + 1);
			return 1;
		}
	printf("simulated %ju events in %ju runs, 0 violations "
	    "(%ju messages judged)\n", (uintmax_t)sim_counted(),
	    (uintmax_t)runs, (uintmax_t)ledger_judged());
	return 0;
}
