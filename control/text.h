/* Name and description of a user, in one piece of counted memory. */
#ifndef CONTROL_TEXT_H
#define CONTROL_TEXT_H

#include "dnchat/buf.h"

struct text {
	uint32_t references;
	uint16_t name_size;
	uint16_t description_size;
	char bytes[]; /* name, description */
};

/* A text with one reference. Neither part is longer than UINT16_MAX. */
struct text *text_new(struct dn_str name, struct dn_str description);

/* One more reference to 'text'. */
struct text *text_get(struct text *text);

/* One reference less; NULL is taken. */
void text_put(struct text *text);

/* The name in 'text', for as long as that lives. */
struct dn_str text_name(const struct text *text);

/* The description in 'text', likewise. */
struct dn_str text_description(const struct text *text);

/* True if 'text' says just this. */
bool text_is(const struct text *text, struct dn_str name,
    struct dn_str description);

/* True if both say the same. */
bool text_eq(const struct text *a, const struct text *b);

#endif
