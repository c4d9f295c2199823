/*
 * What goes wrong, and how all becomes well again.
 */
#include "sim_clock.h"
#include "sim_world.h"

/* How late an end of a broken link hears of that, at most. */
#define FAULT_NOTICE_USEC (1500 * SIM_MSEC)
/* All links are up again within that. */
#define FAULT_MEND_SEC 150
/* A link that is taken down is closed after less than that. */
#define FAULT_DRAIN_SEC 3

/* ---- links ---- */

static unsigned
fault_link(void)
{
	unsigned link = sim_below(world.link_count);

	world.links[link].disturbed = world.phase_count;
	world.link_faults++;
	return link;
}

static void
fault_break(unsigned l, bool is_silent)
{
	struct world_link *link = &world.links[l];
	struct wire *wire;

	world_say("link n%u-n%u %s", link->from, link->to,
	    is_silent ? "falls silent" : "breaks");
	for (wire = wires_first(); wire != NULL; wire = wire->next) {
		if (wire->link != l || wire->is_lost)
			continue;
		if (is_silent && wire_is_up(wire) &&
		    world.foreign[link->from] == NULL &&
		    world.foreign[link->to] == NULL)
			wire->is_lost = true;
		else if (wire->ends[0].is_open || wire->ends[1].is_open)
			wire_break(wire, sim_chance(50) ? FAULT_NOTICE_USEC :
			    5 * SIM_MSEC);
	}
}

static void
fault_link_breaks(void)
{
	unsigned link = fault_link();

	world.links[link].is_silent = sim_chance(30);
	world.links[link].is_cut = true;
	fault_break(link, world.links[link].is_silent);
}

/* Down and at once up again. */
static void
fault_link_blips(void)
{
	unsigned link = fault_link();

	if (!world.links[link].is_cut)
		fault_break(link, false);
}

static void
fault_link_returns(void)
{
	struct world_link *link = &world.links[fault_link()];

	if (!link->is_cut)
		return;
	world_say("link n%u-n%u is mended", link->from, link->to);
	link->is_cut = link->is_silent = false;
}

static void
fault_link_stalls(void)
{
	unsigned link = fault_link();
	struct wire *wire;

	world_say("link %u stalls", link);
	for (wire = wires_first(); wire != NULL; wire = wire->next)
		if (wire->link == link)
			wire->stall_usec = sim_now() + sim_below(2 * SIM_SEC);
}

static void
fault_link_slows(void)
{
	unsigned link = fault_link();
	struct wire *wire;

	world_say("link %u is slow", link);
	for (wire = wires_first(); wire != NULL; wire = wire->next)
		if (wire->link == link)
			wire->usec_per_kib = sim_below(20000);
}

static void
fault_disconnect(void)
{
	struct world_link *link = &world.links[fault_link()];

	if (world.foreign[link->from] != NULL)
		return;
	world_say("n%u is told to disconnect n%u", link->from, link->to);
	link->is_unwanted = true;
	node_disconnect(&world.nodes[link->from], link->to);
}

static void
fault_connect(void)
{
	struct world_link *link = &world.links[fault_link()];

	if (world.foreign[link->from] != NULL)
		return;
	world_say("n%u is told to connect n%u", link->from, link->to);
	link->is_unwanted = false;
	node_connect(&world.nodes[link->from], link->to);
}

/* ---- dncontrol ---- */

static void
fault_control_starts(void *object, uint64_t what)
{
	struct node *node = object;

	(void)what;
	if (node_control_is_doomed(node))
		sim_at(sim_now() + 100 * SIM_MSEC, fault_control_starts, node,
		    0);
	if (node->control != NULL)
		return;
	world_say("n%u's dncontrol starts", node->index);
	node_control_start(node);
}

static struct node *
fault_node(void)
{
	unsigned i = sim_below(world.node_count);

	return world.foreign[i] == NULL ? &world.nodes[i] : NULL;
}

static void
fault_control_dies(void)
{
	struct node *node = fault_node();
	enum node_death death = sim_chance(30) ? NODE_DEATH_PARTLY :
	    (enum node_death)sim_below(NODE_DEATH_COUNT);

	if (node == NULL || node->control == NULL)
		return;
	world_say("n%u's dncontrol dies (%d)", node->index, (int)death);
	node_control_kill(node, death);
	sim_at(sim_now() + sim_below(3 * SIM_SEC), fault_control_starts, node,
	    0);
}

static void
fault_control_freezes(void)
{
	struct node *node = fault_node();

	if (node == NULL)
		return;
	world_say("n%u's dncontrol freezes", node->index);
	node_control_freeze(node, sim_below(2 * SIM_SEC));
}

static void
fault_control_restarts(void)
{
	struct node *node = fault_node();

	if (node == NULL)
		return;
	world_say("n%u's dncontrol is restarted", node->index);
	node_restart(node);
	sim_at(sim_now() + 1 + sim_below(SIM_SEC), fault_control_starts, node,
	    0);
}

