/*
 * What the core knows, as rows for whoever asked: one JSON object each.
 * Between core.h, and command.c, which hands them out. Pure, save that time
 * of day is passed in for notices. All rows are new references.
 *
 * Keys are stable. Numbers of users and connections are strings; 'since' and
 * 'retry' are whole seconds, 'rtt' and 'hold' seconds; what isn't known or
 * doesn't apply is null.
 *   status: name description version listening uptime users users_local
 *     peers peers_up hold shutting_down dnchatd incarnation, and where dnchatd
 *     answered all of IPC_COUNTERS; store ("ok", or what is wrong and what to
 *     do) store_waiting history_lost
 *   peer: name state users announced rtt since retry failures dialled foreign
 *     conn why
 *   user: number name hops via state local source since doubled disputed
 *     description
 *   route: number name hops via state shown withdrawals
 *   candidate: number name peer hops chosen told waiting owing draining why
 *   trace: number name next hops chosen why
 *   account: name locked online (here, elsewhere) created seen number
 *   connection: conn kind number name source since
 *   map: kind name to state hops users rtt; or line
 *   room: name number local members here since shown home
 *   member: name number state kept
 *   notice: time event level, and the notice's own keys
 */
#ifndef CONTROL_SHOW_H
#define CONTROL_SHOW_H

#include <jansson.h>
#include <time.h>

#include "archive.h"
#include "core.h"

/* 'str' as JSON; bytes that are not UTF-8 become '?'. */
json_t *show_string(struct dn_str str);

/* 'value' as a string of digits. */
json_t *show_number(uint64_t value);

/* 'listening' tells where dnchatd listens, 'counters' are its, or NULL. */
json_t *show_status(const struct core *core, uint64_t now_msec,
    const char *listening, const struct dn_list *counters);

/* Adds how many bytes dnchatd has not acknowledged. */
void show_add_downlink(json_t *row, size_t bytes);

/* Adds what the store says to a row of `show status`. */
void show_add_store(json_t *row, const struct archive_status *status);

/* A row of `show accounts`; 'held' tells where somebody has the name now, or
 * is NULL. */
json_t *show_account(const struct store_account *account, const char *held);

/* Rows of `show peers`, `show users` and `show routes`. */
json_t *show_peer(const struct peer_view *view, uint64_t now_msec);
json_t *show_user(const struct user_view *view, uint64_t now_msec);
json_t *show_route(const struct user_view *view);

/* Rows of `show connections`: of a user of ours, and of a link. */
json_t *show_connection(const struct user_view *view, uint64_t now_msec);
json_t *show_link(const struct peer_view *view, uint64_t now_msec);

/* Arrays of rows: all ways to 'user', seen as a table or as a journey. */
json_t *show_candidates(const struct core *core, const void *user,
    const struct user_view *view);
json_t *show_trace(const struct core *core, const void *user,
    const struct user_view *view);

/* Rows of `show rooms` and `room members`. */
json_t *show_room(const struct room_view *view, uint64_t now_msec);
json_t *show_member(const struct member_view *view);

/* An array of rows: the network from here; 'is_dot': lines for graphviz. */
json_t *show_map(const struct core *core, bool is_dot);

/* A row of `watch`; 'time' is the time of day. */
json_t *show_notice(const struct notice *notice, const struct timespec *time);

#endif
