/*
 * An author and what he said, in one text.
 */
#include "said.h"

/* Between the two; in an author's name no ':' is left. */
static const char said_colon[] = ": ";

#define SAID_COLON_BYTES (sizeof(said_colon) - 1)

void
said_put(struct dn_wr *wr, struct dn_str author, struct dn_str text)
{
	size_t i;

	for (i = 0; i < author.size; i++)
		if (author.data[i] == '%')
			dn_wr_bytes(wr, "%25", 3);
		else if (author.data[i] == ':')
			dn_wr_bytes(wr, "%3A", 3);
		else
			dn_wr_bytes(wr, author.data + i, 1);
	dn_wr_bytes(wr, said_colon, SAID_COLON_BYTES);
	dn_wr_bytes(wr, text.data, text.size);
}

/* What 'code' stands for, if that is one of ours, else 0. */
static char
said_decode(struct dn_str code)
{
	if (code.size < 3)
		return 0;
	if (memcmp(code.data, "%25", 3) == 0)
		return '%';
	return memcmp(code.data, "%3A", 3) == 0 ? ':' : 0;
}

static void
said_get_author(struct dn_wr *wr, struct dn_str author)
{
	size_t i;
	char byte;

	for (i = 0; i < author.size; i++) {
		byte = said_decode((struct dn_str){author.data + i,
		    author.size - i});
		dn_wr_bytes(wr, byte != 0 ? &byte : author.data + i, 1);
		i += byte != 0 ? 2 : 0;
	}
}

bool
said_get(struct dn_wr *wr, struct dn_str said, struct dn_str *text)
{
	size_t i;

	for (i = 0; i + SAID_COLON_BYTES <= said.size; i++)
		if (memcmp(said.data + i, said_colon, SAID_COLON_BYTES) == 0)
			break;
	if (i + SAID_COLON_BYTES > said.size)
		return false;
	said_get_author(wr, (struct dn_str){said.data, i});
	if (wr->failed)
		return false;
	i += SAID_COLON_BYTES;
	*text = (struct dn_str){said.data + i, said.size - i};
	return true;
}
