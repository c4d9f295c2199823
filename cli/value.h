/*
 * A member of a row as people read it. Pure; print.c fills its cells with it.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <jansson.h>

#include "text.h"

/* Appends 'value', which may be NULL, to '*text', escaped: yes and no for
 * booleans, - for nothing, times in the form that 'key' has. */
void value_add(struct text *text, const char *key, const json_t *value);

#endif
