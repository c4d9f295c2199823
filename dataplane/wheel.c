/*
 * Deadlines. A slot holds the deadlines of one tick, and of the same tick in
 * later rounds; those are passed over until their round has come.
 */
#include "wheel.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static struct wheel_timer *
wheel_slot(struct wheel *wheel, uint64_t tick)
{
	return &wheel->slots[tick % WHEEL_SLOTS];
}

static void
wheel_mark(struct wheel *wheel, const struct wheel_timer *slot)
{
	size_t index = (size_t)(slot - wheel->slots);
	uint64_t bit = UINT64_C(1) << index % 64;

	if (slot->next == slot)
		wheel->used[index / 64] &= ~bit;
	else
		wheel->used[index / 64] |= bit;
}

void
wheel_init(struct wheel *wheel, uint64_t now_msec)
{
	size_t i;

	memset(wheel, 0, sizeof(*wheel));
	for (i = 0; i < WHEEL_SLOTS; i++)
		wheel->slots[i].next = wheel->slots[i].prev =
		    &wheel->slots[i];
	wheel->tick = now_msec / WHEEL_TICK_MSEC;
}

bool
wheel_is_set(const struct wheel_timer *timer)
{
	return timer->next != NULL;
}

void
wheel_set(struct wheel *wheel, struct wheel_timer *timer,
    uint64_t deadline_msec)
{
	uint64_t tick = deadline_msec / WHEEL_TICK_MSEC;
	struct wheel_timer *slot;

	wheel_del(wheel, timer);
	if (tick <= wheel->tick)
		tick = wheel->tick + 1;
	slot = wheel_slot(wheel, tick);
	timer->deadline_msec = tick * WHEEL_TICK_MSEC;
	timer->next = slot;
	timer->prev = slot->prev;
	slot->prev->next = timer;
	slot->prev = timer;
	wheel_mark(wheel, slot);
}

void
wheel_del(struct wheel *wheel, struct wheel_timer *timer)
{
	if (!wheel_is_set(timer))
		return;
	timer->prev->next = timer->next;
	timer->next->prev = timer->prev;
	timer->next = timer->prev = NULL;
	wheel_mark(wheel,
	    wheel_slot(wheel, timer->deadline_msec / WHEEL_TICK_MSEC));
}

struct wheel_timer *
wheel_advance(struct wheel *wheel, uint64_t now_msec)
{
	uint64_t now = now_msec / WHEEL_TICK_MSEC;
	struct wheel_timer *slot, *timer;

	/* After a long pause one round finds everything. */
	if (now > wheel->tick + WHEEL_SLOTS)
		wheel->tick = now - WHEEL_SLOTS;
	for (;;) {
		slot = wheel_slot(wheel, wheel->tick);
		for (timer = slot->next; timer != slot; timer = timer->next)
			if (timer->deadline_msec / WHEEL_TICK_MSEC <=
			    wheel->tick) {
				wheel_del(wheel, timer);
				return timer;
			}
		if (wheel->tick >= now)
			break;
		wheel->tick++;
	}
	return NULL;
}

uint64_t
wheel_next(const struct wheel *wheel)
{
	uint64_t tick = wheel->tick + 1, end = tick + WHEEL_SLOTS, word;

	while (tick < end) {
		word = wheel->used[tick % WHEEL_SLOTS / 64] >> tick % 64;
		if (word != 0) {
			tick += (uint64_t)__builtin_ctzll(word);
			return tick * WHEEL_TICK_MSEC;
		}
		tick += 64 - tick % 64;
	}
	return UINT64_MAX;
}
