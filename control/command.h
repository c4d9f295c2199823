/*
 * What the commands of dnchat/admin.h do: each changes something by an event
 * (command.c), or shows rows (command_show.c). Between admin.c and the engine.
 */
#ifndef CONTROL_COMMAND_H
#define CONTROL_COMMAND_H

#include "admin.h"

/* Does what 'line' says, at least one word, and answers. */
void command_run(struct console *console, const struct admin_line *line);

/* Goes on with the long answer that console->list holds. */
void command_list_more(struct console *console);

/* ---- between the two files ---- */

/* What 'console' asks about. */
const struct core *command_core(const struct console *console);

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
void command_watch(struct console *console, const char *const *words,
    size_t count);

#endif
