/*
 * Text of others on the way to a terminal: nothing that a terminal would take
 * for an order, or that would make it show something else than is there,
 * passes as it is. Also how many columns text takes. Pure; print.c and main.c
 * write with it.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "dnchat/buf.h"

/* A growing piece of text, ended by NUL once it holds something. Start with
 * {0}; text_free() releases it. */
struct text {
	char *data;
	size_t size; /* bytes, without the NUL */
	size_t room;
};

/* Frees what '*text' holds and makes it empty. */
void text_free(struct text *text);

/* Appends bytes as they are. Ends the program if there is no memory, as all
 * that append do. */
void text_add(struct text *text, struct dn_str str);

/* Appends 'str' for people: control characters (C0, DEL, C1), what turns the
 * direction of writing, what is invisible, and bytes that are not UTF-8
 * become \xNN or \uNNNN. */
void text_add_escaped(struct text *text, struct dn_str str);

/* Appends 'json', which is valid JSON, with the same characters as JSON
 * escapes, so that it still means the same; blanks between become spaces. */
void text_add_json(struct text *text, struct dn_str json);

/* How many columns of a terminal 'str' takes; it was escaped before. */
size_t text_width(struct dn_str str);

/* True if text_add_escaped() would change nothing. */
bool text_is_plain(struct dn_str str);

#endif
