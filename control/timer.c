/* Deadlines of the core: a binary heap of timers that others own. */
#include "timer.h"

#include <stdlib.h>

#include "memory.h"

void
timers_deinit(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){0};
}

static bool
timer_is_before(const struct timer *a, const struct timer *b)
{
	if (a->deadline_msec != b->deadline_msec)
		return a->deadline_msec < b->deadline_msec;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->owner < b->owner;
}

static void
timers_put(struct timers *timers, size_t index, struct timer *timer)
{
	timers->heap[index - 1] = timer;
	timer->index = (uint32_t)index;
}

static void
timers_sift_up(struct timers *timers, struct timer *timer)
{
	size_t index = timer->index;
	struct timer *parent;

	while (index > 1) {
		parent = timers->heap[index / 2 - 1];
		if (!timer_is_before(timer, parent))
			break;
		timers_put(timers, index, parent);
		index /= 2;
	}
	timers_put(timers, index, timer);
}

static void
timers_sift_down(struct timers *timers, struct timer *timer)
{
	size_t index = timer->index, child;

	while ((child = index * 2) <= timers->count) {
		if (child < timers->count && timer_is_before(
		    timers->heap[child], timers->heap[child - 1]))
			child++;
		if (!timer_is_before(timers->heap[child - 1], timer))
			break;
		timers_put(timers, index, timers->heap[child - 1]);
		index = child;
	}
	timers_put(timers, index, timer);
}

void
timer_start(struct timers *timers, struct timer *timer, uint64_t now_msec,
    uint32_t length_msec)
{
	timer_stop(timers, timer);
	if (timers->count == timers->room) {
		timers->room = timers->room * 2 + 16;
		timers->heap = memory_resize(timers->heap,
		    timers->room * sizeof(struct timer *));
	}
	timer->deadline_msec = now_msec + length_msec;
	timer->length_msec = length_msec;
	timers_put(timers, ++timers->count, timer);
	timers_sift_up(timers, timer);
}

void
timer_stop(struct timers *timers, struct timer *timer)
{
	struct timer *last;

	if (!timer_runs(timer))
		return;
	last = timers->heap[--timers->count];
	if (last != timer) {
		timers_put(timers, timer->index, last);
		timers_sift_up(timers, last);
		timers_sift_down(timers, last);
	}
	timer->index = 0;
}

struct timer *
timers_first(const struct timers *timers)
{
	return timers->count > 0 ? timers->heap[0] : NULL;
}

void
timers_restart(struct timers *timers, uint64_t now_msec)
{
	size_t i;

	for (i = 0; i < timers->count; i++)
		timers->heap[i]->deadline_msec =
		    now_msec + timers->heap[i]->length_msec;
	for (i = timers->count / 2; i > 0; i--)
		timers_sift_down(timers, timers->heap[i - 1]);
}
