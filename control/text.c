/* Name and description of a user: shared by what a user is called and what
 * single links call him. */
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct text *
text_new(struct dn_str name, struct dn_str description)
{
	struct text *text;

	assert(name.size <= UINT16_MAX && description.size <= UINT16_MAX);
	text = memory_new(sizeof(*text) + name.size + description.size);
	text->references = 1;
	text->name_size = (uint16_t)name.size;
	text->description_size = (uint16_t)description.size;
	if (name.size > 0)
		memcpy(text->bytes, name.data, name.size);
	if (description.size > 0)
		memcpy(text->bytes + name.size, description.data,
		    description.size);
	return text;
}

struct text *
text_get(struct text *text)
{
	text->references++;
	return text;
}

void
text_put(struct text *text)
{
	if (text != NULL && --text->references == 0)
		free(text);
}

struct dn_str
text_name(const struct text *text)
{
	return (struct dn_str){text->bytes, text->name_size};
}

struct dn_str
text_description(const struct text *text)
{
	return (struct dn_str){text->bytes + text->name_size,
	    text->description_size};
}

bool
text_is(const struct text *text, struct dn_str name, struct dn_str description)
{
	return dn_str_eq(text_name(text), name) &&
	    dn_str_eq(text_description(text), description);
}

bool
text_eq(const struct text *a, const struct text *b)
{
	return a == b || text_is(a, text_name(b), text_description(b));
}
