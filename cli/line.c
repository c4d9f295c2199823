/*
 * Matching, completion and help from the rows of admin.h: see line.h.
 */
#include "line.h"

/* Longest words of a command that are compared for "did you mean". */
#define LINE_GUESS_MAX 32

/* dnctl's own words, in the form of admin.h's rows. */
static const struct admin_command own_rows[] = {
	{ADMIN_COUNT, "help", "[COMMAND]",
	    "what there is to say; ? is the same"},
	{ADMIN_COUNT, "quit", "", "leave the shell, or stop reading a batch"},
};

#define OWN_HELP 0
#define OWN_QUIT 1
#define OWN_COUNT (sizeof(own_rows) / sizeof(own_rows[0]))
#define ROW_COUNT (ADMIN_COUNT + OWN_COUNT)

static const struct admin_command *
line_row(size_t index)
{
	return index < ADMIN_COUNT ? admin_command((enum admin_id)index)
	    : &own_rows[index - ADMIN_COUNT];
}

/* The word of 'text' with this index; of size 0 if it has fewer. */
static struct dn_str
line_word(const char *text, size_t index)
{
	for (; *text != '\0' && index > 0; index--) {
		text += strcspn(text, " ");
		text += *text == ' ';
	}
	return (struct dn_str){text, strcspn(text, " ")};
}

/* True if the words of 'row' begin with those of 'words', as far as both go:
 * also true of a command that is only half typed. */
static bool
line_starts(const struct admin_command *row, const struct admin_line *words)
{
	return admin_fit(row, words) != ADMIN_OTHER &&
	    !admin_is_surplus(row, words);
}

__attribute__((format(printf, 4, 5))) static size_t
line_print(char *text, size_t room, size_t at, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text + at, room - at, format, args);
	va_end(args);
	if (size < 0)
		return at;
	return at + (size_t)size < room ? at + (size_t)size : room - 1;
}

bool
line_quote(const char *word, size_t size, char *text, size_t room)
{
	size_t at = 0, i;

	if (room < 3)
		return false;
	if (size == 0)
		memcpy(text, "\"\"", 3);
	for (i = 0; i < size; i++) {
		if (word[i] == '\n' || word[i] == '\0' || room - at < 3)
			return false;
		if (strchr(" \t\r\"'\\", word[i]) != NULL ||
		    (word[i] == '#' && i == 0))
			text[at++] = '\\';
		text[at++] = word[i];
		text[at] = '\0';
	}
	return true;
}

/* Writes the words from 'first' on, quoted, behind what 'text' holds. */
static bool
line_join(const struct admin_line *words, size_t first, char *text,
    size_t room)
{
	size_t at = strlen(text), i;

	for (i = first; i < words->count; i++) {
		if (at > 0 && at + 1 < room)
			text[at++] = ' ';
		if (!line_quote(words->words[i], strlen(words->words[i]),
		    text + at, room - at))
			return false;
		at += strlen(text + at);
	}
	return true;
}

/* Writes "`show users`, `show routes`" to 'hint': what begins so. */
static size_t
line_list(const struct admin_line *words, char *hint)
{
	size_t at = 0, count = 0, i;

	hint[0] = '\0';
	for (i = 0; i < ROW_COUNT; i++)
		if (line_starts(line_row(i), words))
			at = line_print(hint, LINE_SENTENCE_MAX, at,
			    "%s`%s`", count++ == 0 ? "" : ", ",
			    line_row(i)->words);
	return count;
}

static size_t
line_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters to change, add, drop or swap with their neighbour to get
 * from 'a' to 'b'; both are at most LINE_GUESS_MAX long. */
static size_t
line_distance(struct dn_str a, struct dn_str b)
{
	size_t rows[3][LINE_GUESS_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b.size; j++)
		now[j] = j;
	for (i = 1; i <= a.size; i++) {
		spare = before;
		before = last;
		last = now;
		now = spare;
		now[0] = i;
		for (j = 1; j <= b.size; j++) {
			now[j] = line_least(line_least(last[j], now[j - 1]) +
			    1, last[j - 1] + (a.data[i - 1] != b.data[j - 1]));
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
			    a.data[i - 2] == b.data[j - 1])
				now[j] = line_least(now[j], before[j - 2] + 1);
		}
	}
	return now[b.size];
}

