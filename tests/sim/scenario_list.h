/*
 * The scenarios that are explored at each commit, and the long ones.
 */
#ifndef SIM_SCENARIO_LIST_H
#define SIM_SCENARIO_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct scenario_row {
	const char *name, *line; /* for scenario_read_line() */
};

/* The short ones, or the long ones; '*count' is how many. */
const struct scenario_row *scenario_list(bool is_long, size_t *count);

/* The line of this name, or NULL. */
const char *scenario_find(const char *name);

#endif
