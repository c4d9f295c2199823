/*
 * A state of world.h as a few bytes, and in words.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>

/* Above the flags of an end stands its enum world_end. */
#define WORLD_END_SHIFT 6

#define X(name, word, subject, force) #word,
const char *const world_action_word[WORLD_ACTION_COUNT] = {WORLD_ACTIONS(X)};
#undef X

static uint8_t
world_byte(uint16_t hops)
{
	return hops == ROUTE_INFINITY ? WORLD_LEFT : (uint8_t)hops;
}

static uint16_t
world_unbyte(uint8_t byte)
{
	return byte == WORLD_LEFT ? ROUTE_INFINITY : byte;
}

/* The next hop as it is called in the places of 'view'. */
static uint8_t
world_view_succ(const struct world_net *net, const struct world_view *view,
    uint8_t server, int16_t succ)
{
	if (view != NULL && succ >= 0)
		succ = net->slot_of[view->end_to[net->end_at[server][succ]]];
	return (uint8_t)(succ + 2);
}

static uint8_t *
world_pack_server(const struct world *world, uint8_t server, uint8_t succ,
    uint8_t *at)
{
	const struct route *route = &world->routes[server];

	*at++ = world_byte(route->distance);
	*at++ = succ;
	*at++ = (uint8_t)(route->local | route->hold << 1 |
	    world->shut[server] << 2);
	/* It should follow from the flags, but a fault may show in that it
	 * doesn't. */
	*at++ = (uint8_t)route->wait_count;
	return at;
}

static uint8_t *
world_pack_end(const struct world *world, const struct world_net *net,
    uint8_t end, uint8_t *at)
{
	const struct route_link *link =
	    &world->links[net->server_of[end]][net->slot_of[end]];
	const struct world_wire *wire = &world->wires[end];

	*at++ = world_byte(link->hops);
	*at++ = (uint8_t)(link->flags | world->ends[end] << WORLD_END_SHIFT);
	*at++ = wire->count;
	memcpy(at, wire->messages, wire->count);
	return at + wire->count;
}

size_t
world_pack_view(const struct world *world, const struct world_net *net,
    const struct world_view *view, uint8_t *bytes)
{
	uint8_t *at = bytes;
	uint8_t i, server;

	*at++ = world->event_count;
	for (i = 0; i < net->server_count; i++) {
		server = view != NULL ? view->server_from[i] : i;
		at = world_pack_server(world, server, world_view_succ(net,
		    view, server, world->routes[server].succ), at);
	}
	for (i = 0; i < 2 * net->link_count; i++)
		at = world_pack_end(world, net,
		    view != NULL ? view->end_from[i] : i, at);
	for (i = 0; i < net->link_count; i++)
		*at++ = world->alive[view != NULL ?
		    view->end_from[2 * i] / 2 : i];
	return (size_t)(at - bytes);
}

size_t
world_pack(const struct world *world, const struct world_net *net,
    uint8_t *bytes)
{
	return world_pack_view(world, net, NULL, bytes);
}

void
world_unpack(struct world *world, const struct world_net *net,
    const uint8_t *bytes)
{
	const uint8_t *at = bytes;
	struct route_link *link;
	struct world_wire *wire;
	struct route *route;
	uint8_t i;

	world->flooded = false;
	world->hops = 0;
	world->event_count = *at++;
	for (i = 0; i < net->server_count; i++) {
		route = &world->routes[i];
		*route = (struct route){
			.links = world->links[i],
			.link_count = net->degree[i],
			.distance = world_unbyte(at[0]),
			.succ = (int16_t)(at[1] - 2),
			.wait_count = at[3],
			.local = at[2] & 1,
			.hold = at[2] >> 1 & 1,
		};
		world->shut[i] = at[2] >> 2 & 1;
		at += 4;
	}
	for (i = 0; i < 2 * net->link_count; i++) {
		link = &world->links[net->server_of[i]][net->slot_of[i]];
		wire = &world->wires[i];
		link->hops = world_unbyte(at[0]);
		link->flags = at[1] & ((1 << WORLD_END_SHIFT) - 1);
		world->ends[i] = at[1] >> WORLD_END_SHIFT;
		wire->count = at[2];
		memcpy(wire->messages, at + 3, wire->count);
		at += 3 + wire->count;
	}
	for (i = 0; i < net->link_count; i++)
		world->alive[i] = *at++;
}

void
world_copy(struct world *to, const struct world *from,
    const struct world_net *net)
{
	uint8_t bytes[WORLD_PACKED_MAX];

	world_pack(from, net, bytes);
	world_unpack(to, net, bytes);
}

static void
world_tell_message(uint8_t message)
{
	if (message == WORLD_LEFT)
		printf("LEFT");
	else
		printf("ARRV %d", message);
}

static void
world_tell_route(const struct world *world, const struct world_net *net,
    uint8_t server)
{
	const struct route *route = &world->routes[server];
	uint16_t slot;

	printf("; %d now", server);
	if (route->distance == ROUTE_INFINITY)
		printf(" without a way");
	else if (route->succ == ROUTE_SELF)
		printf(" has him");
	else
		printf(" at %d via %d", route->distance,
		    net->server_of[net->end_at[server][route->succ] ^ 1]);
	for (slot = 0; slot < route->link_count; slot++)
		if (route->links[slot].flags & ROUTE_WAIT)
			printf(", waits for %d", net->server_of[
			    net->end_at[server][slot] ^ 1]);
	if (route->hold)
		printf(", holds");
}

/* What was appended to the wires. */
static void
world_tell_sent(const struct world *before, const struct world *after,
    const struct world_net *net, struct world_action action)
{
	const struct world_wire *wire;
	int had, i;
	uint8_t end;

	for (end = 0; end < 2 * net->link_count; end++) {
		wire = &after->wires[end];
		had = before->wires[end].count - (action.kind ==
		    WORLD_DELIVER && action.arg == (end ^ 1));
		for (i = had; i < wire->count; i++) {
			printf(", %d>%d ", net->server_of[end],
			    net->server_of[end ^ 1]);
			world_tell_message(wire->messages[i]);
		}
	}
}

void
world_tell(const struct world *before, const struct world *after,
    const struct world_net *net, struct world_action action)
{
	uint8_t arg = action.arg, end = arg, server = arg;

	if (action.kind == WORLD_BREAK || action.kind == WORLD_UP) {
		printf("link %d-%d: %s\n", net->server_of[2 * arg],
		    net->server_of[2 * arg + 1],
		    world_action_word[action.kind]);
		return;
	}
	if (action.kind == WORLD_HOLD || action.kind == WORLD_ARRIVE ||
	    action.kind == WORLD_LEAVE || action.kind == WORLD_SHUT) {
		printf("%d: %s", server, world_action_word[action.kind]);
	} else if (action.kind == WORLD_DELIVER) {
		server = net->server_of[end];
		printf("%d gets ", server);
		world_tell_message(before->wires[end ^ 1].messages[0]);
		printf(" from %d", net->server_of[end ^ 1]);
	} else {
		server = net->server_of[end];
		printf("%d, link to %d: %s", server,
		    net->server_of[end ^ 1], world_action_word[action.kind]);
	}
	world_tell_route(after, net, server);
	world_tell_sent(before, after, net, action);
	printf("\n");
}
