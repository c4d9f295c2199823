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
	X(MIDDLE, "latency_p50_usec", sample->middle_usec)                \
	X(LATE, "latency_p99_usec", sample->late_usec)                    \
	X(BYTES, "bytes_per_connection", sample->data_bytes)              \
	X(CONTROL_BYTES, "control_bytes_per_connection",                  \
	    sample->control_bytes)                                        \
	X(CALM_MIDDLE, "calm_latency_p50_usec", sample->calm_middle_usec) \
	X(CALM_LATE, "calm_latency_p99_usec", sample->calm_late_usec)     \
	X(STALL, "latency_p99_to_calm", sample->calm_late_usec > 0 ?      \
	    sample->late_usec / sample->calm_late_usec : 0)               \
	X(UPLINK, "uplink_bytes_max", sample->uplink_bytes)

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

/* Of 'system' to its base; 0 if there is none. */
static double
row_ratio(const struct report_row *row, enum bench_system system,
    enum metric which)
{
	double values[REPORT_ROUNDS_MAX], value, base;
	enum bench_system other = bench_shape(system)->base;
	unsigned round, count = 0;

	for (round = 0; round < REPORT_ROUNDS_MAX; round++) {
		value = metric(&row->samples[system][round], which);
		base = metric(&row->samples[other][round], which);
		if (value > 0 && base > 0 && other != system)
			values[count++] = value / base;
	}
	return median(values, count);
}

void
report_progress(const struct scenario *scenario, enum bench_system system,
    unsigned round, unsigned rounds, const struct bench_sample *sample)
{
	(void)printf("round %u/%u  %-15s %-9s ", round + 1, rounds,
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
	(void)printf("%-15s %-9s", is_first ? row->scenario->name : "",
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

	cell(9, 2, rate > 0 ? row->scenario->flood.links *
	    row->scenario->flood.users / rate : 0);
	cell(8, 2, row_median(row, system, METRIC_CPU));
	cell(9, 2, row_median(row, system, METRIC_CONTROL));
	cell(9, 0, row_median(row, system, METRIC_CALM_LATE));
	cell(9, 0, row_median(row, system, METRIC_LATE));
	cell(7, 2, row_median(row, system, METRIC_STALL));
	cell(13, 0, row_median(row, system, METRIC_UPLINK) / 1024);
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
			if ((rows[i].scenario->systems & 1u << system) == 0)
				continue;
			line_begin(&rows[i], (enum bench_system)system,
			    is_first);
			writers[kind](&rows[i], (enum bench_system)system);
			is_first = false;
		}
	}
}

/* Of 'row' to 'other', in the same rounds; 0 if they have none in common. */
static double
beside_ratio(const struct report_row *row, const struct report_row *other,
    enum bench_system system, enum metric which)
{
	double values[REPORT_ROUNDS_MAX], value, base;
	unsigned round, count = 0;

	for (round = 0; round < REPORT_ROUNDS_MAX; round++) {
		value = metric(&row->samples[system][round], which);
		base = metric(&other->samples[system][round], which);
		if (value > 0 && base > 0)
			values[count++] = value / base;
	}
	return median(values, count);
}

static void
beside_line(const struct report_row *row, const struct report_row *other)
{
	unsigned system;
	double rate, cpu;

	for (system = 0; system < BENCH_SYSTEM_COUNT; system++) {
		rate = beside_ratio(row, other, (enum bench_system)system,
		    METRIC_RATE);
		cpu = beside_ratio(row, other, (enum bench_system)system,
		    METRIC_CPU);
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

void
report_table(const struct report_row *rows, unsigned count)
{
	unsigned i;

	(void)printf("\nMedians. CPU: seconds per million deliveries or "
	    "logins, of all dnchatd and of\nall dncontrol. Busy, idle: per "
	    "cent of the time, the servers and the generator.\nRatios: "
	    "within a round.\n\n");
	(void)printf("%-15s %-9s%10s%8s%9s%6s%6s%7s%6s  %s\n", "SCENARIO",
	    "SYSTEM", "PER S", "CPU", "CONTROL", "BUSY", "IDLE", "RATE",
	    "CPU", "OF");
	lines(rows, count, REPORT_RATE);
	(void)printf("\n%-15s %-9s%10s%10s%8s%8s  %s\n", "SCENARIO", "SYSTEM",
	    "P50 USEC", "P99 USEC", "P50", "P99", "OF");
	lines(rows, count, REPORT_LATENCY);
	(void)printf("\n%-15s %-9s%10s%12s\n", "SCENARIO", "SYSTEM",
	    "KIB/CONN", "CONTROL B");
	lines(rows, count, REPORT_MEMORY);
	(void)printf("\nCPU: seconds per million users. Logins meanwhile, "
	    "beside those before it.\n%-15s %-9s%9s%8s%9s%9s%9s%7s%13s\n",
	    "SCENARIO", "SYSTEM", "SECONDS", "CPU", "CONTROL", "CALM P99",
	    "P99 USEC", "RATIO", "IPC MAX KiB");
	lines(rows, count, REPORT_FLOOD);
	(void)printf("\n");
	beside_lines(rows, count);
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
		    bench_name(bench_shape((enum bench_system)system)->base));
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
