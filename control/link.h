/*
 * Server links of any door by their connection; and those of the dnchat door:
 * a connection gets a slot of route.h, and what happens to it is brought to
 * every user. peer.c decides about them; way.c hears of them.
 */
#ifndef CONTROL_LINK_H
#define CONTROL_LINK_H

#include "state.h"

/* The server on 'conn', or NULL. */
struct peer *link_find(const struct core *core, uint64_t conn);

/* 'conn' is a link to 'peer', which has none yet. */
void link_attach(struct core *core, struct peer *peer, uint64_t conn);

/* 'peer' has no link any more. */
void link_detach(struct core *core, struct peer *peer);

/*
 * Of the dnchat door. Open: OPEN, then what we know, in slices; false if no
 * slot is left. Drain: everything is withdrawn on it.
 */
extern const struct link_kind link_kind_dnchat;

/* The server of the dnchat door on 'conn', or NULL. */
struct peer *link_router(const struct core *core, uint64_t conn);

/* dnchatd's queue for it is low again: the next slice. */
void link_sliced(struct core *core, struct peer *peer);

/* A new round trip of 'peer'. */
void link_rtt(struct core *core, struct peer *peer, uint32_t usec);

/* Counts again what follows from the links: core->hold_msec, slot_end. */
void link_recount(struct core *core);

#endif
