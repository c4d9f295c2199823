/*
 * Passwords for commands that take one: from the terminal without echo, or the
 * next line of a stream. They are no part of a command's line, so that neither
 * a history nor a list of processes has them. Only main.c calls this.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stddef.h>
#include <stdio.h>

#include "dnchat/err.h"

/*
 * Asks for a password on the controlling terminal, twice, and writes it to
 * 'text' of 'room' bytes. Errors: DN_E_IO (there is no terminal, or nothing
 * was typed), DN_E_MALFORMED (the two differ), DN_E_TOO_LONG, DN_E_STATE
 * (interrupted).
 */
enum dn_err ask_terminal(char *text, size_t room);

/* Reads a line of 'in', without its end. Errors: DN_E_IO (there is none, or
 * it is empty), DN_E_TOO_LONG. */
enum dn_err ask_stream(FILE *in, char *text, size_t room);

#endif
