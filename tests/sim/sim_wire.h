/*
 * WebSockets of memory between servers, clients and foreign peers: bytes
 * arrive in order, after a delay, or never. Frames are taken apart where they
 * arrive, as libwebsockets does for dnchatd. Under node_plane.c, sim_client.c
 * and sim_foreign.c; sim_fault.c spoils them.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is under way to one end, at most, until its writer is blocked. */
#define WIRE_WINDOW_BYTES (256u << 10)

struct wire_end;

/* What the owner of an end is told. */
struct wire_ops {
	/* A frame arrived; not called while paused. */
	void (*frame)(struct wire_end *end, unsigned opcode,
	    const unsigned char *data, size_t size);
	/* A close frame arrived, after which the end is closed. */
	void (*closed)(struct wire_end *end, uint16_t code);
	/* The end is gone, without a close frame. */
	void (*gone)(struct wire_end *end);
	/* More can be written, after wire_write() said no. */
	void (*writable)(struct wire_end *end);
	/* All of the above that came in one go has been told. */
	void (*settle)(struct wire_end *end);
};

struct wire_chunk;

struct wire_end {
	struct wire *wire;
	const struct wire_ops *ops;
	void *owner, *handle; /* the owner's */
	unsigned node;        /* of the owner, or WIRE_NO_NODE */
	bool is_open;
	bool is_paused;
	bool is_closing;      /* a close frame has been sent */
	bool is_scheduled;
	bool is_awaited;      /* the other end waits for room */
	struct wire_chunk *first, *last; /* under way to this end */
	size_t bytes;         /* of them */
	uint64_t last_usec;   /* when the last of them arrives */
	uint64_t arrived;     /* bytes, ever */
};

#define WIRE_NO_NODE UINT32_MAX

/* A connection. It stays in memory until the world ends. */
struct wire {
	struct wire *next;
	struct wire_end ends[2]; /* 0 has dialled */
	unsigned id;
	unsigned link;          /* of the graph, or WIRE_NO_NODE */
	uint64_t delay_usec;
	uint64_t jitter_usec;
	uint32_t usec_per_kib;  /* how slow it is; 0: not at all */
	uint64_t stall_usec;    /* nothing arrives before that */
	bool is_lost;           /* nothing arrives ever */
};

/* A new connection, both ends open; the owner sets delays. */
struct wire *wire_new(unsigned link);

/* 'watch' sees every frame before its owner does. */
typedef void wire_watch(struct wire_end *end, unsigned opcode,
    const unsigned char *data, size_t size);
void wires_watch(wire_watch *watch);

/* Ends the world's wires. */
void wires_end(void);

/* All wires, the newest first. */
struct wire *wires_first(void);

static inline struct wire_end *
wire_other(const struct wire_end *end)
{
	struct wire *wire = end->wire;

	return &wire->ends[end == &wire->ends[0]];
}

/* True if both ends are open, and neither is closing. */
bool wire_is_up(const struct wire *wire);

/* Sends whole frames. False: written, but no more now; writable() follows. */
bool wire_write(struct wire_end *end, const void *data, size_t size);

/* Sends a text frame, or another one. */
void wire_text(struct wire_end *end, const char *text, size_t size);
void wire_control(struct wire_end *end, unsigned opcode, const void *data,
    size_t size);

/* Stops and resumes what arrives. */
void wire_pause(struct wire_end *end, bool is_paused);

/* Sends a close frame; the end stays until the other one answers. */
void wire_close(struct wire_end *end, uint16_t code);

/* Resets the connection; gone() follows at this end at once, at the other
 * one later, if it can be told. */
void wire_kill(struct wire_end *end);

/* The owner of 'end' died: nobody is told here. */
void wire_die(struct wire_end *end);

/* Both ends hear of the end, each in its own time of up to 'within_usec'. */
void wire_break(struct wire *wire, uint64_t within_usec);

#endif
