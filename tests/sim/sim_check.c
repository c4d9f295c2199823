/*
 * What must hold of routes, lists and bounds.
 *
 * Claimed at every change of a table: the next hops of our servers for one
 * user never form a loop. (Foreign servers have no loop protection: a way that
 * leads to one is not followed further. A link that the other end has given up
 * leads nowhere. A server that is shutting down has withdrawn all, but goes on
 * to forward by its last table for the second that this takes: a way to it is
 * not followed further either.)
 *
 * Claimed at rest, when everything is mended and nothing about routes has
 * happened for a while: the table, the core, and each client's list of each
 * server have just the users of whom a named client exists on a server in
 * reach; the hop count is the length of the shortest way; the next hop is one
 * nearer; no withdrawal, hold, debt or drain is left; the core has no record
 * more. Suspended where foreign servers are and a shortest way is longer than
 * their infinity allows.
 *
 * Claimed of a phase: a client that was on throughout saw neither ARRV nor
 * LEFT of a user whose client was on throughout at a server that stayed in
 * reach over links and servers nobody disturbed. That is claimed of CALM and
 * CONTROL phases, and of DRAIN and LINKS phases with one fault, in worlds whose servers
 * have hold times that are alike. With more faults, or where a neighbour's
 * hold is longer than our list time, no rule can tell a way that is being
 * looked for from none (dnchat(7), ROUTING). Ways over foreign servers don't
 * count.
 */
#include <stdio.h>
#include <string.h>

#include "sim_clock.h"
#include "sim_world.h"

/* ---- loops ---- */

static int
check_next(unsigned node, unsigned user)
{
	bool is_shown;
	struct wire_end *end = node_next_hop(&world.nodes[node], user + 1,
	    &is_shown);
	const struct wire_end *other;

	if (node_is_ending(&world.nodes[node]))
		return -1;
	if (end == NULL || !end->is_open || end->wire->link == WIRE_NO_NODE)
		return -1;
	other = wire_other(end);
	if (world.foreign[other->node] != NULL || !node_is_link(other))
		return -1;
	return (int)other->node;
}

void
check_routes(unsigned node)
{
	unsigned user, steps;
	int at;

	for (user = 0; user < world.user_count; user++) {
		at = check_next(node, user);
		if (at == world.next[node][user])
			continue;
		world_say("n%u's way to u%u is now n%d", node, user, at);
		world.next[node][user] = at;
		world.routed_usec = sim_now();
		for (steps = 0; at >= 0 && steps <= world.node_count; steps++) {
			if (at == (int)node)
				world_fail("a loop for u%u through n%u", user,
				    node);
			/* What was noted of others may have gone since. */
			at = check_next((unsigned)at, user);
		}
	}
}

/* ---- bounds ---- */

void
check_bounds(void)
{
	const char *wrong;
	unsigned i;

	for (i = 0; i < world.node_count; i++) {
		wrong = node_plane_bounds(&world.nodes[i]);
		if (wrong == NULL)
			wrong = node_control_bounds(&world.nodes[i]);
		if (wrong != NULL)
			world_fail("n%u: %s", i, wrong);
	}
}

/* ---- rest ---- */

#define CHECK_FAR 1000u

static void
check_relax(unsigned *distances)
{
	const struct wire *wire;
	bool changed = true;
	unsigned i, from, to;

	while (changed) {
		changed = false;
		for (wire = wires_first(); wire != NULL; wire = wire->next) {
			if (!world_wire_is_link(wire))
				continue;
			for (i = 0; i < 2; i++) {
				from = wire->ends[i].node;
				to = wire->ends[!i].node;
				if (distances[from] + 1 >= distances[to])
					continue;
				distances[to] = distances[from] + 1;
				changed = true;
			}
		}
	}
}

/* Distances of all servers to 'user'; false if they are not claimed. */
static bool
check_distances(unsigned user, unsigned *distances)
{
	unsigned i, most = 0;

	for (i = 0; i < world.node_count; i++)
		distances[i] = node_client(&world.nodes[i], user + 1) != NULL ?
		    0 : CHECK_FAR;
	check_relax(distances);
	for (i = 0; i < world.node_count; i++)
		if (distances[i] != CHECK_FAR && distances[i] > most)
			most = distances[i];
	return !world.has_foreign || most < 14;
}

static void
check_rest_hop(unsigned i, unsigned user, const unsigned *distances)
{
	bool is_shown;
	struct wire_end *end = node_next_hop(&world.nodes[i], user + 1,
	    &is_shown);

	if (is_shown != (distances[i] != CHECK_FAR))
		world_fail("n%u's table %s u%u, at distance %u", i,
		    is_shown ? "has" : "lacks", user, distances[i]);
	else if (is_shown && end == NULL)
		world_fail("n%u's table has no next hop for u%u", i, user);
	else if (is_shown && distances[i] == 0 &&
	    end != node_client(&world.nodes[i], user + 1))
		world_fail("n%u does not send to its own client u%u", i, user);
	else if (is_shown && distances[i] > 0 &&
	    (!world_wire_is_link(end->wire) ||
	    distances[wire_other(end)->node] + 1 != distances[i]))
		world_fail("n%u's next hop for u%u is not nearer", i, user);
}

