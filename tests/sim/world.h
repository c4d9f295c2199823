/*
 * A network in small for one user: servers that run control/route.c (or a
 * classic distance vector, rip.h), links as pairs of queues, and everything
 * that can happen, one action at a time. explore.c tries all orders of these
 * actions, the unit tests try long random ones.
 *
 * A link has two ends. It breaks at once, but each end notices for itself:
 * until then it may still get what is in flight, and what it sends is lost.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../control/route.h"

#define WORLD_SERVERS_MAX 12
#define WORLD_LINKS_MAX 28
#define WORLD_ENDS_MAX (2 * WORLD_LINKS_MAX)
#define WORLD_DEGREE_MAX 16
/* Messages in flight on a link in one direction. */
#define WORLD_WIRE_MAX 250
#define WORLD_PACKED_MAX 16384
#define WORLD_ACTIONS_MAX 512

/* Kinds of servers: ours; classic ones that differ in what they tell their
 * next hop: its own route, LEFT, or LEFT after each of its ARRVs; and such as
 * forget a user on anybody's LEFT and pass it on. */
enum world_kind {
	WORLD_OURS,
	WORLD_RIP,
	WORLD_RIP_POISON,
	WORLD_RIP_ECHO,
	WORLD_FLOOD
};

/* What can happen: name, what its argument is, and whether it must (sooner
 * or later), may, or is an event: one of a bounded number. */
#define WORLD_ACTIONS(X)                                                       \
	X(DELIVER, deliver, END, MUST) /* the next message for this end */     \
	X(OPEN, open, END, MUST)       /* this end of a new link comes up */   \
	X(DOWN, down, END, MUST)       /* this end notices the break */        \
	X(HOLD, hold, SERVER, MUST)    /* the hold time is over */             \
	X(CLOSE, close, END, MAY)      /* after a drain or a shutdown */       \
	X(BREAK, break, LINK, EVENT)                                           \
	X(UP, up, LINK, EVENT)                                                 \
	X(ARRIVE, arrive, SERVER, EVENT) /* a client of the user */            \
	X(LEAVE, leave, SERVER, EVENT)                                         \
	X(DRAIN, drain, END, EVENT)                                            \
	X(SHUT, shut, SERVER, EVENT)

enum world_action_kind {
#define X(name, word, subject, force) WORLD_##name,
	WORLD_ACTIONS(X)
#undef X
	WORLD_ACTION_COUNT
};

struct world_action {
	uint8_t kind; /* enum world_action_kind */
	uint8_t arg;
	uint8_t first; /* slot that wins a tie at this server; 0: the lowest */
};

/* What can be wrong: see world_check(), world_check_rest(), explore.h. */
#define WORLD_FAULTS(X)                                                        \
	X(NONE, none, "nothing is wrong")                                      \
	X(LOOP, loop, "next hops form a loop")                                 \
	X(ORDER, order, "a neighbour knows a smaller distance than ours")      \
	X(TOKEN, token, "LEFTs and acknowledgements are out of step")          \
	X(STEP, step, "a distance is not the next hop's plus one")             \
	X(BELIEF, belief, "a neighbour will not know what it was told")        \
	X(HOPS, hops, "a hop count is above (events + 1) x (servers - 1)")     \
	X(FLOOD, flood, "too many messages on a link")                         \
	X(DEBT, debt, "at rest, yet an acknowledgement is awaited or owed")    \
	X(DISTANCE, distance, "at rest, yet a distance is wrong")              \
	X(ENDLESS, endless, "it can go on for ever")

enum world_fault {
#define X(name, word, text) WORLD_FAULT_##name,
	WORLD_FAULTS(X)
#undef X
	WORLD_FAULT_COUNT
};

extern const char *const world_fault_word[WORLD_FAULT_COUNT];
extern const char *const world_fault_text[WORLD_FAULT_COUNT];
extern const char *const world_action_word[WORLD_ACTION_COUNT];

/* What doesn't change during a run. Ends 2 i and 2 i + 1 are link i's. */
struct world_net {
	uint8_t server_count, link_count;
	uint8_t kind[WORLD_SERVERS_MAX];   /* enum world_kind */
	uint8_t degree[WORLD_SERVERS_MAX]; /* slots in use */
	uint8_t end_at[WORLD_SERVERS_MAX][WORLD_DEGREE_MAX]; /* by slot */
	bool naive[WORLD_SERVERS_MAX][WORLD_DEGREE_MAX];     /* by slot */
	uint8_t server_of[WORLD_ENDS_MAX];
	uint8_t slot_of[WORLD_ENDS_MAX];
	bool hold_timers; /* false: hold times are over at once */
	bool late_hold;   /* they are over only when nothing else must be */
	bool any_tie;     /* of equal neighbours any may win: world_ties() */
	uint8_t foreign_infinity; /* what classic servers count to */
	uint8_t event_max;
	/* By action: the arguments that an event may have, a bit each. */
	uint64_t allowed[WORLD_ACTION_COUNT];
};

