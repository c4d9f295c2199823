/*
 * Is it UTF-8? Asked for every text message before its codec sees it.
 */
#ifndef DATAPLANE_UTF8_H
#define DATAPLANE_UTF8_H

#include "dnchat/buf.h"

/* True if the 'size' bytes at 'data' are UTF-8 (RFC 3629): no overlong form,
 * no surrogate, nothing above U+10FFFF, nothing cut off. */
bool utf8_is_valid(const void *data, size_t size);

/* The most bytes, up to 'size', at the start of 'str' that do not cut a
 * character of it in two. 'str' is UTF-8. */
size_t utf8_clip(struct dn_str str, size_t size);

/* True if 'str' holds a C0 control character; TAB counts only if 'tab'. */
bool utf8_has_control(struct dn_str str, bool tab);

#endif
