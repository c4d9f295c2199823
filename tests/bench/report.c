/*
 * Only ratios within a round mean anything on a machine whose speed drifts;
 * so ratios are taken round by round, and the median of them is told.
 */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(id, name in JSON, 'sample' -> value). A value of 0 is "not measured". */
#define METRICS(X)                                                        \
	X(RATE, "per_second", sample->seconds > 0 ?                       \
	    sample->count / sample->seconds : 0)                          \
	X(CPU, "cpu_seconds_per_million", sample->count > 0 ?             \
	    sample->data_seconds / sample->count * 1e6 : 0)               \
	X(CONTROL, "control_cpu_seconds_per_million", sample->count > 0 ? \
	    sample->control_seconds / sample->count * 1e6 : 0)            \
	X(ALL_CPU, "all_cpu_seconds_per_million", sample->count > 0 ?     \
	    (sample->data_seconds + sample->control_seconds) /            \
	    sample->count * 1e6 : 0)                                      \
	X(BUSY, "server_busy_share", sample->seconds > 0 ?                \
	    sample->data_seconds / sample->seconds : 0)                   \
	X(IDLE, "generator_idle_share", sample->idle_share)               \
	X(MIDDLE, "latency_p50_usec", sample->middle_usec)                \
	X(LATE, "latency_p99_usec", sample->late_usec)                    \
	X(BYTES, "bytes_per_connection", sample->data_bytes)              \
	X(CONTROL_BYTES, "control_bytes_per_connection",                  \
	    sample->control_bytes)                                        \
	X(ALL_BYTES, "all_bytes_per_connection",                          \
	    sample->data_bytes + sample->control_bytes)                   \
	X(CALM_MIDDLE, "calm_latency_p50_usec", sample->calm_middle_usec) \
	X(CALM_LATE, "calm_latency_p99_usec", sample->calm_late_usec)     \
	X(STALL, "latency_p99_to_calm", sample->calm_late_usec > 0 ?      \
	    sample->late_usec / sample->calm_late_usec : 0)               \
	X(UPLINK, "uplink_bytes_max", sample->uplink_bytes)               \
	X(DOWNLINK, "downlink_bytes_max", sample->downlink_bytes)         \
	X(CROWD, "users", sample->count)

enum metric {
#define METRIC_ENUM(id, name, value) METRIC_##id,
	METRICS(METRIC_ENUM)
#undef METRIC_ENUM
	METRIC_COUNT
};

static const char *const metric_names[] = {
#define METRIC_NAME(id, name, value) name,
	METRICS(METRIC_NAME)
#undef METRIC_NAME
};

static double
metric(const struct bench_sample *sample, enum metric metric)
{
	if (!sample->valid)
		return 0;
	switch (metric) {
#define METRIC_CASE(id, name, value) case METRIC_##id: return value;
	METRICS(METRIC_CASE)
#undef METRIC_CASE
	case METRIC_COUNT:
		break;
	}
	return 0;
}

static int
ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* 0 if there are no values. */
static double
median(double *values, unsigned count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(*values), ascending);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static double
row_median(const struct report_row *row, enum bench_system system,
    enum metric which)
{
	double values[REPORT_ROUNDS_MAX], value;
	unsigned round, count = 0;

	for (round = 0; round < REPORT_ROUNDS_MAX; round++) {
		value = metric(&row->samples[system][round], which);
		if (value > 0)
			values[count++] = value;
	}
	return median(values, count);
}

/* Of the samples 'of' to those 'to', round by round; 0 if they have none in
 * common. */
static double
median_ratio(const struct bench_sample of[REPORT_ROUNDS_MAX],
    const struct bench_sample to[REPORT_ROUNDS_MAX], enum metric which)
{
	double values[REPORT_ROUNDS_MAX], value, base;
	unsigned round, count = 0;

	for (round = 0; round < REPORT_ROUNDS_MAX; round++) {
		value = metric(&of[round], which);
		base = metric(&to[round], which);
		if (value > 0 && base > 0)
			values[count++] = value / base;
	}
	return median(values, count);
}

/* Of 'system' to its base; 0 if there is none. */
static double
row_ratio(const struct report_row *row, enum bench_system system,
    enum metric which)
{
	enum bench_system base = bench_shape(system)->base;

	return base == system ? 0 : median_ratio(row->samples[system],
	    row->samples[base], which);
}

/* Of dnchatd to a server of others. */
static double
peer_ratio(const struct report_row *row, enum bench_system peer,
    enum metric which)
{
	return median_ratio(row->samples[BENCH_LOCAL], row->samples[peer],
	    which);
}

