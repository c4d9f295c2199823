/*
 * The network of scale.h: what is sent arrives, hold times end.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scale.h"

struct scale_message {
	double at;
	uint32_t user;
	uint16_t hops; /* ROUTE_INFINITY: LEFT */
};

/* What route.c is given: the node that sends. */
struct scale_context {
	struct scale *scale;
	uint32_t index;
	struct route_node node;
	struct classic classic;
};

/* ---- sending ---- */

static void
scale_grow(struct scale_way *way)
{
	uint32_t room = way->room * 2 + 8, i;
	struct scale_message *messages = malloc(room * sizeof(*messages));

	assert(messages != NULL);
	for (i = 0; i < way->count; i++)
		messages[i] = way->messages[(way->first + i) % way->room];
	free(way->messages);
	way->messages = messages;
	way->room = room;
	way->first = 0;
}

static void
scale_send(void *context_, struct route *route, uint16_t slot,
    enum route_message message, uint16_t hops)
{
	struct scale_context *context = context_;
	struct scale *scale = context->scale;
	uint32_t number = scale->nodes[context->index].way_first + slot;
	struct scale_way *way = &scale->ways[number];
	size_t index = (size_t)(route - scale->routes);
	double at = scale->now + 0.5 +
	    (double)scale_below(scale, 1000000) / 1e6;

	scale->messages++;
	if (way->is_down)
		return;
	if (message == ROUTE_ARRV && hops > scale->hops_max)
		scale->hops_max = hops;
	if (at < way->last)
		at = way->last;
	way->last = at;
	if (way->count == way->room)
		scale_grow(way);
	way->messages[(way->first + way->count) % way->room] =
	    (struct scale_message){at, (uint32_t)(index % scale->user_count),
	    message == ROUTE_ARRV ? hops : ROUTE_INFINITY};
	if (way->count++ == 0)
		scale_heap_push(&scale->heap, (struct scale_item){.at = at,
		    .way = number});
}

/* ---- what a node does, and what follows ---- */

static struct route *
scale_route(const struct scale *scale, uint32_t node, uint32_t user)
{
	return &scale->routes[(size_t)node * scale->user_count + user];
}

static void
scale_check_loop(struct scale *scale, uint32_t node, uint32_t user)
{
	const struct route *route = scale_route(scale, node, user);
	uint32_t at = node, steps;

	for (steps = 0; route->succ >= 0 && steps <= scale->node_count;
	    steps++) {
		at = scale->ways[scale->nodes[at].way_first +
		    (uint32_t)route->succ].to;
		if (at == node) {
			scale->loops++;
			return;
		}
		route = scale_route(scale, at, user);
	}
}

static void
scale_settle(struct scale *scale, uint32_t node, uint32_t user,
    int16_t succ, uint16_t distance, uint8_t withdrawals)
{
	struct route *route = scale_route(scale, node, user);
	uint8_t *strikes = &scale->strikes[route - scale->routes];
	double hold = SCALE_HOLD;
	unsigned i;

	if (route->succ != succ || route->distance != distance)
		scale->changed = scale->now;
	if (route->succ != succ && scale->checks_loops)
		scale_check_loop(scale, node, user);
	if (route->withdrawals == withdrawals)
		return;
	for (i = 0; i < *strikes && hold < SCALE_HOLD_MAX; i++)
		hold *= 2;
	if (*strikes < UINT8_MAX)
		++*strikes;
	scale_heap_push(&scale->heap, (struct scale_item){.at = scale->now + (hold <
	    SCALE_HOLD_MAX ? hold : SCALE_HOLD_MAX), .way = UINT32_MAX,
	    .node = node, .number = user, .withdrawals = route->withdrawals});
}

