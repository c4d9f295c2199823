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
	X(BUSY, "server_busy_share", sample->seconds > 0 ?                \
	    sample->data_seconds / sample->seconds : 0)                   \
	X(IDLE, "generator_idle_share", sample->idle_share)               \
	X(BYTES, "bytes_per_connection", sample->data_bytes)              \
	X(CONTROL_BYTES, "control_bytes_per_connection",                  \
	    sample->control_bytes)

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

/* What each system is held against. */
static const enum bench_system bases[BENCH_SYSTEM_COUNT] = {
	[BENCH_LIMIT] = BENCH_LIMIT,
	[BENCH_LOCAL] = BENCH_LIMIT,
	[BENCH_LINK] = BENCH_LOCAL,
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

/* Of 'system' to its base; 0 if there is none. */
static double
row_ratio(const struct report_row *row, enum bench_system system,
    enum metric which)
{
	double values[REPORT_ROUNDS_MAX], value, base;
	unsigned round, count = 0;

	for (round = 0; round < REPORT_ROUNDS_MAX; round++) {
		value = metric(&row->samples[system][round], which);
		base = metric(&row->samples[bases[system]][round], which);
		if (value > 0 && base > 0 && bases[system] != system)
			values[count++] = value / base;
	}
	return median(values, count);
}

void
report_progress(const struct scenario *scenario, enum bench_system system,
    unsigned round, unsigned rounds, const struct bench_sample *sample)
{
	(void)printf("round %u/%u  %-15s %-8s ", round + 1, rounds,
	    scenario->name, bench_name(system));
	if (!sample->valid)
		(void)printf("failed\n");
	else if (scenario->shape == SCENARIO_IDLE)
		(void)printf("%9.2f KiB a connection\n",
		    sample->data_bytes / 1024);
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

static void
rate_line(const struct report_row *row, enum bench_system system)
{
	(void)printf("%-15s %-8s", system == BENCH_LIMIT ?
	    row->scenario->name : "", bench_name(system));
	cell(10, 0, row_median(row, system, METRIC_RATE));
	cell(8, 2, row_median(row, system, METRIC_CPU));
	cell(9, 2, row_median(row, system, METRIC_CONTROL));
	cell(6, 0, 100 * row_median(row, system, METRIC_BUSY));
	cell(6, 0, 100 * row_median(row, system, METRIC_IDLE));
	cell(7, 2, row_ratio(row, system, METRIC_RATE));
	cell(6, 2, row_ratio(row, system, METRIC_CPU));
	(void)printf("  %s\n", bases[system] != system ?
	    bench_name(bases[system]) : "");
}

static void
idle_line(const struct report_row *row, enum bench_system system)
{
	(void)printf("%-15s %-8s", system == BENCH_LIMIT ?
	    row->scenario->name : "", bench_name(system));
	cell(10, 2, row_median(row, system, METRIC_BYTES) / 1024);
	cell(12, 0, row_median(row, system, METRIC_CONTROL_BYTES));
	(void)printf("\n");
}

/* The lines of all rows that are of the idle kind, or of the other. */
static void
lines(const struct report_row *rows, unsigned count, bool is_idle)
{
	unsigned i, system;

	for (i = 0; i < count; i++)
		for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
			if ((rows[i].scenario->shape == SCENARIO_IDLE) !=
			    is_idle || (rows[i].scenario->systems &
			    1u << system) == 0)
				continue;
			if (is_idle)
				idle_line(&rows[i], (enum bench_system)system);
			else
				rate_line(&rows[i], (enum bench_system)system);
		}
}

void
report_table(const struct report_row *rows, unsigned count)
{
	unsigned i;

	(void)printf("\nMedians. CPU: seconds per million deliveries or "
	    "logins, of all dnchatd and of\nall dncontrol. Busy, idle: per "
	    "cent of the time, the servers and the generator.\nRatios: "
	    "within a round.\n\n");
	(void)printf("%-15s %-8s%10s%8s%9s%6s%6s%7s%6s  %s\n", "SCENARIO",
	    "SYSTEM", "PER S", "CPU", "CONTROL", "BUSY", "IDLE", "RATE",
	    "CPU", "OF");
	lines(rows, count, false);
	(void)printf("\n%-15s %-8s%10s%12s\n", "SCENARIO", "SYSTEM",
	    "KIB/CONN", "CONTROL B");
	lines(rows, count, true);
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

static void
json_row(FILE *file, const struct report_row *row, unsigned rounds)
{
	unsigned system, which;
	bool first = true;

	(void)fprintf(file, "\n    {\"name\": \"%s\",\n     \"what\": \"%s\","
	    "\n     \"systems\": [", row->scenario->name, row->scenario->what);
	for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
		if ((row->scenario->systems & 1u << system) == 0)
			continue;
		(void)fprintf(file, "%s\n        {\"name\": \"%s\", "
		    "\"ratio_to\": \"%s\"", first ? "" : ",",
		    bench_name((enum bench_system)system),
		    bench_name(bases[system]));
		first = false;
		for (which = 0; which < METRIC_COUNT; which++) {
			(void)fprintf(file, ",");
			json_metric(file, row, (enum bench_system)system,
			    rounds, (enum metric)which);
		}
		(void)fprintf(file, "}");
	}
	(void)fprintf(file, "]}");
}

bool
report_json(const struct report_row *rows, unsigned count, unsigned rounds,
    const char *path)
{
	FILE *file = fopen(path, "w");
	bool written;
	unsigned i;

	if (file == NULL) {
		(void)fprintf(stderr, "bench: %s: %s\n", path,
		    strerror(errno));
		return false;
	}
	(void)fprintf(file, "{\"rounds\": %u, \"scenarios\": [", rounds);
	for (i = 0; i < count; i++) {
		(void)fprintf(file, "%s", i > 0 ? "," : "");
		json_row(file, &rows[i], rounds);
	}
	(void)fprintf(file, "]}\n");
	written = ferror(file) == 0;
	if (fclose(file) != 0 || !written) {
		(void)fprintf(stderr, "bench: cannot write %s\n", path);
		return false;
	}
	return true;
}
