/*
 * UTF-8 by its table of well-formed sequences (Unicode 15, table 3-7): the
 * first byte says how many follow, and what the second may be. Chat is mostly
 * ASCII, so blocks of it are looked at first, and eight bytes at a time.
 */
#include "utf8.h"

#define UTF8_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define UTF8_BLOCK_BYTES 32

static uint64_t
utf8_word(const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static bool
utf8_block_is_ascii(const unsigned char *at)
{
	return ((utf8_word(at) | utf8_word(at + 8) | utf8_word(at + 16) |
	    utf8_word(at + 24)) & UTF8_EACH(0x80)) == 0;
}

/* The bytes of the character that begins with 'first' (not ASCII), or 0; sets
 * the range of its second byte. */
static size_t
utf8_sequence(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool
utf8_is_valid(const void *data, size_t size)
{
	const unsigned char *at = data;
	unsigned char low, high;
	size_t bytes, i;

	while (size > 0) {
		if (size >= UTF8_BLOCK_BYTES && utf8_block_is_ascii(at)) {
			bytes = UTF8_BLOCK_BYTES;
		} else if (size >= 8 &&
		    (utf8_word(at) & UTF8_EACH(0x80)) == 0) {
			bytes = 8;
		} else if (*at < 0x80) {
			bytes = 1;
		} else {
			bytes = utf8_sequence(*at, &low, &high);
			if (bytes == 0 || bytes > size || at[1] < low ||
			    at[1] > high)
				return false;
			for (i = 2; i < bytes; i++)
				if ((at[i] & 0xc0) != 0x80)
					return false;
		}
		at += bytes;
		size -= bytes;
	}
	return true;
}

size_t
utf8_clip(struct dn_str str, size_t size)
{
	if (str.size <= size)
		return str.size;
	while (size > 0 && ((unsigned char)str.data[size] & 0xc0) == 0x80)
		size--;
	return size;
}

/* Sets the high bit of each byte that is below ' '. Bytes from 0x80 on are not:
 * their high bit is kept out of the subtraction, which then can't borrow. */
static uint64_t
utf8_controls(uint64_t word)
{
	return ~(((word | UTF8_EACH(0x80)) - UTF8_EACH(' ')) | word) &
	    UTF8_EACH(0x80);
}

static bool
utf8_block_has_control(const unsigned char *at)
{
	return (utf8_controls(utf8_word(at)) |
	    utf8_controls(utf8_word(at + 8)) |
	    utf8_controls(utf8_word(at + 16)) |
	    utf8_controls(utf8_word(at + 24))) != 0;
}

bool
utf8_has_control(struct dn_str str, bool tab)
{
	const unsigned char *at = (const unsigned char *)str.data;
	size_t i;

	for (i = 0; i < str.size; i++) {
		if (str.size - i >= UTF8_BLOCK_BYTES &&
		    !utf8_block_has_control(at + i))
			i += UTF8_BLOCK_BYTES - 1;
		else if (str.size - i >= 8 &&
		    utf8_controls(utf8_word(at + i)) == 0)
			i += 7;
		else if (at[i] < ' ' && !(tab && at[i] == '\t'))
			return true;
	}
	return false;
}
