/*
 * The world of world.h: its servers, links and actions.
 */
#include "world.h"

#include <assert.h>
#include <string.h>

#include "rip.h"

/* Far above what a small network can count to. */
#define WORLD_HOPS_MAX 200

/* What a server that runs route.c sees of the world. */
struct world_context {
	struct world *world;
	const struct world_net *net;
	uint8_t server;
};

void
world_net_init(struct world_net *net, uint8_t server_count)
{
	assert(server_count <= WORLD_SERVERS_MAX);
	*net = (struct world_net){
		.server_count = server_count,
		.hold_timers = true,
		.foreign_infinity = DN_HOPS_FOREIGN_INFINITY,
	};
}

static void
world_net_end(struct world_net *net, uint8_t end, uint8_t server, uint8_t peer)
{
	uint8_t slot = net->degree[server]++;

	assert(slot < WORLD_DEGREE_MAX);
	net->end_at[server][slot] = end;
	net->naive[server][slot] = net->kind[peer] != WORLD_OURS;
	net->server_of[end] = server;
	net->slot_of[end] = slot;
}

void
world_net_link(struct world_net *net, uint8_t a, uint8_t b)
{
	uint8_t link = net->link_count++;

	assert(link < WORLD_LINKS_MAX && a < net->server_count &&
	    b < net->server_count);
	world_net_end(net, 2 * link, a, b);
	world_net_end(net, 2 * link + 1, b, a);
}

void
world_send(struct world *world, const struct world_net *net, uint8_t server,
    uint16_t slot, enum route_message message, uint16_t hops)
{
	uint8_t end = net->end_at[server][slot];
	struct world_wire *wire = &world->wires[end];

	if (message == ROUTE_ARRV && hops > world->hops)
		world->hops = (uint8_t)hops;
	if (!world->alive[end / 2])
		return;
	if (wire->count == WORLD_WIRE_MAX) {
		world->flooded = true;
		return;
	}
	wire->messages[wire->count++] = message == ROUTE_LEFT ? WORLD_LEFT
	    : (uint8_t)hops;
}

static void
world_on_send(void *data, struct route *route, uint16_t slot,
    enum route_message message, uint16_t hops)
{
	struct world_context *context = data;

	assert(route == &context->world->routes[context->server]);
	world_send(context->world, context->net, context->server, slot,
	    message, hops);
}

static struct route_node
world_node(struct world_context *context)
{
	return (struct route_node){
		.naive = context->net->naive[context->server],
		.hops_max = WORLD_HOPS_MAX,
		.shutdown = context->world->shut[context->server],
		.context = context,
		.send = world_on_send,
	};
}

static void
world_deliver(struct world *world, const struct route_node *node, uint8_t end)
{
	struct world_context *context = node->context;
	const struct world_net *net = context->net;
	struct route *route = &world->routes[context->server];
	struct world_wire *wire = &world->wires[end ^ 1];
	uint8_t slot = net->slot_of[end];
	uint8_t message = wire->messages[0];

	wire->count--;
	memmove(wire->messages, wire->messages + 1, wire->count);
	if (net->kind[context->server] != WORLD_OURS) {
		if (world->ends[end] == WORLD_END_OPENING)
			rip_link_up(world, net, context->server, slot);
		rip_message(world, net, context->server, slot,
		    message == WORLD_LEFT ? ROUTE_INFINITY : message);
	} else if (message == WORLD_LEFT) {
		route_left(route, node, slot);
	} else {
		route_arrv(route, node, slot, message);
	}
	world->ends[end] = WORLD_END_OPEN;
}

static void
world_end_up(struct world *world, const struct route_node *node, uint8_t end)
{
	struct world_context *context = node->context;
	uint8_t slot = context->net->slot_of[end];

	world->ends[end] = WORLD_END_OPEN;
	if (context->net->kind[context->server] == WORLD_OURS)
		route_link_up(&world->routes[context->server], node, slot);
	else
		rip_link_up(world, context->net, context->server, slot);
}

static void
world_end_down(struct world *world, const struct route_node *node,
    uint8_t end)
{
	struct world_context *context = node->context;
	uint8_t slot = context->net->slot_of[end];

	world->alive[end / 2] = false;
	world->ends[end] = WORLD_END_CLOSED;
	world->wires[end ^ 1].count = 0;
	if (context->net->kind[context->server] == WORLD_OURS)
		route_link_down(&world->routes[context->server], node, slot);
	else
		rip_link_down(world, context->net, context->server, slot);
}

static void
world_local(struct world *world, const struct route_node *node, bool local)
{
	struct world_context *context = node->context;

	if (context->net->kind[context->server] == WORLD_OURS)
		route_local(&world->routes[context->server], node, local);
	else
		rip_local(world, context->net, context->server, local);
}

