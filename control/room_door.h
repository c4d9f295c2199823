/*
 * Rooms for clients of doors whose protocol has verbs for them: CREATE, JOIN
 * and CHANNELS, each answered by a REPLY. Between core.c (or what is to do
 * with servers behind such a door) and room.h.
 */
#ifndef CONTROL_ROOM_DOOR_H
#define CONTROL_ROOM_DOOR_H

#include "room.h"

/* The event CALL of a client; errors as core_step(). */
enum dn_err room_door_call(struct core *core, const struct event *event);

/* The answer to JOIN of 'word' on 'conn'. */
void room_door_joined(struct core *core, uint64_t conn, struct dn_str word,
    bool result);

#endif
