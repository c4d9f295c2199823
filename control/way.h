/*
 * The way to each user: brings what happened to route.c, and what follows
 * from that to dnchatd (who is shown, and where messages for him go) and to
 * his deadlines. Under login.c, link.c and life.c.
 *
 * A record about whom nothing is left to know is freed: after any call here
 * but way_user() and way_login() 'user' may be gone. Who is given to them has
 * caught up (way_catch_up()) unless he is local.
 */
#ifndef CONTROL_WAY_H
#define CONTROL_WAY_H

#include "user.h"

/* A user who is not known yet, brought up on every open link; NULL if there
 * are as many as there may be. */
struct user *way_user(struct core *core, uint64_t number, struct dn_str name,
    struct dn_str description);

/* True if a link has gone that he has not been told of. */
bool way_is_behind(const struct core *core, const struct user *user);

/*
 * Tells 'user' of links that have gone, before anything else happens to him:
 * no way leads by one of them. Returns him, or NULL if nothing is left to know
 * about him.
 */
struct user *way_catch_up(struct core *core, struct user *user);

/* The user with 'number', who has caught up, or NULL. */
struct user *way_find(struct core *core, uint64_t number);

/* He is local from now on, and is shown. */
void way_login(struct core *core, struct user *user, const struct seat *seat,
    struct dn_str name, struct dn_str description);

/* He is local no more. */
void way_logout(struct core *core, struct user *user);

/* Link 'slot' is up, will be taken down, is gone, for this user. */
void way_link_up(struct core *core, struct user *user, uint16_t slot);
void way_link_drain(struct core *core, struct user *user, uint16_t slot);
void way_link_down(struct core *core, struct user *user, uint16_t slot);

/* True if an ARRV would say nothing new but who he is. Peers of our kind never
 * do that: a LEFT comes first. */
bool way_is_renamed(const struct user *user, uint16_t slot, uint16_t hops,
    struct dn_str name, struct dn_str description);

/* The neighbour on 'slot' announced or withdrew him. */
void way_arrv(struct core *core, struct user *user, uint16_t slot,
    uint16_t hops, struct dn_str name, struct dn_str description);
void way_left(struct core *core, struct user *user, uint16_t slot);

/* core->node.shutdown has been set. */
void way_shutdown(struct core *core, struct user *user);

/* He is in the clients' lists without our knowing a way: after a reset. */
void way_entry(struct core *core, struct user *user);

/* Takes him out of those lists: no way to him is known, or he will be shown as
 * something else. */
void way_unlist(struct core *core, struct user *user);

/* Tells dnchatd again where messages for him go. */
void way_tell(struct core *core, struct user *user);

/* The handler of route.h: node->send. */
void way_send(void *context, struct route *route, uint16_t slot,
    enum route_message message, uint16_t hops);

/* Deadlines of user 'number' have passed. */
void way_hold_over(struct core *core, uint64_t number);
void way_calm_over(struct core *core, uint64_t number);
void way_list_over(struct core *core, uint64_t number);

#endif
