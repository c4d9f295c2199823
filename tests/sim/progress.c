/*
 * Progress and bounds: see progress.h.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* Calls between two looks at the clock. */
#define PROGRESS_CALLS 1024

static uint64_t
progress_now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
progress_begin(struct progress *progress)
{
	progress->begin_msec = progress->told_msec = progress_now_msec();
	progress->told_count = 0;
	progress->calls = 0;
}

double
progress_elapsed_sec(const struct progress *progress)
{
	return (double)(progress_now_msec() - progress->begin_msec) / 1000;
}

static void
progress_tell(struct progress *progress, const struct progress_state *state,
    uint64_t now_msec)
{
	uint64_t msec = now_msec - progress->told_msec;
	uint64_t more = state->count > progress->told_count ?
	    state->count - progress->told_count : 0;

	fprintf(stderr, "  %s: %" PRIu64 " states, %" PRIu64 "/s, depth %u, %"
	    PRIu64 " wait, %" PRIu64 " MiB, %" PRIu64 " s\n", state->doing,
	    state->count, more * 1000 / msec, state->depth, state->waiting,
	    state->memory_bytes >> 20,
	    (now_msec - progress->begin_msec) / 1000);
	progress->told_msec = now_msec;
	progress->told_count = state->count;
}

enum progress_verdict
progress_tick(struct progress *progress, const struct progress_state *state)
{
	uint64_t now_msec;

	if (state->memory_bytes > progress->memory_bytes_max)
		return PROGRESS_MEMORY_FULL;
	if (progress->calls++ % PROGRESS_CALLS != 0)
		return PROGRESS_ON;
	now_msec = progress_now_msec();
	if (progress->interval_sec > 0 && now_msec - progress->told_msec >=
	    progress->interval_sec * UINT64_C(1000))
		progress_tell(progress, state, now_msec);
	if (progress->time_sec_max > 0 && now_msec - progress->begin_msec >=
	    progress->time_sec_max * UINT64_C(1000))
		return PROGRESS_TIME_OVER;
	return PROGRESS_ON;
}
