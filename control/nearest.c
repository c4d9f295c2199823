/* "Did you mean": see nearest.h. */
#include "nearest.h"

#include <string.h>

static size_t
nearest_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table of distances from the two rows before it. */
static void
nearest_row(size_t row[], const size_t above[], const size_t before[],
    const char *a, size_t i, const char *b, size_t size)
{
	size_t j, cost;

	row[0] = i + 1;
	for (j = 0; j < size; j++) {
		cost = a[i] == b[j] ? 0 : 1;
		row[j + 1] = nearest_least(above[j] + cost,
		    nearest_least(above[j + 1], row[j]) + 1);
		if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
			row[j + 1] = nearest_least(row[j + 1],
			    before[j - 1] + 1);
	}
}

size_t
nearest_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_BYTES_MAX + 1] = {{0}};
	size_t a_size = strlen(a), b_size = strlen(b), i;

	if (a_size > NEAREST_BYTES_MAX || b_size > NEAREST_BYTES_MAX)
		return NEAREST_BYTES_MAX + 1;
	for (i = 0; i <= b_size; i++)
		rows[2][i] = i;
	for (i = 0; i < a_size; i++)
		nearest_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3],
		    a, i, b, b_size);
	return rows[(a_size + 2) % 3][b_size];
}

const char *
nearest_word(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	size_t i, distance, least = strlen(word) / 3;

	if (least == 0)
		least = 1;
	for (i = 0; i < count; i++) {
		distance = nearest_distance(word, words[i]);
		if (distance < least ||
		    (distance == least && nearest == NULL)) {
			least = distance;
			nearest = words[i];
		}
	}
	return nearest;
}
