/*
 * Any list of accept-peers and any source of a connection: a list that is
 * taken covers just what its single words cover.
 */
#include <stdlib.h>
#include <string.h>

#include "../../../control/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* True if one of the words of 'list' covers 'address'. */
static bool
word_allows(struct dn_str list, const struct accept_address *address)
{
	struct accept accept;
	struct dn_str word;
	size_t at = 0;

	while (at < list.size) {
		word = (struct dn_str){list.data + at, 0};
		while (at < list.size && memchr(" \t,", list.data[at], 3) ==
		    NULL) {
			at++;
			word.size++;
		}
		at++;
		if (word.size == 0)
			continue;
		require(accept_parse(&accept, word, NULL) == DN_OK);
		if (accept_allows(&accept, address, false))
			return true;
	}
	return false;
}

/* The first line is a source, the rest a list. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dn_str list = {(const char *)data, size}, source, bad;
	struct accept_address address;
	struct accept accept;
	const char *end;

	end = size > 0 ? memchr(data, '\n', size) : NULL;
	if (end == NULL)
		return 0;
	source = (struct dn_str){list.data, (size_t)(end - list.data)};
	list = (struct dn_str){end + 1, size - source.size - 1};
	if (accept_parse(&accept, list, &bad) != DN_OK) {
		require(bad.size > 0);
		return 0;
	}
	if (!accept_address(&address, accept_source_host(source)))
		return 0;
	if (accept.configured)
		require(accept_allows(&accept, &address, false) ==
		    word_allows(list, &address));
	require(!accept_allows(&accept, &address, true) || accept.proxied);
	return 0;
}
