/*
 * The whole of it: dnchatd comes and goes, dncontrol comes back from its
 * journal, everything ends. Under core.c.
 */
#ifndef CONTROL_LIFE_H
#define CONTROL_LIFE_H

#include "state.h"

/* Events; errors as core_step(). */
enum dn_err life_start(struct core *core, const struct event *event);
enum dn_err life_configure(struct core *core, const struct event *event);
enum dn_err life_level(struct core *core, const struct event *event);
enum dn_err life_plane_up(struct core *core, const struct event *event);
enum dn_err life_plane_down(struct core *core, const struct event *event);
enum dn_err life_sync_client(struct core *core, const struct event *event);
enum dn_err life_sync_entry(struct core *core, const struct event *event);
enum dn_err life_synced(struct core *core, const struct event *event);
enum dn_err life_closed(struct core *core, const struct event *event);
enum dn_err life_resumed(struct core *core, const struct event *event);
enum dn_err life_shutdown(struct core *core, const struct event *event);

/* The wait before the end is over; 'owner' is not used. */
void life_shutdown_over(struct core *core, uint64_t owner);

#endif
