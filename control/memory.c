/* Memory that is always there. Used by everything in the core. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
memory_check(void *memory)
{
	if (memory == NULL) {
		(void)fputs("level=error event=out_of_memory\n", stderr);
		(void)fflush(stderr);
		abort();
	}
	return memory;
}

void *
memory_new(size_t size)
{
	return memory_check(calloc(1, size > 0 ? size : 1));
}

void *
memory_resize(void *memory, size_t size)
{
	return memory_check(realloc(memory, size));
}

char *
memory_string(struct dn_str str)
{
	char *copy = memory_new(str.size + 1);

	if (str.size > 0)
		memcpy(copy, str.data, str.size);
	return copy;
}