/* Calls OURS or CLASSIC, whichever runs here, and looks at what changed. */
#define SCALE_CALL(scale, index, user, OURS, CLASSIC)                       \
	do {                                                                \
		struct scale_context *at = (scale)->nodes[index].context;   \
		struct route *route = scale_route(scale, index, user);      \
		int16_t succ = route->succ;                                 \
		uint16_t distance = route->distance;                        \
		uint8_t withdrawals = route->withdrawals;                   \
		if ((scale)->kind == SCALE_OURS)                            \
			OURS;                                               \
		else                                                        \
			CLASSIC;                                            \
		scale_settle(scale, index, user, succ, distance,            \
		    withdrawals);                                           \
	} while (0)

void
scale_local(struct scale *scale, uint32_t node, uint32_t user, bool is_local)
{
	SCALE_CALL(scale, node, user,
	    route_local(route, &at->node, is_local),
	    classic_local(route, &at->classic, is_local));
}

static void
scale_arrive(struct scale *scale, struct scale_way *way,
    const struct scale_message *message)
{
	uint32_t user = message->user;

	if (message->hops == ROUTE_INFINITY)
		SCALE_CALL(scale, way->to, user,
		    (void)route_left(route, &at->node, way->slot),
		    classic_message(route, &at->classic, way->slot,
		    ROUTE_INFINITY));
	else
		SCALE_CALL(scale, way->to, user,
		    (void)route_arrv(route, &at->node, way->slot,
		    message->hops),
		    classic_message(route, &at->classic, way->slot,
		    message->hops));
}

static void
scale_end_of_way(struct scale *scale, uint32_t node, uint16_t slot,
    bool is_up)
{
	uint32_t user;

	for (user = 0; user < scale->user_count; user++) {
		if (is_up)
			SCALE_CALL(scale, node, user,
			    route_link_up(route, &at->node, slot),
			    classic_link_up(route, &at->classic, slot));
		else
			SCALE_CALL(scale, node, user,
			    route_link_down(route, &at->node, slot),
			    classic_link_down(route, &at->classic, slot));
	}
}

void
scale_edge_set(struct scale *scale, uint32_t edge, bool is_up)
{
	struct scale_way *way, *back;
	uint32_t a = scale->edges[edge].a, i;

	for (i = 0; i < scale->nodes[a].way_count; i++)
		if (scale->ways[scale->nodes[a].way_first + i].to ==
		    scale->edges[edge].b)
			break;
	way = &scale->ways[scale->nodes[a].way_first + i];
	back = &scale->ways[way->back];
	way->is_down = back->is_down = !is_up;
	/* What is under way is lost. */
	way->count = back->count = 0;
	scale_end_of_way(scale, way->to, way->slot, is_up);
	scale_end_of_way(scale, back->to, back->slot, is_up);
}

static void
scale_step(struct scale *scale)
{
	struct scale_item timer = scale_heap_pop(&scale->heap);
	struct scale_message message;
	struct scale_way *way;

	scale->now = timer.at;
	if (timer.way == UINT32_MAX) {
		struct route *held = scale_route(scale, timer.node,
		    timer.number);

		if (held->withdrawals == timer.withdrawals && held->hold)
			SCALE_CALL(scale, timer.node, timer.number,
			    route_hold_over(route, &at->node), (void)0);
		return;
	}
	way = &scale->ways[timer.way];
	/* Meant for a message that was lost with the link. */
	if (way->count == 0 || way->messages[way->first].at > timer.at)
		return;
	message = way->messages[way->first];
	way->first = (way->first + 1) % way->room;
	if (--way->count > 0)
		scale_heap_push(&scale->heap, (struct scale_item){
		    .at = way->messages[way->first].at, .way = timer.way});
	scale_arrive(scale, way, &message);
}

bool
scale_run(struct scale *scale, uint64_t limit)
{
	limit += scale->messages;
	while (scale->heap.count > 0 && scale->messages < limit)
		scale_step(scale);
	return scale->heap.count == 0;
}

/* ---- life ---- */

