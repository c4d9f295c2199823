/*
 * The classic distance vector of rip.h.
 */
#include "rip.h"

static void
rip_choose(struct route *route, uint16_t infinity)
{
	uint16_t slot, least = infinity - 1;

	route->distance = ROUTE_INFINITY;
	if (route->local) {
		route->succ = ROUTE_SELF;
		route->distance = 0;
		return;
	}
	if (route->succ >= 0 && route->links[route->succ].hops < least)
		least = route->links[route->succ].hops;
	else
		route->succ = ROUTE_NONE;
	for (slot = 0; slot < route->link_count; slot++) {
		if (route->links[slot].hops < least) {
			least = route->links[slot].hops;
			route->succ = (int16_t)slot;
		}
	}
	if (route->succ >= 0)
		route->distance = least + 1;
}

/* True if the neighbour is to believe that there is no way through us. */
static bool
rip_hides(const struct route *route, enum world_kind kind, uint16_t slot)
{
	if (route->distance == ROUTE_INFINITY)
		return true;
	return kind != WORLD_RIP && route->succ == (int16_t)slot;
}

static void
rip_decide(struct world *world, const struct world_net *net, uint8_t server)
{
	struct route *route = &world->routes[server];
	uint16_t slot, was = route->distance;
	struct route_link *link;

	rip_choose(route, net->foreign_infinity);
	for (slot = 0; slot < route->link_count; slot++) {
		link = &route->links[slot];
		if (!(link->flags & ROUTE_UP))
			continue;
		if (rip_hides(route, net->kind[server], slot)) {
			if (!(link->flags & ROUTE_TOLD))
				continue;
			link->flags &= (uint8_t)~ROUTE_TOLD;
			world_send(world, net, server, slot, ROUTE_LEFT, 0);
		} else if (!(link->flags & ROUTE_TOLD) ||
		    route->distance != was) {
			link->flags |= ROUTE_TOLD;
			world_send(world, net, server, slot, ROUTE_ARRV,
			    route->distance);
		}
	}
}

/* LEFT goes to all neighbours, whoever it came from; ARRV not to the next
 * hop. */
static void
rip_flood(struct world *world, const struct world_net *net, uint8_t server)
{
	const struct route *route = &world->routes[server];
	uint16_t slot;

	for (slot = 0; slot < route->link_count; slot++)
		if (slot != route->succ && (route->links[slot].flags & ROUTE_UP))
			world_send(world, net, server, slot,
			    route->distance == ROUTE_INFINITY ? ROUTE_LEFT
			    : ROUTE_ARRV, route->distance);
}

static void
rip_flood_set(struct world *world, const struct world_net *net,
    uint8_t server, int16_t succ, uint16_t distance)
{
	struct route *route = &world->routes[server];

	if (route->distance == distance)
		return;
	route->distance = distance;
	route->succ = succ;
	rip_flood(world, net, server);
}

static void
rip_flood_message(struct world *world, const struct world_net *net,
    uint8_t server, uint8_t slot, uint16_t hops)
{
	const struct route *route = &world->routes[server];

	if (route->local)
		return;
	if (hops == ROUTE_INFINITY)
		rip_flood_set(world, net, server, ROUTE_NONE, hops);
	else if (hops + 1 < route->distance &&
	    hops + 1 < net->foreign_infinity)
		rip_flood_set(world, net, server, slot, hops + 1);
}

void
rip_message(struct world *world, const struct world_net *net, uint8_t server,
    uint8_t slot, uint16_t hops)
{
	struct route *route = &world->routes[server];

	if (net->kind[server] == WORLD_FLOOD) {
		rip_flood_message(world, net, server, slot, hops);
		return;
	}
	route->links[slot].hops = hops;
	rip_decide(world, net, server);
	if (net->kind[server] != WORLD_RIP_ECHO || hops == ROUTE_INFINITY ||
	    route->succ != slot)
		return;
	route->links[slot].flags &= (uint8_t)~ROUTE_TOLD;
	world_send(world, net, server, slot, ROUTE_LEFT, 0);
}

void
rip_link_up(struct world *world, const struct world_net *net, uint8_t server,
    uint8_t slot)
{
	world->routes[server].links[slot] =
	    (struct route_link){ROUTE_INFINITY, ROUTE_UP};
	if (net->kind[server] != WORLD_FLOOD)
		rip_decide(world, net, server);
	else if (world->routes[server].distance != ROUTE_INFINITY)
		world_send(world, net, server, slot, ROUTE_ARRV,
		    world->routes[server].distance);
}

void
rip_link_down(struct world *world, const struct world_net *net,
    uint8_t server, uint8_t slot)
{
	world->routes[server].links[slot] =
	    (struct route_link){ROUTE_INFINITY, 0};
	if (net->kind[server] != WORLD_FLOOD)
		rip_decide(world, net, server);
	else if (world->routes[server].succ == slot)
		rip_flood_set(world, net, server, ROUTE_NONE, ROUTE_INFINITY);
}

void
rip_local(struct world *world, const struct world_net *net, uint8_t server,
    bool local)
{
	world->routes[server].local = local;
	if (net->kind[server] != WORLD_FLOOD)
		rip_decide(world, net, server);
	else
		rip_flood_set(world, net, server,
		    local ? ROUTE_SELF : ROUTE_NONE, local ? 0 : ROUTE_INFINITY);
}
