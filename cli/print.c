/*
 * Tables, lists, streams and JSON documents from rows: see print.h.
 */
#include "print.h"

#include <assert.h>
#include <stdlib.h>

#include "text.h"
#include "value.h"

enum print_layout {
	PRINT_AS_TABLE,
	PRINT_AS_LIST,  /* one member a line, for answers of few rows */
	PRINT_AS_STREAM /* each row at once: time, event, key=value ... */
};

#define PRINT_KEYS_MAX 12

/* How the answer of a command looks: a command that is not here is a table
 * with its keys as they come. A key that a row lacks is no column. */
static const struct print_look {
	enum print_layout layout;
	const char *keys[PRINT_KEYS_MAX]; /* columns to the left */
} print_looks[ADMIN_COUNT] = {
	[ADMIN_SHOW_STATUS] = {PRINT_AS_LIST, {"name", "description"}},
	[ADMIN_SHOW_PEERS] = {PRINT_AS_TABLE,
	    {"name", "state", "door", "users", "announced", "rtt", "since"}},
	[ADMIN_SHOW_USERS] = {PRINT_AS_TABLE,
	    {"number", "name", "hops", "via", "state"}},
	[ADMIN_SHOW_ROUTES] = {PRINT_AS_TABLE,
	    {"number", "name", "hops", "via", "state"}},
	[ADMIN_SHOW_ROUTE] = {PRINT_AS_TABLE, {"peer", "hops", "chosen"}},
	[ADMIN_SHOW_ROOMS] = {PRINT_AS_TABLE,
	    {"name", "number", "local", "members", "here"}},
	[ADMIN_ROOM_LIST] = {PRINT_AS_TABLE,
	    {"name", "number", "local", "members", "here"}},
	[ADMIN_ROOM_MEMBERS] = {PRINT_AS_TABLE,
	    {"name", "number", "state", "kept"}},
	[ADMIN_TRACE] = {PRINT_AS_TABLE, {"next", "hops", "chosen"}},
	[ADMIN_WATCH] = {PRINT_AS_STREAM, {"time", "level", "event"}},
};

struct print_column {
	char *key;
	size_t width;    /* in letters */
	bool is_numeric; /* to the right */
};

struct print {
	FILE *out;
	enum print_mode mode;
	bool is_bold;
	const struct print_look *look;
	size_t count;      /* rows of this answer */
	struct text rows;  /* PRINT_DOCUMENT: joined by commas */
	json_t *block;     /* PRINT_TABLE: rows that are not yet printed */
	struct print_column columns[PRINT_COLUMNS_MAX];
	size_t column_count;
	bool is_headed;    /* the columns stand above already */
	struct text cell;  /* scratch */
};

static void *
print_checked(void *pointer)
{
	if (pointer == NULL) {
		fputs("dnctl: out of memory\n", stderr);
		exit(1);
	}
	return pointer;
}

struct print *
print_new(FILE *out, enum print_mode mode, bool is_bold)
{
	struct print *print = print_checked(calloc(1, sizeof(*print)));

	print->out = out;
	print->mode = mode;
	print->is_bold = is_bold;
	print->look = &print_looks[0];
	print->block = print_checked(json_array());
	return print;
}

static void
print_clear(struct print *print)
{
	while (print->column_count > 0)
		free(print->columns[--print->column_count].key);
	json_array_clear(print->block);
	text_free(&print->rows);
	print->count = 0;
	print->is_headed = false;
}

void
print_free(struct print *print)
{
	if (print == NULL)
		return;
	print_clear(print);
	text_free(&print->cell);
	json_decref(print->block);
	free(print);
}

void
print_begin(struct print *print, enum admin_id id)
{
	assert((unsigned)id < ADMIN_COUNT);
	print_clear(print);
	print->look = &print_looks[id];
}

static struct dn_str
print_str(const struct text *text)
{
	return (struct dn_str){text->data, text->size};
}

/* The value of 'key' for people, in the scratch cell: valid until the next
 * call. */
static struct dn_str
print_value(struct print *print, const char *key, const json_t *value)
{
	print->cell.size = 0;
	value_add(&print->cell, key, value);
	return print_str(&print->cell);
}

static void
print_spaces(FILE *out, size_t width, size_t wanted)
{
	for (; width < wanted; width++)
		putc(' ', out);
}

static void
print_out(struct print *print, struct dn_str str)
{
	if (str.size > 0)
		(void)fwrite(str.data, 1, str.size, print->out);
}

/* ---- tables ---- */

static void
print_add_column(struct print *print, const char *key)
{
	struct print_column *column;
	size_t i;

	for (i = 0; i < print->column_count; i++)
		if (strcmp(print->columns[i].key, key) == 0)
			return;
	if (print->column_count == PRINT_COLUMNS_MAX)
		return;
	column = &print->columns[print->column_count++];
	column->key = print_checked(strdup(key));
	column->width = 0;
	column->is_numeric = true;
	print->is_headed = false;
}