enum world_end { WORLD_END_CLOSED, WORLD_END_OPENING, WORLD_END_OPEN };

/* Messages in flight, the oldest first: a hop count or WORLD_LEFT each. */
#define WORLD_LEFT UINT8_MAX
struct world_wire {
	uint8_t count;
	uint8_t messages[WORLD_WIRE_MAX];
};

struct world {
	struct route routes[WORLD_SERVERS_MAX];
	struct route_link links[WORLD_SERVERS_MAX][WORLD_DEGREE_MAX];
	bool shut[WORLD_SERVERS_MAX];
	bool alive[WORLD_LINKS_MAX];
	uint8_t ends[WORLD_ENDS_MAX];            /* enum world_end */
	struct world_wire wires[WORLD_ENDS_MAX]; /* by the end that sends */
	uint8_t event_count;                     /* so far */
	bool flooded;                            /* WORLD_FAULT_FLOOD */
	uint8_t hops;                            /* the largest ever sent */
};

/* The network of 'count' servers, without links; all events are forbidden. */
void world_net_init(struct world_net *net, uint8_t server_count);

/* Adds a link between two servers; 'kind' of both must be set. */
void world_net_link(struct world_net *net, uint8_t a, uint8_t b);

/* All links are down, or all up and everything has been delivered; the user
 * is at the servers of 'users', a bit each. */
void world_init(struct world *world, const struct world_net *net,
    uint32_t users, bool cold);

/* Fills 'list' (of WORLD_ACTIONS_MAX) with what can happen now, first what
 * must; '*must' is the number of these. Returns how many in all. */
size_t world_actions(const struct world *world, const struct world_net *net,
    struct world_action *list, size_t *must);

/* Lets one of them happen. */
void world_apply(struct world *world, const struct world_net *net,
    struct world_action action);

/* The slots, a bit each, that could have won instead of the one that server
 * took as its next hop in 'action', had they stood before it. 'after' is the
 * state then, 'succ_before' its next hop before. None unless net->any_tie.
 * Each is tried by the same action with 'first' set to it. */
uint32_t world_ties(const struct world *after, const struct world_net *net,
    struct world_action action, int16_t succ_before);

/* The server that an action happens at; 0 for those of whole links. */
uint8_t world_server(const struct world_net *net, struct world_action action);

/* Lets what must happen happen, in a fixed order, until there is nothing. */
void world_settle(struct world *world, const struct world_net *net);

/* What a classic server or ours sends; for rip.c. */
void world_send(struct world *world, const struct world_net *net,
    uint8_t server, uint16_t slot, enum route_message message, uint16_t hops);

/* What is wrong, of the faults in 'mask' (a bit each), in any state. */
enum world_fault world_check(const struct world *world,
    const struct world_net *net, uint32_t mask);

/* What is wrong in a state in which nothing must happen any more. */
enum world_fault world_check_rest(const struct world *world,
    const struct world_net *net, uint32_t mask);

/* Writes the state to 'bytes' (of WORLD_PACKED_MAX), equal states equally,
 * and returns the size; and reads it. 'hops' and 'flooded' are left out. */
size_t world_pack(const struct world *world, const struct world_net *net,
    uint8_t *bytes);

/* An automorphism of the network: which server (end) comes to stand at the
 * place of server (end) i, and the way back for ends. */
struct world_view {
	uint8_t server_from[WORLD_SERVERS_MAX];
	uint8_t end_from[WORLD_ENDS_MAX];
	uint8_t end_to[WORLD_ENDS_MAX];
};

/* Does so with servers and links in other places. */
size_t world_pack_view(const struct world *world, const struct world_net *net,
    const struct world_view *view, uint8_t *bytes);
void world_unpack(struct world *world, const struct world_net *net,
    const uint8_t *bytes);

/* Copies the state; routes point into their own world. */
void world_copy(struct world *to, const struct world *from,
    const struct world_net *net);

/* Says in words what 'action' did; 'before' and 'after' are the states. */
void world_tell(const struct world *before, const struct world *after,
    const struct world_net *net, struct world_action action);

#endif