void
report_progress(const struct scenario *scenario, enum bench_system system,
    unsigned round, unsigned rounds, const struct bench_sample *sample)
{
	(void)printf("round %u/%u  %-15s %-11s ", round + 1, rounds,
	    scenario->name, bench_name(system));
	if (!sample->valid)
		(void)printf("failed\n");
	else if (scenario->shape == SCENARIO_IDLE)
		(void)printf("%9.2f KiB a connection\n",
		    sample->data_bytes / 1024);
	else if (scenario->shape == SCENARIO_FLOOD)
		(void)printf("%9.2f s, logins %.2f x p99\n",
		    sample->seconds, metric(sample, METRIC_STALL));
	else if (sample->middle_usec > 0)
		(void)printf("%9.0f us p50\n", sample->middle_usec);
	else
		(void)printf("%9.0f/s %9.2f CPU s/M\n",
		    metric(sample, METRIC_RATE), metric(sample, METRIC_CPU));
	(void)fflush(stdout);
}

/* A number of 'width' columns, or a dash for "not measured". */
static void
cell(int width, int places, double value)
{
	if (value > 0)
		(void)printf("%*.*f", width, places, value);
	else
		(void)printf("%*s", width, "-");
}

/* A line begins with the scenario, where it is the first of several. */
static void
line_begin(const struct report_row *row, enum bench_system system,
    bool is_first)
{
	(void)printf("%-15s %-11s", is_first ? row->scenario->name : "",
	    bench_name(system));
}

static void
rate_line(const struct report_row *row, enum bench_system system)
{
	cell(10, 0, row_median(row, system, METRIC_RATE));
	cell(8, 2, row_median(row, system, METRIC_CPU));
	cell(9, 2, row_median(row, system, METRIC_CONTROL));
	cell(6, 0, 100 * row_median(row, system, METRIC_BUSY));
	cell(6, 0, 100 * row_median(row, system, METRIC_IDLE));
	cell(7, 2, row_ratio(row, system, METRIC_RATE));
	cell(6, 2, row_ratio(row, system, METRIC_CPU));
	(void)printf("  %s\n", bench_shape(system)->base != system ?
	    bench_name(bench_shape(system)->base) : "");
}

static void
latency_line(const struct report_row *row, enum bench_system system)
{
	cell(10, 0, row_median(row, system, METRIC_MIDDLE));
	cell(10, 0, row_median(row, system, METRIC_LATE));
	cell(8, 2, row_ratio(row, system, METRIC_MIDDLE));
	cell(8, 2, row_ratio(row, system, METRIC_LATE));
	(void)printf("  %s\n", bench_shape(system)->base != system ?
	    bench_name(bench_shape(system)->base) : "");
}

static void
memory_line(const struct report_row *row, enum bench_system system)
{
	cell(10, 2, row_median(row, system, METRIC_BYTES) / 1024);
	cell(12, 0, row_median(row, system, METRIC_CONTROL_BYTES));
	(void)printf("\n");
}

static void
flood_line(const struct report_row *row, enum bench_system system)
{
	double rate = row_median(row, system, METRIC_RATE);

	cell(9, 2, rate > 0 ? row_median(row, system, METRIC_CROWD) / rate :
	    0);
	cell(8, 2, row_median(row, system, METRIC_CPU));
	cell(9, 2, row_median(row, system, METRIC_CONTROL));
	cell(9, 0, row_median(row, system, METRIC_CALM_LATE));
	cell(9, 0, row_median(row, system, METRIC_LATE));
	cell(7, 2, row_median(row, system, METRIC_STALL));
	cell(9, 0, row_median(row, system, METRIC_UPLINK) / 1024);
	cell(9, 0, row_median(row, system, METRIC_DOWNLINK) / 1024);
	(void)printf("\n");
}

enum report_kind {
	REPORT_RATE,
	REPORT_LATENCY,
	REPORT_MEMORY,
	REPORT_FLOOD,
	REPORT_KIND_COUNT
};

static enum report_kind
report_kind(const struct scenario *scenario)
{
	if (scenario->shape == SCENARIO_IDLE)
		return REPORT_MEMORY;
	if (scenario->shape == SCENARIO_FLOOD)
		return REPORT_FLOOD;
	return scenario->shape == SCENARIO_TRAFFIC &&
	    scenario->plan.window == 0 ? REPORT_LATENCY : REPORT_RATE;
}

/* The lines of all rows that are of this kind. */
static void
lines(const struct report_row *rows, unsigned count, enum report_kind kind)
{
	static void (*const writers[REPORT_KIND_COUNT])(
	    const struct report_row *, enum bench_system) = {
		[REPORT_RATE] = rate_line,
		[REPORT_LATENCY] = latency_line,
		[REPORT_MEMORY] = memory_line,
		[REPORT_FLOOD] = flood_line,
	};
	unsigned i, system;
	bool is_first;

	for (i = 0; i < count; i++) {
		if (report_kind(rows[i].scenario) != kind)
			continue;
		is_first = true;
		for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
			if ((rows[i].systems & 1u << system) == 0)
				continue;
			line_begin(&rows[i], (enum bench_system)system,
			    is_first);
			writers[kind](&rows[i], (enum bench_system)system);
			is_first = false;
		}
	}
}

