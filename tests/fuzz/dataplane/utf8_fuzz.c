/*
 * UTF-8 against a decoder that is slow and plain: it works characters out and
 * asks whether they had to be written so.
 */
#include <stdlib.h>

#include "../../../dataplane/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* The bytes of the first character at 'data', or 0 if it is none. */
static size_t
reference(const uint8_t *data, size_t size)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t character;
	size_t bytes, i;

	if (data[0] < 0x80)
		return 1;
	for (bytes = 1; bytes < 8 && (data[0] & 0x80 >> bytes) != 0; bytes++)
		continue;
	if (bytes < 2 || bytes > 4 || bytes > size)
		return 0;
	character = data[0] & (0x7fu >> bytes);
	for (i = 1; i < bytes; i++) {
		if (data[i] >> 6 != 2)
			return 0;
		character = character << 6 | (data[i] & 0x3fu);
	}
	if (character < least[bytes] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	return bytes;
}

static bool
reference_is_valid(const uint8_t *data, size_t size)
{
	size_t bytes;

	for (; size > 0; data += bytes, size -= bytes) {
		bytes = reference(data, size);
		if (bytes == 0)
			return false;
	}
	return true;
}

static bool
reference_has_control(const uint8_t *data, size_t size, bool tab)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] < 0x20 && !(tab && data[i] == 0x09))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dn_str str = {(const char *)data, size};
	bool is_valid = reference_is_valid(data, size);
	size_t most, clipped;
	int tab;

	require(utf8_is_valid(data, size) == is_valid);
	for (tab = 0; tab < 2; tab++)
		require(utf8_has_control(str, tab) ==
		    reference_has_control(data, size, tab));
	for (most = 0; is_valid && most <= size && most < 200; most++) {
		clipped = utf8_clip(str, most);
		require(clipped <= most && most - clipped < 4);
		require(utf8_is_valid(data, clipped));
		require(most < size || clipped == size);
	}
	return 0;
}
