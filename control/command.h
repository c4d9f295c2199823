/*
 * What the commands of dnchat/admin.h do: each changes something by an event
 * (command.c), shows rows (command_show.c), or changes an account
 * (command_account.c). Between admin.c and the engine.
 */
#ifndef CONTROL_COMMAND_H
#define CONTROL_COMMAND_H

#include "admin.h"

/* Does what 'line' says, at least one word, and answers. */
void command_run(struct console *console, const struct admin_line *line);

/* Goes on with the long answer that console->list holds. */
void command_list_more(struct console *console);

/* The same, where it is about rooms or the members of one. */
void command_rooms_more(struct console *console);

/* Goes on with the list of accounts, if that is what the answer is. */
void command_accounts_more(struct console *console);

/* The console is gone: nobody waits for an answer about an account. */
void command_account_forget(struct console *console);

/* ---- between the files ---- */

/* Notes in the log who changed what. */
void command_log(const struct console *console, const char *what,
    const char *argument, enum dn_err err);

/* What 'console' asks about. */
const struct core *command_core(const struct console *console);

/* Steps an event that a command makes, and notes in the log who changed
 * what: 'argument' of command 'what'. */
enum dn_err command_step(const struct console *console, struct event *event,
    const char *what, const char *argument);

/* The user called 'word'. False: there is none, and that was answered. */
bool command_user(struct console *console, const char *word,
    const void **user, struct user_view *view);

/* Handlers: 'words' are the 'count' arguments, of a number that is right. */
void command_show_peers(struct console *console, const char *const *words,
    size_t count);
void command_show_route(struct console *console, const char *const *words,
    size_t count);
void command_trace(struct console *console, const char *const *words,
    size_t count);
void command_map(struct console *console, const char *const *words,
    size_t count);
void command_show_status(struct console *console, const char *const *words,
    size_t count);
void command_show_users(struct console *console, const char *const *words,
    size_t count);
void command_show_routes(struct console *console, const char *const *words,
    size_t count);
void command_show_connections(struct console *console,
    const char *const *words, size_t count);
void command_show_rooms(struct console *console, const char *const *words,
    size_t count);
void command_room_create(struct console *console, const char *const *words,
    size_t count);
void command_room_delete(struct console *console, const char *const *words,
    size_t count);
void command_room_members(struct console *console, const char *const *words,
    size_t count);
void command_watch(struct console *console, const char *const *words,
    size_t count);
void command_account_add(struct console *console, const char *const *words,
    size_t count);
void command_account_delete(struct console *console,
    const char *const *words, size_t count);
void command_account_password(struct console *console,
    const char *const *words, size_t count);
void command_account_lock(struct console *console, const char *const *words,
    size_t count);
void command_account_unlock(struct console *console,
    const char *const *words, size_t count);
void command_show_accounts(struct console *console, const char *const *words,
    size_t count);

#endif
