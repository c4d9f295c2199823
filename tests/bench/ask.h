/*
 * Commands on a server's admin socket.
 */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sends the line 'command' to the dncontrol of 'run_dir' and waits for its
 * status line, at most some seconds. The rows go to 'rows' of 'size' bytes, a
 * text; those that find no room are dropped. False, with a line on stderr, if
 * it cannot be reached or refuses.
 */
bool ask(const char *run_dir, const char *command, char *rows, size_t size);

/*
 * Finds the number that 'rows' have as "key":"N" or "key":N, the first of
 * them; else 0.
 */
double ask_number(const char *rows, const char *key);

#endif
