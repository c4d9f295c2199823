/*
 * Statistics over the samples of a run: medians, ratios within a round, as a
 * table for people and as JSON.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

#include "bench.h"
#include "scenario.h"

#define REPORT_ROUNDS_MAX 25

/* A scenario and all its samples; those that were not taken are not valid. */
struct report_row {
	const struct scenario *scenario;
	unsigned systems; /* a bit for each that took part */
	struct bench_sample samples[BENCH_SYSTEM_COUNT][REPORT_ROUNDS_MAX];
};

/* One line about a sample just taken, on stdout. */
void report_progress(const struct scenario *scenario,
    enum bench_system system, unsigned round, unsigned rounds,
    const struct bench_sample *sample);

/* The table of 'count' rows, on stdout. */
void report_table(const struct report_row *rows, unsigned count);

/*
 * Writes everything to the file at 'path': samples, medians, ratios. False,
 * with a line on stderr, if the system refuses.
 */
bool report_json(const struct report_row *rows, unsigned count,
    unsigned rounds, const char *path);

/*
 * Writes what dnchatd reaches of the limit for a plot: a line a scenario, with
 * the ratio (more is better: of the rate, or the limit's latency to ours) and
 * that of CPU time. Errors as report_json().
 */
bool report_plot(const struct report_row *rows, unsigned count,
    const char *path);

#endif
