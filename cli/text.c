/*
 * Escaping and measuring UTF-8: see text.h.
 */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct text_range {
	uint32_t first, last;
};

/* What is not shown as it is: C0; DEL and C1; soft hyphen; Arabic letter
 * mark; zero width and direction marks; separators, embeddings, overrides;
 * invisible operators and isolates; byte order mark; annotations; tags. */
static const struct text_range text_hidden[] = {
	{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c},
	{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
	{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
	{0xe0000, 0xe0fff},
};

/* Marks that stand on the letter before: the blocks that are in wide use. */
static const struct text_range text_narrow[] = {
	{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a},
	{0x64b, 0x65f}, {0x93c, 0x93c}, {0x941, 0x948}, {0x94d, 0x94d},
	{0xe31, 0xe31}, {0xe34, 0xe3a}, {0xe47, 0xe4e}, {0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
	{0xfe20, 0xfe2f},
};

/* East Asian wide and full-width letters, and emoji: two columns. */
static const struct text_range text_wide[] = {
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x23e9, 0x23ec},
	{0x2614, 0x2615}, {0x2705, 0x2705}, {0x274c, 0x274c},
	{0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},
	{0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97c},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
	{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

#define TEXT_IN(letter, ranges) \
	text_in(letter, ranges, sizeof(ranges) / sizeof((ranges)[0]))

static bool
text_in(uint32_t letter, const struct text_range *ranges, size_t count)
{
	size_t i;

	for (i = 0; i < count && letter >= ranges[i].first; i++)
		if (letter <= ranges[i].last)
			return true;
	return false;
}

/* Not a letter: a byte that is no part of well-formed UTF-8. */
#define TEXT_BAD UINT32_MAX

/* The letter at the start of 'str', which is not empty, and its size in bytes;
 * TEXT_BAD of size 1 where there is none. */
static uint32_t
text_letter(struct dn_str str, size_t *size)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)str.data[0];
	size_t count = first < 0x80 ? 1 : first >= 0xf0 ? 4 :
	    first >= 0xe0 ? 3 : 2;
	uint32_t letter = count == 1 ? first : first & (0x7fu >> count);
	size_t i;

	*size = 1;
	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 ||
	    count > str.size)
		return TEXT_BAD;
	for (i = 1; i < count; i++) {
		if (((unsigned char)str.data[i] & 0xc0) != 0x80)
			return TEXT_BAD;
		letter = letter << 6 | ((unsigned char)str.data[i] & 0x3f);
	}
	if (letter < least[count] || letter > 0x10ffff ||
	    (letter >= 0xd800 && letter <= 0xdfff))
		return TEXT_BAD;
	*size = count;
	return letter;
}

void
text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

void
text_add(struct text *text, struct dn_str str)
{
	size_t need = text->size + str.size + 1;

	if (need > text->room) {
		text->room = need < 64 ? 64 : need * 2;
		text->data = realloc(text->data, text->room);
		if (text->data == NULL) {
			fputs("dnctl: out of memory\n", stderr);
			exit(1);
		}
	}
	if (str.size > 0)
		memcpy(text->data + text->size, str.data, str.size);
	text->size += str.size;
	text->data[text->size] = '\0';
}

void
text_add_escaped(struct text *text, struct dn_str str)
{
	uint32_t letter;
	char code[12];
	size_t size;

	text_add(text, (struct dn_str){NULL, 0});
	for (; str.size > 0; str.data += size, str.size -= size) {
		letter = text_letter(str, &size);
		if (letter != TEXT_BAD && !TEXT_IN(letter, text_hidden)) {
			text_add(text, (struct dn_str){str.data, size});
			continue;
		}
		if (letter == TEXT_BAD)
			letter = (unsigned char)str.data[0];
		(void)snprintf(code, sizeof(code), letter < 0x100 ? "\\x%02x"
		    : letter < 0x10000 ? "\\u%04x" : "\\U%08x",
		    (unsigned)letter);
		text_add(text, dn_str_of(code));
	}
}

void
text_add_json(struct text *text, struct dn_str json)
{
	char code[16];
	uint32_t letter;
	size_t size;

	text_add(text, (struct dn_str){NULL, 0});
	for (; json.size > 0; json.data += size, json.size -= size) {
		letter = text_letter(json, &size);
		if (letter < ' ')
			/* Between tokens: inside strings it isn't valid. */
			text_add(text, dn_str_of(" "));
		else if (letter == TEXT_BAD || !TEXT_IN(letter, text_hidden))
			text_add(text, (struct dn_str){json.data, size});
		else {
			if (letter < 0x10000)
				(void)snprintf(code, sizeof(code), "\\u%04x",
				    (unsigned)letter);
			else
				(void)snprintf(code, sizeof(code),
				    "\\u%04x\\u%04x",
				    0xd7c0u + (unsigned)(letter >> 10),
				    0xdc00u + (unsigned)(letter & 0x3ff));
			text_add(text, dn_str_of(code));
		}
	}
}

size_t
text_width(struct dn_str str)
{
	size_t width = 0, size;
	uint32_t letter;

	for (; str.size > 0; str.data += size, str.size -= size) {
		letter = text_letter(str, &size);
		if (letter != TEXT_BAD && TEXT_IN(letter, text_narrow))
			continue;
		width += letter != TEXT_BAD && TEXT_IN(letter, text_wide)
		    ? 2 : 1;
	}
	return width;
}

bool
text_is_plain(struct dn_str str)
{
	uint32_t letter;
	size_t size;

	for (; str.size > 0; str.data += size, str.size -= size) {
		letter = text_letter(str, &size);
		if (letter == TEXT_BAD || TEXT_IN(letter, text_hidden))
			return false;
	}
	return true;
}
