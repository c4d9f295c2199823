/*
 * The interactive line: editing, completion, history. edit.c is the only file
 * that knows readline; main.c tells it the names that only the server knows.
 */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include "line.h"

/* Names that are offered for one word; more are not. */
#define EDIT_OFFERS_MAX 10000

/* Lines that the history keeps. */
#define EDIT_HISTORY_MAX 1000

/* Asked while a line is typed: calls edit_offer() with each user or peer that
 * 'choices' allows. */
typedef void edit_names_fn(void *arg, const struct line_choices *choices);

/* Begins: reads the history, and from now on completes by admin.h's rows and
 * 'names', which gets 'arg'. */
void edit_open(edit_names_fn *names, void *arg);

/* Reads one line; the caller frees it. "" if it was broken off by SIGINT, NULL
 * at the end of input. Puts it into the history. */
char *edit_read(const char *prompt);

/* Offers the 'size' bytes at 'name' for the word being typed; names with
 * characters that don't print are left out. Within an edit_names_fn only. */
void edit_offer(const char *name, size_t size);

/* Ends: cuts the history file to its length. */
void edit_close(void);

#endif