static void
check_rest_core(unsigned i, unsigned user, const unsigned *distances)
{
	struct node_user found;

	node_user(&world.nodes[i], user + 1, &found);
	if (found.is_known != (distances[i] != CHECK_FAR))
		world_fail("n%u's core %s u%u, at distance %u", i,
		    found.is_known ? "has" : "lacks", user, distances[i]);
	if (!found.is_known)
		return;
	if (!found.is_shown || !found.is_settled)
		world_fail("n%u's core has not settled u%u", i, user);
	if (found.hops != distances[i])
		world_fail("n%u counts %u hops to u%u; it is %u", i,
		    found.hops, user, distances[i]);
}

static void
check_rest_lists(unsigned user, const unsigned *distances)
{
	const struct client *client;
	unsigned i;

	for (i = 0; i < world.client_count; i++) {
		client = &world.clients[i];
		if (!client->is_on || client->user == user ||
		    client->paused_usec > sim_now())
			continue;
		if (client->lists[user] !=
		    (distances[client->node] != CHECK_FAR))
			world_fail("the list of u%u at n%u %s u%u",
			    client->user, client->node, client->lists[user] ?
			    "has" : "lacks", user);
	}
}

void
check_rest(void)
{
	unsigned distances[WORLD_NODES_MAX], user, i;

	for (user = 0; user < world.user_count && !world.failed; user++) {
		if (!check_distances(user, distances))
			continue;
		for (i = 0; i < world.node_count; i++) {
			if (world.foreign[i] != NULL)
				continue;
			check_rest_hop(i, user, distances);
			check_rest_core(i, user, distances);
		}
		check_rest_lists(user, distances);
	}
}

/* ---- flaps ---- */

static unsigned
check_root(const unsigned *roots, unsigned node)
{
	while (roots[node] != node)
		node = roots[node];
	return node;
}

/* Servers that stayed in reach of each other get the same root. */
static void
check_components(unsigned *roots)
{
	const struct world_link *link;
	unsigned i;

	for (i = 0; i < world.node_count; i++)
		roots[i] = i;
	for (i = 0; i < world.link_count; i++) {
		link = &world.links[i];
		if (link->disturbed == world.phase_count ||
		    world.node_disturbed[link->from] == world.phase_count ||
		    world.node_disturbed[link->to] == world.phase_count ||
		    world.foreign[link->from] != NULL ||
		    world.foreign[link->to] != NULL)
			continue;
		roots[check_root(roots, link->from)] =
		    check_root(roots, link->to);
	}
}

bool
check_in_reach(unsigned a, unsigned b)
{
	unsigned roots[WORLD_NODES_MAX];

	check_components(roots);
	return check_root(roots, a) == check_root(roots, b);
}

/* The client of 'user' that was on throughout; NULL if there is none, or
 * another one may have been. */
static const struct client *
check_holder(unsigned user)
{
	const struct client *client, *holder = NULL;
	unsigned i;

	for (i = 0; i < world.client_count; i++) {
		client = &world.clients[i];
		if (client->user != user)
			continue;
		if (client->ghost_usec > world.phase_usec)
			return NULL;
		if (client->is_on && client->on_usec < world.phase_usec &&
		    holder == NULL)
			holder = client;
		else if (client->end != NULL || client->off_usec != 0)
			return NULL;
	}
	return holder;
}

static void
check_flaps_of(const struct client *client, const unsigned *roots)
{
	const struct client *holder;
	unsigned user;

	for (user = 0; user < world.user_count; user++) {
		holder = user != client->user ? check_holder(user) : NULL;
		if (holder == NULL || client->flaps[user] == 0 ||
		    check_root(roots, holder->node) !=
		    check_root(roots, client->node))
			continue;
		world_fail("u%u, who stayed in reach of u%u at n%u, flapped",
		    user, client->user, client->node);
	}
}

void
check_begin(void)
{
	uint32_t least = UINT32_MAX, most = 0, hold;
	unsigned i;

	world.link_faults = 0;
	for (i = 0; i < world.client_count; i++)
		memset(world.clients[i].flaps, 0,
		    sizeof(world.clients[i].flaps));
	for (i = 0; i < world.node_count; i++) {
		hold = world.foreign[i] == NULL ?
		    node_hold_msec(&world.nodes[i]) : 0;
		if (hold > 0 && hold < least)
			least = hold;
		if (hold > most)
			most = hold;
	}
	world.are_holds_alike = most < 2 * least;
}

static bool
check_flaps_are_claimed(void)
{
	switch (world.phase) {
	case PHASE_CALM:
	case PHASE_CONTROL:
		return true;
	case PHASE_DRAIN:
	case PHASE_LINKS:
		return world.link_faults <= 1 && world.are_holds_alike;
	case PHASE_ALL:
	case PHASE_COUNT:
		break;
	}
	return false;
}

void
check_flaps(void)
{
	unsigned roots[WORLD_NODES_MAX], i;
	const struct client *client;

	if (!check_flaps_are_claimed())
		return;
	check_components(roots);
	for (i = 0; i < world.client_count && !world.failed; i++) {
		client = &world.clients[i];
		if (client->is_on && client->on_usec < world.phase_usec)
			check_flaps_of(client, roots);
	}
}