/* How far what was typed is from 'row': its words, or its last word alone
 * (people type `users` where it is `show users`). */
static size_t
line_away(const struct admin_line *words, const struct admin_command *row)
{
	size_t count = admin_word_count(row->words), at = 0, i, away, last;
	char typed[LINE_GUESS_MAX + 1] = "";
	struct dn_str word;

	for (i = 0; i < count && i < words->count; i++)
		at = line_print(typed, sizeof(typed), at, "%s%s",
		    i == 0 ? "" : " ", words->words[i]);
	away = line_distance(dn_str_of(typed), dn_str_of(row->words));
	if (count > 1) {
		word = line_word(row->words, count - 1);
		(void)line_print(typed, sizeof(typed), 0, "%s",
		    words->words[0]);
		last = line_distance(dn_str_of(typed), word);
		away = line_least(away, last * 2);
	}
	return away;
}

/* The row that was meant perhaps, or NULL. */
static const struct admin_command *
line_guess(const struct admin_line *words)
{
	const struct admin_command *best = NULL;
	size_t least = SIZE_MAX, away, i;

	for (i = 0; i < ROW_COUNT; i++) {
		away = line_away(words, line_row(i));
		if (away < least && away <= strlen(line_row(i)->words) / 3) {
			least = away;
			best = line_row(i);
		}
	}
	return best;
}

static void
line_wrong(struct line *line, const char *error, const char *hint)
{
	line->verdict = LINE_WRONG;
	(void)line_print(line->error, sizeof(line->error), 0, "%s", error);
	(void)line_print(line->hint, sizeof(line->hint), 0, "%s", hint);
}

/* No command begins so, or it is only half typed. */
static void
line_unknown(const struct admin_line *words, struct line *line)
{
	const struct admin_command *guess;
	char typed[128] = "";

	line->verdict = LINE_WRONG;
	(void)line_join(words, 0, typed, sizeof(typed));
	if (line_list(words, line->hint) > 0) {
		(void)line_print(line->error, sizeof(line->error), 0,
		    "`%s` is not a whole command", typed);
		return;
	}
	(void)line_print(line->error, sizeof(line->error), 0,
	    "there is no command `%s`", typed);
	guess = line_guess(words);
	if (guess != NULL)
		(void)line_print(line->hint, sizeof(line->hint), 0,
		    "did you mean `%s`?", guess->words);
	else
		(void)line_print(line->hint, sizeof(line->hint), 0,
		    "`help` lists the commands");
}

static void
line_ambiguous(const struct admin_line *words, struct line *line)
{
	char typed[128] = "";

	line->verdict = LINE_WRONG;
	(void)line_join(words, 0, typed, sizeof(typed));
	(void)line_print(line->error, sizeof(line->error), 0,
	    "`%s` could be several commands", typed);
	(void)line_list(words, line->hint);
}

static void
line_arguments(const struct admin_command *row, struct line *line)
{
	line->verdict = LINE_WRONG;
	(void)line_print(line->error, sizeof(line->error), 0, "`%s` takes %s",
	    row->words, row->arguments[0] == '\0' ? "no arguments"
	    : row->arguments);
	(void)line_print(line->hint, sizeof(line->hint), 0, "%s: %s",
	    row->words, row->help);
}

/* What argument 'index' of 'row' is called, without its brackets. */
static struct dn_str
line_argument(const struct admin_command *row, size_t index)
{
	struct dn_str name = line_word(row->arguments, index);

	if (name.size > 2 && name.data[0] == '[') {
		name.data++;
		name.size -= 2;
	}
	return name;
}

/* Literals and levels are part of the grammar; what the other arguments mean
 * is dncontrol's affair. */
static bool
line_arguments_fit(const struct admin_command *row,
    const struct admin_line *words, size_t first)
{
	struct dn_str name, word;
	size_t i;

	for (i = first; i < words->count; i++) {
		name = line_argument(row, i - first);
		word = dn_str_of(words->words[i]);
		if (name.size > 0 && name.data[0] == '-' &&
		    !dn_str_eq(name, word))
			return false;
		if (dn_str_eq(name, dn_str_of("LEVEL")) &&
		    dn_log_parse(word) == DN_LOG_COUNT)
			return false;
	}
	return true;
}

