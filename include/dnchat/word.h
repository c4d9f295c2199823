/*
 * Names as words. A name may hold blanks; a word of a line can't, so it has
 * %XX for what it cannot hold, two hexadecimal digits a byte. Only that is read
 * as a byte which is written so: whatever else a word holds, "50%" or "%41", is
 * the name itself, and is written again as it was. For doors whose protocols
 * write names, in both planes.
 */
#ifndef DNCHAT_WORD_H
#define DNCHAT_WORD_H

#include "buf.h"

/* True if 'byte' stands in no word, but as %XX; 'also' has more such. */
static inline bool
dn_word_is_bad(unsigned char byte, const char *also)
{
	return byte <= ' ' || byte == 0x7f || strchr(also, (char)byte) != NULL;
}

/* The value of a hexadecimal digit as we write it, or 16. */
static inline unsigned
dn_word_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return (unsigned)(byte - '0');
	if (byte >= 'A' && byte <= 'F')
		return (unsigned)(byte - 'A') + 10;
	return 16;
}

/* The byte that two hexadecimal digits at 'text' mean, or 256. */
static inline unsigned
dn_word_byte(const char *text)
{
	unsigned high = dn_word_digit(text[0]), low = dn_word_digit(text[1]);

	return high < 16 && low < 16 ? high << 4 | low : 256;
}

/*
 * True if 'text', whose first character is '%', is read as something else: two
 * digits of a byte that is written so follow, or those of '%' and then text
 * that would be read as something else behind it.
 */
static inline bool
dn_word_is_code(struct dn_str text)
{
	unsigned byte = '%';
	size_t at;

	for (at = 1; byte == '%' && text.size - at >= 2; at += 2)
		byte = dn_word_byte(text.data + at);
	return byte != '%' && byte < 256 &&
	    dn_word_is_bad((unsigned char)byte, ":");
}

/* Writes the first byte of 'name', which has one, to 'word' as it stands there;
 * 'also', in which only the colon may be, has what must not. Returns how many
 * characters that is. */
static inline size_t
dn_word_put(char word[3], struct dn_str name, const char *also)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)name.data[0];

	word[0] = (char)byte;
	if (byte == '%' ? !dn_word_is_code(name) : !dn_word_is_bad(byte, also))
		return 1;
	word[0] = '%';
	word[1] = digits[byte >> 4];
	word[2] = digits[byte & 0xf];
	return 3;
}

/* Takes the first byte of a name off '*word', which is not empty. */
static inline char
dn_word_take(struct dn_str *word)
{
	bool is_code = word->data[0] == '%' && dn_word_is_code(*word);
	char byte = is_code ? (char)dn_word_byte(word->data + 1) :
	    word->data[0];

	word->data += is_code ? 3 : 1;
	word->size -= is_code ? 3 : 1;
	return byte;
}

#endif
