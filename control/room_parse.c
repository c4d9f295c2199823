/* What can be said to a room: see room_parse.h. */
#include "room_parse.h"

const struct room_word_row *
room_word_row(enum room_word word)
{
	static const struct room_word_row rows[] = {
#define ROOM_WORD_ROW(name, word, arguments, taker, help) \
		{word, arguments, help, ROOM_TAKER_##taker},
		ROOM_WORDS(ROOM_WORD_ROW)
#undef ROOM_WORD_ROW
	};

	return &rows[word];
}

/* The next word of 'text', which is taken off it; blanks part words. */
static struct dn_str
room_parse_word(struct dn_str *text)
{
	struct dn_str word;

	while (text->size > 0 && *text->data == ' ') {
		text->data++;
		text->size--;
	}
	word = (struct dn_str){text->data, 0};
	while (text->size > 0 && *text->data != ' ') {
		text->data++;
		text->size--;
		word.size++;
	}
	return word;
}

/* All that is left of 'text', without the blanks around it. */
static struct dn_str
room_parse_rest(struct dn_str text)
{
	while (text.size > 0 && *text.data == ' ') {
		text.data++;
		text.size--;
	}
	while (text.size > 0 && text.data[text.size - 1] == ' ')
		text.size--;
	return text;
}

/* True if 'word' is a decimal number from 'least' to 'most'. */
static bool
room_parse_number(struct dn_str word, uint64_t least, uint64_t most,
    uint64_t *number)
{
	uint64_t digit;
	size_t i;

	*number = 0;
	for (i = 0; i < word.size; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
		digit = (uint64_t)(word.data[i] - '0');
		if (*number > (most - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return word.size > 0 && *number >= least &&
	    (word.size == 1 || word.data[0] != '0');
}

static enum dn_err
room_parse_history(struct room_call *call, struct dn_str rest)
{
	struct dn_str word = room_parse_word(&rest);
	uint64_t count, after;

	if (word.size == 0)
		return DN_OK;
	if (!room_parse_number(word, 1, ROOM_HISTORY_LINES_MAX, &count))
		return DN_E_MALFORMED;
	call->count = (uint32_t)count;
	word = room_parse_word(&rest);
	if (word.size == 0)
		return DN_OK;
	if (!dn_str_eq(word, dn_str_of("after")) ||
	    !room_parse_number(room_parse_word(&rest), 0, INT64_MAX - 1,
	    &after) || room_parse_rest(rest).size > 0)
		return DN_E_MALFORMED;
	call->from = after + 1;
	return DN_OK;
}

static enum dn_err
room_parse_join(struct room_call *call, struct dn_str rest)
{
	rest = room_parse_rest(rest);
	call->is_plain = dn_str_eq(rest, dn_str_of("plain"));
	return rest.size == 0 || call->is_plain ? DN_OK : DN_E_MALFORMED;
}

enum dn_err
room_parse(struct room_call *call, enum room_taker taker, struct dn_str text)
{
	struct dn_str rest = {text.data + 1, text.size - 1}, word;
	unsigned i = 0;

	*call = (struct room_call){0};
	word = rest.size > 0 && *rest.data != ' ' ? room_parse_word(&rest) :
	    dn_str_of("");
	while (i < ROOM_WORD_COUNT && (!(room_word_row(i)->taker & taker) ||
	    !dn_str_eq(word, dn_str_of(room_word_row(i)->word))))
		i++;
	if (i == ROOM_WORD_COUNT)
		return DN_E_UNKNOWN;
	call->word = (enum room_word)i;
	if (call->word == ROOM_WORD_JOIN)
		return room_parse_join(call, rest);
	if (call->word == ROOM_WORD_HISTORY)
		return room_parse_history(call, rest);
	call->name = room_parse_rest(rest);
	return (call->name.size > 0) == (call->word == ROOM_WORD_CREATE) ?
	    DN_OK : DN_E_MALFORMED;
}
