/* What our own users may be called: the only file that asks utf8proc. */
#include "name.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "dnchat/limits.h"

static bool
name_is_ascii(struct dn_str name)
{
	size_t i;

	for (i = 0; i < name.size; i++)
		if ((unsigned char)name.data[i] >= 0x80)
			return false;
	return true;
}

static bool
name_is_normal(struct dn_str name)
{
	utf8proc_uint8_t *normal = NULL;
	utf8proc_ssize_t size;
	bool is_same;

	if (name_is_ascii(name))
		return true;
	size = utf8proc_map((const utf8proc_uint8_t *)name.data,
	    (utf8proc_ssize_t)name.size, &normal,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	is_same = size == (utf8proc_ssize_t)name.size &&
	    memcmp(normal, name.data, name.size) == 0;
	free(normal);
	return is_same;
}

static bool
name_is_allowed(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return true;
	}
}

bool
name_is_good(struct dn_str name)
{
	utf8proc_ssize_t at = 0, step, size = (utf8proc_ssize_t)name.size;
	utf8proc_int32_t c;
	bool is_blank = true;

	if (name.size == 0 || name.size > DN_NAME_OWN_BYTES_MAX ||
	    name.data[0] == '#')
		return false;
	while (at < size) {
		step = utf8proc_iterate((const utf8proc_uint8_t *)name.data + at,
		    size - at, &c);
		if (step <= 0 || !name_is_allowed(c))
			return false;
		is_blank = utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
		if (is_blank && at == 0)
			return false;
		at += step;
	}
	return !is_blank && name_is_normal(name);
}
