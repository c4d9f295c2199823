/*
 * What the parts of the load generator share: the systems that are measured,
 * and one measurement of one of them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* X(id, name): the limit program; a node; two nodes and a link between. */
#define BENCH_SYSTEMS(X)   \
	X(LIMIT, "limit")  \
	X(LOCAL, "dnchatd") \
	X(LINK, "link")

enum bench_system {
#define BENCH_ENUM(id, name) BENCH_##id,
	BENCH_SYSTEMS(BENCH_ENUM)
#undef BENCH_ENUM
	BENCH_SYSTEM_COUNT
};

struct bench_sample {
	bool valid;             /* it was measured, and nothing went wrong */
	double seconds;         /* how long */
	double count;           /* deliveries or logins in that time */
	double data_seconds;    /* CPU of the servers (all dnchatd) */
	double control_seconds; /* CPU of all dncontrol */
	double idle_share;      /* of the generator's time, 0 to 1 */
	double data_bytes;      /* memory per connection, or 0 */
	double control_bytes;   /* the same of dncontrol */
};

/* The word for 'system' in tables and files. */
static inline const char *
bench_name(enum bench_system system)
{
	static const char *const names[] = {
#define BENCH_NAME(id, name) name,
		BENCH_SYSTEMS(BENCH_NAME)
#undef BENCH_NAME
	};

	return names[system];
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

#endif
