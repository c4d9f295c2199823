/*
 * The routing of one user at one server: a loop-free distance vector. A server's
 * distance may only fall; to raise it, the server withdraws (LEFT to all who
 * hold its ARRV), waits for their acknowledgements, holds for a moment, and
 * starts again. The algorithm with its proof: dnchat(7), ROUTING.
 *
 * Pure: no clock, no socket, no memory of its own. Timers are the caller's:
 * after each call it looks at 'succ' (forwarding), 'distance' (lists), 'hold'
 * and 'withdrawals' (hold timer), 'wait_count' (reply timer).
 */
#ifndef CONTROL_ROUTE_H
#define CONTROL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dnchat/limits.h"

#define ROUTE_INFINITY DN_HOPS_INFINITY

/* Next hops that are no slot of a link. */
#define ROUTE_SELF (-1)
#define ROUTE_NONE (-2)

enum route_flag {
	ROUTE_UP = 1,    /* the link is up for this user */
	ROUTE_TOLD = 2,  /* the neighbour holds our ARRV, with our distance */
	ROUTE_WAIT = 4,  /* we sent LEFT; its acknowledgement is outstanding */
	ROUTE_OWE = 8,   /* the neighbour sent LEFT; we acknowledge later */
	ROUTE_DRAIN = 16, /* the link is being taken down: tell nothing more */
	ROUTE_PEND = 32, /* the LEFT of a drain is not acknowledged yet */
	ROUTE_OTHER = 64 /* set by the caller: the neighbour means somebody else
			  * by this number than the way in use did */
};

/* What is kept per user and link: four bytes. */
struct route_link {
	uint16_t hops; /* that the neighbour last announced, or infinity */
	uint8_t flags; /* enum route_flag */
};

struct route {
	struct route_link *links; /* 'link_count' of them; the caller's memory */
	uint16_t link_count;
	uint16_t distance;   /* = the hop count we announce, or infinity */
	int16_t succ;        /* next hop: slot, ROUTE_SELF or ROUTE_NONE */
	uint16_t wait_count; /* links with ROUTE_WAIT; > 0 is ACTIVE */
	uint8_t withdrawals; /* counts: a new value restarts the hold timer */
	bool local;          /* the user's client is connected here */
	bool hold;           /* HOLDING: no route is adopted for now */
};

enum route_message { ROUTE_ARRV, ROUTE_LEFT };

/* What is the same for all users of this server. */
struct route_node {
	const bool *naive;   /* by slot: the peer doesn't acknowledge */
	uint16_t hops_max;   /* a hop count not below this is never used;
			      * below infinity */
	bool shutdown;       /* no route is adopted any more */
	void *context;       /* for 'send' */
	/* Appends a message for 'route' to the queue of link 'slot'. Must
	 * neither drop, merge nor reorder, and not call back. */
	void (*send)(void *context, struct route *route, uint16_t slot,
	    enum route_message message, uint16_t hops);
};

/* Starts with no route, on 'link_count' links that are all down. */
void route_init(struct route *route, struct route_link *links,
    uint16_t link_count);

/* The caller moved the links to a larger array: the new ones are down. */
void route_grow(struct route *route, struct route_link *links,
    uint16_t link_count);

/* Link 'slot' is up for this user. Nothing if it is already. */
void route_link_up(struct route *route, const struct route_node *node,
    uint16_t slot);

/* Link 'slot' is gone. */
void route_link_down(struct route *route, const struct route_node *node,
    uint16_t slot);

/* Link 'slot' will be taken down in good order. Also for records made while
 * the link drains. Nothing if it drains already. */
void route_link_drain(struct route *route, const struct route_node *node,
    uint16_t slot);

/* The neighbour on 'slot' announced or withdrew the user; brings the link up
 * for him first where it is not. Returns whether that was news (not an
 * acknowledgement or a repetition). */
bool route_arrv(struct route *route, const struct route_node *node,
    uint16_t slot, uint16_t hops);
bool route_left(struct route *route, const struct route_node *node,
    uint16_t slot);

/* The user's client arrived here or left. */
void route_local(struct route *route, const struct route_node *node,
    bool local);

/* The hold time is over. */
void route_hold_over(struct route *route, const struct route_node *node);

/* node->shutdown has been set: withdraw. */
void route_shutdown(struct route *route, const struct route_node *node);

/* True if nothing is known, owed or awaited: the record may be freed. */
bool route_is_empty(const struct route *route);

#endif
