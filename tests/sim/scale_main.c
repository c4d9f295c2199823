/*
 * Thousands of servers, and up to a million users: messages and times of our
 * routing beside those of a classic distance vector (poisoned reverse,
 * infinity 16) on the same graphs, and what users cost in memory. Of a server
 * only route.c is there, as whole nodes would not fit; one core that ships is
 * measured by itself.
 *
 * Checked on the way: no loop of ours, exact ways at the end of each run.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scale.h"
#include "scale_core.h"

#define MAIN_MESSAGES_MAX UINT64_C(400000000)
#define MAIN_CORE_LINKS 8

struct options {
	unsigned nodes, users, trials, seconds;
	double gibibytes;
};

enum happening { ARRIVES, LEAVES, LINK_FAILS, LINK_RETURNS, HAPPENINGS };

static const char *const happening_names[] = {
	"user arrives", "user leaves", "link on his way fails",
	"that link returns"
};

struct sum {
	uint64_t messages, messages_max;
	double time, time_max;
	uint16_t hops_max;
	unsigned loops, trials, wrong;
};

static struct options options = {4000, 1000000, 30, 1200, 8};
static time_t began;
static unsigned faults;

static bool
main_has_time(void)
{
	return (unsigned)(time(NULL) - began) < options.seconds;
}

static void
main_progress(const char *what, const char *graph, unsigned nodes)
{
	fprintf(stderr, "\r%-10s %-8s %5u servers, %4u s   ", what, graph,
	    nodes, (unsigned)(time(NULL) - began));
}

/* ---- one user in thousands of servers ---- */

static void
main_add(struct sum *sum, const struct scale *scale, double from,
    bool is_exact)
{
	double length = scale->changed > from ? scale->changed - from : 0;

	sum->trials++;
	sum->messages += scale->messages;
	if (scale->messages > sum->messages_max)
		sum->messages_max = scale->messages;
	sum->time += length;
	if (length > sum->time_max)
		sum->time_max = length;
	if (scale->hops_max > sum->hops_max)
		sum->hops_max = scale->hops_max;
	sum->loops += scale->loops > 0;
	sum->wrong += !is_exact;
	if (scale->kind == SCALE_OURS && (scale->loops > 0 || !is_exact))
		faults++;
}

/* Lets what was begun come to its end, and notes it. */
static void
main_finish(struct scale *scale, struct sum *sum, double from, int64_t home)
{
	bool ended = scale_run(scale, MAIN_MESSAGES_MAX);

	main_add(sum, scale, from, ended && scale_is_exact(scale, 0, home));
	scale->messages = scale->loops = 0;
	scale->hops_max = 0;
	memset(scale->strikes, 0, (size_t)scale->node_count *
	    scale->user_count);
}

/* An edge that the way to the user crosses, by chance. */
static uint32_t
main_tree_edge(struct scale *scale)
{
	uint32_t edge, tries;

	for (tries = 0; tries < 10000; tries++) {
		const struct scale_edge *ends;
		const struct route *a, *b;
		uint32_t next_a = UINT32_MAX, next_b = UINT32_MAX;

		edge = scale_below(scale, scale->edge_count);
		ends = &scale->edges[edge];
		a = &scale->routes[ends->a];
		b = &scale->routes[ends->b];
		if (a->succ >= 0)
			next_a = scale->ways[scale->nodes[ends->a].way_first +
			    (uint32_t)a->succ].to;
		if (b->succ >= 0)
			next_b = scale->ways[scale->nodes[ends->b].way_first +
			    (uint32_t)b->succ].to;
		if (next_a == ends->b || next_b == ends->a)
			return edge;
	}
	return 0;
}

static void
main_trial(const char *graph, unsigned nodes, enum scale_kind kind,
    uint64_t seed, struct sum *sums)
{
	uint32_t home, edge;
	struct scale scale;

	if (!scale_draw(&scale, graph, nodes, seed))
		abort();
	scale_begin(&scale, kind, 1);
	scale.checks_loops = true;
	home = scale_below(&scale, nodes);
	scale_local(&scale, home, 0, true);
	main_finish(&scale, &sums[ARRIVES], 0, home);
	edge = main_tree_edge(&scale);
	scale.changed = scale.now;
	scale_edge_set(&scale, edge, false);
	main_finish(&scale, &sums[LINK_FAILS], scale.now, home);
	scale.changed = scale.now;
	scale_edge_set(&scale, edge, true);
	main_finish(&scale, &sums[LINK_RETURNS], scale.now, home);
	scale.changed = scale.now;
	scale_local(&scale, home, 0, false);
	main_finish(&scale, &sums[LEAVES], scale.now, -1);
	scale_end(&scale);
	scale_undraw(&scale);
}

static void
main_print_sum(const struct sum *sum)
{
	unsigned n = sum->trials > 0 ? sum->trials : 1;

	printf(" | %9.0f / %-9ju | %6.1f / %-6.1f | %4u | %3u",
	    (double)sum->messages / n, (uintmax_t)sum->messages_max,
	    sum->time / n, sum->time_max, sum->hops_max, sum->loops);
}

