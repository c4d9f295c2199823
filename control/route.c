/*
 * The way to one user: see route.h. Called by way.c; user.c owns the record,
 * its timers and the links' queues. The functions from decide() to acked() are
 * the algorithm; the rules they cite are those of dnchat(7), ROUTING.
 *
 * A server with 'wait_count' > 0 is ACTIVE: it is withdrawing. It has no next
 * hop and no distance then, and sends nothing but acknowledgements.
 */
#include "route.h"

#include <assert.h>

static void decide(struct route *route, const struct route_node *node);

void
route_init(struct route *route, struct route_link *links, uint16_t link_count)
{
	*route = (struct route){
		.distance = ROUTE_INFINITY,
		.succ = ROUTE_NONE,
	};
	route_grow(route, links, link_count);
}

void
route_grow(struct route *route, struct route_link *links, uint16_t link_count)
{
	uint16_t slot;

	assert(link_count >= route->link_count);
	for (slot = route->link_count; slot < link_count; slot++)
		links[slot] = (struct route_link){.hops = ROUTE_INFINITY};
	route->links = links;
	route->link_count = link_count;
}

/* What the neighbour offers us, or infinity. What it announces on a link that
 * drains is recorded, since acknowledgements are told from news by it, but no
 * longer a way; nor is 16 of a peer that counts to 16. */
static uint16_t
offer(const struct route *route, const struct route_node *node, uint16_t slot)
{
	const struct route_link *link = &route->links[slot];

	if (link->flags & ROUTE_DRAIN)
		return ROUTE_INFINITY;
	if (node->naive[slot] && link->hops >= DN_HOPS_FOREIGN_INFINITY)
		return ROUTE_INFINITY;
	/* Neighbours learn who he is from ARRVs only, and none may be repeated
	 * to tell them: somebody else needs another distance, or a withdrawal
	 * before. */
	if ((link->flags & ROUTE_OTHER) && route->distance != ROUTE_INFINITY &&
	    link->hops + 1 >= route->distance)
		return ROUTE_INFINITY;
	return link->hops;
}

/* Fills '*best' with the slot of the smallest offer and returns that. The next
 * hop is kept on a tie: a change would be worth nothing. */
static uint16_t
find_best(const struct route *route, const struct route_node *node,
    int16_t *best)
{
	uint16_t hops, least, slot;

	*best = route->succ >= 0 ? route->succ : ROUTE_NONE;
	least = *best >= 0 ? offer(route, node, (uint16_t)*best)
	    : ROUTE_INFINITY;
	for (slot = 0; slot < route->link_count; slot++) {
		hops = offer(route, node, slot);
		if (hops < least) {
			least = hops;
			*best = (int16_t)slot;
		}
	}
	return least;
}

/* Sets next hop and distance. Rule 1: the distance never rises here but to
 * infinity, and no neighbour is taken that isn't closer than we are. */
static void
choose(struct route *route, const struct route_node *node)
{
	uint16_t least;
	int16_t best;

	if (route->local) {
		route->succ = ROUTE_SELF;
		route->distance = 0;
		return;
	}
	least = find_best(route, node, &best);
	if (least < route->distance && least < node->hops_max &&
	    !route->hold && !node->shutdown) {
		route->succ = best;
		route->distance = least + 1;
	} else {
		route->succ = ROUTE_NONE;
		route->distance = ROUTE_INFINITY;
	}
}

static void
send_arrv(struct route *route, const struct route_node *node, uint16_t slot)
{
	node->send(node->context, route, slot, ROUTE_ARRV, route->distance);
}

static void
send_left(struct route *route, const struct route_node *node, uint16_t slot)
{
	node->send(node->context, route, slot, ROUTE_LEFT, ROUTE_INFINITY);
}

/* Rule 3: an acknowledgement is a message that changes nothing, so it repeats
 * what the neighbour knows. A foreign peer gets no LEFT for a user of whom it
 * wasn't told: strict ones call that invalid. */
static void
ack(struct route *route, const struct route_node *node, uint16_t slot)
{
	if (route->links[slot].flags & ROUTE_TOLD)
		send_arrv(route, node, slot);
	else if (!node->naive[slot])
		send_left(route, node, slot);
}

static void
ack_if_owed(struct route *route, const struct route_node *node, uint16_t slot)
{
	if (route->links[slot].flags & ROUTE_OWE) {
		route->links[slot].flags &= (uint8_t)~ROUTE_OWE;
		ack(route, node, slot);
	}
}

/* Rule 4: only now are the LEFTs acknowledged that made us withdraw. */
static void
withdrawn(struct route *route, const struct route_node *node)
{
	uint16_t slot;

	assert(route->wait_count == 0 && route->distance == ROUTE_INFINITY);
	for (slot = 0; slot < route->link_count; slot++)
		ack_if_owed(route, node, slot);
	route->withdrawals++;
	route->hold = true;
	/* While we waited the user's client may have arrived here. */
	decide(route, node);
}

/* Rule 2: the route is lost; we begin again when nobody knows our distance. */
static void
withdraw(struct route *route, const struct route_node *node)
{
	struct route_link *link;
	uint16_t slot;

	for (slot = 0; slot < route->link_count; slot++) {
		link = &route->links[slot];
		if (link->flags & ROUTE_TOLD) {
			link->flags &= (uint8_t)~ROUTE_TOLD;
			send_left(route, node, slot);
			if (node->naive[slot])
				continue;
		} else if (link->flags & ROUTE_PEND) {
			/* The drain's LEFT is still on its way: a second one
			 * would be taken for an acknowledgement. */
			link->flags &= (uint8_t)~ROUTE_PEND;
		} else {
			continue;
		}
		link->flags |= ROUTE_WAIT;
		route->wait_count++;
	}
	if (route->wait_count == 0)
		withdrawn(route, node);
}

