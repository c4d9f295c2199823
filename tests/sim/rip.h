/*
 * A classic distance vector for the world of world.h, as servers of other
 * origin have it: best neighbour at once, a small infinity, triggered updates; it
 * acknowledges nothing and loops for a while like its models. It uses the same
 * record as ours: hops, ROUTE_UP and ROUTE_TOLD by link, distance, succ, local.
 * A server of the kind WORLD_FLOOD keeps one distance only: it takes what is
 * shorter, and forgets the user on anybody's LEFT.
 */
#ifndef SIM_RIP_H
#define SIM_RIP_H

#include "world.h"

/* A message on 'slot': a hop count, or ROUTE_INFINITY for LEFT. */
void rip_message(struct world *world, const struct world_net *net,
    uint8_t server, uint8_t slot, uint16_t hops);
void rip_link_up(struct world *world, const struct world_net *net,
    uint8_t server, uint8_t slot);
void rip_link_down(struct world *world, const struct world_net *net,
    uint8_t server, uint8_t slot);
void rip_local(struct world *world, const struct world_net *net,
    uint8_t server, bool local);

#endif