static void
scale_begin_node(struct scale *scale, uint32_t index, struct route_link *links)
{
	static const bool naive[UINT16_MAX + 1];
	struct scale_node *node = &scale->nodes[index];
	struct scale_context *context = calloc(1, sizeof(*context));
	uint32_t user;
	uint16_t slot;

	assert(context != NULL);
	node->context = context;
	context->scale = scale;
	context->index = index;
	context->node = (struct route_node){.naive = naive,
	    .hops_max = ROUTE_INFINITY - 1, .context = context,
	    .send = scale_send};
	context->classic.node = context->node;
	for (user = 0; user < scale->user_count; user++) {
		struct route *route = scale_route(scale, index, user);

		route_init(route, links, node->way_count);
		for (slot = 0; slot < node->way_count; slot++)
			links[slot] = (struct route_link){ROUTE_INFINITY,
			    ROUTE_UP};
		links += node->way_count;
	}
}

void
scale_begin(struct scale *scale, enum scale_kind kind, uint32_t user_count)
{
	size_t count = (size_t)scale->node_count * user_count, first = 0;
	uint32_t i;

	scale->kind = kind;
	scale->user_count = user_count;
	scale->routes = malloc(count * sizeof(*scale->routes));
	scale->links = malloc((size_t)scale->way_count * user_count *
	    sizeof(*scale->links));
	scale->strikes = calloc(count, 1);
	assert(scale->routes != NULL && scale->links != NULL &&
	    scale->strikes != NULL);
	for (i = 0; i < scale->node_count; i++) {
		scale_begin_node(scale, i, scale->links + first);
		first += (size_t)scale->nodes[i].way_count * user_count;
	}
	scale->now = scale->changed = 0;
	scale->messages = scale->loops = 0;
	scale->hops_max = 0;
}

void
scale_end(struct scale *scale)
{
	uint32_t i;

	for (i = 0; i < scale->node_count; i++)
		free(scale->nodes[i].context);
	for (i = 0; i < scale->way_count; i++) {
		free(scale->ways[i].messages);
		scale->ways[i].messages = NULL;
		scale->ways[i].room = scale->ways[i].count = 0;
		scale->ways[i].first = 0;
		scale->ways[i].last = 0;
		scale->ways[i].is_down = false;
	}
	free(scale->routes);
	free(scale->links);
	free(scale->strikes);
	scale_heap_end(&scale->heap);
}

size_t
scale_bytes(const struct scale *scale)
{
	return (size_t)scale->node_count * scale->user_count *
	    (sizeof(struct route) + 1) +
	    (size_t)scale->way_count * scale->user_count *
	    sizeof(struct route_link);
}

bool
scale_is_exact(const struct scale *scale, uint32_t user, int64_t home)
{
	uint16_t far = scale->kind == SCALE_OURS ? ROUTE_INFINITY :
	    DN_HOPS_FOREIGN_INFINITY;
	uint32_t *queue = calloc(scale->node_count, sizeof(*queue));
	uint16_t *away = malloc(scale->node_count * sizeof(*away));
	uint32_t first = 0, count = 0, i, at;
	const struct scale_way *way;
	bool is_exact = true;

	assert(queue != NULL && away != NULL);
	for (i = 0; i < scale->node_count; i++)
		away[i] = ROUTE_INFINITY;
	if (home >= 0) {
		away[home] = 0;
		queue[count++] = (uint32_t)home;
	}
	while (first < count) {
		at = queue[first++];
		for (i = 0; i < scale->nodes[at].way_count; i++) {
			way = &scale->ways[scale->nodes[at].way_first + i];
			if (way->is_down || away[way->to] != ROUTE_INFINITY ||
			    away[at] + 1 >= far)
				continue;
			away[way->to] = away[at] + 1;
			queue[count++] = way->to;
		}
	}
	for (i = 0; i < scale->node_count; i++)
		is_exact = is_exact && scale_route(scale, i, user)->distance
		    == away[i];
	free(queue);
	free(away);
	return is_exact;
}
