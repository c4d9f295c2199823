/*
 * What the commands of dnchat/admin.h do: each changes something by an event
 * (command.c), or shows rows (command_show.c); rooms have both in
 * command_room.c. Between admin.c and the engine.
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

/* ---- between these files ---- */

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

#endif