/* How many arguments of 'row' stand in a line: a password does not. */
static size_t
line_argument_count(const struct admin_command *row)
{
	size_t count = admin_word_count(row->arguments);

	if (count > 0 && dn_str_eq(line_argument(row, count - 1),
	    dn_str_of("PASSWORD")))
		return count - 1;
	return count;
}

/* dnctl's own words: true if the line was one. */
static bool
line_own(const struct admin_line *words, struct line *line)
{
	const char *first = words->words[0];

	if (strcmp(first, "?") == 0 ||
	    strncmp(own_rows[OWN_HELP].words, first, strlen(first)) == 0) {
		line->verdict = LINE_HELP;
		line->text[0] = '\0';
		if (!line_join(words, 1, line->text, sizeof(line->text)))
			line_wrong(line, "that is too long", "");
		return true;
	}
	if (strncmp(own_rows[OWN_QUIT].words, first, strlen(first)) != 0)
		return false;
	line->verdict = LINE_QUIT;
	if (words->count > 1)
		line_arguments(&own_rows[OWN_QUIT], line);
	return true;
}

/* The command is 'line->id', with its arguments from 'first' on. */
static void
line_command(const struct admin_line *words, size_t first, bool in_shell,
    struct line *line)
{
	const struct admin_command *row = admin_command(line->id);
	size_t count = line_argument_count(row);

	line->wants_secret = count < admin_word_count(row->arguments);
	if (line->wants_secret && words->count - first > count) {
		line_wrong(line, "a password does not belong in a command",
		    "leave it out: it is asked for, or read from the next "
		    "line");
		return;
	}
	if ((line->wants_secret && words->count - first < count) ||
	    !line_arguments_fit(row, words, first)) {
		line_arguments(row, line);
		return;
	}
	if (in_shell && line->id == ADMIN_EXIT) {
		line->verdict = LINE_QUIT;
		return;
	}
	line->verdict = LINE_SEND;
	(void)line_print(line->text, sizeof(line->text), 0, "%s", row->words);
	/* One byte less: the line feed counts at the other end. */
	if (!line_join(words, first, line->text, sizeof(line->text) - 1))
		line_wrong(line, "an argument is too long, or holds a line "
		    "break", "");
}

static void
line_parse(const struct admin_line *words, bool in_shell, struct line *line)
{
	enum admin_match match;
	size_t first = 0;

	line->verdict = LINE_EMPTY;
	line->error[0] = line->hint[0] = line->text[0] = '\0';
	line->wants_secret = false;
	if (words->count == 0)
		return;
	match = admin_match(words, &line->id, &first);
	if (match == ADMIN_NO_SUCH && line_own(words, line))
		return;
	if (match == ADMIN_NO_SUCH)
		line_unknown(words, line);
	else if (match == ADMIN_AMBIGUOUS)
		line_ambiguous(words, line);
	else if (match == ADMIN_ARGUMENTS &&
	    line_argument_count(admin_command(line->id)) ==
	    admin_word_count(admin_command(line->id)->arguments))
		line_arguments(admin_command(line->id), line);
	else
		line_command(words, first, in_shell, line);
}

void
line_read(const char *data, size_t size, bool in_shell, struct line *line)
{
	struct admin_line words;
	const char *error = admin_split(&words, data, size);

	if (error != NULL)
		line_wrong(line, error, "");
	else
		line_parse(&words, in_shell, line);
}

void
line_read_words(const char *const *words, size_t count, struct line *line)
{
	struct admin_line cut = {.count = 0};
	size_t at = 0, i, size;

	if (count == 1 && strpbrk(words[0], " \t") != NULL) {
		line_read(words[0], strlen(words[0]), false, line);
		return;
	}
	for (i = 0; i < count; i++) {
		size = strlen(words[i]) + 1;
		if (i == ADMIN_WORDS_MAX || size > sizeof(cut.text) - at) {
			line_wrong(line, i == ADMIN_WORDS_MAX
			    ? "too many words" : "the line is too long", "");
			return;
		}
		memcpy(cut.text + at, words[i], size);
		cut.words[cut.count++] = cut.text + at;
		at += size;
	}
	line_parse(&cut, false, line);
}