static void
main_one_user(const char *graph, unsigned nodes)
{
	struct sum ours[HAPPENINGS], classic[HAPPENINGS];
	unsigned trial, i;

	memset(ours, 0, sizeof(ours));
	memset(classic, 0, sizeof(classic));
	for (trial = 0; trial < options.trials && main_has_time(); trial++) {
		main_progress("one user", graph, nodes);
		main_trial(graph, nodes, SCALE_OURS, trial + 1, ours);
		main_trial(graph, nodes, SCALE_CLASSIC, trial + 1, classic);
	}
	for (i = 0; i < HAPPENINGS; i++) {
		printf("%-6s %5u | %-21s", graph, nodes, happening_names[i]);
		main_print_sum(&ours[i]);
		main_print_sum(&classic[i]);
		printf(" | %u\n", ours[i].trials);
	}
	fflush(stdout);
}

/* ---- a million users ---- */

static unsigned
main_users_that_fit(const struct scale *scale)
{
	/* Records, and what is under way at the worst moment. */
	double each = (double)scale->node_count * (sizeof(struct route) + 1) +
	    (double)scale->way_count * (sizeof(struct route_link) + 32);
	double most = options.gibibytes * 1e9 / each;

	return most < options.users ? (unsigned)most : options.users;
}

static void
main_crowd_line(struct scale *scale, const char *graph, const char *what,
    double from)
{
	bool ended = scale_run(scale, MAIN_MESSAGES_MAX);

	printf("%-6s %5u | %7u | %-12s | %-7s | %10ju | %7.2f | %6.1f | "
	    "%5.1f%s\n", graph, scale->node_count, scale->user_count, what,
	    scale->kind == SCALE_OURS ? "ours" : "classic",
	    (uintmax_t)scale->messages,
	    (double)scale->messages / scale->user_count,
	    scale->changed - from, (double)scale_bytes(scale) /
	    scale->user_count / scale->way_count, ended ? "" : " (cut off)");
	fflush(stdout);
	scale->messages = 0;
}

static void
main_crowd(const char *graph, unsigned nodes, enum scale_kind kind)
{
	uint32_t user, edge;
	struct scale scale;
	double from;

	if (!main_has_time() || !scale_draw(&scale, graph, nodes, 7))
		return;
	main_progress("a crowd", graph, nodes);
	scale_begin(&scale, kind, main_users_that_fit(&scale));
	for (user = 0; user < scale.user_count; user++)
		scale_local(&scale, user % nodes, user, true);
	main_crowd_line(&scale, graph, "all arrive", 0);
	for (edge = 0; edge < 2; edge++) {
		from = scale.changed = scale.now;
		scale_edge_set(&scale, 0, edge == 1);
		main_crowd_line(&scale, graph, edge == 0 ? "link fails" :
		    "it returns", from);
	}
	for (user = 0; user < scale.user_count; user += 1000)
		if (kind == SCALE_OURS && !scale_is_exact(&scale, user,
		    user % nodes))
			faults++;
	scale_end(&scale);
	scale_undraw(&scale);
}

static void
main_core(unsigned users)
{
	struct scale_core_cost cost;

	main_progress("a core", "", 1);
	cost = scale_core_measure(users, MAIN_CORE_LINKS);
	printf("\none core that ships, %u users announced on each of %u "
	    "links:\n%.0f bytes a user, %.1f a user and link, %.2f records "
	    "a user for dnchatd\n", users, MAIN_CORE_LINKS,
	    (double)cost.bytes / users, (double)cost.bytes / users /
	    MAIN_CORE_LINKS, (double)cost.down_records / users);
}

/* ---- options ---- */

static bool
main_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"nodes", required_argument, NULL, 'n'},
		{"users", required_argument, NULL, 'u'},
		{"trials", required_argument, NULL, 't'},
		{"seconds", required_argument, NULL, 's'},
		{"gibibytes", required_argument, NULL, 'g'},
		{NULL, 0, NULL, 0}
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		unsigned long value = optarg != NULL ?
		    strtoul(optarg, NULL, 10) : 0;

		if (value == 0)
			break;
		switch (c) {
		case 'n':
			options.nodes = (unsigned)value;
			break;
		case 'u':
			options.users = (unsigned)value;
			break;
		case 't':
			options.trials = (unsigned)value;
			break;
		case 's':
			options.seconds = (unsigned)value;
			break;
		case 'g':
			options.gibibytes = (double)value;
			break;
		}
	}
	if (c == -1)
		return true;
	puts("scale [--nodes N] [--users N] [--trials N] [--seconds N] "
	    "[--gibibytes N]");
	return false;
}

int
main(int argc, char **argv)
{
	static const char *const graphs[] = {"ring", "grid", "random", "ba"};
	unsigned i, nodes;

	if (!main_options(argc, argv))
		return 2;
	began = time(NULL);
	puts("mean / max of the trials; times in link delays; \"loop\": "
	    "trials in which one was there;\nthe classic one reaches nobody "
	    "more than 15 hops away\n\n"
	    "graph  nodes | what happens          |   ours: messages     | "
	    "time            | hops | loop |   classic: messages  | time    "
	    "        | hops | loop | trials");
	for (nodes = options.nodes / 4; nodes <= options.nodes; nodes *= 4)
		for (i = 0; i < 4; i++)
			main_one_user(graphs[i], nodes);
	puts("\ngraph  nodes |   users | what         | whose   |   messages "
	    "| a user  | time   | bytes a user and direction of a link");
	for (i = 0; i < 4; i++) {
		main_crowd(graphs[i], 20, SCALE_OURS);
		main_crowd(graphs[i], 20, SCALE_CLASSIC);
	}
	main_core(options.users);
	fprintf(stderr, "\r%60s\r", "");
	printf("scaled to %u servers and %u users in %u s, %u violations\n",
	    options.nodes, options.users, (unsigned)(time(NULL) - began),
	    faults);
	return faults != 0;
}
