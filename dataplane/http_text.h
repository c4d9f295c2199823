/*
 * Words in headers of HTTP (RFC 9110, section 5.6): what http.c and upgrade.c
 * read them with.
 */
#ifndef DATAPLANE_HTTP_TEXT_H
#define DATAPLANE_HTTP_TEXT_H

#include "dnchat/buf.h"

static inline char
http_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* True if 'str' is 'word', which is in lower case, in any case. */
static inline bool
http_is_word(struct dn_str str, const char *word)
{
	size_t i;

	if (str.size != strlen(word))
		return false;
	for (i = 0; i < str.size; i++)
		if (http_lower(str.data[i]) != word[i])
			return false;
	return true;
}

/* 'str' without the blanks around it. */
static inline struct dn_str
http_trim(struct dn_str str)
{
	while (str.size > 0 && (str.data[0] == ' ' || str.data[0] == '\t')) {
		str.data++;
		str.size--;
	}
	while (str.size > 0 && (str.data[str.size - 1] == ' ' ||
	    str.data[str.size - 1] == '\t'))
		str.size--;
	return str;
}

/* Takes what stands before the next 'mark' off the front of '*rest', or all;
 * returns it without the blanks around it. */
static inline struct dn_str
http_take(struct dn_str *rest, char mark)
{
	struct dn_str item = *rest;
	const char *end = rest->size == 0 ? NULL :
	    memchr(rest->data, mark, rest->size);

	if (end == NULL) {
		*rest = (struct dn_str){NULL, 0};
		return http_trim(item);
	}
	item.size = (size_t)(end - item.data);
	rest->size -= item.size + 1;
	rest->data = end + 1;
	return http_trim(item);
}

#endif
