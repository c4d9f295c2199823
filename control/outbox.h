/*
 * Records for dnchatd that it has not acknowledged yet, in order. Between the
 * core, which makes them, and downlink.c, which sends them, and again after
 * the session broke. Pure.
 */
#ifndef CONTROL_OUTBOX_H
#define CONTROL_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

/* Zeroed is empty. */
struct outbox {
	struct bytes bytes;
	size_t head;    /* where the first unacknowledged record begins */
	size_t sent;    /* where the first unsent record begins */
	uint64_t acked; /* number of the last acknowledged record */
	uint64_t last;  /* number of the last record */
};

/* Nothing is in it, and the next record is 'last' + 1. */
void outbox_reset(struct outbox *outbox, uint64_t last);
void outbox_deinit(struct outbox *outbox);

/* Appends whole records as the core made them. False: they are none, or a
 * number is missing between them; nothing is appended then. */
bool outbox_append(struct outbox *outbox, const void *data, size_t size);

/* Everything up to 'seq' has been taken over. False: there was none of that
 * number yet. */
bool outbox_ack(struct outbox *outbox, uint64_t seq);

/* Bytes that are not acknowledged. */
size_t outbox_size(const struct outbox *outbox);

/* All that is not acknowledged, as bytes of outbox_size(). */
const unsigned char *outbox_data(const struct outbox *outbox);

/* The unsent records, '*size' bytes; they count as sent from now on. */
const unsigned char *outbox_take(struct outbox *outbox, size_t *size);

/* True if there is something to take. */
bool outbox_has_unsent(const struct outbox *outbox);

/* All that is not acknowledged has to be sent again. */
void outbox_rewind(struct outbox *outbox);

#endif
