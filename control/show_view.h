/*
 * The network as this server sees it, as one text: what dnchatd shows on the
 * operator's page. Between show.h, and downlink.c, which sends it.
 */
#ifndef CONTROL_SHOW_VIEW_H
#define CONTROL_SHOW_VIEW_H

#include "core.h"

/*
 * A JSON object of at most 'bytes_max' bytes, to be freed by the caller:
 *   status  as show_status() without counters
 *   peers   rows of show_peer()
 *   users   rows of kind "users" of show_map()
 *   omitted how many rows had to be left out
 */
char *show_view(const struct core *core, uint64_t now_msec,
    size_t bytes_max);

#endif
