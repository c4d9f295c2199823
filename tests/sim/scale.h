/*
 * Networks of thousands of servers, of which only the routing is there: the
 * route.c that ships, or the classic distance vector of classic.c. A node has
 * a record per user; links are queues with random delays of 0.5 to 1.5, whose
 * mean is the unit of all times here. Between scale_main.c and agg_main.c,
 * which ask, and route.c.
 */
#ifndef SIM_SCALE_H
#define SIM_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classic.h"
#include "scale_heap.h"

/* Hold time and its cap in link delays: dnchat(7), ROUTING. */
#define SCALE_HOLD 3.0
#define SCALE_HOLD_MAX 64.0

enum scale_kind { SCALE_OURS, SCALE_CLASSIC };

/* One direction of a link. */
struct scale_way {
	uint32_t from, to;
	uint16_t slot;     /* of 'to' */
	uint32_t back;     /* the other direction */
	bool is_down;
	double last;       /* when the last message arrives */
	uint32_t first, count, room; /* of the ring of messages */
	struct scale_message *messages;
};

struct scale_node {
	uint32_t way_first; /* its outgoing ways, by slot: way_first + slot */
	uint16_t way_count;
	struct scale_context *context;
};

struct scale_edge {
	uint32_t a, b;
};

struct scale {
	enum scale_kind kind;
	uint32_t node_count, edge_count, way_count, user_count;
	struct scale_edge *edges;
	struct scale_node *nodes;
	struct scale_way *ways;
	struct route *routes;      /* [node * user_count + user] */
	struct route_link *links;  /* of all routes */
	uint8_t *strikes;          /* as routes */
	struct scale_heap heap;    /* arrivals, and ends of hold times */
	double now;
	uint64_t messages;         /* sent, ever */
	double changed;            /* when a route changed last */
	uint16_t hops_max;         /* announced, ever */
	uint64_t loops;            /* next hops that closed one */
	bool checks_loops;
	uint64_t random;
};

/* ---- scale_graph.c ---- */

/* Draws 'graph': ring, grid, random (a tree and as many links more), ba
 * (Barabasi-Albert, 2 links a newcomer). False: there is none such. */
bool scale_draw(struct scale *scale, const char *graph, uint32_t node_count,
    uint64_t seed);

/* The links of the graph, by node. Frees what scale_draw() made. */
void scale_undraw(struct scale *scale);

/* A number below 'limit'. */
uint32_t scale_below(struct scale *scale, uint32_t limit);

/* ---- scale_net.c ---- */

/* Empty records for 'user_count' users, all links up. */
void scale_begin(struct scale *scale, enum scale_kind kind,
    uint32_t user_count);
void scale_end(struct scale *scale);

/* 'user' arrives at or leaves 'node'. */
void scale_local(struct scale *scale, uint32_t node, uint32_t user,
    bool is_local);

/* Both ends of edge 'edge' see it go down or up, for all users. */
void scale_edge_set(struct scale *scale, uint32_t edge, bool is_up);

/* Until nothing happens any more; true, or false after 'limit' messages. */
bool scale_run(struct scale *scale, uint64_t limit);

/* Bytes that the records take. */
size_t scale_bytes(const struct scale *scale);

/* True if all have the shortest ways to 'user' at 'home' (-1: none), as far
 * as this kind can go. */
bool scale_is_exact(const struct scale *scale, uint32_t user, int64_t home);

#endif