/* True if the neighbour has to hear of our distance, which was 'was'. The next
 * hop isn't told if it never was (split horizon). */
static bool
is_news(const struct route *route, const struct route_node *node,
    uint16_t slot, uint16_t was)
{
	uint8_t flags = route->links[slot].flags;

	if (route->distance == ROUTE_INFINITY || !(flags & ROUTE_UP) ||
	    (flags & ROUTE_DRAIN))
		return false;
	if (flags & ROUTE_TOLD)
		return route->distance != was;
	/* Having been told of less, it would have heard of no more than that:
	 * 16 need never be taken back by a LEFT. */
	if (node->naive[slot] && route->distance >= DN_HOPS_FOREIGN_INFINITY)
		return false;
	return route->succ != (int16_t)slot;
}

/* After every change. */
static void
decide(struct route *route, const struct route_node *node)
{
	uint16_t slot, was = route->distance;

	if (route->wait_count > 0)
		return;
	choose(route, node);
	if (route->distance == ROUTE_INFINITY && was != ROUTE_INFINITY) {
		withdraw(route, node);
		return;
	}
	for (slot = 0; slot < route->link_count; slot++) {
		if (is_news(route, node, slot, was)) {
			route->links[slot].flags |= ROUTE_TOLD;
			send_arrv(route, node, slot);
		}
		ack_if_owed(route, node, slot);
	}
}

/* A message that changed nothing came, or the link broke. */
static void
acked(struct route *route, const struct route_node *node, uint16_t slot)
{
	struct route_link *link = &route->links[slot];

	link->flags &= (uint8_t)~ROUTE_PEND;
	if (!(link->flags & ROUTE_WAIT))
		return;
	link->flags &= (uint8_t)~ROUTE_WAIT;
	route->wait_count--;
	if (route->wait_count == 0)
		withdrawn(route, node);
}

void
route_link_up(struct route *route, const struct route_node *node,
    uint16_t slot)
{
	struct route_link *link = &route->links[slot];

	assert(slot < route->link_count);
	if (link->flags & ROUTE_UP)
		return;
	*link = (struct route_link){ROUTE_INFINITY, ROUTE_UP};
	decide(route, node);
}

void
route_link_down(struct route *route, const struct route_node *node,
    uint16_t slot)
{
	struct route_link *link = &route->links[slot];
	uint8_t flags = link->flags;

	assert(slot < route->link_count);
	/* WAIT stays for acked(), which clears it. */
	*link = (struct route_link){ROUTE_INFINITY, flags & ROUTE_WAIT};
	if (route->succ == (int16_t)slot)
		route->succ = ROUTE_NONE;
	if (flags & ROUTE_WAIT)
		acked(route, node, slot);
	else
		decide(route, node);
}

void
route_link_drain(struct route *route, const struct route_node *node,
    uint16_t slot)
{
	struct route_link *link = &route->links[slot];

	assert(slot < route->link_count);
	if (link->flags & ROUTE_DRAIN)
		return;
	/* What was announced and what is owed stays: the peer goes on counting
	 * on our acknowledgements until the link is closed. */
	link->flags |= ROUTE_UP | ROUTE_DRAIN;
	if (link->flags & ROUTE_TOLD) {
		link->flags &= (uint8_t)~ROUTE_TOLD;
		send_left(route, node, slot);
		/* Before decide(): a withdrawal that follows waits for it. */
		if (!node->naive[slot])
			link->flags |= ROUTE_PEND;
	}
	decide(route, node);
}

bool
route_arrv(struct route *route, const struct route_node *node, uint16_t slot,
    uint16_t hops)
{
	struct route_link *link = &route->links[slot];

	/* The largest number is LEFT's, and this many are too many, too. */
	if (hops == ROUTE_INFINITY)
		hops--;
	route_link_up(route, node, slot);
	if (link->hops == hops) {
		acked(route, node, slot);
		return false;
	}
	link->hops = hops;
	decide(route, node);
	return true;
}

bool
route_left(struct route *route, const struct route_node *node, uint16_t slot)
{
	struct route_link *link = &route->links[slot];

	route_link_up(route, node, slot);
	/* Never answered: LEFTs can't go to and fro. */
	if (link->hops == ROUTE_INFINITY) {
		acked(route, node, slot);
		return false;
	}
	link->hops = ROUTE_INFINITY;
	/* Rule 4: ACTIVE or draining, we don't depend on this neighbour. Else
	 * decide() acknowledges, or withdraws first. */
	if (route->wait_count > 0 || (link->flags & ROUTE_DRAIN)) {
		ack(route, node, slot);
	} else {
		link->flags |= ROUTE_OWE;
		decide(route, node);
	}
	return true;
}

void
route_local(struct route *route, const struct route_node *node, bool local)
{
	route->local = local && !node->shutdown;
	decide(route, node);
}

void
route_hold_over(struct route *route, const struct route_node *node)
{
	route->hold = false;
	decide(route, node);
}

void
route_shutdown(struct route *route, const struct route_node *node)
{
	assert(node->shutdown);
	route->local = false;
	decide(route, node);
}

bool
route_is_empty(const struct route *route)
{
	uint8_t busy = ROUTE_TOLD | ROUTE_WAIT | ROUTE_OWE | ROUTE_PEND;
	uint16_t slot;

	if (route->local || route->hold || route->distance != ROUTE_INFINITY)
		return false;
	for (slot = 0; slot < route->link_count; slot++)
		if (route->links[slot].hops != ROUTE_INFINITY ||
		    (route->links[slot].flags & busy))
			return false;
	return true;
}
