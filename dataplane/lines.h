/*
 * Bytes of a stream as lines, for protocols that have nothing else to tell
 * their messages apart: LF or CR LF ends one. Pure and bounded: what is too
 * long is told once, and skipped. Between conn_lines.c and the protocols'
 * codecs, who see lines without their ends.
 */
#ifndef DATAPLANE_LINES_H
#define DATAPLANE_LINES_H

#include "dnchat/buf.h"
#include "dnchat/err.h"

struct lines {
	unsigned char *data;
	size_t at, end, room; /* what waits: from 'at' to 'end' */
	size_t seen;          /* of that, bytes without an LF at its start */
	bool has_lf;          /* the other end has sent one */
	bool is_skipping;     /* what comes belongs to a line too long */
};

enum lines_found {
	LINES_NONE,  /* more bytes are needed */
	LINES_WHOLE, /* a line */
	LINES_LONG   /* how one begins that is too long; the rest is skipped */
};

/* Frees what 'lines' holds, wiped: there are secrets among it. */
void lines_deinit(struct lines *lines);

/* Appends 'size' bytes at 'data'. Errors: DN_E_MEMORY. */
enum dn_err lines_feed(struct lines *lines, const void *data, size_t size);

/* What waits and has no end yet is a line. Errors: DN_E_MEMORY. */
enum dn_err lines_end(struct lines *lines);

/*
 * Takes the next line, of 'most' bytes at most without its end, and sets
 * '*line' to it, or to its first 'most' bytes (LINES_LONG). Valid until the
 * next call. How the bytes were cut by lines_feed() makes no difference.
 */
enum lines_found lines_next(struct lines *lines, size_t most,
    struct dn_str *line);

/* Bytes that wait. */
static inline size_t
lines_bytes(const struct lines *lines)
{
	return lines->end - lines->at;
}

/* True if the last of them end no line. */
static inline bool
lines_is_open(const struct lines *lines)
{
	return lines->end > lines->at && lines->data[lines->end - 1] != '\n';
}

#endif
