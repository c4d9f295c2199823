/* What all dialects do alike: see dialect.h. */
#include "dialect.h"

#include <stdarg.h>
#include <stdio.h>

/* Answers are lines. */
#define ANSWER_SIZE_MAX 1024

size_t
dialect_print(char *out, size_t room, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(out, room, format, arguments);
	va_end(arguments);
	return size < 0 || (size_t)size >= room ? 0 : (size_t)size;
}

void
dialect_answer(const struct dialect *dialect, struct client_pool *pool,
    struct client *client, const struct said *said, bool joins)
{
	char answer[ANSWER_SIZE_MAX];

	client_send(pool, client, answer,
	    dialect->answer(said, joins, answer, sizeof(answer)));
}
