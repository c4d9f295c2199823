/*
 * readline and its history for dnctl's shell: see edit.h.
 */
#include "edit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "text.h"

static struct {
	edit_names_fn *names;
	void *arg;
	char history[4096];           /* "": none is kept */
	char *offers[EDIT_OFFERS_MAX]; /* for the word being completed */
	size_t offer_count, offer_next;
} edit;

/* ---- completion ---- */

static void
edit_clear_offers(void)
{
	while (edit.offer_count > 0)
		free(edit.offers[--edit.offer_count]);
	edit.offer_next = 0;
}

static void
edit_add_offer(const char *word)
{
	char *copy = edit.offer_count < EDIT_OFFERS_MAX ? strdup(word) : NULL;

	if (copy != NULL)
		edit.offers[edit.offer_count++] = copy;
}

void
edit_offer(const char *name, size_t size)
{
	char quoted[2 * DN_NAME_BYTES_MAX + 3];
	int quote = rl_completion_quote_character;

	if (size > DN_NAME_BYTES_MAX ||
	    !text_is_plain((struct dn_str){name, size}))
		return;
	if (quote == 0) {
		if (!line_quote(name, size, quoted, sizeof(quoted)))
			return;
	} else {
		if (memchr(name, quote, size) != NULL ||
		    memchr(name, '\\', size) != NULL)
			return;
		memcpy(quoted, name, size);
		quoted[size] = '\0';
	}
	edit_add_offer(quoted);
}

static char *
edit_next_offer(const char *text, int state)
{
	size_t size = strlen(text);

	if (state == 0)
		edit.offer_next = 0;
	while (edit.offer_next < edit.offer_count) {
		const char *offer = edit.offers[edit.offer_next++];

		if (strncmp(offer, text, size) == 0)
			return strdup(offer);
	}
	return NULL;
}

static char **
edit_complete(const char *text, int start, int end)
{
	size_t before = (size_t)start, i;
	struct line_choices choices;

	(void)end;
	rl_attempted_completion_over = 1; /* or readline offers file names */
	edit_clear_offers();
	if (rl_completion_quote_character != 0 && before > 0)
		before--;
	line_complete(rl_line_buffer, before, &choices);
	for (i = 0; i < choices.count; i++)
		edit_add_offer(choices.words[i]);
	if (choices.is_user || choices.is_peer)
		edit.names(edit.arg, &choices);
	return rl_completion_matches(text, edit_next_offer);
}

/* A blank behind an odd number of backslashes does not end a word. */
static int
edit_is_quoted(char *text, int index)
{
	int count = 0;

	while (index > count && text[index - count - 1] == '\\')
		count++;
	return count % 2;
}

/* The key ?: where a word would begin it tells what may stand there. */
static int
edit_question(int count, int key)
{
	char topic[DN_ADMIN_LINE_BYTES_MAX], text[LINE_HELP_BYTES_MAX];
	size_t size = (size_t)rl_point;

	if ((rl_point > 0 && rl_line_buffer[rl_point - 1] != ' ') ||
	    size >= sizeof(topic))
		return rl_insert(count, key);
	memcpy(topic, rl_line_buffer, size);
	topic[size] = '\0';
	rl_crlf();
	fputs(line_help(topic, text) ? text : "  no command begins so\n",
	    rl_outstream);
	(void)rl_on_new_line();
	rl_forced_update_display();
	return 0;
}

/* ---- history ---- */

/* Makes the directories above 'path' that are missing. */
static void
edit_make_parents(const char *path)
{
	char part[sizeof(edit.history)];
	char *slash;

	(void)snprintf(part, sizeof(part), "%s", path);
	for (slash = strchr(part + 1, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(part, 0700);
		*slash = '/';
	}
}

/* Where the history is kept: "" for nowhere. */
static void
edit_find_history(char *path, size_t size)
{
	const char *file = getenv("DNCTL_HISTFILE");
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int length = 0;

	path[0] = '\0';
	if (file != NULL && strcmp(file, "/dev/null") != 0)
		length = snprintf(path, size, "%s", file);
	else if (file == NULL && state != NULL && state[0] == '/')
		length = snprintf(path, size, "%s/dnchat/dnctl_history",
		    state);
	else if (file == NULL && home != NULL && home[0] == '/')
		length = snprintf(path, size,
		    "%s/.local/state/dnchat/dnctl_history", home);
	if (length < 0 || (size_t)length >= size)
		path[0] = '\0';
}

static void
edit_open_history(void)
{
	int fd;

	using_history();
	stifle_history(EDIT_HISTORY_MAX);
	edit_find_history(edit.history, sizeof(edit.history));
	if (edit.history[0] == '\0')
		return;
	edit_make_parents(edit.history);
	fd = open(edit.history, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY,
	    0600);
	if (fd < 0) {
		fprintf(stderr, "dnctl: no history is kept: %s: %s\n",
		    edit.history, strerror(errno));
		edit.history[0] = '\0';
		return;
	}
	(void)fchmod(fd, 0600);
	close(fd);
	(void)read_history(edit.history);
}

/* Keeps 'line' at once: a shell that is killed has lost nothing. */
static void
edit_remember(const char *line)
{
	const HIST_ENTRY *last = history_get(history_base + history_length - 1);

	if (line[strspn(line, " \t")] == '\0' ||
	    (last != NULL && strcmp(last->line, line) == 0))
		return;
	add_history(line);
	if (edit.history[0] != '\0')
		(void)append_history(1, edit.history);
}

/* ---- the line ---- */

/*
 * Reads a key. readline's own function goes on reading after SIGINT; here it
 * throws the line away, and Enter brings the prompt back.
 */
static int
edit_key(FILE *in)
{
	unsigned char key;
	ssize_t got;
	int signal_number;

	while ((got = read(fileno(in), &key, 1)) < 0 && errno == EINTR) {
		signal_number = rl_pending_signal();
		rl_check_signals();
		if (signal_number != SIGINT)
			continue;
		rl_replace_line("", 1);
		rl_point = rl_end;
		return '\n';
	}
	return got == 1 ? key : EOF;
}

void
edit_open(edit_names_fn *names, void *arg)
{
	static const char breaks[] = " \t";
	static const char quotes[] = "\"'";

	edit.names = names;
	edit.arg = arg;
	rl_readline_name = "dnctl";
	rl_attempted_completion_function = edit_complete;
	rl_completer_word_break_characters = breaks;
	rl_completer_quote_characters = quotes;
	rl_char_is_quoted_p = edit_is_quoted;
	rl_getc_function = edit_key;
	(void)rl_bind_key('?', edit_question);
	edit_open_history();
}

char *
edit_read(const char *prompt)
{
	char *line = readline(prompt);

	edit_clear_offers();
	if (line != NULL)
		edit_remember(line);
	return line;
}

void
edit_close(void)
{
	if (edit.history[0] != '\0')
		(void)history_truncate_file(edit.history, EDIT_HISTORY_MAX);
	clear_history();
}
