/*
 * The graphs of the simulated worlds.
 */
#include <string.h>

#include "sim_clock.h"
#include "sim_world.h"

static bool
graph_has(unsigned a, unsigned b)
{
	unsigned i;

	for (i = 0; i < world.link_count; i++)
		if ((world.links[i].from == a && world.links[i].to == b) ||
		    (world.links[i].from == b && world.links[i].to == a))
			return true;
	return false;
}

static void
graph_link(unsigned from, unsigned to)
{
	struct world_link *link = &world.links[world.link_count];

	if (world.link_count == WORLD_LINKS_MAX)
		return;
	world.link_count++;
	memset(link, 0, sizeof(*link));
	link->from = from;
	link->to = to;
	link->delay_usec = 100 + sim_below(20000);
	link->jitter_usec = sim_below(10000);
}

/* Either may be the one who dials. */
static void
graph_join(unsigned a, unsigned b)
{
	if (a == b || graph_has(a, b))
		return;
	if (sim_chance(50))
		graph_link(a, b);
	else
		graph_link(b, a);
}

static void
graph_ring(unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		graph_join(i, (i + 1) % count);
}

static void
graph_grid(unsigned count)
{
	unsigned width = 1, i;

	while (width * width < count)
		width++;
	for (i = 0; i < count; i++) {
		if (i % width + 1 < width && i + 1 < count)
			graph_join(i, i + 1);
		if (i + width < count)
			graph_join(i, i + width);
	}
}

/* A tree, and half as many links more. */
static void
graph_random(unsigned count)
{
	unsigned i;

	for (i = 1; i < count; i++)
		graph_join(i, sim_below(i));
	for (i = 0; i < (count + 1) / 2; i++)
		graph_join(sim_below(count), sim_below(count));
}

/* Barabasi-Albert: each newcomer picks two ends of existing links. */
static void
graph_ba(unsigned count)
{
	unsigned i, k, link;

	graph_join(0, 1);
	for (i = 2; i < count; i++)
		for (k = 0; k < 2; k++) {
			link = sim_below(world.link_count);
			graph_join(i, sim_chance(50) ?
			    world.links[link].from : world.links[link].to);
		}
}

static void
graph_mesh(unsigned count)
{
	unsigned i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			graph_join(i, j);
}

static const struct {
	const char *name;
	void (*draw)(unsigned count);
} graphs[] = {
	{"ring", graph_ring}, {"grid", graph_grid}, {"random", graph_random},
	{"ba", graph_ba}, {"mesh", graph_mesh}
};

#define GRAPH_COUNT (sizeof(graphs) / sizeof(*graphs))

static size_t
graph_find(const char *graph)
{
	size_t i = 0;

	while (i < GRAPH_COUNT && strcmp(graphs[i].name, graph) != 0)
		i++;
	return i;
}

bool
graph_is_known(const char *graph)
{
	return graph_find(graph) < GRAPH_COUNT;
}

void
graph_draw(const char *graph, unsigned count)
{
	size_t i = graph != NULL ? graph_find(graph) :
	    sim_below(GRAPH_COUNT);

	world.graph = graphs[i].name;
	graphs[i].draw(count);
	/* Now and then two servers dial each other. */
	if (sim_chance(30) && world.link_count > 0)
		graph_link(world.links[0].to, world.links[0].from);
}
