/*
 * Federation by the channels protocol: links to its servers, and what they
 * say. Under core.c; above fed_room.c (rooms both ways), fed_join.c (our users
 * there), fed_guest.c (theirs here), fed_identity.c (who it is), and peer.c, whose links these are.
 */
#ifndef CONTROL_FED_H
#define CONTROL_FED_H

#include "room.h"
#include "state.h"

/* What a link of the channels door is. */
extern const struct link_kind fed_link_kind;

/* Events; errors as core_step(). Those that are not about servers of this door
 * alone go on to the module whose they are. */
enum dn_err fed_federate(struct core *core, const struct event *event);
enum dn_err fed_call(struct core *core, const struct event *event);
enum dn_err fed_arrv(struct core *core, const struct event *event);
enum dn_err fed_srvr(struct core *core, const struct event *event);
enum dn_err fed_dialled(struct core *core, const struct event *event);
enum dn_err fed_undialled(struct core *core, const struct event *event);
enum dn_err fed_login(struct core *core, const struct event *event);

/* dnchatd is gone: who was where is noted. Call it before rooms and users are
 * freed. */
void fed_plane_down(struct core *core);

/* Frees all about servers and links to them: at the end of the core, before the
 * links. */
void fed_free_all(struct core *core);

/* Hooks (state.h). */
void fed_user_hidden(struct core *core, struct user *user);
void fed_room_created(struct core *core, struct room *room);
void fed_import_wanted(struct core *core, struct room *room,
    struct user *user, uint64_t conn);

#endif
