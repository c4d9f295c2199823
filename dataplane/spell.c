/*
 * %XX, there and back.
 */
#include "spell.h"

#include "dnchat/word.h"
#include "utf8.h"

/* What was written to 'wr' from 'start' on. */
static struct dn_str
spell_since(const struct dn_wr *wr, size_t start)
{
	return (struct dn_str){(const char *)wr->data + start,
	    wr->at - start};
}

struct dn_str
spell_name(struct dn_wr *wr, struct dn_str name, const char *also)
{
	size_t start = wr->at;
	char word[3];

	for (; name.size > 0; name.data++, name.size--)
		dn_wr_bytes(wr, word, dn_word_put(word, name, also));
	return spell_since(wr, start);
}

/* Takes what stands before 'separator' off 'rest'; false if nothing is
 * left. */
static bool
spell_cut(struct dn_str *rest, const char *separator, struct dn_str *item)
{
	size_t length = strlen(separator);
	const char *end;

	if (rest->size == 0)
		return false;
	end = memmem(rest->data, rest->size, separator, length);
	*item = *rest;
	if (end == NULL) {
		rest->size = 0;
		return true;
	}
	item->size = (size_t)(end - rest->data);
	rest->data = end + length;
	rest->size -= item->size + length;
	return true;
}

struct dn_str
spell_names(struct dn_wr *wr, struct dn_str names)
{
	size_t start = wr->at;
	struct dn_str name;

	while (spell_cut(&names, "\n", &name)) {
		if (wr->at > start)
			dn_wr_bytes(wr, "\n", 1);
		(void)spell_name(wr, name, "");
	}
	return spell_since(wr, start);
}

bool
spell_read(struct dn_wr *wr, struct dn_str word, struct dn_str *name)
{
	size_t start = wr->at;
	char byte;

	while (word.size > 0) {
		byte = dn_word_take(&word);
		dn_wr_bytes(wr, &byte, 1);
	}
	*name = spell_since(wr, start);
	if (name->size == 0)
		return !wr->failed;
	if (!wr->failed && utf8_is_valid(name->data, name->size) &&
	    memchr(name->data, '\n', name->size) == NULL &&
	    memchr(name->data, '\r', name->size) == NULL)
		return true;
	wr->at = start;
	return false;
}

struct dn_str
spell_read_names(struct dn_wr *wr, struct dn_str words)
{
	size_t start = wr->at, before;
	struct dn_str word, name;

	while (spell_cut(&words, ",", &word)) {
		while (word.size > 0 && word.data[0] == ' ') {
			word.data++;
			word.size--;
		}
		before = wr->at;
		if (before > start)
			dn_wr_bytes(wr, "\n", 1);
		if (!spell_read(wr, word, &name) || name.size == 0)
			wr->at = before;
	}
	return spell_since(wr, start);
}
