/*
 * CONTRACT between dncontrol and whoever commands it: dnctl, scripts on the
 * admin socket, and dncontrol's own standard input.
 *
 * RUN/admin.sock is a stream of lines. A command is one line; the answer is
 * any number of lines that each hold one JSON object (rows), then one status
 * line, the only ones that have a member "ok":
 *   {"ok":true}
 *   {"ok":false,"code":"unknown","error":"...","hint":"..."}
 * Codes are those of err.h, and "usage" for what this grammar does not know.
 * Numbers of users, messages and connections are strings. `watch` answers
 * with rows until the asker goes.
 *
 * Words are separated by blanks; "a b" and 'a b' are one word, and \ makes
 * the next character part of it. Words of a command may be shortened as long
 * as they stay unambiguous.
 *
 * PASSWORD is always sent, and never typed as part of a command: dnctl asks for
 * it, or reads it from the next line.
 */
#ifndef DNCHAT_ADMIN_H
#define DNCHAT_ADMIN_H

#include "limits.h"
#include "log.h"

/* X(id, words, arguments, help). Arguments in brackets may be left out. What
 * an argument is called says what may stand there: HOST PORT PEER USER LEVEL
 * ACCOUNT PASSWORD NAME ROOM, or a literal that begins with a dash. */
#define ADMIN_COMMANDS(X)                                                    \
	X(CONNECT, "connect", "HOST [PORT]", "link to another server, and keep the link up") \
	X(DISCONNECT, "disconnect", "PEER", "take a link down in good order, and stop dialling") \
	X(FEDERATE, "federate", "HOST [PORT]", "federate with a channels server, and keep the link up") \
	X(SHOW_STATUS, "show status", "", "this server at a glance")         \
	X(SHOW_PEERS, "show peers", "", "servers we are linked to, or dial") \
	X(SHOW_USERS, "show users", "", "everybody, with hops and next server") \
	X(SHOW_ROUTES, "show routes", "", "the route to every user")         \
	X(SHOW_ROUTE, "show route", "USER", "all ways to one user")          \
	X(SHOW_CONNECTIONS, "show connections", "", "who is connected to this server") \
	X(SHOW_ROOMS, "show rooms", "", "rooms that live here, and others with members here") \
	X(TRACE, "trace", "USER", "how a message to a user would go, and why") \
	X(MAP, "map", "[--dot]", "the network as this server sees it")       \
	X(WATCH, "watch", "", "what happens, as it happens")                 \
	X(ROOM_CREATE, "room create", "NAME", "make a room #NAME that lives here") \
	X(ROOM_DELETE, "room delete", "ROOM", "end a room for good, with members and history") \
	X(ROOM_LIST, "room list", "", "the same as show rooms")              \
	X(ROOM_MEMBERS, "room members", "ROOM", "who is a member, and who of them is here") \
	X(KICK, "kick", "USER", "end a client's connection")                 \
	X(SHOW_ACCOUNTS, "show accounts", "", "whose names have passwords here") \
	X(ACCOUNT_ADD, "account add", "NAME PASSWORD", "make an account")    \
	X(ACCOUNT_DELETE, "account delete", "ACCOUNT", "end an account: its name is free again") \
	X(ACCOUNT_PASSWORD, "account password", "ACCOUNT PASSWORD", "change an account's password") \
	X(ACCOUNT_LIST, "account list", "", "the same as show accounts")     \
	X(ACCOUNT_LOCK, "account lock", "ACCOUNT", "let nobody log in with an account") \
	X(ACCOUNT_UNLOCK, "account unlock", "ACCOUNT", "the end of that")    \
	X(LOG, "log", "LEVEL", "how much both daemons log: error, warn, info or debug") \
	X(RESTART, "restart", "", "end dncontrol and keep its state for the next one; users notice nothing") \
	X(SHUTDOWN, "shutdown", "", "end both daemons in good order")        \
	X(EXIT, "exit", "", "the same as shutdown (in the interactive shell: leave the shell)")

enum admin_id {
#define ADMIN_ENUM(id, words, arguments, help) ADMIN_##id,
	ADMIN_COMMANDS(ADMIN_ENUM)
#undef ADMIN_ENUM
	ADMIN_COUNT
};

struct admin_command {
	enum admin_id id;
	const char *words;     /* e.g. "show users" */
	const char *arguments; /* e.g. "HOST [PORT]" */
	const char *help;
};

