/*
 * The load generator: measures dnchatd beside the limit program and servers of
 * others, in turns, so that all meet the same machine.
 *
 *	load --build DIR --work DIR [--rounds N] [--msec N] [--json FILE]
 *	    [--plot FILE] [--scenario NAME]... [--system NAME]... [--all]
 *	    [--peers]
 *
 * Reads: scenario.c (what), traffic.c and login.c (the load), crowd.c (users),
 * dialect.h (what they say), client.c (connections), server.c and peer.c (what
 * is measured), report.c (what came out).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "peer.h"
#include "report.h"
#include "scenario.h"
#include "server.h"

#define SCENARIOS_MAX 32
#define ROUNDS_DEFAULT 3
#define MSEC_DEFAULT 1500
#define MSEC_MAX 60000
/* Whatever happens, it ends after this time; its children end with it. */
#define ROUND_SECONDS_MAX 600

struct load {
	struct server_place place;
	const char *json, *plot;
	unsigned rounds;
	unsigned msec;
	unsigned systems;      /* a bit each; 0 = all of ours */
	bool is_all;
	bool is_peers;         /* beside servers of others */
	const char *names[SCENARIOS_MAX];
	unsigned name_count;   /* 0 = those that are not extra */
};

static const struct option options[] = {
	{"build", required_argument, NULL, 'b'},
	{"work", required_argument, NULL, 'w'},
	{"rounds", required_argument, NULL, 'r'},
	{"msec", required_argument, NULL, 'm'},
	{"json", required_argument, NULL, 'j'},
	{"plot", required_argument, NULL, 'p'},
	{"scenario", required_argument, NULL, 's'},
	{"system", required_argument, NULL, 'y'},
	{"all", no_argument, NULL, 'a'},
	{"peers", no_argument, NULL, 'o'},
	{NULL, 0, NULL, 0}
};

static void
usage(const char *error)
{
	unsigned i;

	(void)fprintf(stderr, "load: %s\nusage: load --build DIR --work DIR "
	    "[--rounds N] [--msec N] [--json FILE]\n    [--plot FILE] "
	    "[--scenario NAME]... [--system NAME]... [--all]\n    [--peers]\n"
	    "scenarios:\n", error);
	for (i = 0; i < scenario_count; i++)
		(void)fprintf(stderr, "    %-15s %s\n", scenarios[i].name,
		    scenarios[i].what);
	exit(2);
}

static unsigned
number(const char *text, unsigned most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value == 0 || value > most)
		usage("a number is out of its range");
	return (unsigned)value;
}

static void
add_system(struct load *load, const char *name)
{
	unsigned system;

	for (system = 0; system < BENCH_SYSTEM_COUNT; system++)
		if (strcmp(name, bench_name((enum bench_system)system)) == 0)
			break;
	if (system == BENCH_SYSTEM_COUNT)
		usage("the systems are limit, dnchatd, link, ..., inspircd");
	load->systems |= 1u << system;
}

static void
add_scenario(struct load *load, const char *name)
{
	unsigned i;

	for (i = 0; i < scenario_count; i++)
		if (strcmp(name, scenarios[i].name) == 0)
			break;
	if (i == scenario_count || load->name_count == SCENARIOS_MAX)
		usage("no such scenario");
	load->names[load->name_count++] = name;
}

static void
parse(struct load *load, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'b')
			load->place.build = optarg;
		else if (option == 'w')
			load->place.work = optarg;
		else if (option == 'r')
			load->rounds = number(optarg, REPORT_ROUNDS_MAX);
		else if (option == 'm')
			load->msec = number(optarg, MSEC_MAX);
		else if (option == 'j')
			load->json = optarg;
		else if (option == 'p')
			load->plot = optarg;
		else if (option == 's')
			add_scenario(load, optarg);
		else if (option == 'y')
			add_system(load, optarg);
		else if (option == 'a')
			load->is_all = true;
		else if (option == 'o')
			load->is_peers = true;
		else
			usage("unknown option");
	}
	if (optind < argc || load->place.build == NULL ||
	    load->place.work == NULL)
		usage("--build and --work are needed, and no other words");
}

/* A bit for each server of others. */
static unsigned
peer_systems(void)
{
	unsigned system, bits = 0;

	for (system = 0; system < BENCH_SYSTEM_COUNT; system++)
		if (bench_shape((enum bench_system)system)->package != NULL)
			bits |= 1u << system;
	return bits;
}

/* Which systems take part, unless they were named: ours; or the limit, a node
 * and those of others that are here. */
static void
choose_systems(struct load *load)
{
	unsigned system, others = peer_systems();
	char path[SERVER_PATH_SIZE];

	if (load->systems != 0)
		return;
	if (!load->is_peers) {
		load->systems = ~others;
		return;
	}
	load->systems = 1u << BENCH_LIMIT | 1u << BENCH_LOCAL;
	for (system = 0; system < BENCH_SYSTEM_COUNT; system++)
		if (others & 1u << system && peer_find((enum bench_system)
		    system, path, sizeof(path)))
			load->systems |= 1u << system;
}

static bool
is_wanted(const struct load *load, const struct scenario *scenario)
{
	unsigned i;

	if (load->is_peers && !(scenario->systems & peer_systems()))
		return false;
	if (load->name_count == 0)
		return load->is_all || !scenario->is_extra;
	for (i = 0; i < load->name_count; i++)
		if (strcmp(load->names[i], scenario->name) == 0)
			return true;
	return false;
}

/* One row in one round: all systems, one after the other. */
static bool
measure(const struct load *load, struct report_row *row, unsigned round)
{
	struct bench_sample *sample;
	unsigned system;
	bool valid = true;

	if (round > 0 && row->scenario->is_once)
		return true;
	for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
		if ((row->scenario->systems & load->systems & 1u << system)
		    == 0)
			continue;
		row->systems |= 1u << system;
		sample = &row->samples[system][round];
		scenario_run(row->scenario, (enum bench_system)system,
		    &load->place, load->msec, sample);
		report_progress(row->scenario, (enum bench_system)system,
		    round, load->rounds, sample);
		valid = valid && sample->valid;
	}
	return valid;
}

/* Thousands of connections, here and in the servers, which inherit it. */
static void
raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	static struct report_row rows[SCENARIOS_MAX];
	struct load load = {.rounds = ROUNDS_DEFAULT, .msec = MSEC_DEFAULT};
	unsigned count = 0, round, i;
	bool valid = true;

	parse(&load, argc, argv);
	(void)alarm(load.rounds * ROUND_SECONDS_MAX);
	choose_systems(&load);
	raise_files();
	server_pin();
	for (i = 0; i < scenario_count && count < SCENARIOS_MAX; i++)
		if (is_wanted(&load, &scenarios[i]))
			rows[count++].scenario = &scenarios[i];
	for (round = 0; round < load.rounds; round++)
		for (i = 0; i < count; i++)
			valid = measure(&load, &rows[i], round) && valid;
	report_table(rows, count);
	if (load.json != NULL)
		valid = report_json(rows, count, load.rounds, load.json) &&
		    valid;
	if (load.plot != NULL)
		valid = report_plot(rows, count, load.plot) && valid;
	return valid ? 0 : 1;
}
