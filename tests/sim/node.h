/*
 * A whole node: the forwarding plane (dnchatd without its sockets), the
 * control plane (dncontrol without its loop, disk and admin socket), and the
 * Unix socket between them. What ships is linked as it is; own are only the
 * shells: node_plane.c (for net*.c of dnchatd), node_control.c (for main.c of
 * dncontrol), node_net.c (for net*.c of dncontrol), node_work.c (for its
 * threads, and the file of the store), node_disk.c (the file of the journal).
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_wire.h"

struct plane;
struct node_control;
struct net_stream;
struct sqlite3;

/* What a node wants of the world. */
struct node_ops {
	/* Dial 'dial' to node 'to'; node_dialled() follows, now or later. */
	void (*dial)(unsigned from, unsigned to, uint32_t dial, bool routing);
	/* The table of 'node' may have changed. */
	void (*routed)(unsigned node);
};

struct node {
	unsigned index;
	const struct node_ops *ops;
	struct plane *plane;          /* NULL: dnchatd is not running */
	struct node_control *control; /* NULL: dncontrol is not running */
	struct net_stream *session;   /* between the two, or NULL */
	struct net_stream *streams;   /* that one, and all before */
	uint64_t incarnations;        /* of dnchatd, ever */
	uint64_t plane_wake_usec;     /* the tick that is scheduled */
	uint64_t control_wake_usec;
	uint64_t frozen_usec;         /* dncontrol stands still until then */
	unsigned char *journal;       /* the file, or NULL */
	size_t journal_size, journal_room;
	unsigned char *aside;         /* the one that replaces it */
	size_t aside_size, aside_room;
	bool is_disk_full;
	struct sqlite3 *store;        /* its file, or NULL */
	bool is_killed;               /* dncontrol ends without its will */
};

void node_init(struct node *node, unsigned index, const struct node_ops *ops);
void node_deinit(struct node *node);

/* ---- dnchatd ---- */

void node_plane_start(struct node *node);

/* kill -9: all its connections die. */
void node_plane_kill(struct node *node);

/* A connection comes in; true if it was taken. 'flags' as IPC_LINK_. */
bool node_accept(struct node *node, struct wire_end *end, const char *source,
    uint8_t flags);

/* A dial got through, or failed ('end' is NULL). */
void node_dialled(struct node *node, uint32_t dial, struct wire_end *end,
    uint8_t flags);

/* True if 'source' is not to be answered dnchat-routing. */
bool node_withholds(const struct node *node, const char *source);

/* The end of a turn of dnchatd. */
void node_plane_turn(struct node *node);

/* Where messages for user 'number' go: an end of a wire of this node, or NULL.
 * '*is_shown' is whether there is an entry. */
struct wire_end *node_next_hop(const struct node *node, uint64_t number,
    bool *is_shown);

/* The client that user 'number' has here, named and open; or NULL. */
struct wire_end *node_client(const struct node *node, uint64_t number);

/* Checks the bounds of dnchatd; what is wrong, or NULL. */
const char *node_plane_bounds(const struct node *node);

/* The end is an open link of our kind. */
bool node_is_link(const struct wire_end *end);

/* ---- dncontrol ---- */

/* Starts it; it looks for the journal itself. */
void node_control_start(struct node *node);

enum node_death {
	NODE_DEATH_NOW,     /* between two turns */
	NODE_DEATH_STEPPED, /* in a turn, before the journal is written */
	NODE_DEATH_TORN,    /* while it is written */
	NODE_DEATH_WRITTEN, /* before anything is sent */
	NODE_DEATH_PARTLY,  /* after a part was sent */
	NODE_DEATH_COUNT
};

/* kill -9 at that point of its next turn; NOW is at once. */
void node_control_kill(struct node *node, enum node_death death);

/* It will die, but has not yet. */
bool node_control_is_doomed(const struct node *node);

/* It does nothing for so long (stopped, or starved). */
void node_control_freeze(struct node *node, uint64_t usec);

/* The socket between the planes breaks; both live on. */
void node_session_break(struct node *node);

/* What an operator says. */
void node_connect(struct node *node, unsigned to);
void node_disconnect(struct node *node, unsigned to);
void node_restart(struct node *node);
void node_shutdown(struct node *node);

/* What the core says of user 'number'. */
struct node_user {
	bool is_known, is_shown, is_local;
	bool is_settled; /* no withdrawal, hold or debt */
	uint32_t hops;   /* UINT32_MAX: no route */
};
void node_user(const struct node *node, uint64_t number,
    struct node_user *user);

/* It is shutting down. */
bool node_is_ending(const struct node *node);

/* The core's hold time. */
uint32_t node_hold_msec(const struct node *node);

/* Checks the bounds of dncontrol; what is wrong, or NULL. */
const char *node_control_bounds(const struct node *node);

/* ---- between node_*.c ---- */

/* The end of a turn of dncontrol. */
void node_control_turn(struct node *node);

/* dnchatd's end of the socket: it says something, or died. */
void node_session_up(struct node *node, const void *data, size_t size);
void node_session_broken(struct node *node);

/* dncontrol died: of what it wrote last only a part left, perhaps. */
void node_session_cut(struct node *node, bool partly);

/* Whose disk it is that is written or read next. 'tears': only in part. */
void node_disk_use(struct node *node, bool tears);
struct node *node_disk_user(void);

/* Its store's file is gone with the world. */
void node_store_end(struct node *node);

/* Node 'index' as an address, and back. */
void node_address(unsigned index, char *text, size_t size);
unsigned node_of_address(const char *text, size_t size);

#endif
