/* Rows for people: see plain.h. */
#include "plain.h"

#include <string.h>

#include "dnchat/buf.h"

#define PLAIN_COLUMNS_MAX 24
#define PLAIN_CELL_BYTES 256

/* A value as it is printed. */
struct plain_cell {
	char text[PLAIN_CELL_BYTES];
	size_t length; /* in letters, more or less: code points */
};

/* Copies 'str'; control characters (also those of Latin-1, which terminals
 * obey) become \xNN. */
static void
plain_escape(struct plain_cell *cell, struct dn_str str)
{
	const unsigned char *at = (const unsigned char *)str.data;
	size_t size = 0, i;

	for (i = 0; i < str.size && size < PLAIN_CELL_BYTES - 8; i++) {
		if (at[i] < ' ' || at[i] == 0x7f || (at[i] == 0xc2 &&
		    i + 1 < str.size && at[i + 1] < 0xa0)) {
			size += (size_t)snprintf(cell->text + size,
			    PLAIN_CELL_BYTES - size, "\\x%02x",
			    at[i] == 0xc2 ? at[++i] : at[i]);
			continue;
		}
		cell->text[size++] = (char)at[i];
	}
	cell->text[size] = '\0';
}

static struct plain_cell
plain_cell_of(const json_t *value)
{
	struct plain_cell cell = {.text = "-"};
	size_t i;

	if (json_is_string(value))
		plain_escape(&cell, (struct dn_str){json_string_value(value),
		    json_string_length(value)});
	else if (json_is_integer(value))
		snprintf(cell.text, sizeof(cell.text), "%lld",
		    (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(cell.text, sizeof(cell.text), "%.4g",
		    json_real_value(value));
	else if (json_is_true(value))
		snprintf(cell.text, sizeof(cell.text), "yes");
	else if (json_is_false(value))
		snprintf(cell.text, sizeof(cell.text), "no");
	for (i = 0; cell.text[i] != '\0'; i++)
		if (((unsigned char)cell.text[i] & 0xc0) != 0x80)
			cell.length++;
	return cell;
}

/* True if any row has something to say in column 'key'. */
static bool
plain_is_used(const json_t *rows, const char *key, size_t *width)
{
	struct plain_cell cell;
	json_t *row, *value;
	bool is_used = false;
	size_t i;

	*width = strlen(key);
	json_array_foreach(rows, i, row) {
		value = json_object_get(row, key);
		cell = plain_cell_of(value);
		if (cell.length > *width)
			*width = cell.length;
		is_used = is_used || (value != NULL && !json_is_null(value) &&
		    !json_is_false(value));
	}
	return is_used;
}

/* Prints a cell, and blanks up to the next unless it 'is_last'. */
static void
plain_pad(FILE *out, const char *text, size_t length, size_t width,
    bool is_last)
{
	fputs(text, out);
	while (!is_last && length++ < width + 2)
		fputc(' ', out);
}

static void
plain_print_table(FILE *out, const json_t *rows)
{
	const char *keys[PLAIN_COLUMNS_MAX], *key;
	size_t widths[PLAIN_COLUMNS_MAX], count = 0, i, j;
	struct plain_cell cell;
	json_t *row = json_array_get(rows, 0), *value;

	json_object_foreach(row, key, value)
		if (count < PLAIN_COLUMNS_MAX &&
		    plain_is_used(rows, key, &widths[count]))
			keys[count++] = key;
	for (i = 0; i < count; i++)
		plain_pad(out, keys[i], strlen(keys[i]), widths[i],
		    i + 1 == count);
	fputc('\n', out);
	json_array_foreach(rows, j, row) {
		for (i = 0; i < count; i++) {
			cell = plain_cell_of(json_object_get(row, keys[i]));
			plain_pad(out, cell.text, cell.length, widths[i],
			    i + 1 == count);
		}
		fputc('\n', out);
	}
}

static void
plain_print_list(FILE *out, json_t *row)
{
	json_t *value;
	const char *key;

	json_object_foreach(row, key, value)
		fprintf(out, "%-18s %s\n", key, plain_cell_of(value).text);
}

void
plain_print(FILE *out, const json_t *rows)
{
	json_t *first = json_array_get(rows, 0), *row;
	size_t i;

	if (json_object_get(first, "line") != NULL)
		json_array_foreach(rows, i, row)
			fprintf(out, "%s\n", json_string_value(
			    json_object_get(row, "line")));
	else if (json_array_size(rows) == 1)
		plain_print_list(out, first);
	else if (first != NULL)
		plain_print_table(out, rows);
	fflush(out);
}

void
plain_print_line(FILE *out, json_t *row)
{
	const char *key;
	json_t *value;

	json_object_foreach(row, key, value)
		fprintf(out, "%s=%s ", key, plain_cell_of(value).text);
	fputc('\n', out);
	fflush(out);
}
