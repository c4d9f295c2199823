/*
 * Our users in rooms of federated servers: FEDJOIN and its answer; and what
 * becomes of their membership when the server goes and comes back. Under
 * fed.c; above room.c.
 */
#ifndef CONTROL_FED_JOIN_H
#define CONTROL_FED_JOIN_H

#include "fed_server.h"
#include "room.h"

/*
 * 'user' wants to join 'room', an import or one whose server has not offered
 * it, called 'name' ("channel:host"). Answered by REPLY to 'conn', or if that
 * is IPC_CONN_NONE by a SAY of the import.
 */
void fed_join_ask(struct core *core, struct fed_server *server,
    const struct fed_name *name, struct user *user, uint64_t conn);

/* A server on link 'peer' says whether 'name' is a member of its room 'local',
 * both without hosts. */
void fed_join_result(struct core *core, struct peer *peer, struct dn_str local,
    struct dn_str name, bool is_member);

/* It refuses what he said in it: he is no member. */
void fed_join_unsaid(struct core *core, struct peer *peer, struct dn_str local,
    struct dn_str name);

/* The server that was asked first of those that have yet to say whether 'user'
 * may join their 'room', both without hosts, or NULL. */
struct fed_server *fed_join_awaited(const struct core *core,
    struct dn_str room, struct dn_str user);

/* Deadline of join 'id'. */
void fed_join_overdue(struct core *core, uint64_t id);

/* Everybody who was a member of a room of the server on 'peer', and is here,
 * asks to be one again. */
void fed_join_again(struct core *core, struct peer *peer);

/* 'server' has lost its last link, or will; its imports are still there. Done
 * twice, the second time changes nothing. */
void fed_join_server_gone(struct core *core, struct fed_server *server);

/* 'user' is about to be hidden, and still a member of what he was in. */
void fed_join_user_gone(struct core *core, struct user *user);

/* 'user', who was verified, has logged in. */
void fed_join_user_back(struct core *core, struct user *user);

#endif
