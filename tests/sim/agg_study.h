/*
 * A study, not part of any program: announcements aggregated by home node.
 * Servers that agreed on it route to nodes instead of users, and keep a map
 * of each user to the nodes that have him. dnchat(7), SCALE, says what that
 * would take; agg_main.c measures what it would bring.
 *
 * Messages between such servers:
 *   HOME node hops, LEFT node     route.c as it ships, for nodes
 *   USER home serial +/- number name description
 *                                 the home's 'serial'-th change of its users
 *   HAVE (home, life, serial)...  on link up: what is known of each home
 * A USER is passed on to all other links the first time it is seen, and
 * dropped after that: every home is the only author of its list, so a serial
 * says which word is the last one, whatever the order and the way. What HAVE
 * shows to be missing is sent: changes from the log (here; a program would
 * send the whole list instead where that is shorter). As links are queues and
 * all that is taken is passed on, no link ever skips a serial.
 *
 * A user is reachable if a home of his is, by the nearest such: two holders
 * are two homes; who moves is '+' at one and '-' at the other, in any order;
 * who is renumbered is '-' and '+' at one home.
 */
#ifndef SIM_AGG_STUDY_H
#define SIM_AGG_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scale.h"

/* Homes that one user may have at a time: more are not kept. */
#define AGG_HOLDERS_MAX 2
#define AGG_NO_HOME UINT16_MAX

struct agg_user {
	uint16_t homes[AGG_HOLDERS_MAX];
};

struct agg_change {
	uint32_t user;
	bool is_there;
};

/* What one server knows. */
struct agg_node {
	struct agg_user *users; /* by user */
	uint32_t *serials;      /* by home: the last change that was seen */
};

/* A home, as itself knows it. */
struct agg_home {
	struct agg_change *log; /* of its changes, all of them */
	uint32_t count, room;
};

struct agg {
	struct scale *scale;    /* the graph, and the routes to homes */
	uint32_t user_count;
	struct agg_node *nodes;
	struct agg_home *homes;
	struct scale_heap heap; /* USERs under way */
	double *last;           /* by way: when the last packet arrives */
	double now;
	uint64_t user_messages, have_entries;
};

/* The map of 'user_count' users on the graph of 'scale', whose routes to its
 * nodes are in order. */
void agg_begin(struct agg *agg, struct scale *scale, uint32_t user_count);
void agg_end(struct agg *agg);

/* 'user' comes to or leaves 'home'. */
void agg_change(struct agg *agg, uint32_t home, uint32_t user,
    bool is_there);

/* The edge comes up, or down: its ends compare what they have. */
void agg_edge_set(struct agg *agg, uint32_t edge, bool is_up);

/* Until nothing is under way. */
void agg_run(struct agg *agg);

/* Bytes of the maps: without names, which both ways need alike. */
size_t agg_bytes(const struct agg *agg);

/* Servers whose map of 'user' is not the truth: 'homes' has him. */
uint32_t agg_wrong(const struct agg *agg, uint32_t user,
    const uint16_t *homes);

#endif
