/*
 * The world of the simulator: whole nodes on a graph, clients, what is known
 * to be wrong or disturbed at a time, and the verdict. Between sim_main.c,
 * which runs it, and sim_graph.c, sim_client.c, sim_fault.c, sim_check.c,
 * sim_ledger.c, which are its parts.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node.h"
#include "sim_foreign.h"

#define WORLD_NODES_MAX 64
#define WORLD_LINKS_MAX 2048
#define WORLD_CLIENTS_MAX 96
/* User 'u' has number u + 1. */
#define WORLD_USERS_MAX WORLD_CLIENTS_MAX

/* What goes wrong in a phase. Each ends in rest, at which all is checked. */
enum world_phase {
	PHASE_CALM,    /* nothing: clients talk, come and go */
	PHASE_CONTROL, /* dncontrols die, freeze and are restarted */
	PHASE_DRAIN,   /* links are taken down and up by operators */
	PHASE_LINKS,   /* links break, stall, are slow, taken down */
	PHASE_ALL,     /* these, dnchatds, disks, floods, readers */
	PHASE_COUNT
};

/* A link that 'from' dials. */
struct world_link {
	unsigned from, to;
	uint64_t delay_usec, jitter_usec;
	bool is_cut;         /* dials fail */
	bool is_silent;      /* ... and nobody is told */
	bool is_unwanted;    /* taken down by an operator */
	unsigned disturbed;  /* the last phase in which it was */
};

struct client {
	unsigned index;
	unsigned user;
	unsigned node;        /* where it is or was last */
	struct wire_end *end; /* NULL: it is not connected */
	bool is_on;           /* it got OKAY for its AUTH */
	unsigned session;     /* of the world, from 1; of its last login */
	uint64_t on_usec;     /* when it got on */
	uint64_t off_usec;    /* when that ended last; 0: never */
	uint64_t ghost_usec;  /* a server may believe in an old session */
	uint64_t paused_usec; /* does not read until then */
	bool lists[WORLD_USERS_MAX];
	uint16_t flaps[WORLD_USERS_MAX]; /* ARRV and LEFT in this phase */
};

struct world {
	uint64_t seed;
	const char *graph;
	unsigned node_count, link_count, client_count, user_count;
	struct node nodes[WORLD_NODES_MAX];
	struct foreign *foreign[WORLD_NODES_MAX]; /* in the place of a node */
	unsigned node_disturbed[WORLD_NODES_MAX]; /* the last phase */
	struct world_link links[WORLD_LINKS_MAX];
	struct client clients[WORLD_CLIENTS_MAX];
	unsigned phase_count;      /* phases begun */
	enum world_phase phase;
	uint64_t phase_usec;       /* when it began */
	unsigned link_faults;      /* in this phase */
	bool are_holds_alike;      /* when it began; see sim_check.c */
	bool is_talking;           /* clients act */
	bool has_foreign;
	unsigned session_last;
	uint64_t routing;          /* ARRV and LEFT that arrived, ever */
	uint64_t routed_usec;      /* when a table changed last */
	int next[WORLD_NODES_MAX][WORLD_USERS_MAX]; /* node; -1: none */
	bool failed;
	bool verbose;
};

extern struct world world;

/* ---- sim_world.c ---- */

void world_begin(uint64_t seed, const char *graph, unsigned node_count,
    bool verbose);
void world_end(void);

/* Something must not be. Only the first counts. */
__attribute__((format(printf, 1, 2))) void world_fail(const char *format, ...);

/* Tells what happens, if that is wanted. */
__attribute__((format(printf, 1, 2))) void world_say(const char *format, ...);

/* Lets 'usec' pass, or less if something fails. */
void world_pass(uint64_t usec);

/* The link is up at both ends. */
bool world_link_is_up(unsigned link);

/* Both ends of 'wire' are open links of servers. */
bool world_wire_is_link(const struct wire *wire);

/* Nodes that are ours, and have a dnchatd. */
bool world_is_ours(unsigned node);

/* ---- sim_graph.c ---- */

/* True if there is a graph of that name. */
bool graph_is_known(const char *graph);

/* Draws the graph of that name, or NULL: one by chance. */
void graph_draw(const char *graph, unsigned node_count);

/* ---- sim_client.c ---- */

/* Clients begin to act; each goes on by itself. */
void clients_begin(void);

/* A client's dnchatd or wire is gone for it. */
void client_lost(struct client *client);

/* Many messages at once. */
void client_flood(struct client *client);

/* It stops reading for a while. */
void client_stop_reading(struct client *client, uint64_t usec);

/* Its machine is gone without a word. */
void client_vanish(struct client *client);

/* ---- sim_fault.c ---- */

/* One of the faults of the phase. */
void fault_strike(void);

/* All is well again; links are dialled until they are up. */
void fault_mend(void);

/* ---- sim_check.c ---- */

/* The table of 'node' may have changed: no loop may be there. */
void check_routes(unsigned node);

/* Queues and tables are within their bounds. */
void check_bounds(void);

/* All is quiet: lists, hop counts, flags. */
void check_rest(void);

/* A phase begins. */
void check_begin(void);

/* True if 'a' and 'b' stayed in reach of each other over links and servers
 * that nobody disturbed in this phase. */
bool check_in_reach(unsigned a, unsigned b);

/* A phase has ended: who was reachable throughout must not have flapped. */
void check_flaps(void);

/* ---- sim_ledger.c ---- */

void ledger_begin(void);
void ledger_end(void);

/* A client says SEND: returns the number to say it with. 'to' 0: all. */
uint64_t ledger_send(const struct client *client, uint64_t to);

/* Its answer. */
void ledger_answer(uint64_t number, bool is_okay);

/* A client got it, acknowledges it, or got an acknowledgement of it. */
void ledger_receive(const struct client *client, uint64_t number);
void ledger_acknowledge(const struct client *client, uint64_t number);
void ledger_acknowledged(const struct client *client, uint64_t number,
    uint64_t acker);

/* A broadcast arrives over a link. */
void ledger_cross(const struct wire_end *end, uint64_t number);

/* A phase has ended, and nothing is under way any more. */
void ledger_judge(void);

/* Messages judged so far, in all worlds. */
uint64_t ledger_judged(void);

#endif
