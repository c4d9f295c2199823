/*
 * What the parts of the load generator share: the systems that are measured,
 * and one measurement of one of them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* X(id, name, nodes, ring, base, package): the limit program; a node; several
 * in line, or in a ring, senders at the first and receivers at the last; the
 * servers of others, by name of their program, and the package to install; a
 * node over TLS; and which of them it is held against. */
#define BENCH_SYSTEMS(X)                                           \
	X(LIMIT, "limit", 0, false, LIMIT, NULL)                   \
	X(LOCAL, "dnchatd", 1, false, LIMIT, NULL)                 \
	X(LINK, "link", 2, false, LOCAL, NULL)                     \
	X(LINE3, "line of 3", 3, false, LOCAL, NULL)               \
	X(LINE5, "line of 5", 5, false, LOCAL, NULL)               \
	X(RING5, "ring of 5", 5, true, LOCAL, NULL)                \
	X(NATS, "nats-server", 0, false, LIMIT, "nats-server")     \
	X(INSPIRCD, "inspircd", 0, false, LIMIT, "inspircd")       \
	X(WSS, "wss", 1, false, LOCAL, NULL)

enum bench_system {
#define BENCH_ENUM(id, name, nodes, ring, base, package) BENCH_##id,
	BENCH_SYSTEMS(BENCH_ENUM)
#undef BENCH_ENUM
	BENCH_SYSTEM_COUNT
};

struct bench_sample {
	bool valid;             /* it was measured, and nothing went wrong */
	double seconds;         /* how long */
	double count;           /* deliveries or logins in that time */
	double middle_usec;     /* their latency: median, and 99th of 100 */
	double late_usec;
	double data_seconds;    /* CPU of what forwards (all dnchatd) */
	double control_seconds; /* CPU of all dncontrol */
	double idle_share;      /* of the generator's time, 0 to 1 */
	double data_bytes;      /* memory per connection, or 0 */
	double control_bytes;   /* the same of dncontrol */
	double calm_middle_usec; /* latency while nothing else happened */
	double calm_late_usec;
	double uplink_bytes;    /* the most that waited for dncontrol, */
	double downlink_bytes;  /* and for dnchatd */
};

struct bench_shape {
	const char *name;       /* in tables and files */
	unsigned nodes;         /* of ours */
	bool is_ring;
	enum bench_system base; /* what it is held against; itself: nothing */
	const char *package;    /* of a server of others; NULL: ours */
};

static inline const struct bench_shape *
bench_shape(enum bench_system system)
{
	static const struct bench_shape shapes[] = {
#define BENCH_SHAPE(id, name, nodes, ring, base, package) \
		{name, nodes, ring, BENCH_##base, package},
		BENCH_SYSTEMS(BENCH_SHAPE)
#undef BENCH_SHAPE
	};

	return &shapes[system];
}

static inline const char *
bench_name(enum bench_system system)
{
	return bench_shape(system)->name;
}

/* Monotonic nanoseconds. */
static inline uint64_t
bench_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	    (uint64_t)now.tv_nsec;
}

#define BENCH_MSEC UINT64_C(1000000)

/* The number that 'data' begins with. */
static inline uint64_t
bench_number(const char *data, size_t size)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < size && data[i] >= '0' && data[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(data[i] - '0');
	return number;
}

/* Sorts 'count' times, in nanoseconds, and finds the median and the 99th of
 * 100; both are 0 if there are none. */
void bench_percentiles(uint32_t *times, size_t count, double *middle_usec,
    double *late_usec);

#endif