static inline const struct admin_command *
admin_command(enum admin_id id)
{
	static const struct admin_command commands[] = {
#define ADMIN_ROW(id, words, arguments, help) \
		{ADMIN_##id, words, arguments, help},
		ADMIN_COMMANDS(ADMIN_ROW)
#undef ADMIN_ROW
	};

	return &commands[id];
}

/* No command has more words than this, arguments included. */
#define ADMIN_WORDS_MAX 8

/* A line cut into words; they stand in 'text', each ended by NUL. */
struct admin_line {
	char text[DN_ADMIN_LINE_BYTES_MAX];
	const char *words[ADMIN_WORDS_MAX];
	size_t count;
};

/*
 * Cuts 'size' bytes at 'data' into '*line'. An empty line, or a comment that
 * begins with #, has no words. Errors, as a sentence, else NULL: the line is
 * too long, has too many words, holds NUL, or a quote is not closed.
 */
static inline const char *
admin_split(struct admin_line *line, const char *data, size_t size)
{
	size_t at = 0, i = 0;
	char quote;

	line->count = 0;
	if (size >= sizeof(line->text))
		return "the line is too long";
	if (memchr(data, '\0', size) != NULL)
		return "the line holds a NUL byte";
	for (;;) {
		while (i < size && strchr(" \t\r\n", data[i]) != NULL)
			i++;
		if (i == size || (data[i] == '#' && line->count == 0))
			return NULL;
		if (line->count == ADMIN_WORDS_MAX)
			return "too many words";
		line->words[line->count++] = line->text + at;
		for (quote = 0; i < size; i++) {
			if (quote == 0 && strchr(" \t\r\n", data[i]) != NULL)
				break;
			if (data[i] == quote)
				quote = 0;
			else if (quote == 0 && strchr("\"'", data[i]) != NULL)
				quote = data[i];
			else if (data[i] == '\\' && i + 1 < size)
				line->text[at++] = data[++i];
			else
				line->text[at++] = data[i];
		}
		if (quote != 0)
			return "a quote is not closed";
		/* Room: a word's blank, or the line's end, pays for the NUL. */
		line->text[at++] = '\0';
	}
}

/* How many blank-separated words 'text' has. */
static inline size_t
admin_word_count(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		if (*text != ' ' && (text[1] == ' ' || text[1] == '\0'))
			count++;
	return count;
}

/* How 'line' and a command's words compare. */
enum admin_fit {
	ADMIN_OTHER,  /* not this command */
	ADMIN_PART,   /* some of its words are still missing */
	ADMIN_WHOLE,  /* all its words are there, shortened perhaps */
	ADMIN_EXACT   /* all its words are there, in full */
};

static inline enum admin_fit
admin_fit(const struct admin_command *command, const struct admin_line *line)
{
	enum admin_fit fit = ADMIN_EXACT;
	const char *at = command->words;
	size_t i, size, length;

	for (i = 0; *at != '\0' && i < line->count; i++) {
		length = strcspn(at, " ");
		size = strlen(line->words[i]);
		if (size > length || memcmp(at, line->words[i], size) != 0)
			return ADMIN_OTHER;
		if (size < length)
			fit = ADMIN_WHOLE;
		at += length;
		at += *at == ' ';
	}
	return *at == '\0' ? fit : ADMIN_PART;
}

enum admin_match {
	ADMIN_MATCHED,
	ADMIN_NO_SUCH,    /* no command begins so */
	ADMIN_AMBIGUOUS,  /* several do */
	ADMIN_ARGUMENTS   /* '*id' is the command, but not its arguments */
};

/* The most and the fewest arguments that 'command' takes. */
static inline void
admin_arity(const struct admin_command *command, size_t *least, size_t *most)
{
	const char *at;

	*most = admin_word_count(command->arguments);
	*least = *most;
	for (at = command->arguments; *at != '\0'; at++)
		if (*at == '[')
			(*least)--;
}

/* True if 'command' can't have what 'line' says beyond its words: then the
 * line means another one. */
static inline bool
admin_is_surplus(const struct admin_command *command,
    const struct admin_line *line)
{
	return command->arguments[0] == '\0' &&
	    line->count > admin_word_count(command->words);
}

/*
 * Which command 'line' is; fills '*id', and '*argument' with the place of its
 * first argument. 'line' has at least one word. A command with all its words
 * in full wins over others that begin so; and what is only part of a longer
 * one counts as well: `s` must not shut a server down because `show users`
 * has more words.
 */
static inline enum admin_match
admin_match(const struct admin_line *line, enum admin_id *id, size_t *argument)
{
	size_t whole = 0, begun = 0, surplus = 0, least, most, count;
	const struct admin_command *command, *found = NULL, *unfit = NULL;
	enum admin_fit fit = ADMIN_OTHER;
	unsigned i;

	for (i = 0; i < ADMIN_COUNT && fit != ADMIN_EXACT; i++) {
		command = admin_command((enum admin_id)i);
		fit = admin_fit(command, line);
		if (fit == ADMIN_WHOLE && admin_is_surplus(command, line)) {
			surplus++;
			unfit = command;
			continue;
		}
		begun += fit != ADMIN_OTHER;
		if (fit == ADMIN_OTHER || fit == ADMIN_PART)
			continue;
		whole++;
		found = command;
	}
	if (whole == 0 && begun == 0 && surplus == 1)
		found = unfit;
	else if (whole + surplus > 0 && begun != 1 && fit != ADMIN_EXACT)
		return ADMIN_AMBIGUOUS;
	if (found == NULL)
		return ADMIN_NO_SUCH;
	*id = found->id;
	*argument = admin_word_count(found->words);
	admin_arity(found, &least, &most);
	count = line->count - *argument;
	return count < least || count > most ? ADMIN_ARGUMENTS : ADMIN_MATCHED;
}

#endif
