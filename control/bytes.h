/* Bytes that grow: the journal's, the outbox's and the snapshot's memory. */
#ifndef CONTROL_BYTES_H
#define CONTROL_BYTES_H

#include <stddef.h>

/* Zeroed is empty. */
struct bytes {
	unsigned char *data;
	size_t size; /* bytes that are used */
	size_t room; /* bytes that are allocated */
};

/* Makes room for 'size' more bytes and returns where they go; the caller adds
 * to bytes->size what it wrote. Ends the process where there is no memory:
 * dncontrol is then started again, and dnchatd forwards on meanwhile. */
unsigned char *bytes_reserve(struct bytes *bytes, size_t size);

/* Adds 'size' bytes at the end. */
void bytes_append(struct bytes *bytes, const void *data, size_t size);

/* Takes 'size' bytes away at the front. */
void bytes_consume(struct bytes *bytes, size_t size);

/* Frees the memory; 'bytes' is empty then. */
void bytes_deinit(struct bytes *bytes);

#endif
