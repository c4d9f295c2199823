/*
 * The maps of agg_study.h, and how they spread.
 */
#include "agg_study.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is under way ---- */

static void
agg_send(struct agg *agg, uint32_t way, uint32_t home, uint32_t serial)
{
	double at = agg->now + 0.5 +
	    (double)scale_below(agg->scale, 1000000) / 1e6;

	agg->user_messages++;
	if (agg->scale->ways[way].is_down)
		return;
	/* Links are queues: a home's changes stay in order on each. */
	if (at <= agg->last[way])
		at = agg->last[way] + 1e-9;
	agg->last[way] = at;
	scale_heap_push(&agg->heap, (struct scale_item){at, way, home, serial,
	    0});
}

static void
agg_spread(struct agg *agg, uint32_t node, uint32_t except, uint32_t home,
    uint32_t serial)
{
	const struct scale_node *at = &agg->scale->nodes[node];
	uint32_t way;

	for (way = at->way_first; way < at->way_first + at->way_count; way++)
		if (way != except)
			agg_send(agg, way, home, serial);
}

/* ---- maps ---- */

static void
agg_apply(struct agg_user *user, uint16_t home, bool is_there)
{
	unsigned i, free = AGG_HOLDERS_MAX;

	for (i = 0; i < AGG_HOLDERS_MAX; i++) {
		if (user->homes[i] == home) {
			if (!is_there)
				user->homes[i] = AGG_NO_HOME;
			return;
		}
		if (user->homes[i] == AGG_NO_HOME)
			free = i;
	}
	if (is_there && free < AGG_HOLDERS_MAX)
		user->homes[free] = home;
}

/* Node 'node' takes change 'serial' of 'home'; false if it has it. */
static bool
agg_take(struct agg *agg, uint32_t node, uint32_t home, uint32_t serial)
{
	struct agg_node *at = &agg->nodes[node];
	const struct agg_change *change;

	if (serial <= at->serials[home])
		return false;
	assert(serial == at->serials[home] + 1);
	at->serials[home] = serial;
	change = &agg->homes[home].log[serial - 1];
	agg_apply(&at->users[change->user], (uint16_t)home,
	    change->is_there);
	return true;
}

void
agg_change(struct agg *agg, uint32_t home, uint32_t user, bool is_there)
{
	struct agg_home *at = &agg->homes[home];

	if (at->count == at->room) {
		at->room = at->room * 2 + 64;
		at->log = realloc(at->log, at->room * sizeof(*at->log));
		assert(at->log != NULL);
	}
	at->log[at->count++] = (struct agg_change){user, is_there};
	(void)agg_take(agg, home, home, at->count);
	agg_spread(agg, home, UINT32_MAX, home, at->count);
}

/* ---- links ---- */

/* HAVE of the other end has come: what it lacks is sent. */
static void
agg_answer(struct agg *agg, uint32_t way)
{
	const struct scale_way *at = &agg->scale->ways[way];
	const struct agg_node *mine = &agg->nodes[at->from];
	const struct agg_node *theirs = &agg->nodes[at->to];
	uint32_t home, serial;

	for (home = 0; home < agg->scale->node_count; home++) {
		agg->have_entries++;
		for (serial = theirs->serials[home] + 1;
		    serial <= mine->serials[home]; serial++)
			agg_send(agg, way, home, serial);
	}
}

void
agg_edge_set(struct agg *agg, uint32_t edge, bool is_up)
{
	const struct scale_edge *ends = &agg->scale->edges[edge];
	const struct scale_node *node = &agg->scale->nodes[ends->a];
	uint32_t way = node->way_first, back;
	struct scale_heap kept = {0};
	size_t i;

	while (agg->scale->ways[way].to != ends->b)
		way++;
	back = agg->scale->ways[way].back;
	agg->scale->ways[way].is_down = !is_up;
	agg->scale->ways[back].is_down = !is_up;
	if (is_up) {
		agg_answer(agg, way);
		agg_answer(agg, back);
		return;
	}
	/* What is under way is lost. */
	for (i = 0; i < agg->heap.count; i++)
		if (agg->heap.items[i].way != way &&
		    agg->heap.items[i].way != back)
			scale_heap_push(&kept, agg->heap.items[i]);
	scale_heap_end(&agg->heap);
	agg->heap = kept;
}

void
agg_run(struct agg *agg)
{
	const struct scale_way *way;
	struct scale_item packet;

	while (agg->heap.count > 0) {
		packet = scale_heap_pop(&agg->heap);
		agg->now = packet.at;
		way = &agg->scale->ways[packet.way];
		if (agg_take(agg, way->to, packet.node, packet.number))
			agg_spread(agg, way->to, way->back, packet.node,
			    packet.number);
	}
}

/* ---- life ---- */

void
agg_begin(struct agg *agg, struct scale *scale, uint32_t user_count)
{
	uint32_t i;

	memset(agg, 0, sizeof(*agg));
	agg->scale = scale;
	agg->user_count = user_count;
	agg->nodes = calloc(scale->node_count, sizeof(*agg->nodes));
	agg->homes = calloc(scale->node_count, sizeof(*agg->homes));
	agg->last = calloc(scale->way_count, sizeof(*agg->last));
	assert(agg->nodes != NULL && agg->homes != NULL && agg->last != NULL);
	for (i = 0; i < scale->node_count; i++) {
		agg->nodes[i].users = malloc(user_count *
		    sizeof(*agg->nodes[i].users));
		agg->nodes[i].serials = calloc(scale->node_count,
		    sizeof(*agg->nodes[i].serials));
		assert(agg->nodes[i].users != NULL &&
		    agg->nodes[i].serials != NULL);
		memset(agg->nodes[i].users, 0xff, user_count *
		    sizeof(*agg->nodes[i].users));
	}
}

void
agg_end(struct agg *agg)
{
	uint32_t i;

	for (i = 0; i < agg->scale->node_count; i++) {
		free(agg->nodes[i].users);
		free(agg->nodes[i].serials);
		free(agg->homes[i].log);
	}
	free(agg->nodes);
	free(agg->homes);
	free(agg->last);
	scale_heap_end(&agg->heap);
}

size_t
agg_bytes(const struct agg *agg)
{
	size_t each = agg->user_count * sizeof(struct agg_user) +
	    agg->scale->node_count * (sizeof(struct route) +
	    sizeof(uint32_t) + 1);

	return each * agg->scale->node_count + (size_t)agg->scale->way_count *
	    agg->scale->node_count * sizeof(struct route_link);
}

uint32_t
agg_wrong(const struct agg *agg, uint32_t user, const uint16_t *homes)
{
	const struct agg_user *known;
	uint32_t i, wrong = 0;
	unsigned k, found, truth;

	for (i = 0; i < agg->scale->node_count; i++) {
		known = &agg->nodes[i].users[user];
		found = truth = 0;
		for (k = 0; k < AGG_HOLDERS_MAX; k++) {
			truth += homes[k] != AGG_NO_HOME;
			found += known->homes[k] != AGG_NO_HOME &&
			    (known->homes[k] == homes[0] ||
			    known->homes[k] == homes[1]);
		}
		wrong += found != truth;
	}
	return wrong;
}
