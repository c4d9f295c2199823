/*
 * The store on a thread of its own: jobs go in, and are done in their order;
 * what comes of them comes back in the loop. Between service.c and
 * command_account.c, who ask, and store.c, which blocks.
 *
 * Where the store fails (another process holds the file, the disk is full,
 * the file is damaged), reading is still tried, changes are refused at once,
 * and lines for the history are lost and counted, until a probe a second finds
 * it all right again. Nobody waits for it.
 */
#ifndef CONTROL_ARCHIVE_H
#define CONTROL_ARCHIVE_H

#include "store.h"
#include "update.h"
#include "work.h"

/* Jobs that wait; more are refused. Lines are bounded by their bytes, from
 * when they come until they are kept: more are lost. */
#define ARCHIVE_QUEUE_MAX 4096
#define ARCHIVE_LINES_BYTES_MAX (8u << 20)
/* So many in one transaction at most, in bytes. */
#define ARCHIVE_PORTION_BYTES (256u << 10)
#define ARCHIVE_PROBE_MSEC 1000
#define ARCHIVE_EXPIRE_MSEC 60000

struct archive;

/* The first member of whatever is asked of the store. */
struct archive_job {
	struct work_job job;
	struct archive *archive;
	bool is_change;
	/* In the thread. */
	enum dn_err (*run)(struct archive_job *job, struct store *store);
	/* In the loop; 'err' tells what 'run' returned, or what the store had
	 * failed with before, or DN_E_FULL: too much waits. */
	void (*done)(struct archive_job *job);
	/* Instead of 'done' where the loop ends. */
	void (*drop)(struct archive_job *job);
	enum dn_err err;
	char why[STORE_WHY_BYTES]; /* "": the store did not fail */
};

struct archive_ops {
	void *context;
	/* At the start, or when the store came back: a room or, where
	 * 'account' is not NULL, a member. */
	void (*room)(void *context, const char *room, uint64_t number,
	    const char *account);
	/* What a request came to; 'rows' for HISTORY. */
	void (*answered)(void *context, const struct request *request,
	    enum dn_err err, struct dn_str rows);
	/* All lines up to number 'upto' of dnchatd's 'incarnation' are kept,
	 * or lost for good. */
	void (*kept)(void *context, uint64_t incarnation, uint64_t upto);
};

/* What rooms keep. */
struct archive_bounds {
	uint32_t count_max;
	uint64_t age_msec;
};

/*
 * The store in file 'path'. Rooms are loaded before it returns, unless the
 * store fails: then they are as soon as it doesn't.
 */
struct archive *archive_new(struct net *net, const char *path,
    const struct archive_bounds *bounds, const struct archive_ops *ops);

/* Takes NULL. What waits is written first. */
void archive_free(struct archive *archive);

/* Other bounds, from the next line on. */
void archive_set_bounds(struct archive *archive,
    const struct archive_bounds *bounds);

/* The core has its rooms from elsewhere: they are not loaded any more. */
void archive_skip_rooms(struct archive *archive);

/* Has 'job' done, whose 'run', 'done', 'drop' and 'is_change' are set. */
void archive_put(struct archive *archive, struct archive_job *job);

/* Does what the core wants of the store. */
void archive_request(struct archive *archive, const struct request *request);

/* Keeps a line; its time is now. */
void archive_line(struct archive *archive, uint64_t incarnation,
    const struct store_line *line);

/* At the end of a turn: lines that came in it are on their way. */
void archive_turn(struct archive *archive);

struct archive_status {
	const char *why;     /* what the store failed with; "" if it is well */
	uint64_t lines_lost; /* since the start */
	size_t waiting;      /* jobs */
};

/* Fills '*status'; 'why' belongs to the archive. */
void archive_status(struct archive *archive, struct archive_status *status);

/* Time of day in milliseconds. */
uint64_t archive_now_msec(void);

#endif