/* The header of a column, in the scratch cell. */
static struct dn_str
print_header(struct print *print, const char *key)
{
	size_t i;

	print->cell.size = 0;
	text_add_escaped(&print->cell, dn_str_of(key));
	for (i = 0; i < print->cell.size; i++)
		if (print->cell.data[i] >= 'a' && print->cell.data[i] <= 'z')
			print->cell.data[i] -= 'a' - 'A';
	return print_str(&print->cell);
}

static void
print_widen(struct print_column *column, struct dn_str cell)
{
	size_t width = text_width(cell);

	if (width > PRINT_PAD_MAX)
		width = PRINT_PAD_MAX;
	if (column->width < width)
		column->width = width;
}

/* Which columns the rows of the block need, and how wide. */
static void
print_measure(struct print *print)
{
	struct print_column *column;
	const char *key;
	size_t index, i;
	json_t *row, *value;

	row = json_array_get(print->block, 0);
	for (i = 0; i < PRINT_KEYS_MAX && print->look->keys[i] != NULL; i++)
		if (json_object_get(row, print->look->keys[i]) != NULL)
			print_add_column(print, print->look->keys[i]);
	json_array_foreach(print->block, index, row)
		json_object_foreach(row, key, value)
			print_add_column(print, key);
	for (i = 0; i < print->column_count; i++) {
		column = &print->columns[i];
		print_widen(column, print_header(print, column->key));
		json_array_foreach(print->block, index, row) {
			value = json_object_get(row, column->key);
			print_widen(column, print_value(print, column->key,
			    value));
			if (value != NULL && !json_is_number(value) &&
			    !json_is_null(value))
				column->is_numeric = false;
		}
	}
}

/* A cell with the blanks that align it; the last one needs none behind. */
static void
print_cell(struct print *print, size_t index, struct dn_str cell)
{
	const struct print_column *column = &print->columns[index];
	size_t width = text_width(cell);

	if (index > 0)
		fputs("  ", print->out);
	if (column->is_numeric)
		print_spaces(print->out, width, column->width);
	print_out(print, cell);
	if (!column->is_numeric && index + 1 < print->column_count)
		print_spaces(print->out, width, column->width);
}

static void
print_table(struct print *print)
{
	size_t index, i;
	json_t *row;

	print_measure(print);
	if (!print->is_headed) {
		fputs(print->is_bold ? "\033[1m" : "", print->out);
		for (i = 0; i < print->column_count; i++)
			print_cell(print, i, print_header(print,
			    print->columns[i].key));
		fputs(print->is_bold ? "\033[0m\n" : "\n", print->out);
		print->is_headed = true;
	}
	json_array_foreach(print->block, index, row) {
		for (i = 0; i < print->column_count; i++)
			print_cell(print, i, print_value(print,
			    print->columns[i].key, json_object_get(row,
			    print->columns[i].key)));
		putc('\n', print->out);
	}
}

/* ---- lists, streams, bare lines ---- */

static size_t
print_label_width(json_t *object)
{
	const char *key;
	size_t width = 0, now;
	json_t *value;

	json_object_foreach(object, key, value) {
		now = json_is_object(value) ? print_label_width(value) + 2
		    : text_width(dn_str_of(key));
		if (width < now)
			width = now;
	}
	return width < PRINT_PAD_MAX ? width : PRINT_PAD_MAX;
}

static void
print_label(struct print *print, const char *key)
{
	print->cell.size = 0;
	text_add_escaped(&print->cell, dn_str_of(key));
	print_out(print, print_str(&print->cell));
}

static void print_list(struct print *print, json_t *object, size_t indent,
    size_t width);

static void
print_member(struct print *print, const char *key, json_t *value,
    size_t indent, size_t width)
{
	print_spaces(print->out, 0, indent);
	print_label(print, key);
	if (json_is_object(value) && indent < 8) {
		fputs(":\n", print->out);
		print_list(print, value, indent + 2, width);
		return;
	}
	print_spaces(print->out, indent + text_width(dn_str_of(key)), width);
	fputs("  ", print->out);
	print_out(print, print_value(print, key, value));
	putc('\n', print->out);
}

static bool
print_is_preferred(const struct print *print, const char *key)
{
	size_t i;

	for (i = 0; i < PRINT_KEYS_MAX && print->look->keys[i] != NULL; i++)
		if (strcmp(print->look->keys[i], key) == 0)
			return true;
	return false;
}

/* The members of 'object', a line each; the preferred ones first. */
static void
print_list(struct print *print, json_t *object, size_t indent, size_t width)
{
	const char *key;
	json_t *value;
	size_t i;

	for (i = 0; i < PRINT_KEYS_MAX && indent == 0 &&
	    print->look->keys[i] != NULL; i++) {
		value = json_object_get(object, print->look->keys[i]);
		if (value != NULL)
			print_member(print, print->look->keys[i], value,
			    indent, width);
	}
	json_object_foreach(object, key, value)
		if (indent > 0 || !print_is_preferred(print, key))
			print_member(print, key, value, indent, width);
}

