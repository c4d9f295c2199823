/*
 * The core with its journal and its outbox: an event is journaled and applied,
 * and what follows waits for the end of the turn. Then engine_flush() comes
 * first, and only after it may anything leave. Between the core and its shell:
 * downlink.c, admin.c and main.c.
 */
#ifndef CONTROL_ENGINE_H
#define CONTROL_ENGINE_H

#include "core.h"
#include "journal.h"
#include "outbox.h"

/* Who gets what the core wants of its shell. What they are given is valid
 * during the call; they must not step the engine in it. */
struct engine_ops {
	void *context;
	void (*resolve)(void *context, const struct request *request);
	/* REQUEST_ROOM_PUT and those that follow it. */
	void (*store)(void *context, const struct request *request);
	void (*notice)(void *context, const struct notice *notice);
	/* Has engine_write_aside() called in a copy of this process, and later
	 * engine_end_aside() in this one with what it returned, 0 if the copy
	 * died. False: that can't be. May be NULL. */
	bool (*aside)(void *context);
};

struct engine {
	struct core *core;
	struct engine_ops ops;
	struct journal journal;
	struct outbox outbox;
	struct updates updates;
	struct bytes note;    /* the shell's own, kept in the journal */
	struct bytes early;   /* commands given before the first session */
	uint64_t now_msec;    /* of the last event */
	uint64_t incarnation; /* of the dnchatd the core knows; 0: of none */
	bool greeted;         /* there was a session since the start */
	bool resuming;        /* replayed, and RESUMED is still to come */
	bool quit;            /* the core wants to end */
	bool stepping;
};

/* A new core that begins with START, 'seed'; the journal will be in 'dir'. */
void engine_init(struct engine *engine, const char *dir, uint64_t seed,
    const struct engine_ops *ops);

/* Leaves the journal where it is. */
void engine_deinit(struct engine *engine);

/* Applies 'event', whose time is set here. Returns what core_step() does. */
enum dn_err engine_step(struct engine *engine, struct event *event);

/* The same for a command of the operator. Until the first session it is also
 * remembered, as a journal may bring back a core that has not heard it. */
enum dn_err engine_command(struct engine *engine, struct event *event);

/* True while too much goes down for more to be taken in or thought of. */
bool engine_is_congested(const struct engine *engine);

/* When a TICK or SLICE is due, or a journal that failed is to be tried again;
 * UINT64_MAX: never. */
uint64_t engine_deadline(const struct engine *engine);

/* A TICK and a SLICE, if they are due: no more than one each, so that what came
 * up meanwhile has its turn, too. */
void engine_tick(struct engine *engine);

/*
 * Carries on from the journal, if that is of dnchatd's 'incarnation' and fits
 * to dnchatd having applied all records up to 'applied'. RESUMED is left to
 * engine_resumed(), after the records that come up again. False: that is not
 * possible, nothing changed, and the way is engine_reset().
 */
bool engine_restore(struct engine *engine, uint64_t incarnation,
    uint64_t applied);

/* True if the core as it is can go on with dnchatd's 'incarnation'. */
bool engine_fits(const struct engine *engine, uint64_t incarnation,
    uint64_t applied);

/* dnchatd of 'incarnation' will be told to reset: begins anew with it. */
void engine_reset(struct engine *engine, uint64_t incarnation);

/* dnchatd died. Nothing if there was none. */
void engine_down(struct engine *engine);

/* The records that came up again after engine_restore() are applied. */
void engine_resumed(struct engine *engine);

/* Writes the journal; a failure is logged, and no error. */
void engine_flush(struct engine *engine);

/* For ops->aside: a shorter journal, whose size it returns, 0 if it failed; and
 * what that was. */
uint64_t engine_write_aside(const struct engine *engine);
void engine_end_aside(struct engine *engine, uint64_t size);

/* Writes a journal that another build can carry on from. Errors: DN_E_OFFLINE
 * (no dnchatd is there, so there is nothing to keep), DN_E_IO. */
enum dn_err engine_save(struct engine *engine);

/* Changes the note, and has the journal hold it from the next flush on. */
void engine_set_note(struct engine *engine, const struct bytes *note);

#endif