static void
beside_line(const struct report_row *row, const struct report_row *other)
{
	unsigned system;
	double rate, cpu;

	for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
		rate = median_ratio(row->samples[system],
		    other->samples[system], METRIC_RATE);
		cpu = median_ratio(row->samples[system],
		    other->samples[system], METRIC_CPU);
		if (rate > 0 && cpu > 0)
			(void)printf("%s, %s: %.2f x the rate, %.2f x the CPU "
			    "of %s\n", row->scenario->name,
			    bench_name((enum bench_system)system), rate, cpu,
			    other->scenario->name);
	}
}

/* What a scenario costs beside the one it is to be seen with. */
static void
beside_lines(const struct report_row *rows, unsigned count)
{
	unsigned i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < count; j++)
			if (rows[i].scenario->beside != NULL &&
			    strcmp(rows[i].scenario->beside,
			    rows[j].scenario->name) == 0)
				beside_line(&rows[i], &rows[j]);
}

static bool
is_peer_of(const struct report_row *row, unsigned system)
{
	return (row->systems & 1u << system) != 0 &&
	    bench_shape((enum bench_system)system)->package != NULL;
}

/* A line for each server of others. Of a rate and of a latency, only the one
 * that the scenario is about tells them apart. */
static void
peer_lines(const struct report_row *row)
{
	enum report_kind kind = report_kind(row->scenario);
	enum bench_system peer;
	unsigned system;

	for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
		if (!is_peer_of(row, system))
			continue;
		peer = (enum bench_system)system;
		(void)printf("%-15s %-11s", row->scenario->name,
		    bench_name(peer));
		cell(8, 2, kind == REPORT_RATE ?
		    peer_ratio(row, peer, METRIC_RATE) : 0);
		cell(8, 2, row->scenario->goals[peer]);
		cell(8, 2, peer_ratio(row, peer, METRIC_ALL_CPU));
		cell(8, 2, peer_ratio(row, peer, METRIC_MIDDLE));
		cell(8, 2, peer_ratio(row, peer, METRIC_ALL_BYTES));
		(void)printf("\n");
	}
}

static void
peer_table(const struct report_row *rows, unsigned count)
{
	unsigned i, system, peers = 0;

	for (i = 0; i < count; i++)
		for (system = 0; system < BENCH_SYSTEM_COUNT; system++)
			peers += is_peer_of(&rows[i], system);
	if (peers == 0)
		return;
	(void)printf("\ndnchatd, and dncontrol, to servers of others: rate "
	    "(more is better) and what it is\nto be at least; CPU seconds "
	    "per million, latency, memory (less is better). Only\ndnchatd "
	    "answers who sends.\n\n%-15s %-11s%8s%8s%8s%8s%8s\n",
	    "SCENARIO", "DNCHATD TO", "RATE", "GOAL", "CPU", "P50", "MEMORY");
	for (i = 0; i < count; i++)
		peer_lines(&rows[i]);
}

void
report_table(const struct report_row *rows, unsigned count)
{
	unsigned i;

	(void)printf("\nMedians. CPU: seconds per million deliveries or "
	    "logins, of all dnchatd and of\nall dncontrol. Busy, idle: per "
	    "cent of the time, the servers and the generator.\nRatios: "
	    "within a round.\n\n");
	(void)printf("%-15s %-11s%10s%8s%9s%6s%6s%7s%6s  %s\n", "SCENARIO",
	    "SYSTEM", "PER S", "CPU", "CONTROL", "BUSY", "IDLE", "RATE",
	    "CPU", "OF");
	lines(rows, count, REPORT_RATE);
	(void)printf("\n%-15s %-11s%10s%10s%8s%8s  %s\n", "SCENARIO", "SYSTEM",
	    "P50 USEC", "P99 USEC", "P50", "P99", "OF");
	lines(rows, count, REPORT_LATENCY);
	(void)printf("\n%-15s %-11s%10s%12s\n", "SCENARIO", "SYSTEM",
	    "KIB/CONN", "CONTROL B");
	lines(rows, count, REPORT_MEMORY);
	(void)printf("\nCPU: microseconds per user who came or went. Logins "
	    "meanwhile, beside those\nbefore it. Up, down: the most that "
	    "waited between the daemons.\n"
	    "%-15s %-11s%9s%8s%9s%9s%9s%7s%9s%9s\n",
	    "SCENARIO", "SYSTEM", "SECONDS", "CPU", "CONTROL", "CALM P99",
	    "P99 USEC", "RATIO", "UP KiB", "DOWN KiB");
	lines(rows, count, REPORT_FLOOD);
	(void)printf("\n");
	beside_lines(rows, count);
	peer_table(rows, count);
	(void)printf("\n");
	for (i = 0; i < count; i++)
		(void)printf("%-15s %s\n", rows[i].scenario->name,
		    rows[i].scenario->what);
}