static void
print_stream(struct print *print, json_t *row)
{
	bool is_first = true, is_bare;
	struct dn_str cell;
	const char *key;
	json_t *value;
	size_t i;

	for (i = 0; i < PRINT_KEYS_MAX && print->look->keys[i] != NULL; i++) {
		value = json_object_get(row, print->look->keys[i]);
		if (value == NULL)
			continue;
		fputs(is_first ? "" : " ", print->out);
		print_out(print, print_value(print, print->look->keys[i],
		    value));
		is_first = false;
	}
	json_object_foreach(row, key, value) {
		if (print_is_preferred(print, key))
			continue;
		fputs(is_first ? "" : " ", print->out);
		print_label(print, key);
		putc('=', print->out);
		cell = print_value(print, key, value);
		is_bare = memchr(cell.data, ' ', cell.size) == NULL;
		fputs(is_bare ? "" : "\"", print->out);
		print_out(print, cell);
		fputs(is_bare ? "" : "\"", print->out);
		is_first = false;
	}
	putc('\n', print->out);
}

/* A row that holds a line and nothing else is shown as that line: so a file
 * in another language (`map --dot`) can come in rows. */
static bool
print_bare(struct print *print, json_t *row)
{
	json_t *line = json_object_get(row, "line");
	const char *at, *tab;
	size_t rest, size;

	if (!json_is_string(line) || json_object_size(row) != 1)
		return false;
	at = json_string_value(line);
	rest = json_string_length(line);
	print->cell.size = 0;
	for (;;) {
		tab = memchr(at, '\t', rest);
		size = tab != NULL ? (size_t)(tab - at) : rest;
		text_add_escaped(&print->cell, (struct dn_str){at, size});
		if (tab == NULL)
			break;
		text_add(&print->cell, dn_str_of("\t"));
		at += size + 1;
		rest -= size + 1;
	}
	text_add(&print->cell, dn_str_of("\n"));
	print_out(print, print_str(&print->cell));
	return true;
}

static void
print_flush(struct print *print)
{
	if (json_array_size(print->block) > 0)
		print_table(print);
	json_array_clear(print->block);
}

static void
print_row_table(struct print *print, json_t *row)
{
	if (print_bare(print, row))
		return;
	if (print->look->layout == PRINT_AS_STREAM) {
		print_stream(print, row);
		(void)fflush(print->out);
	} else if (print->look->layout == PRINT_AS_LIST) {
		if (print->count > 0)
			putc('\n', print->out);
		print_list(print, row, 0, print_label_width(row));
	} else {
		if (json_array_append(print->block, row) != 0)
			(void)print_checked(NULL);
		if (json_array_size(print->block) == PRINT_BLOCK_ROWS)
			print_flush(print);
	}
}

/* ---- JSON ---- */

static void
print_row_line(struct print *print, const char *text, size_t size)
{
	print->cell.size = 0;
	text_add_json(&print->cell, (struct dn_str){text, size});
	print_out(print, print_str(&print->cell));
	putc('\n', print->out);
	(void)fflush(print->out);
}

static bool
print_row_document(struct print *print, const char *text, size_t size)
{
	if (print->rows.size + size > PRINT_DOCUMENT_BYTES_MAX)
		return false;
	if (print->count > 0)
		text_add(&print->rows, dn_str_of(","));
	text_add_json(&print->rows, (struct dn_str){text, size});
	return true;
}

/* "key":"value" with a comma in front. */
static void
print_string_member(struct print *print, const char *key, const char *value)
{
	json_t *string = json_string(value);
	char *dumped;

	/* A sentence that was cut in the middle of a letter is not UTF-8. */
	if (string == NULL) {
		print->cell.size = 0;
		text_add_escaped(&print->cell, dn_str_of(value));
		string = print_checked(json_string(print->cell.data));
	}
	dumped = print_checked(json_dumps(string, JSON_ENCODE_ANY));
	print->cell.size = 0;
	text_add_json(&print->cell, dn_str_of(dumped));
	fprintf(print->out, ",\"%s\":", key);
	print_out(print, print_str(&print->cell));
	free(dumped);
	json_decref(string);
}

static void
print_document(struct print *print, const struct client_status *status)
{
	fputs(status->ok ? "{\"ok\":true" : "{\"ok\":false", print->out);
	if (!status->ok) {
		print_string_member(print, "code", status->code);
		print_string_member(print, "error", status->error);
		print_string_member(print, "hint", status->hint);
	}
	fputs(",\"data\":[", print->out);
	print_out(print, print_str(&print->rows));
	fputs("]}\n", print->out);
}

bool
print_row(void *arg, json_t *row, const char *text, size_t size)
{
	struct print *print = arg;
	bool is_taken = true;

	if (print->mode == PRINT_TABLE)
		print_row_table(print, row);
	else if (print->mode == PRINT_ROWS)
		print_row_line(print, text, size);
	else if (print->mode == PRINT_DOCUMENT)
		is_taken = print_row_document(print, text, size);
	print->count++;
	return is_taken && !ferror(print->out);
}

size_t
print_end(struct print *print, const struct client_status *status)
{
	size_t count = print->count;

	if (print->mode == PRINT_TABLE)
		print_flush(print);
	else if (print->mode == PRINT_DOCUMENT)
		print_document(print, status);
	(void)fflush(print->out);
	print_clear(print);
	return count;
}
