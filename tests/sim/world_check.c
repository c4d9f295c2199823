/*
 * What must hold in every state of the world of world.h, and at rest. The
 * lemmas that the proof of the algorithm goes by are checked besides what
 * matters (loops, distances): a fault shows in them many steps earlier.
 */
#include "world.h"

#define X(name, word, text) #word,
const char *const world_fault_word[WORLD_FAULT_COUNT] = {WORLD_FAULTS(X)};
#undef X
#define X(name, word, text) text,
const char *const world_fault_text[WORLD_FAULT_COUNT] = {WORLD_FAULTS(X)};
#undef X

static const struct route_link *
world_link(const struct world *world, const struct world_net *net,
    uint8_t end)
{
	return &world->links[net->server_of[end]][net->slot_of[end]];
}

/* The server at the other end of 'succ', if it is one of ours and still holds
 * the link; else none. A link that the neighbour knows to be gone leads
 * nowhere, and who is told by it is nobody's successor. */
static int
world_successor(const struct world *world, const struct world_net *net,
    int server)
{
	int16_t succ = world->routes[server].succ;
	uint8_t end;

	if (succ < 0)
		return -1;
	end = net->end_at[server][succ] ^ 1;
	if (world->ends[end] == WORLD_END_CLOSED ||
	    net->kind[net->server_of[end]] != WORLD_OURS)
		return -1;
	return net->server_of[end];
}

static bool
world_has_loop(const struct world *world, const struct world_net *net)
{
	int server, at, steps;

	for (server = 0; server < net->server_count; server++) {
		if (net->kind[server] != WORLD_OURS)
			continue;
		at = server;
		for (steps = 0; at >= 0; steps++) {
			if (steps > net->server_count)
				return true;
			at = world_successor(world, net, at);
		}
	}
	return false;
}

/* True if both ends are of ours and open. */
static bool
world_is_ours(const struct world *world, const struct world_net *net,
    uint8_t end)
{
	return net->kind[net->server_of[end]] == WORLD_OURS &&
	    net->kind[net->server_of[end ^ 1]] == WORLD_OURS &&
	    world->ends[end] != WORLD_END_CLOSED &&
	    world->ends[end ^ 1] != WORLD_END_CLOSED;
}

static uint16_t
world_hops(uint8_t message)
{
	return message == WORLD_LEFT ? ROUTE_INFINITY : message;
}

/* A server that doesn't wait has no distance above one that a neighbour
 * stores or will get. */
static bool
world_is_ordered(const struct world *world, const struct world_net *net,
    uint8_t end)
{
	const struct route *route = &world->routes[net->server_of[end]];
	const struct world_wire *wire = &world->wires[end];
	uint8_t i;

	if (route->wait_count > 0)
		return true;
	if (world_link(world, net, end ^ 1)->hops < route->distance)
		return false;
	for (i = 0; i < wire->count; i++)
		if (world_hops(wire->messages[i]) < route->distance)
			return false;
	return true;
}

/* Counts what 'end' has sent and the other hasn't had: LEFTs that change
 * something, and messages that change nothing. Returns what the other will
 * believe in the end. */
static uint16_t
world_read_wire(const struct world *world, const struct world_net *net,
    uint8_t end, int *lefts, int *repeats)
{
	const struct world_wire *wire = &world->wires[end];
	uint16_t hops, belief = world_link(world, net, end ^ 1)->hops;
	uint8_t i;

	*lefts = *repeats = 0;
	for (i = 0; i < wire->count; i++) {
		hops = world_hops(wire->messages[i]);
		*repeats += hops == belief;
		*lefts += hops != belief && hops == ROUTE_INFINITY;
		belief = hops;
	}
	return belief;
}

/* A LEFT, the debt that it leaves and the acknowledgement are one token, which
 * exists exactly while the sender waits. On a broken link it may be lost. */
static enum world_fault
world_check_token(const struct world *world, const struct world_net *net,
    uint8_t end)
{
	const struct route_link *link = world_link(world, net, end);
	const struct route *route = &world->routes[net->server_of[end]];
	int lefts, repeats, none, tokens;
	uint16_t belief;

	world_read_wire(world, net, end ^ 1, &none, &repeats);
	belief = world_read_wire(world, net, end, &lefts, &none);
	tokens = lefts + repeats +
	    ((world_link(world, net, end ^ 1)->flags & ROUTE_OWE) != 0);
	if (tokens > 1 || (tokens == 1 &&
	    !(link->flags & (ROUTE_WAIT | ROUTE_PEND))))
		return WORLD_FAULT_TOKEN;
	if (!world->alive[end / 2])
		return WORLD_FAULT_NONE;
	if (tokens == 0 && (link->flags & (ROUTE_WAIT | ROUTE_PEND)))
		return WORLD_FAULT_TOKEN;
	if (belief != ((link->flags & ROUTE_TOLD) ? route->distance
	    : ROUTE_INFINITY))
		return WORLD_FAULT_BELIEF;
	return WORLD_FAULT_NONE;
}

/* What a server knows by itself to be right. */
static bool
world_is_sane(const struct world *world, const struct world_net *net,
    uint8_t server)
{
	const struct route *route = &world->routes[server];
	uint16_t slot, waits = 0;
	bool is_up;

	for (slot = 0; slot < route->link_count; slot++) {
		waits += (route->links[slot].flags & ROUTE_WAIT) != 0;
		is_up = world->ends[net->end_at[server][slot]] ==
		    WORLD_END_OPEN;
		if (is_up != ((route->links[slot].flags & ROUTE_UP) != 0))
			return false;
	}
	if (waits != route->wait_count)
		return false;
	if (route->wait_count > 0 && route->distance != ROUTE_INFINITY)
		return false;
	if (route->succ == ROUTE_SELF)
		return route->distance == 0;
	if (route->succ == ROUTE_NONE)
		return route->distance == ROUTE_INFINITY;
	return route->distance == route->links[route->succ].hops + 1;
}

