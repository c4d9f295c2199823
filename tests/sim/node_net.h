/*
 * What node_net.c gives the shells on either side of it, besides control/net.h.
 */
#ifndef SIM_NODE_NET_H
#define SIM_NODE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;
struct node;

/* A loop for the dncontrol of 'node'; net_free() ends it. */
struct net *node_net_new(struct node *node);
struct node *node_net_node(const struct net *net);

/* When the first timer is due; UINT64_MAX: never. And: those that are, fire. */
uint64_t node_net_next(const struct net *net);
void node_net_fire(struct net *net);

/* Frees the sockets of 'node'. */
void node_net_end(struct node *node);

/* For dnchatd: dncontrol has connected, says something (false: it is
 * malformed, and the session ends), is gone. */
void node_plane_session_begin(struct node *node);
bool node_plane_session_feed(struct node *node, const void *data, size_t size);
void node_plane_session_end(struct node *node);

#endif
