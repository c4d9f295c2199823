/*
 * Many clients in one thread: connecting, bytes out, bytes in. How messages
 * stand in the bytes is the business of a wire (websocket.c, nats.c, irc.c);
 * what they say, of crowd.c and login.c.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ssl_st;

enum client_state {
	CLIENT_FREE,
	CLIENT_OPENING, /* the server has not said yet that it is ready */
	CLIENT_OPEN,
	CLIENT_CLOSING /* our farewell is out */
};

struct client {
	enum client_state state;
	int fd;
	uint32_t index;  /* its place in the pool */
	bool is_dirty;   /* has output for the end of the turn */
	uint64_t user;   /* for the caller; 0 at first */
	struct ssl_st *seal; /* TLS; NULL: none */
	char *in;        /* the begin of a message whose rest is to come */
	size_t in_size;
	char *out;
	size_t out_size;
	size_t out_room;
};

struct client_events {
	/* The server is ready for messages. */
	void (*open)(void *context, struct client *client);
	/* A message; 'data' is valid until the return. */
	void (*message)(void *context, struct client *client,
	    const char *data, size_t size);
	/* It is gone; 'error' is NULL in good order. Its place may be taken
	 * again, but not from inside of an event. */
	void (*closed)(void *context, struct client *client,
	    const char *error);
};

struct client_pool;

/* How messages stand on a connection. */
struct client_wire {
	bool is_sealed; /* over TLS */
	/* Just connected: queues what the client says first, or calls
	 * client_opened(). */
	void (*begin)(struct client_pool *pool, struct client *client);
	/* Handles what 'data' begins with. The answer: its size, or 0 if its
	 * rest is to come, or if the client is gone. */
	size_t (*take)(struct client_pool *pool, struct client *client,
	    const char *data, size_t size);
	/* Queues a message. */
	void (*send)(struct client_pool *pool, struct client *client,
	    const char *data, size_t size);
	/* Queues the farewell upon which the server ends the connection. */
	void (*close)(struct client_pool *pool, struct client *client);
};

struct client_pool {
	struct client *clients; /* 'count_max' of them */
	uint32_t count_max;
	struct client **dirty;
	uint32_t dirty_count;
	int loop;
	uint64_t random;
	const struct client_wire *wire;
	struct client_events events;
	void *context;
};

/*
 * Sets up room for 'count_max' clients that speak on 'wire'; 'events' are
 * called with 'context'. False if the system refuses.
 */
bool client_pool_init(struct client_pool *pool, uint32_t count_max,
    const struct client_wire *wire, const struct client_events *events,
    void *context);

/* Ends all connections at once and frees everything. */
void client_pool_deinit(struct client_pool *pool);

/*
 * Connects the client at 'index' (its place is free) to 127.0.0.1:'port'.
 * NULL if the system or the server refuses.
 */
struct client *client_connect(struct client_pool *pool, uint32_t index,
    uint16_t port);

/* Queues a message of 'size' bytes (at most 65,535); it is sent in the
 * turn. */
void client_send(struct client_pool *pool, struct client *client,
    const char *data, size_t size);

/* Ends the connection of 'client' at once, as if its computer had gone; no
 * event follows. */
void client_cut(struct client *client);

/* Begins to close in good order: 'closed' follows. */
void client_close(struct client_pool *pool, struct client *client);

/*
 * One turn: sends what is queued, then waits at most 'timeout_msec' (0 = not
 * at all) and handles what came. The answer: how many clients had something.
 */
unsigned client_turn(struct client_pool *pool, int timeout_msec);

/* For wires: */

/* Makes room for 'size' bytes at the end of the output of 'client'; they are
 * to be filled before anything else is called. */
char *client_room(struct client_pool *pool, struct client *client,
    size_t size);

/* Queues bytes as they are. */
void client_put(struct client_pool *pool, struct client *client,
    const char *data, size_t size);

/* The server is ready: messages may be sent. */
void client_opened(struct client_pool *pool, struct client *client);

/* Ends the connection; 'error', a constant, is NULL in good order. */
void client_gone(struct client_pool *pool, struct client *client,
    const char *error);

#endif
