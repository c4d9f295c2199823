/*
 * A classic distance vector, as servers of other origin have it: best
 * neighbour at once, infinity 16, triggered updates; it acknowledges nothing.
 * It uses the records and messages of control/route.h: hops, ROUTE_UP and
 * ROUTE_TOLD by link, distance, succ, local. For sim_foreign.c and scale_*.c.
 */
#ifndef SIM_CLASSIC_H
#define SIM_CLASSIC_H

#include "../../control/route.h"

enum classic_kind {
	CLASSIC_POISON, /* LEFT to the way in use, if it was told */
	CLASSIC_ECHO,   /* LEFT after every ARRV of the way in use, too */
	CLASSIC_PLAIN,  /* tells the way in use as all others */
	CLASSIC_KINDS
};

/* As struct route_node, of which it uses 'send' and 'context'. */
struct classic {
	enum classic_kind kind;
	struct route_node node;
};

/* The neighbour on 'slot' announced 'hops', or ROUTE_INFINITY: LEFT. */
void classic_message(struct route *route, const struct classic *classic,
    uint16_t slot, uint16_t hops);
void classic_link_up(struct route *route, const struct classic *classic,
    uint16_t slot);
void classic_link_down(struct route *route, const struct classic *classic,
    uint16_t slot);
void classic_local(struct route *route, const struct classic *classic,
    bool local);

#endif
