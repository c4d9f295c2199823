/*
 * Users of federated servers who are here: as 'user@host', with the
 * description "via host". Under fed.c; above room.c.
 */
#ifndef CONTROL_FED_GUEST_H
#define CONTROL_FED_GUEST_H

#include "fed_server.h"
#include "room.h"

/* A server on link 'peer' asks for membership of a room of ours. */
void fed_guest_join(struct core *core, struct peer *peer,
    const struct ipc_call *call);

/* The hook of state.h: he is a member now. */
void fed_guest_welcome(struct core *core, struct room *room,
    struct user *user, struct dn_str word);

/* All who came over 'peer', which is going, leave. */
void fed_guest_leave_link(struct core *core, struct peer *peer);

#endif
