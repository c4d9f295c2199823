/*
 * Deadlines of the core: a heap ordered by deadline, then kind, then owner,
 * so that a replay fires them in the order in which they fired before. Timers
 * are members of what they belong to.
 */
#ifndef CONTROL_TIMER_H
#define CONTROL_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No clock gets there; a deadline from before it does not wrap. */
#define TIMER_MSEC_MAX (UINT64_MAX / 2)

/* Zeroed but for owner and kind, it stands still. */
struct timer {
	uint64_t deadline_msec;
	uint64_t owner;       /* a number of the user's of this file */
	uint32_t length_msec; /* from its start to the deadline */
	uint32_t index;       /* in the heap, from 1; 0: it stands still */
	uint8_t kind;         /* likewise; (kind, owner) is unique */
};

/* Zeroed is empty. Timers are borrowed until they are stopped. */
struct timers {
	struct timer **heap;
	size_t count;
	size_t room;
};

/* Frees the heap; timers that still run are forgotten. */
void timers_deinit(struct timers *timers);

/* Starts 'timer', anew if it runs: its deadline is then 'now_msec' plus
 * 'length_msec'. */
void timer_start(struct timers *timers, struct timer *timer, uint64_t now_msec,
    uint32_t length_msec);

/* Nothing if it stands still. */
void timer_stop(struct timers *timers, struct timer *timer);

static inline bool
timer_runs(const struct timer *timer)
{
	return timer->index != 0;
}

/* The timer whose deadline is next, or NULL. */
struct timer *timers_first(const struct timers *timers);

/* Starts every running timer anew at its full length. */
void timers_restart(struct timers *timers, uint64_t now_msec);

#endif
