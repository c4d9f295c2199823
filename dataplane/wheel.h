/*
 * One coarse wheel for all deadlines of dnchatd. Setting and clearing cost the
 * same however many there are; a deadline is met at most WHEEL_TICK_MSEC
 * early, and late only as far as the caller is.
 */
#ifndef DATAPLANE_WHEEL_H
#define DATAPLANE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_TICK_MSEC 32
#define WHEEL_SLOTS 2048 /* about a minute; later deadlines go round again */

/* Zeroed is not set. Lives in what it belongs to, which does not move. */
struct wheel_timer {
	struct wheel_timer *next, *prev;
	uint64_t deadline_msec;
};

struct wheel {
	struct wheel_timer slots[WHEEL_SLOTS]; /* heads of rings */
	uint64_t used[WHEEL_SLOTS / 64];       /* a bit a slot: not empty */
	uint64_t tick;                         /* the one that fires now */
};

/* Empties '*wheel'; 'now_msec' is where its time begins. */
void wheel_init(struct wheel *wheel, uint64_t now_msec);

/* Sets 'timer' to 'deadline_msec'; if it was set it is moved. One that has
 * passed already is met in the next wheel_advance(). */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer,
    uint64_t deadline_msec);

/* Clears 'timer'; nothing happens if it is not set. */
void wheel_del(struct wheel *wheel, struct wheel_timer *timer);

/* True if 'timer' is in the wheel. */
bool wheel_is_set(const struct wheel_timer *timer);

/*
 * Takes one timer whose deadline has come out of the wheel and returns it;
 * NULL if there is none. The caller repeats until then; timers that it sets
 * meanwhile are met in the next tick at the earliest.
 */
struct wheel_timer *wheel_advance(struct wheel *wheel, uint64_t now_msec);

/* When wheel_advance() should be called next, UINT64_MAX if nothing is set.
 * Never later than a deadline; sometimes earlier. */
uint64_t wheel_next(const struct wheel *wheel);

#endif
