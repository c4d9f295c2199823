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
 * slot is left. Drain: everything is withdrawn on it, in slices, after each of
 * which the peer's deadline begins anew. Down: so it is for the first users;
 * for the others as soon as anything happens to them, at the latest when
 * link_go_on() gets to them.
 */
extern const struct link_kind link_kind_dnchat;

/* The server of the dnchat door on 'conn', or NULL. */
struct peer *link_router(const struct core *core, uint64_t conn);

/* dnchatd's queue for it is low again: the next slice. */
void link_sliced(struct core *core, struct peer *peer);

/* A link of which users are still to be told that it has gone or is being
 * taken down, or NULL. */
struct peer *link_next_job(const struct core *core);

/* The next slice of that. */
void link_go_on(struct core *core);

/* A link on 'slot' that has gone, to a server called 'name': to be filled in,
 * for link_down() and save_peer.c. */
struct peer *link_new_lost(struct core *core, uint16_t slot,
    const char *name);

/* There are no users any more: nobody is to be told. */
void link_forget_lost(struct core *core);

/* A new round trip of 'peer'. */
void link_rtt(struct core *core, struct peer *peer, uint32_t usec);

/* Counts again what follows from the links: core->hold_msec, slot_end. */
void link_recount(struct core *core);

#endif
