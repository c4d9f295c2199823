/*
 * An answer of dncontrol on its way to standard output: a table for people,
 * or JSON for scripts. Rows come from client.c, one by one; what is in a row
 * is dncontrol's affair: columns are its keys, in an order that a table in
 * print.c may prefer.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <stdio.h>

#include "client.h"
#include "dnchat/admin.h"

enum print_mode {
	PRINT_TABLE,    /* for people */
	PRINT_DOCUMENT, /* one JSON document an answer, on a line */
	PRINT_ROWS,     /* the rows as they come, JSON, one a line */
	PRINT_NOTHING
};

/* The most bytes of rows in one JSON document. */
#define PRINT_DOCUMENT_BYTES_MAX (1u << 30)

/* Rows whose columns are aligned with each other; a longer table is printed
 * in pieces, none narrower than the one before. */
#define PRINT_BLOCK_ROWS 1000

/* The most columns of a table; JSON has what goes beyond. */
#define PRINT_COLUMNS_MAX 48

/* No column is padded wider than this many letters. */
#define PRINT_PAD_MAX 40

struct print;

/* Prints answers to 'out', which it does not close; 'is_bold' sets headers
 * off by escape sequences. Ends the program if there is no memory. */
struct print *print_new(FILE *out, enum print_mode mode, bool is_bold);

/* Takes NULL. */
void print_free(struct print *print);

/* The answer to command 'id' begins. */
void print_begin(struct print *print, enum admin_id id);

/* A client_row_fn whose argument is a struct print: the next row. False: it
 * cannot be written, or the document becomes too long. */
bool print_row(void *print, json_t *row, const char *text, size_t size);

/* The answer ended with 'status': prints what is left of it. Returns how many
 * rows it had. */
size_t print_end(struct print *print, const struct client_status *status);

#endif
