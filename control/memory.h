/*
 * Memory that is always there: where the system has none the process ends.
 * dncontrol is then started again, and dnchatd forwards on meanwhile.
 */
#ifndef CONTROL_MEMORY_H
#define CONTROL_MEMORY_H

#include "dnchat/buf.h"

/* 'size' bytes of zeroes, for free(). */
void *memory_new(size_t size);

/* 'memory' (may be NULL) with its size changed to 'size', not 0; what is new
 * is not zeroed. */
void *memory_resize(void *memory, size_t size);

/* A copy of 'str' that ends in NUL, for free(). */
char *memory_string(struct dn_str str);

#endif
