/*
 * A crowd: many users logged in at one or two servers, each of whom has been
 * told of all others, if that is what their servers do. traffic.c lets them
 * talk; scenario.c lets them idle.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "dialect.h"

/* The number of the user at place 'index'. */
#define CROWD_USER(index) (UINT64_C(100000) + (index))

struct crowd {
	struct client_pool pool;
	const struct dialect *dialect;
	bool joins;         /* everybody hears what is said to all */
	uint32_t connected; /* places that are or have been taken */
	uint32_t named;     /* users logged in */
	uint64_t arrv;      /* announcements received, by all of them */
	uint32_t sign_count; /* rooms, which are announced like users */
	uint64_t sign;      /* the number of one of them */
	uint64_t wrong;     /* messages and ends that must not be */
	const char *error;  /* the first of them, or NULL */
	/* Takes deliveries and answers once all is settled; or NULL. */
	void (*message)(void *context, struct client *client,
	    const struct said *said);
	void *context;
};

/* Makes room for 'count_max' users who speak 'dialect', and hear what is said
 * to all if they 'join'. False if the system refuses. */
bool crowd_init(struct crowd *crowd, uint32_t count_max,
    const struct dialect *dialect, bool joins);

/* Ends it all at once. */
void crowd_deinit(struct crowd *crowd);

/*
 * Logs 'count' more users in at the server on 'port', a few at a time, within
 * 'limit_msec'. False if that failed; 'crowd->error' says why.
 */
bool crowd_grow(struct crowd *crowd, uint32_t count, uint16_t port,
    uint64_t limit_msec);

/* Logs 'count' more users in at all of 'port_count' servers in turn, all at
 * once; like crowd_grow(). */
bool crowd_storm(struct crowd *crowd, uint32_t count, const uint16_t *ports,
    unsigned port_count, uint64_t limit_msec);

/* Waits until everybody knows all others; like crowd_grow(). */
bool crowd_settle(struct crowd *crowd, uint64_t limit_msec);

/* Turns for 'msec', in which nothing ought to come but PINGs. */
void crowd_rest(struct crowd *crowd, uint64_t msec);

/* Counts something that must not be; 'error' is a constant. */
void crowd_wrong(struct crowd *crowd, const char *error);

#endif
