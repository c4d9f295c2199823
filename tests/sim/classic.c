/*
 * The classic distance vector of classic.h.
 */
#include "classic.h"

static void
classic_choose(struct route *route)
{
	uint16_t least = DN_HOPS_FOREIGN_INFINITY - 1, slot;

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
	for (slot = 0; slot < route->link_count; slot++)
		if (route->links[slot].hops < least) {
			least = route->links[slot].hops;
			route->succ = (int16_t)slot;
		}
	if (route->succ >= 0)
		route->distance = least + 1;
}

static void
classic_say(struct route *route, const struct classic *classic,
    uint16_t slot, bool is_arrv)
{
	struct route_link *link = &route->links[slot];

	if (is_arrv)
		link->flags |= ROUTE_TOLD;
	else
		link->flags &= (uint8_t)~ROUTE_TOLD;
	classic->node.send(classic->node.context, route, slot,
	    is_arrv ? ROUTE_ARRV : ROUTE_LEFT,
	    is_arrv ? route->distance : ROUTE_INFINITY);
}

static void
classic_decide(struct route *route, const struct classic *classic)
{
	uint16_t was = route->distance, slot;
	bool hides, is_told;

	classic_choose(route);
	for (slot = 0; slot < route->link_count; slot++) {
		if (!(route->links[slot].flags & ROUTE_UP))
			continue;
		is_told = route->links[slot].flags & ROUTE_TOLD;
		hides = route->distance == ROUTE_INFINITY ||
		    (classic->kind != CLASSIC_PLAIN &&
		    route->succ == (int16_t)slot);
		if (hides ? is_told : !is_told || route->distance != was)
			classic_say(route, classic, slot, !hides);
	}
}

void
classic_message(struct route *route, const struct classic *classic,
    uint16_t slot, uint16_t hops)
{
	route->links[slot].hops = hops;
	classic_decide(route, classic);
	if (classic->kind == CLASSIC_ECHO && hops != ROUTE_INFINITY &&
	    route->succ == (int16_t)slot)
		classic_say(route, classic, slot, false);
}

void
classic_link_up(struct route *route, const struct classic *classic,
    uint16_t slot)
{
	route->links[slot] = (struct route_link){ROUTE_INFINITY, ROUTE_UP};
	classic_decide(route, classic);
}

void
classic_link_down(struct route *route, const struct classic *classic,
    uint16_t slot)
{
	route->links[slot] = (struct route_link){ROUTE_INFINITY, 0};
	classic_decide(route, classic);
}

void
classic_local(struct route *route, const struct classic *classic, bool local)
{
	route->local = local;
	classic_decide(route, classic);
}
