/*
 * What has come up and must not be acknowledged yet: records whose secret is
 * being looked at, and copies on their way to the store. After a crash they
 * come again, and whoever looks at them then finds them here. Under login.c
 * and core.c.
 */
#ifndef CONTROL_ASKED_H
#define CONTROL_ASKED_H

#include "state.h"

struct asked {
	struct asked *prev, *next; /* utlist, by 'seq' */
	uint64_t seq;              /* of the record */
	uint64_t conn;             /* whose it was */
};

/* Events; errors as core_step(). */
enum dn_err asked_came(struct core *core, const struct event *event);
enum dn_err asked_nothing(struct core *core, const struct event *event);
enum dn_err asked_copied(struct core *core, const struct event *event);
enum dn_err asked_kept(struct core *core, const struct event *event);

/* Record 'seq' needs a verdict. */
void asked_add(struct core *core, uint64_t seq, uint64_t conn);

/* There is a verdict on record 'seq'. False: nobody waits for one. */
bool asked_take(struct core *core, uint64_t seq);

/* 'conn' is gone: what it asked for is not wanted any more. */
void asked_closed(struct core *core, uint64_t conn);

/* All is forgotten: dnchatd is, or the core. */
void asked_clear(struct core *core);

#endif