static void
fault_session_breaks(void)
{
	struct node *node = fault_node();

	if (node == NULL)
		return;
	world_say("n%u's session breaks", node->index);
	node_session_break(node);
}

/* ---- the rest ---- */

static void
fault_disk(void)
{
	struct node *node = fault_node();

	if (node == NULL)
		return;
	node->is_disk_full = !node->is_disk_full;
	world_say("n%u's disk is %s", node->index,
	    node->is_disk_full ? "full" : "in order");
}

static void
fault_plane_starts(void *object, uint64_t what)
{
	struct node *node = object;

	(void)what;
	if (node->plane != NULL)
		return;
	world_say("n%u's dnchatd starts", node->index);
	node_plane_start(node);
}

static void
fault_plane_dies(void)
{
	struct node *node = fault_node();

	if (node == NULL || node->plane == NULL)
		return;
	world_say("n%u's dnchatd dies", node->index);
	world.node_disturbed[node->index] = world.phase_count;
	node_plane_kill(node);
	sim_at(sim_now() + sim_below(4 * SIM_SEC), fault_plane_starts, node,
	    0);
}

static void
fault_shutdown(void)
{
	struct node *node = fault_node();

	if (node == NULL || node->plane == NULL || node->control == NULL)
		return;
	world_say("n%u shuts down", node->index);
	world.node_disturbed[node->index] = world.phase_count;
	node_shutdown(node);
}

static void
fault_client(void)
{
	struct client *client = &world.clients[sim_below(world.client_count)];

	switch (sim_below(4)) {
	case 0:
		client_vanish(client);
		break;
	case 1:
		client_stop_reading(client, 12 * SIM_SEC);
		client_flood(&world.clients[sim_below(world.client_count)]);
		break;
	default:
		client_stop_reading(client, sim_below(15 * SIM_SEC));
		break;
	}
}

/* ---- which ---- */

typedef void fault(void);

static fault *const link_faults[] = {
	fault_link_breaks, fault_link_breaks, fault_link_blips,
	fault_link_returns, fault_link_returns, fault_link_stalls,
	fault_link_slows, fault_disconnect, fault_connect
};
static fault *const drain_faults[] = {
	fault_disconnect, fault_disconnect, fault_connect
};
static fault *const control_faults[] = {
	fault_control_dies, fault_control_dies, fault_control_freezes,
	fault_control_restarts, fault_session_breaks
};
static fault *const other_faults[] = {
	fault_disk, fault_plane_dies, fault_shutdown, fault_client,
	fault_client
};

#define FAULT_ONE(faults) \
	faults[sim_below(sizeof(faults) / sizeof(*(faults)))]()

void
fault_strike(void)
{
	if (world.phase == PHASE_CALM)
		return;
	sim_count(1);
	if (world.phase == PHASE_CONTROL)
		FAULT_ONE(control_faults);
	else if (world.phase == PHASE_DRAIN)
		FAULT_ONE(drain_faults);
	else if (world.phase == PHASE_LINKS || sim_chance(40))
		FAULT_ONE(link_faults);
	else if (sim_chance(50))
		FAULT_ONE(control_faults);
	else
		FAULT_ONE(other_faults);
}

/* ---- mending ---- */

static bool
fault_mend_nodes(void)
{
	bool are_up = true;
	struct node *node;
	unsigned i;

	for (i = 0; i < world.node_count; i++) {
		node = &world.nodes[i];
		node->is_disk_full = false;
		if (world.foreign[i] != NULL)
			continue;
		if (node->plane == NULL)
			fault_plane_starts(node, 0);
		/* Who waits for something to die of may wait for long. */
		if (node_control_is_doomed(node))
			node_control_kill(node, NODE_DEATH_NOW);
		are_up = are_up && node->control != NULL &&
		    !node_control_is_doomed(node);
		if (node->control == NULL)
			fault_control_starts(node, 0);
	}
	return are_up;
}

static bool
fault_mend_links(void)
{
	struct world_link *link;
	bool are_up = true;
	unsigned i;

	for (i = 0; i < world.link_count; i++) {
		link = &world.links[i];
		link->is_cut = link->is_silent = false;
		if (world_link_is_up(i) && !link->is_unwanted)
			continue;
		/* It may be up because it is still being taken down. */
		link->is_unwanted = false;
		are_up = false;
		if (world.foreign[link->from] == NULL)
			node_connect(&world.nodes[link->from], link->to);
	}
	return are_up;
}

void
fault_mend(void)
{
	struct wire *wire;
	unsigned second;
	bool are_up;

	world_say("all is mended");
	for (wire = wires_first(); wire != NULL; wire = wire->next)
		wire->usec_per_kib = 0;
	for (second = 0; !world.failed; second++) {
		are_up = fault_mend_nodes();
		are_up = fault_mend_links() && are_up;
		if (are_up && second >= FAULT_DRAIN_SEC)
			return;
		if (second == FAULT_MEND_SEC)
			world_fail("links do not come up again in %d s",
			    FAULT_MEND_SEC);
		world_pass(SIM_SEC);
	}
}
