/*
 * Starting, watching and ending the servers that are measured.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench.h"
#include "dialect.h"

#define SERVER_NODES_MAX 5
#define SERVER_PATH_SIZE 512

/* Where programs are, and where run directories and logs may go. */
struct server_place {
	const char *build;
	const char *work;
};

struct server {
	const struct dialect *dialect;   /* of its users */
	unsigned node_count;
	pid_t data[SERVER_NODES_MAX];    /* dnchatd, or the limit program */
	pid_t control[SERVER_NODES_MAX]; /* dncontrol; 0 = none */
	uint16_t ports[SERVER_NODES_MAX];
	char run_dirs[SERVER_NODES_MAX][SERVER_PATH_SIZE];
};

/* Puts this process on the core that servers are not on. */
void server_pin(void);

/* Lets us run before everything else on our core (children apart), or as any:
 * where we share it with dncontrol and measure how long an answer takes, it
 * would be our own waiting, too. Where it is not permitted it makes no
 * difference. */
void server_precede(bool is_first);

/*
 * Starts 'system' anew on free ports of 127.0.0.1: what forwards on one core,
 * dncontrol on the other. False, with a line on stderr, if it does not come
 * up; nothing runs then. server_stop() ends it.
 */
bool server_start(struct server *server, enum bench_system system,
    const struct server_place *place);

/* Ends its processes at once; what they leave in files stays. */
void server_stop(struct server *server);

/* True while all its processes live. */
bool server_alive(const struct server *server);

/* CPU seconds that its forwarding and its deciding processes have used. */
void server_cpu(const struct server *server, double *data, double *control);

/* Their resident memory, in bytes. */
void server_memory(const struct server *server, double *data, double *control);

#endif
