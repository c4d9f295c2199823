/*
 * The journal: what the next dncontrol carries on from. A file in the run
 * directory: a header, a snapshot of the core, the records that dnchatd had
 * not acknowledged then, and all events since. Between engine.c and the disk.
 *
 * journal_flush() comes before anything of a turn leaves, with one write().
 * write() suffices: a dead kernel takes dnchatd with it, and a journal is
 * worth nothing without the dnchatd it was written for. Compaction writes a
 * new file aside and renames it, so that there is always a whole one: at once,
 * or in a copy of the process, as a large state takes its time. A torn record
 * at the end was never acted upon, and is cut off.
 */
#ifndef CONTROL_JOURNAL_H
#define CONTROL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "dnchat/rundir.h"
#include "event.h"

/* A journal that grew beyond this, and beyond twice its snapshot, is written
 * anew. */
#define JOURNAL_BYTES_LEAST (4u << 20)
/* A copy that takes so long that more events than this come is given up. */
#define JOURNAL_SINCE_BYTES_MAX (64u << 20)
/* Where writing failed it is tried again so much later. */
#define JOURNAL_RETRY_MSEC 10000
/* A longer file is none of ours. */
#define JOURNAL_FILE_BYTES_MAX (UINT64_C(2) << 30)

#define JOURNAL_PATH_BYTES (RUNDIR_BYTES_MAX + 16)

struct journal {
	char path[JOURNAL_PATH_BYTES], temporary[JOURNAL_PATH_BYTES];
	char aside[JOURNAL_PATH_BYTES]; /* what the copy writes */
	int fd;                /* -1: there is none */
	struct bytes pending;  /* events that are not written yet */
	struct bytes body;     /* of the event that is being noted */
	uint64_t size;         /* of the file */
	uint64_t start_size;   /* of the file without its events */
	uint64_t retry_msec;   /* no journal, or none aside: when to try again */
	bool is_aside;         /* the copy is at it */
	struct bytes since;    /* events that were flushed since it began */
};

/* What stands before the events. */
struct journal_start {
	uint64_t incarnation;
	const void *snapshot, *outbox, *note;
	size_t snapshot_size, outbox_size, note_size;
};

/* The journal in directory 'dir'; nothing is opened. */
void journal_init(struct journal *journal, const char *dir);

/* Closes the file and leaves it where it is. */
void journal_deinit(struct journal *journal);

/* Whether there is a file to which events go. */
bool journal_is_open(const struct journal *journal);

/*
 * Begins a new file that holds 'start', in place of the old one; pending
 * events are part of the snapshot, and forgotten. On failure there is no
 * journal at all any more, and journal_retry() says when to try again.
 * Errors: DN_E_IO (errno says why).
 */
enum dn_err journal_begin(struct journal *journal,
    const struct journal_start *start, uint64_t now_msec);

/* Notes an event for the next journal_flush(). Nothing if none is open. */
void journal_event(struct journal *journal, const struct event *event);

/* Writes what was noted. On failure as journal_begin(). Errors: DN_E_IO. */
enum dn_err journal_flush(struct journal *journal, uint64_t now_msec);

/* True if it has grown so long that journal_begin() or journal_begin_aside()
 * is called for, and the last attempt is not too short a while ago. */
bool journal_is_long(const struct journal *journal, uint64_t now_msec);

/*
 * In a copy of this process, which begins after journal_begin_aside() in this
 * one: writes a file that holds 'start'. Returns its size, or 0: it failed.
 */
uint64_t journal_write_aside(const struct journal *journal,
    const struct journal_start *start, uint64_t now_msec);

/* Nothing is pending, and what is flushed from now on belongs into the file
 * that is being written aside, too. */
void journal_begin_aside(struct journal *journal);

/*
 * That file is written, and 'size' bytes long; 0: it failed. It gets what was
 * flushed since, and takes the journal's place; on failure that stays as it
 * is. Nothing if journal_begin() or journal_remove() came between. Errors:
 * DN_E_IO.
 */
enum dn_err journal_end_aside(struct journal *journal, uint64_t size,
    uint64_t now_msec);

/* Removes the file. */
void journal_remove(struct journal *journal);

/* Appends the file's bytes to '*bytes'. Errors: DN_E_UNKNOWN (there is none),
 * DN_E_IO (errno says why), DN_E_TOO_LONG. */
enum dn_err journal_read(const struct journal *journal, struct bytes *bytes);

/* The name of this build, which alone can replay its journals' events. */
const char *journal_build(void);

/* ---- what was read; pure ---- */

struct journal_image {
	struct journal_start start; /* points into the bytes */
	bool same_build;            /* this very program wrote it */
	bool has_events;            /* something follows the start */
	struct dn_rd rd;            /* at the next event */
};

/*
 * Reads the start of a journal of 'size' bytes at 'data', which must outlive
 * '*image'. Errors: DN_E_MALFORMED, DN_E_VERSION (of another format, or of
 * another build and with events, which mean something to that one only).
 */
enum dn_err journal_parse(struct journal_image *image, const void *data,
    size_t size);

/* The next event; false at the end, or where a torn or foreign record is. */
bool journal_next(struct journal_image *image, struct event *event);

#endif