static enum world_fault
world_check_lemmas(const struct world *world, const struct world_net *net,
    uint32_t mask)
{
	enum world_fault fault;
	uint8_t i;

	for (i = 0; i < net->server_count; i++)
		if ((mask >> WORLD_FAULT_STEP & 1) &&
		    net->kind[i] == WORLD_OURS &&
		    !world_is_sane(world, net, i))
			return WORLD_FAULT_STEP;
	for (i = 0; i < 2 * net->link_count; i++) {
		if (!world_is_ours(world, net, i))
			continue;
		if ((mask >> WORLD_FAULT_ORDER & 1) &&
		    !world_is_ordered(world, net, i))
			return WORLD_FAULT_ORDER;
		fault = world_check_token(world, net, i);
		if (fault != WORLD_FAULT_NONE && (mask >> fault & 1))
			return fault;
	}
	return WORLD_FAULT_NONE;
}

/* Classic servers count, and ours follow them. */
static bool
world_counts(const struct world *world, const struct world_net *net)
{
	uint8_t i;

	for (i = 0; i < net->server_count; i++)
		if (net->kind[i] != WORLD_OURS)
			return false;
	return world->hops >
	    (world->event_count + 1) * (net->server_count - 1);
}

enum world_fault
world_check(const struct world *world, const struct world_net *net,
    uint32_t mask)
{
	if (world->flooded)
		return WORLD_FAULT_FLOOD;
	if ((mask >> WORLD_FAULT_LOOP & 1) && world_has_loop(world, net))
		return WORLD_FAULT_LOOP;
	if ((mask >> WORLD_FAULT_HOPS & 1) && world_counts(world, net))
		return WORLD_FAULT_HOPS;
	return world_check_lemmas(world, net, mask);
}

/* True if a route may lead over the link. */
static bool
world_is_usable(const struct world *world, const struct world_net *net,
    uint8_t link)
{
	uint8_t end = 2 * link;

	return world->alive[link] &&
	    !world->shut[net->server_of[end]] &&
	    !world->shut[net->server_of[end + 1]] &&
	    !(world_link(world, net, end)->flags & ROUTE_DRAIN) &&
	    !(world_link(world, net, end + 1)->flags & ROUTE_DRAIN);
}

/* Fills 'distances' with the true ones. */
static void
world_measure(const struct world *world, const struct world_net *net,
    uint16_t *distances)
{
	uint8_t server, link, round;
	uint16_t *a, *b;

	for (server = 0; server < net->server_count; server++)
		distances[server] = world->routes[server].local ? 0
		    : ROUTE_INFINITY;
	for (round = 1; round < net->server_count; round++) {
		for (link = 0; link < net->link_count; link++) {
			if (!world_is_usable(world, net, link))
				continue;
			a = &distances[net->server_of[2 * link]];
			b = &distances[net->server_of[2 * link + 1]];
			if (*a != ROUTE_INFINITY && *a + 1 < *b)
				*b = *a + 1;
			if (*b != ROUTE_INFINITY && *b + 1 < *a)
				*a = *b + 1;
		}
	}
}

static bool
world_has_debt(const struct world *world, const struct world_net *net)
{
	uint8_t debts = ROUTE_WAIT | ROUTE_OWE | ROUTE_PEND;
	uint8_t i;

	for (i = 0; i < net->server_count; i++)
		if (world->routes[i].wait_count > 0)
			return true;
	for (i = 0; i < 2 * net->link_count; i++)
		if (world_link(world, net, i)->flags & debts)
			return true;
	return false;
}

static bool
world_has_flooder(const struct world_net *net)
{
	uint8_t i;

	for (i = 0; i < net->server_count; i++)
		if (net->kind[i] == WORLD_FLOOD)
			return true;
	return false;
}

/* True if each next hop of ours leads to the user in the end. No more can be
 * asked for beside servers that forget what they were told. */
static bool
world_leads(const struct world *world, const struct world_net *net)
{
	uint8_t server, at, end, steps;

	for (server = 0; server < net->server_count; server++) {
		if (net->kind[server] != WORLD_OURS ||
		    world->routes[server].succ == ROUTE_NONE)
			continue;
		at = server;
		for (steps = 0; world->routes[at].succ >= 0 &&
		    steps < net->server_count; steps++) {
			end = net->end_at[at][world->routes[at].succ];
			if (!world->alive[end / 2])
				return false;
			at = net->server_of[end ^ 1];
		}
		if (!world->routes[at].local)
			return false;
	}
	return true;
}

enum world_fault
world_check_rest(const struct world *world, const struct world_net *net,
    uint32_t mask)
{
	uint16_t distances[WORLD_SERVERS_MAX];
	uint8_t server;

	if ((mask >> WORLD_FAULT_DEBT & 1) && world_has_debt(world, net))
		return WORLD_FAULT_DEBT;
	if (!(mask >> WORLD_FAULT_DISTANCE & 1))
		return WORLD_FAULT_NONE;
	if (world_has_flooder(net))
		return world_leads(world, net) ? WORLD_FAULT_NONE
		    : WORLD_FAULT_DISTANCE;
	world_measure(world, net, distances);
	for (server = 0; server < net->server_count; server++)
		if (world->routes[server].distance != distances[server])
			return WORLD_FAULT_DISTANCE;
	return WORLD_FAULT_NONE;
}