bool
line_add_secret(struct line *line, const char *secret)
{
	size_t at = strlen(line->text);

	/* One byte less, as above. */
	if (at + 2 >= sizeof(line->text))
		return false;
	line->text[at++] = ' ';
	return line_quote(secret, strlen(secret), line->text + at,
	    sizeof(line->text) - at - 1);
}

static void
line_choice(struct line_choices *choices, struct dn_str word)
{
	size_t i;

	if (word.size == 0 || word.size >= LINE_CHOICE_BYTES_MAX)
		return;
	for (i = 0; i < choices->count; i++)
		if (dn_str_eq(dn_str_of(choices->words[i]), word))
			return;
	if (choices->count == LINE_CHOICES_MAX)
		return;
	memcpy(choices->words[choices->count], word.data, word.size);
	choices->words[choices->count++][word.size] = '\0';
}

/* What may stand for an argument that is called 'name'. */
static void
line_choose_argument(struct line_choices *choices, struct dn_str name)
{
	unsigned level;

	if (dn_str_eq(name, dn_str_of("USER")))
		choices->is_user = true;
	else if (dn_str_eq(name, dn_str_of("PEER")))
		choices->is_peer = true;
	else if (dn_str_eq(name, dn_str_of("ROOM")))
		choices->is_room = true;
	else if (dn_str_eq(name, dn_str_of("ACCOUNT")))
		choices->is_account = true;
	else if (name.size > 0 && name.data[0] == '-')
		line_choice(choices, name);
	else if (dn_str_eq(name, dn_str_of("LEVEL")))
		for (level = 0; level < DN_LOG_COUNT; level++)
			line_choice(choices, dn_str_of(
			    dn_log_word((enum dn_log_level)level)));
}

void
line_complete(const char *before, size_t size, struct line_choices *choices)
{
	const struct admin_command *row;
	struct admin_line words;
	size_t i, count;
	bool is_help;

	memset(choices, 0, sizeof(*choices));
	if (admin_split(&words, before, size) != NULL)
		return;
	is_help = words.count > 0 && (strcmp(words.words[0], "?") == 0 ||
	    strcmp(words.words[0], own_rows[OWN_HELP].words) == 0);
	if (is_help) {
		words.count--;
		memmove(words.words, words.words + 1,
		    words.count * sizeof(words.words[0]));
	}
	for (i = 0; i < ROW_COUNT; i++) {
		row = line_row(i);
		count = admin_word_count(row->words);
		if (!line_starts(row, &words))
			continue;
		if (words.count < count)
			line_choice(choices, line_word(row->words,
			    words.count));
		else if (!is_help)
			line_choose_argument(choices, line_argument(row,
			    words.count - count));
	}
}

const struct admin_command *
line_help_next(const char *topic, size_t *cursor)
{
	struct admin_line words;

	if (admin_split(&words, topic, strlen(topic)) != NULL)
		return NULL;
	while (*cursor < ROW_COUNT)
		if (line_starts(line_row((*cursor)++), &words))
			return line_row(*cursor - 1);
	return NULL;
}

bool
line_help(const char *topic, char *text)
{
	const struct admin_command *row;
	size_t at = 0, cursor = 0;
	char usage[64];

	while ((row = line_help_next(topic, &cursor)) != NULL) {
		(void)line_print(usage, sizeof(usage), 0, "%s%s%s", row->words,
		    row->arguments[0] == '\0' ? "" : " ", row->arguments);
		at = line_print(text, LINE_HELP_BYTES_MAX, at,
		    "  %-22s  %s\n", usage, row->help);
	}
	return at > 0;
}

bool
line_is_literal(const char *word)
{
	const struct admin_command *row;
	size_t i, j;

	for (i = 0; i < ROW_COUNT && word[0] == '-'; i++) {
		row = line_row(i);
		for (j = 0; j < admin_word_count(row->arguments); j++)
			if (dn_str_eq(line_argument(row, j), dn_str_of(word)))
				return true;
	}
	return false;
}
