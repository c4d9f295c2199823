/*
 * Virtual time: a heap ordered by time, then by the order of scheduling. See
 * sim_clock.h.
 */
#include "sim_clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sim_item {
	uint64_t at_usec, order, what;
	sim_act *act;
	void *object;
};

static struct {
	uint64_t now_usec, order, state;
	struct sim_item *heap;
	size_t count, room;
} world;

static uint64_t counted;

void
sim_clock_begin(uint64_t seed)
{
	memset(&world, 0, sizeof(world));
	world.now_usec = 1000 * SIM_SEC;
	world.state = seed * UINT64_C(0x9e3779b97f4a7c15) +
	    UINT64_C(0xd1b54a32d192ed03);
}

void
sim_clock_end(void)
{
	free(world.heap);
	world.heap = NULL;
}

uint64_t
sim_now(void)
{
	return world.now_usec;
}

static bool
sim_before(const struct sim_item *a, const struct sim_item *b)
{
	return a->at_usec != b->at_usec ? a->at_usec < b->at_usec :
	    a->order < b->order;
}

void
sim_at(uint64_t at_usec, sim_act *act, void *object, uint64_t what)
{
	struct sim_item item = {at_usec, ++world.order, what, act, object};
	size_t at = world.count++;

	if (item.at_usec < world.now_usec)
		item.at_usec = world.now_usec;
	if (world.count > world.room) {
		world.room = world.room > 0 ? world.room * 2 : 1024;
		world.heap = realloc(world.heap,
		    world.room * sizeof(*world.heap));
		assert(world.heap != NULL);
	}
	while (at > 0 && sim_before(&item, &world.heap[(at - 1) / 2])) {
		world.heap[at] = world.heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	world.heap[at] = item;
}

static void
sim_take_first(void)
{
	struct sim_item item = world.heap[--world.count];
	size_t at = 0, child;

	while ((child = at * 2 + 1) < world.count) {
		if (child + 1 < world.count && sim_before(
		    &world.heap[child + 1], &world.heap[child]))
			child++;
		if (!sim_before(&world.heap[child], &item))
			break;
		world.heap[at] = world.heap[child];
		at = child;
	}
	if (world.count > 0)
		world.heap[at] = item;
}

bool
sim_step(uint64_t until_usec)
{
	struct sim_item item;

	if (world.count == 0 || world.heap[0].at_usec > until_usec) {
		world.now_usec = until_usec;
		return false;
	}
	item = world.heap[0];
	sim_take_first();
	world.now_usec = item.at_usec;
	item.act(item.object, item.what);
	return true;
}

/* splitmix64 */
uint64_t
sim_random(void)
{
	uint64_t z = world.state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t
sim_below(uint32_t limit)
{
	return (uint32_t)((sim_random() >> 32) * limit >> 32);
}

bool
sim_chance(uint32_t percent)
{
	return sim_below(100) < percent;
}

void
sim_count(uint64_t count)
{
	counted += count;
}

uint64_t
sim_counted(void)
{
	return counted;
}
