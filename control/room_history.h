/*
 * What was said before, for a member who joins or asks: between dnchatd
 * (JOINED), the store (HISTORY) and room_say.c. Under core.c and
 * room_command.c.
 */
#ifndef CONTROL_ROOM_HISTORY_H
#define CONTROL_ROOM_HISTORY_H

#include "room.h"

/* What is told of it at most, in bytes, the newest first of all. */
#define ROOM_HISTORY_BYTES_MAX (256u << 10)

/* Events; errors as core_step(). */
enum dn_err room_history_joined(struct core *core,
    const struct event *event);
enum dn_err room_history_read(struct core *core, const struct event *event);

/*
 * 'member', who is live, wants 'count' lines: the last ones, or those from id
 * 'from' on, if that is not 0. Errors: DN_E_STATE (he waits for some already), DN_E_FULL.
 */
enum dn_err room_history_ask(struct core *core, struct member *member,
    uint32_t count, uint64_t from);

/* The deadline of order 'id'. */
void room_history_overdue(struct core *core, uint64_t id);

#endif
