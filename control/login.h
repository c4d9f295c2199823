/*
 * Who of our clients may be who: AUTH with the verdict about its secret, and
 * what ends a client. Under core.c.
 */
#ifndef CONTROL_LOGIN_H
#define CONTROL_LOGIN_H

#include "state.h"

/* Events; errors as core_step(). */
enum dn_err login_attempt(struct core *core, const struct event *event);
enum dn_err login_registered(struct core *core, const struct event *event);
enum dn_err login_unregistered(struct core *core, const struct event *event);
enum dn_err login_kick(struct core *core, const struct event *event);

/* The connection of 'session' was closed. */
void login_closed(struct core *core, struct session *session, uint16_t code,
    struct dn_str why);

#endif
