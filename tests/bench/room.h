/*
 * A crowd that is in a room: making the room, and joining it.
 */
#ifndef BENCH_ROOM_H
#define BENCH_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "crowd.h"
#include "server.h"

/* Makes a room at the first node of 'server', where nobody has logged in yet,
 * and lets 'crowd' expect its announcement. False: refused. */
bool room_make(struct crowd *crowd, const struct server *server);

/* All of the settled crowd join it, within 'limit_msec'. False if that
 * failed; crowd->error says why. */
bool room_join(struct crowd *crowd, uint64_t limit_msec);

#endif