static void
json_metric(FILE *file, const struct report_row *row,
    enum bench_system system, unsigned rounds, enum metric which)
{
	unsigned round;
	double value;
	bool first = true;

	(void)fprintf(file, "\n          \"%s\": {\"median\": %.6g, "
	    "\"ratio\": %.4g, \"samples\": [", metric_names[which],
	    row_median(row, system, which), row_ratio(row, system, which));
	for (round = 0; round < rounds; round++) {
		value = metric(&row->samples[system][round], which);
		if (!row->samples[system][round].valid)
			continue;
		(void)fprintf(file, "%s%.6g", first ? "" : ", ", value);
		first = false;
	}
	(void)fprintf(file, "]}");
}

/* What dnchatd is to a server of others. */
static void
json_peer(FILE *file, const struct report_row *row, enum bench_system peer)
{
	static const enum metric metrics[] = {METRIC_RATE, METRIC_ALL_CPU,
	    METRIC_MIDDLE, METRIC_LATE, METRIC_ALL_BYTES};
	unsigned i;

	(void)fprintf(file, ",\n          \"dnchatd_to_it\": {");
	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		(void)fprintf(file, "\"%s\": %.4g, ",
		    metric_names[metrics[i]],
		    peer_ratio(row, peer, metrics[i]));
	(void)fprintf(file, "\"per_second_goal\": %.4g}",
	    row->scenario->goals[peer]);
}

static void
json_row(FILE *file, const struct report_row *row, unsigned rounds)
{
	unsigned system, which;
	bool first = true;

	(void)fprintf(file, "\n    {\"name\": \"%s\",\n     \"what\": \"%s\","
	    "\n     \"systems\": [", row->scenario->name, row->scenario->what);
	for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
		if ((row->systems & 1u << system) == 0)
			continue;
		(void)fprintf(file, "%s\n        {\"name\": \"%s\", "
		    "\"ratio_to\": \"%s\"", first ? "" : ",",
		    bench_name((enum bench_system)system),
		    bench_name(bench_shape((enum bench_system)system)->base));
		first = false;
		for (which = 0; which < METRIC_COUNT; which++) {
			(void)fprintf(file, ",");
			json_metric(file, row, (enum bench_system)system,
			    rounds, (enum metric)which);
		}
		if (is_peer_of(row, system))
			json_peer(file, row, (enum bench_system)system);
		(void)fprintf(file, "}");
	}
	(void)fprintf(file, "]}");
}

static FILE *
report_open(const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		(void)fprintf(stderr, "bench: %s: %s\n", path,
		    strerror(errno));
	return file;
}

static bool
report_close(FILE *file, const char *path)
{
	bool written = ferror(file) == 0;

	if (fclose(file) == 0 && written)
		return true;
	(void)fprintf(stderr, "bench: cannot write %s\n", path);
	return false;
}

bool
report_json(const struct report_row *rows, unsigned count, unsigned rounds,
    const char *path)
{
	FILE *file = report_open(path);
	unsigned i;

	if (file == NULL)
		return false;
	(void)fprintf(file, "{\"rounds\": %u, \"scenarios\": [", rounds);
	for (i = 0; i < count; i++) {
		(void)fprintf(file, "%s", i > 0 ? "," : "");
		json_row(file, &rows[i], rounds);
	}
	(void)fprintf(file, "]}\n");
	return report_close(file, path);
}

bool
report_plot(const struct report_row *rows, unsigned count, const char *path)
{
	FILE *file = report_open(path);
	double reached, cpu;
	unsigned i;

	if (file == NULL)
		return false;
	for (i = 0; i < count; i++) {
		reached = row_ratio(&rows[i], BENCH_LOCAL, METRIC_RATE);
		if (report_kind(rows[i].scenario) == REPORT_LATENCY)
			reached = row_ratio(&rows[i], BENCH_LOCAL,
			    METRIC_MIDDLE);
		cpu = row_ratio(&rows[i], BENCH_LOCAL, METRIC_CPU);
		if (reached <= 0)
			continue;
		if (report_kind(rows[i].scenario) == REPORT_LATENCY)
			reached = 1 / reached;
		(void)fprintf(file, "%s %.3f %.3f\n", rows[i].scenario->name,
		    reached, cpu > 0 ? 1 / cpu : 0);
	}
	return report_close(file, path);
}
