/*
 * The explorer's command line: explores what it is told, prints a table, and
 * ends in "explored STATES states, N violations".
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "scenario.h"
#include "scenario_list.h"

#define EXPLORE_MIB_DEFAULT 8000

enum explore_exit {
	EXPLORE_CLEAN,
	EXPLORE_VIOLATION,
	EXPLORE_USAGE,
	EXPLORE_NOT_COMPLETE
};

static const char explore_help[] =
"usage: explore [options] [NAME ... | NETWORK WORD ...]\n"
"Lets all happen that can happen to one user in a small network, in all\n"
"orders, with the routing that ships (control/route.c), and looks for faults\n"
"in each state. A fault is told as the shortest way to it.\n"
"\n"
"Without arguments it explores the short scenarios; with NAMEs these; with\n"
"the words of a scenario that one. The first word is a network, by its name\n"
"or as links (0-1,1-2); then (lists are 0+2, all, or none):\n"
"  users=0          servers that have the user at the start\n"
"  events=2         how many events there may be\n"
"  break= up=       links that break and return (all)\n"
"  arrive= leave=   servers where the user comes and goes (those of users)\n"
"  drain= shut=     ends of links that are drained, servers that shut down\n"
"  rip= poison= echo= flood=   servers of other origin, by their kind\n"
"  infinity=16      what these count to\n"
"  hold=no|late     hold times are over at once, or only when nothing else\n"
"                   must happen, instead of at any time\n"
"  ties=any         of neighbours equally close any may become next hop\n"
"  symmetric        that, and states that differ only in which server stands\n"
"                   where count as one\n"
"  cold             all links are down at the start\n"
"  find=loop+debt   only these faults\n"
"Options:\n"
"  --prove          the long scenarios (make prove)\n"
"  --list           list the scenarios of both kinds\n"
"  --memory=MIB     give up a scenario at so much memory\n"
"  --time=SECONDS   give up a scenario after this time\n"
"  --progress=SECONDS   tell so often how far it is\n"
"  --help           this text\n"
"Exit: 0 nothing is wrong, 1 a violation, 2 wrong words, 3 no violation, but\n"
"a scenario met a bound: it is not complete, 4 out of memory.\n";

struct explore_total {
	struct progress bounds;
	uint64_t states;
	unsigned violations, incomplete;
};

static void
explore_tell_head(void)
{
	printf("%-21s %10s %11s %12s %4s %4s %5s %7s\n", "scenario", "states",
	    "stand for", "transitions", "run", "hops", "depth", "seconds");
	fflush(stdout);
}

/* What is known where a bound was met. */
static void
explore_tell_incomplete(const struct explore_result *result)
{
	if (result->has_all_states)
		printf("  not complete: all %" PRIu64 " states, no violation,"
		    " but runs without end are not excluded\n",
		    result->states);
	else
		printf("  not complete: %" PRIu64 " states, depth %u, no"
		    " violation so far\n", result->states, result->depth);
}

static void
explore_tell(const char *name, const struct explore_result *result)
{
	printf("%-21s %10" PRIu64 " %11" PRIu64 " %12" PRIu64
	    " %4u %4u %5u %7.1f\n", name, result->states, result->images,
	    result->transitions, result->run, result->hops, result->depth,
	    result->seconds);
	if (result->fault != WORLD_FAULT_NONE)
		printf("violation %s in %u steps\n",
		    world_fault_word[result->fault], result->steps);
	else if (!result->is_complete)
		explore_tell_incomplete(result);
	fflush(stdout);
}

static bool
explore_one(const struct scenario *scenario, const char *name,
    struct explore_total *total)
{
	struct explore_options options = {
		.mask = scenario->faults,
		.is_symmetric = scenario->is_symmetric,
		.bounds = total->bounds,
	};
	struct explore_result result;
	struct world start;

	world_init(&start, &scenario->net, scenario->users,
	    scenario->is_cold);
	if (!explore_run(&scenario->net, &start, &options, &result)) {
		fprintf(stderr, "explore: %s has too many symmetries; leave"
		    " out 'symmetric'\n", name);
		return false;
	}
	explore_tell(name, &result);
	total->states += result.states;
	total->violations += result.fault != WORLD_FAULT_NONE;
	total->incomplete += result.fault == WORLD_FAULT_NONE &&
	    !result.is_complete;
	return true;
}

static bool
explore_line(const char *name, const char *line, struct explore_total *total)
{
	struct scenario scenario;

	return scenario_read_line(&scenario, line) &&
	    explore_one(&scenario, name, total);
}

static bool
explore_all(bool is_long, struct explore_total *total)
{
	const struct scenario_row *rows;
	size_t i, count;

	rows = scenario_list(is_long, &count);
	for (i = 0; i < count; i++)
		if (!explore_line(rows[i].name, rows[i].line, total))
			return false;
	return true;
}

/* Names of the lists, or the words of one scenario. A network may be called
 * like a scenario: alone it means that. */
static bool
explore_words(char *const *words, int count, struct explore_total *total)
{
	struct scenario scenario;
	int i;

	for (i = 0; i < count; i++)
		if (scenario_find(words[i]) == NULL)
			return scenario_read(&scenario, words, count) &&
			    explore_one(&scenario, words[0], total);
	for (i = 0; i < count; i++)
		if (!explore_line(words[i], scenario_find(words[i]), total))
			return false;
	return true;
}

static void
explore_tell_list(void)
{
	const struct scenario_row *rows;
	size_t i, count;
	int is_long;

	for (is_long = 0; is_long < 2; is_long++) {
		rows = scenario_list(is_long, &count);
		for (i = 0; i < count; i++)
			printf("%-21s %s\n", rows[i].name, rows[i].line);
	}
}

/* Reads the options; returns an exit code, or -1 to go on. */
static int
explore_options(int argc, char **argv, struct explore_total *total,
    bool *is_long)
{
	static const struct option names[] = {
		{"prove", no_argument, NULL, 'p'},
		{"list", no_argument, NULL, 'l'},
		{"memory", required_argument, NULL, 'm'},
		{"time", required_argument, NULL, 't'},
		{"progress", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'p')
			*is_long = true;
		else if (option == 'm')
			total->bounds.memory_bytes_max =
			    strtoull(optarg, NULL, 10) << 20;
		else if (option == 't')
			total->bounds.time_sec_max =
			    (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'i')
			total->bounds.interval_sec =
			    (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'l')
			explore_tell_list();
		else if (option == 'h')
			fputs(explore_help, stdout);
		if (option == 'l' || option == 'h')
			return EXPLORE_CLEAN;
		if (option == '?')
			return EXPLORE_USAGE;
	}
	return -1;
}

int
main(int argc, char **argv)
{
	struct explore_total total = {.bounds = {
		.memory_bytes_max = (uint64_t)EXPLORE_MIB_DEFAULT << 20,
	}};
	bool is_long = false;
	int code = explore_options(argc, argv, &total, &is_long);

	if (code >= 0)
		return code;
	explore_tell_head();
	if (!(optind < argc ? explore_words(argv + optind, argc - optind,
	    &total) : explore_all(is_long, &total)))
		return EXPLORE_USAGE;
	printf("explored %" PRIu64 " states, %u violations", total.states,
	    total.violations);
	if (total.incomplete > 0)
		printf(", %u not complete", total.incomplete);
	printf("\n");
	if (total.violations > 0)
		return EXPLORE_VIOLATION;
	return total.incomplete > 0 ? EXPLORE_NOT_COMPLETE : EXPLORE_CLEAN;
}
