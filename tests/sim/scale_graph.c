/*
 * The graphs of scale.h.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scale.h"

uint32_t
scale_below(struct scale *scale, uint32_t limit)
{
	uint64_t z = scale->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(((z ^ z >> 31) >> 32) * limit >> 32);
}

static void
scale_join(struct scale *scale, uint32_t a, uint32_t b)
{
	uint32_t i;

	if (a == b)
		return;
	for (i = 0; i < scale->edge_count; i++)
		if ((scale->edges[i].a == a && scale->edges[i].b == b) ||
		    (scale->edges[i].a == b && scale->edges[i].b == a))
			return;
	scale->edges[scale->edge_count++] = (struct scale_edge){a, b};
}

static void
scale_ring(struct scale *scale)
{
	uint32_t i, n = scale->node_count;

	for (i = 0; i < n; i++)
		scale_join(scale, i, (i + 1) % n);
}

static void
scale_grid(struct scale *scale)
{
	uint32_t i, width = 1, n = scale->node_count;

	while (width * width < n)
		width++;
	for (i = 0; i < n; i++) {
		if (i % width + 1 < width && i + 1 < n)
			scale_join(scale, i, i + 1);
		if (i + width < n)
			scale_join(scale, i, i + width);
	}
}

static void
scale_random(struct scale *scale)
{
	uint32_t i, n = scale->node_count;

	for (i = 1; i < n; i++)
		scale_join(scale, i, scale_below(scale, i));
	for (i = 0; i < n; i++)
		scale_join(scale, scale_below(scale, n),
		    scale_below(scale, n));
}

static void
scale_ba(struct scale *scale)
{
	const struct scale_edge *edge;
	uint32_t i, k;

	scale_join(scale, 0, 1);
	for (i = 2; i < scale->node_count; i++)
		for (k = 0; k < 2; k++) {
			edge = &scale->edges[scale_below(scale,
			    scale->edge_count)];
			scale_join(scale, i, scale_below(scale, 2) ?
			    edge->a : edge->b);
		}
}

/* Ways of a node stand together, in the order of its slots. */
static void
scale_lay_ways(struct scale *scale)
{
	uint32_t i, k, *next = calloc(scale->node_count, sizeof(*next));
	uint32_t ends[2], ways[2];
	struct scale_node *node;

	assert(next != NULL);
	scale->way_count = 0;
	for (i = 0; i < scale->node_count; i++) {
		node = &scale->nodes[i];
		node->way_first = scale->way_count;
		scale->way_count += node->way_count;
	}
	for (i = 0; i < scale->edge_count; i++) {
		ends[0] = scale->edges[i].a;
		ends[1] = scale->edges[i].b;
		for (k = 0; k < 2; k++)
			ways[k] = scale->nodes[ends[k]].way_first +
			    next[ends[k]];
		for (k = 0; k < 2; k++) {
			scale->ways[ways[k]] = (struct scale_way){
			    .from = ends[k], .to = ends[!k],
			    .slot = (uint16_t)next[ends[!k]],
			    .back = ways[!k]};
		}
		next[ends[0]]++;
		next[ends[1]]++;
	}
	free(next);
}

bool
scale_draw(struct scale *scale, const char *graph, uint32_t node_count,
    uint64_t seed)
{
	static const struct {
		const char *name;
		void (*draw)(struct scale *scale);
	} graphs[] = {{"ring", scale_ring}, {"grid", scale_grid},
	    {"random", scale_random}, {"ba", scale_ba}};
	uint32_t i;

	memset(scale, 0, sizeof(*scale));
	scale->random = seed;
	scale->node_count = node_count;
	scale->edges = calloc(node_count * 2, sizeof(*scale->edges));
	scale->nodes = calloc(node_count, sizeof(*scale->nodes));
	assert(scale->edges != NULL && scale->nodes != NULL);
	for (i = 0; i < sizeof(graphs) / sizeof(*graphs); i++)
		if (strcmp(graphs[i].name, graph) == 0)
			break;
	if (i == sizeof(graphs) / sizeof(*graphs))
		return false;
	graphs[i].draw(scale);
	for (i = 0; i < scale->edge_count; i++) {
		scale->nodes[scale->edges[i].a].way_count++;
		scale->nodes[scale->edges[i].b].way_count++;
	}
	scale->ways = calloc(scale->edge_count * 2, sizeof(*scale->ways));
	assert(scale->ways != NULL);
	scale_lay_ways(scale);
	return true;
}

void
scale_undraw(struct scale *scale)
{
	free(scale->edges);
	free(scale->nodes);
	free(scale->ways);
}