uint8_t
world_server(const struct world_net *net, struct world_action action)
{
#define X(name, word, subject, force) [WORLD_##name] = WORLD_SUBJECT_##subject,
	enum { WORLD_SUBJECT_END, WORLD_SUBJECT_SERVER, WORLD_SUBJECT_LINK };
	static const uint8_t subjects[WORLD_ACTION_COUNT] = {
		WORLD_ACTIONS(X)
	};
#undef X

	if (subjects[action.kind] == WORLD_SUBJECT_END)
		return net->server_of[action.arg];
	return subjects[action.kind] == WORLD_SUBJECT_SERVER ? action.arg : 0;
}

static void
world_do_deliver(struct world *world, struct route_node *node, uint8_t arg)
{
	world_deliver(world, node, arg);
}

static void
world_do_open(struct world *world, struct route_node *node, uint8_t arg)
{
	world_end_up(world, node, arg);
}

static void
world_do_down(struct world *world, struct route_node *node, uint8_t arg)
{
	world_end_down(world, node, arg);
}

static void
world_do_hold(struct world *world, struct route_node *node, uint8_t arg)
{
	route_hold_over(&world->routes[arg], node);
}

static void
world_do_break(struct world *world, struct route_node *node, uint8_t arg)
{
	(void)node;
	world->alive[arg] = false;
}

static void
world_do_up(struct world *world, struct route_node *node, uint8_t arg)
{
	(void)node;
	world->alive[arg] = true;
	world->ends[2 * arg] = WORLD_END_OPENING;
	world->ends[2 * arg + 1] = WORLD_END_OPENING;
}

static void
world_do_arrive(struct world *world, struct route_node *node, uint8_t arg)
{
	(void)arg;
	world_local(world, node, true);
}

static void
world_do_leave(struct world *world, struct route_node *node, uint8_t arg)
{
	(void)arg;
	world_local(world, node, false);
}

static void
world_do_drain(struct world *world, struct route_node *node, uint8_t arg)
{
	struct world_context *context = node->context;

	world->ends[arg] = WORLD_END_OPEN;
	route_link_drain(&world->routes[context->server], node,
	    context->net->slot_of[arg]);
}

static void
world_do_shut(struct world *world, struct route_node *node, uint8_t arg)
{
	world->shut[arg] = true;
	node->shutdown = true;
	route_shutdown(&world->routes[arg], node);
}

static void
world_do(struct world *world, const struct world_net *net,
    struct world_action action)
{
	static void (*const handlers[WORLD_ACTION_COUNT])(struct world *,
	    struct route_node *, uint8_t) = {
		[WORLD_DELIVER] = world_do_deliver,
		[WORLD_OPEN] = world_do_open,
		[WORLD_DOWN] = world_do_down,
		[WORLD_HOLD] = world_do_hold,
		[WORLD_CLOSE] = world_do_down,
		[WORLD_BREAK] = world_do_break,
		[WORLD_UP] = world_do_up,
		[WORLD_ARRIVE] = world_do_arrive,
		[WORLD_LEAVE] = world_do_leave,
		[WORLD_DRAIN] = world_do_drain,
		[WORLD_SHUT] = world_do_shut,
	};
	uint8_t server = world_server(net, action);
	struct world_context context = {world, net, server};
	struct route_node node = world_node(&context);
	struct route *route = &world->routes[server];

	if (action.kind >= WORLD_BREAK)
		world->event_count++;
	handlers[action.kind](world, &node, action.arg);
	if (!net->hold_timers && route->hold)
		route_hold_over(route, &node);
	/* Only a change of it matters, and that is 'hold'. */
	route->withdrawals = 0;
}

/* Lets the lowest slot of a server and another change places. */
static void
world_swap(struct world *world, struct world_net *net, uint8_t server,
    uint8_t slot)
{
	struct route_link *links = world->links[server], link = links[0];
	uint8_t *ends = net->end_at[server], end = ends[0];
	bool *naive = net->naive[server], is_naive = naive[0];
	struct route *route = &world->routes[server];

	links[0] = links[slot];
	links[slot] = link;
	ends[0] = ends[slot];
	ends[slot] = end;
	naive[0] = naive[slot];
	naive[slot] = is_naive;
	net->slot_of[ends[0]] = 0;
	net->slot_of[end] = slot;
	if (route->succ == 0)
		route->succ = slot;
	else if (route->succ == (int16_t)slot)
		route->succ = 0;
}

void
world_apply(struct world *world, const struct world_net *net,
    struct world_action action)
{
	uint8_t server = world_server(net, action);
	struct world_net other;

	if (action.first == 0) {
		world_do(world, net, action);
		return;
	}
	other = *net;
	world_swap(world, &other, server, action.first);
	world_do(world, &other, action);
	world_swap(world, &other, server, action.first);
}

uint32_t
world_ties(const struct world *after, const struct world_net *net,
    struct world_action action, int16_t succ_before)
{
	uint8_t server = world_server(net, action);
	const struct route *route = &after->routes[server];
	uint32_t ties = 0;
	uint16_t slot;

	/* A next hop that was there is kept on a tie; where hold times are
	 * over at once it may have been lost and taken anew. */
	if (!net->any_tie || route->succ < 0 ||
	    (route->succ == succ_before && net->hold_timers))
		return 0;
	for (slot = (uint16_t)(route->succ + 1); slot < route->link_count;
	    slot++)
		if (route->links[slot].hops ==
		    route->links[route->succ].hops)
			ties |= UINT32_C(1) << slot;
	return ties;
}

