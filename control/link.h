/*
 * Server links: a connection gets a slot of route.h, and what happens to it is
 * brought to every user. peer.c decides about them; way.c hears of them.
 */
#ifndef CONTROL_LINK_H
#define CONTROL_LINK_H

#include "state.h"

/* The server on 'conn', or NULL. */
struct peer *link_find(const struct core *core, uint64_t conn);

/*
 * 'conn' is a link to 'peer', which has none yet: OPEN, then what we know, in
 * slices. Returns false if no slot is left.
 */
bool link_open(struct core *core, struct peer *peer, uint64_t conn);

/* dnchatd's queue for it is low again: the next slice. */
void link_sliced(struct core *core, struct peer *peer);

/* It will be taken down: everything is withdrawn on it. */
void link_drain(struct core *core, struct peer *peer);

/* It is gone: the slot is free, and 'peer' has no conn any more. */
void link_down(struct core *core, struct peer *peer);

/* A new round trip of 'peer'. */
void link_rtt(struct core *core, struct peer *peer, uint32_t usec);

/* Counts again what follows from the links: core->hold_msec, slot_end. */
void link_recount(struct core *core);

#endif
