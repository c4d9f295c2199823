/*
 * How far an exploration is, now and then on standard error, and the bounds
 * that it is to keep.
 */
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	unsigned interval_sec; /* 0: silent */
	unsigned time_sec_max; /* 0: no bound */
	uint64_t memory_bytes_max;
	uint64_t begin_msec, told_msec, told_count;
	unsigned calls;
};

/* What there is to tell. */
struct progress_state {
	const char *doing;
	uint64_t count;        /* states so far */
	uint64_t waiting;      /* of these not looked at so far */
	unsigned depth;
	uint64_t memory_bytes;
};

enum progress_verdict {
	PROGRESS_ON,
	PROGRESS_TIME_OVER,
	PROGRESS_MEMORY_FULL
};

/* The clock begins to run. */
void progress_begin(struct progress *progress);

double progress_elapsed_sec(const struct progress *progress);

/* To be called often. */
enum progress_verdict progress_tick(struct progress *progress,
    const struct progress_state *state);

#endif
