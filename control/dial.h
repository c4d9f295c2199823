/*
 * Dialling a server: its name is looked up, its addresses are tried in turn,
 * and when all failed, or the link is lost, it is dialled again after a while
 * that grows. Under peer.c, which has what follows from success.
 */
#ifndef CONTROL_DIAL_H
#define CONTROL_DIAL_H

#include "state.h"

/* 'peer' is in 'state' from now on, for 'length_msec' or, if that is 0, until
 * something happens. */
void dial_state(struct core *core, struct peer *peer, enum peer_state state,
    uint32_t length_msec);

/* What ended it last; longer ones are cut. */
void dial_why(struct peer *peer, struct dn_str why);

/* Asks the shell to look its host up; OFFLINE if dnchatd is not there. */
void dial_start(struct core *core, struct peer *peer);

/* The host has been looked up: 'addresses' with blanks between, or none. */
void dial_resolved(struct core *core, struct peer *peer,
    struct dn_str addresses, struct dn_str why);

/* The address at hand failed: the next one, or all of them later. */
void dial_next(struct core *core, struct peer *peer, struct dn_str why);

/* Its deadline in one of the states of dialling has passed. */
void dial_overdue(struct core *core, struct peer *peer);

/* It failed, or was lost: WAITING. Returns for how long, in milliseconds. */
uint32_t dial_again(struct core *core, struct peer *peer, struct dn_str why);

/* Gives an attempt up. */
void dial_stop(struct core *core, struct peer *peer);

/* True if 'address' is one of 'addresses', which have blanks between. */
bool dial_lists(const char *addresses, const struct accept_address *address);

/* A wanted server of 'door' that was dialled at 'address', among others
 * perhaps: the first with 'after' NULL, then those that follow; or NULL. */
struct peer *dial_knows(const struct core *core, enum ipc_door door,
    const struct accept_address *address, const struct peer *after);

#endif
