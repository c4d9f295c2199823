/*
 * The grammar of admin.h from dnctl's side: what a line means, what may come
 * next, what is worth saying about it. Pure: between what a person or script
 * typed (main.c, edit.c) and what goes to dncontrol (client.c). Besides the
 * rows of admin.h it knows dnctl's own words, help and quit.
 */
#ifndef CLI_LINE_H
#define CLI_LINE_H

#include "dnchat/admin.h"

enum line_verdict {
	LINE_EMPTY, /* nothing to do: blank, or a comment */
	LINE_SEND,  /* 'text' is for dncontrol */
	LINE_HELP,  /* 'text' is what help is wanted on, may be empty */
	LINE_QUIT,  /* leave the shell, or the batch */
	LINE_WRONG  /* 'error' and 'hint' say why */
};

/* Longest sentence in bytes, with its NUL. */
#define LINE_SENTENCE_MAX 512

/* What a line means. */
struct line {
	enum line_verdict verdict;
	enum admin_id id;                     /* LINE_SEND: the command */
	bool wants_secret; /* LINE_SEND: line_add_secret() comes first */
	char text[DN_ADMIN_LINE_BYTES_MAX];   /* without line feed */
	char error[LINE_SENTENCE_MAX];        /* LINE_WRONG: a sentence */
	char hint[LINE_SENTENCE_MAX];         /* what to do about it */
};

/*
 * Fills '*line' with what the 'size' bytes at 'data' mean: a line without its
 * line feed. What is sent has the command's words in full and its arguments
 * quoted. 'in_shell': `exit` leaves, and does not shut the server down.
 */
void line_read(const char *data, size_t size, bool in_shell,
    struct line *line);

/*
 * The same for 'count' words that are cut already, as a program's arguments
 * are. One single word with blanks in it is read as a line.
 */
void line_read_words(const char *const *words, size_t count,
    struct line *line);

/* Adds the password that the command takes. False: there is no room, or no
 * line can hold it. */
bool line_add_secret(struct line *line, const char *secret);

/* Words that may stand in one place. */
#define LINE_CHOICES_MAX 32
#define LINE_CHOICE_BYTES_MAX 24

struct line_choices {
	size_t count;
	char words[LINE_CHOICES_MAX][LINE_CHOICE_BYTES_MAX];
	bool is_user; /* or a user that the server knows */
	bool is_peer; /* or a peer that the server knows */
	bool is_room; /* or a room of the server */
	bool is_account; /* or an account of the server */
};

/*
 * Fills '*choices' with what may stand after the 'size' bytes at 'before',
 * the whole words in front of the one that is being typed. The words are
 * unsorted, without doubles, and not yet held against what is being typed.
 */
void line_complete(const char *before, size_t size,
    struct line_choices *choices);

/*
 * The next command that begins with 'topic' ("" for all of them), dnctl's own
 * words included, or NULL. '*cursor' starts at 0 and belongs to the callee.
 */
const struct admin_command *line_help_next(const char *topic, size_t *cursor);

/* Holds every text of line_help(). */
#define LINE_HELP_BYTES_MAX 4096

/*
 * Writes help on 'topic' (a beginning of commands; "" for all of them) to
 * 'text', which has LINE_HELP_BYTES_MAX bytes: a line a command. Returns
 * false, and writes nothing, if no command begins so.
 */
bool line_help(const char *topic, char *text);

/* True if 'word' is an argument that begins with a dash, as in `map --dot`:
 * not an option of dnctl. */
bool line_is_literal(const char *word);

/*
 * Writes the 'size' bytes at 'word' to 'text' of 'room' bytes as one word of
 * the grammar, with backslashes where it needs them. Returns false if there is
 * no room, or it holds a line feed or NUL, which no line can.
 */
bool line_quote(const char *word, size_t size, char *text, size_t room);

#endif