/* True if the event may happen at all. */
static bool
world_may_event(const struct world *world, const struct world_net *net,
    enum world_action_kind kind, uint8_t arg)
{
	return world->event_count < net->event_max &&
	    (net->allowed[kind] >> arg & 1) != 0;
}

static void
world_add(struct world_action *list, size_t *count,
    enum world_action_kind kind, uint8_t arg)
{
	assert(*count < WORLD_ACTIONS_MAX);
	list[(*count)++] = (struct world_action){(uint8_t)kind, arg, 0};
}

static void
world_add_must(const struct world *world, const struct world_net *net,
    struct world_action *list, size_t *count)
{
	uint8_t end, server;

	for (end = 0; end < 2 * net->link_count; end++) {
		if (world->ends[end] == WORLD_END_CLOSED)
			continue;
		if (world->wires[end ^ 1].count > 0)
			world_add(list, count, WORLD_DELIVER, end);
		if (world->ends[end] == WORLD_END_OPENING)
			world_add(list, count, WORLD_OPEN, end);
		if (!world->alive[end / 2])
			world_add(list, count, WORLD_DOWN, end);
	}
	if (net->late_hold && *count > 0)
		return;
	for (server = 0; server < net->server_count; server++)
		if (world->routes[server].hold && !world->shut[server])
			world_add(list, count, WORLD_HOLD, server);
}

static void
world_add_of_ends(const struct world *world, const struct world_net *net,
    struct world_action *list, size_t *count)
{
	const struct route_link *link;
	uint8_t end, server;

	for (end = 0; end < 2 * net->link_count; end++) {
		server = net->server_of[end];
		link = &world->links[server][net->slot_of[end]];
		if (world->ends[end] == WORLD_END_CLOSED)
			continue;
		if (world->alive[end / 2] &&
		    ((link->flags & ROUTE_DRAIN) || world->shut[server]))
			world_add(list, count, WORLD_CLOSE, end);
		if (!(link->flags & ROUTE_DRAIN) &&
		    world_may_event(world, net, WORLD_DRAIN, end))
			world_add(list, count, WORLD_DRAIN, end);
	}
}

static void
world_add_of_links(const struct world *world, const struct world_net *net,
    struct world_action *list, size_t *count)
{
	uint8_t link, end;

	for (link = 0; link < net->link_count; link++) {
		end = 2 * link;
		if (world->alive[link]) {
			if (world_may_event(world, net, WORLD_BREAK, link))
				world_add(list, count, WORLD_BREAK, link);
		} else if (world->ends[end] == WORLD_END_CLOSED &&
		    world->ends[end + 1] == WORLD_END_CLOSED &&
		    !world->shut[net->server_of[end]] &&
		    !world->shut[net->server_of[end + 1]] &&
		    world_may_event(world, net, WORLD_UP, link)) {
			world_add(list, count, WORLD_UP, link);
		}
	}
}

static void
world_add_of_servers(const struct world *world, const struct world_net *net,
    struct world_action *list, size_t *count)
{
	enum world_action_kind kind;
	uint8_t server;

	for (server = 0; server < net->server_count; server++) {
		if (world->shut[server])
			continue;
		kind = world->routes[server].local ? WORLD_LEAVE
		    : WORLD_ARRIVE;
		if (world_may_event(world, net, kind, server))
			world_add(list, count, kind, server);
		if (world_may_event(world, net, WORLD_SHUT, server))
			world_add(list, count, WORLD_SHUT, server);
	}
}

size_t
world_actions(const struct world *world, const struct world_net *net,
    struct world_action *list, size_t *must)
{
	size_t count = 0;

	world_add_must(world, net, list, &count);
	*must = count;
	world_add_of_ends(world, net, list, &count);
	world_add_of_links(world, net, list, &count);
	world_add_of_servers(world, net, list, &count);
	return count;
}

void
world_settle(struct world *world, const struct world_net *net)
{
	struct world_action list[WORLD_ACTIONS_MAX];
	size_t must;

	for (;;) {
		world_actions(world, net, list, &must);
		if (must == 0)
			return;
		world_apply(world, net, list[0]);
	}
}

void
world_init(struct world *world, const struct world_net *net, uint32_t users,
    bool cold)
{
	uint8_t i;

	memset(world, 0, sizeof(*world));
	for (i = 0; i < net->server_count; i++)
		route_init(&world->routes[i], world->links[i],
		    net->degree[i]);
	for (i = 0; i < net->link_count && !cold; i++)
		world_apply(world, net, (struct world_action){WORLD_UP, i, 0});
	for (i = 0; i < net->server_count; i++)
		if (users >> i & 1)
			world_apply(world, net,
			    (struct world_action){WORLD_ARRIVE, i, 0});
	world_settle(world, net);
	world->event_count = 0;
	world->hops = 0;
}
