/*
 * What can be said to a room, or to the service rooms@NODE, beginning with a
 * slash: one row a command. Under room_command.c. Pure.
 */
#ifndef CONTROL_ROOM_PARSE_H
#define CONTROL_ROOM_PARSE_H

#include "dnchat/buf.h"
#include "dnchat/err.h"
#include "dnchat/limits.h"

/* Lines that one /history may ask for. */
#define ROOM_HISTORY_LINES_MAX DN_HISTORY_REPLAY_MAX

/* X(name, word, arguments, whether a room or the service takes it, help) */
#define ROOM_WORDS(X)                                                      \
	X(JOIN, "join", "[plain]", ROOM, "hear and be heard; plain: no dates") \
	X(LEAVE, "leave", "", ROOM, "be a member no more")                 \
	X(WHO, "who", "", ROOM, "who is a member, and who of them is here") \
	X(HISTORY, "history", "[N [after ID]]", ROOM,                      \
	    "the last N lines, or those after line ID")                    \
	X(CREATE, "create", "NAME", SERVICE, "create a room")              \
	X(LIST, "list", "", SERVICE, "all rooms of the network")           \
	X(HELP, "help", "", BOTH, "this list")

enum room_word {
#define ROOM_WORD_ENUM(name, word, arguments, taker, help) ROOM_WORD_##name,
	ROOM_WORDS(ROOM_WORD_ENUM)
#undef ROOM_WORD_ENUM
	ROOM_WORD_COUNT
};

enum room_taker {
	ROOM_TAKER_ROOM = 1,
	ROOM_TAKER_SERVICE = 2,
	ROOM_TAKER_BOTH = 3
};

/* What the table says of a command. */
struct room_word_row {
	const char *word, *arguments, *help;
	enum room_taker taker;
};

/* A command, taken apart. */
struct room_call {
	enum room_word word;
	struct dn_str name; /* CREATE: points into the text */
	bool is_plain;      /* JOIN */
	uint32_t count;     /* HISTORY: 0 if it wasn't said */
	uint64_t from;      /* HISTORY: the first line's id; 0 likewise */
};

/* The row of 'word'. */
const struct room_word_row *room_word_row(enum room_word word);

/*
 * Takes 'text', which begins with a slash, apart. Errors: DN_E_UNKNOWN (no
 * such command for 'taker'), DN_E_MALFORMED (its arguments; '*call' then has
 * the word).
 */
enum dn_err room_parse(struct room_call *call, enum room_taker taker,
    struct dn_str text);

#endif
