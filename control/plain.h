/* Rows for people, on dncontrol's own terminal: what dnctl prints nicer.
 * Between admin.c and standard output. */
#ifndef CONTROL_PLAIN_H
#define CONTROL_PLAIN_H

#include <jansson.h>
#include <stdio.h>

/* Prints the objects in array 'rows' to 'out': one as a list, several as a
 * table; of graphs only the lines. What doesn't print is escaped. */
void plain_print(FILE *out, const json_t *rows);

/* Prints 'row' on one line, as keys and values. */
void plain_print_line(FILE *out, json_t *row);

#endif
