/*
 * What the operator's page shows, as JSON: what dnchatd counts, rates of the
 * last minutes, and dncontrol's view of the network, which is asked for while
 * somebody looks. Pure. plane.c tells it the time, push.c what dncontrol
 * says; net_http.c reads it.
 */
#ifndef DATAPLANE_STATUS_H
#define DATAPLANE_STATUS_H

#include "dnchat/err.h"
#include "dnchat/ipc.h"

/* Rates are kept for five minutes, a sample a second. */
#define STATUS_SAMPLES_MAX 300
#define STATUS_SAMPLE_MSEC 1000

/* dncontrol is asked no more often. */
#define STATUS_VIEW_MSEC 1000

/* What status_write() needs besides dncontrol's view. */
#define STATUS_BYTES_MAX 16384

/* Messages a second. */
struct status_sample {
	uint32_t received, sent;
};

struct status {
	uint64_t sampled_msec;   /* when the last sample was taken; 0: never */
	uint64_t received, sent; /* what had been counted then */
	struct status_sample samples[STATUS_SAMPLES_MAX]; /* a ring */
	size_t first, count;
	char *view;              /* dncontrol's, JSON; or NULL */
	size_t view_size;
	uint64_t viewed_msec;    /* when it came */
	uint64_t asked_msec;     /* when it was asked for; 0: never */
};

/* What is true of the whole process. */
struct status_facts {
	uint64_t now_msec;
	uint64_t uptime_msec;
	const char *listening;
	bool control_up;
	const uint64_t *counters; /* IPC_COUNTER_COUNT of them */
};

/* Frees what 'status' holds; one that is all zero holds nothing. */
void status_deinit(struct status *status);

/* Takes a sample, unless the last one is not half STATUS_SAMPLE_MSEC ago: to
 * be called at about that pace. */
void status_sample(struct status *status, const uint64_t *counters,
    uint64_t now_msec);

/* True if dncontrol should be asked for its view now; counts as asked. */
bool status_asks(struct status *status, uint64_t now_msec);

/* Keeps a copy of dncontrol's view. Errors: DN_E_MEMORY. */
enum dn_err status_take(struct status *status, struct dn_str view,
    uint64_t now_msec);

/* Writes all of it: a JSON object. */
void status_write(const struct status *status,
    const struct status_facts *facts, struct dn_wr *wr);

#endif
