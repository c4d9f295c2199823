/*
 * dnctl: commands for dncontrol, from the arguments, a file, standard input
 * or a terminal. All of them go through main_line(): line.c says what a line
 * means, client.c asks, print.c shows, and here the exit status is made.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "client.h"
#include "edit.h"
#include "line.h"
#include "print.h"
#include "text.h"

/* The exit status; dnctl(1) documents them. */
enum {
	MAIN_DONE,
	MAIN_REFUSED,
	MAIN_USAGE,
	MAIN_NO_CONNECTION,
	MAIN_TIMEOUT,
	MAIN_NOT_FOUND,
	MAIN_PARTLY,
	MAIN_INTERRUPTED = 130
};

/* How long a completion may keep somebody waiting who types. */
#define MAIN_NAMES_MSEC 1000

#define MAIN_TIMEOUT_SECONDS_MAX 86400

static const char main_usage[] =
    "usage: dnctl [options] [command ...]\n"
    "Commands the dncontrol of this machine. Without a command it reads them:\n"
    "a shell on a terminal, a batch from a file or a pipe.\n"
    "\n"
    "  -s SOCKET        the admin socket to connect to\n"
    "      --run-dir DIR  the run directory that it is in\n"
    "  -t SECONDS       give up when nothing comes for so long (5)\n"
    "  -j, --json       one JSON document for each command\n"
    "  -J               JSON rows as they come, one a line\n"
    "  -f FILE          read commands from FILE (- is standard input)\n"
    "  -k               go on after an error; the worst one counts\n"
    "      --password-fd N  read passwords from there, a line each\n"
    "  -q               print no answers, only errors\n"
    "      --no-color   no colours\n"
    "      --version    print the version\n"
    "  -h, --help       print this\n"
    "\n"
    "`dnctl help` lists the commands, dnctl(1) explains them and the exit\n"
    "status: 0 done, 1 refused, 2 usage, 3 no connection, 4 time-out,\n"
    "5 not found, 6 partly done, 130 interrupted.\n";

struct main_options {
	const char *socket, *run_dir, *file;
	FILE *passwords; /* --password-fd, or NULL */
	unsigned timeout_msec;
	enum print_mode mode;
	bool keep_going, quiet, no_color;
	const char *words[ADMIN_WORDS_MAX + 1];
	size_t word_count; /* may exceed what 'words' holds */
};

struct dnctl {
	struct client *client;
	struct print *print;
	const struct main_options *options;
	bool in_shell;
	bool is_left;       /* quit was said */
	const char *file;   /* batch: its name for messages, else NULL */
	FILE *in;           /* ... and where its lines come from */
	size_t line_number;
};

/* ---- messages ---- */

/* Tells a person what went wrong, in one line. */
static void
main_tell(const struct dnctl *dnctl, const char *error, const char *hint)
{
	struct text text = {0};

	text_add_escaped(&text, dn_str_of(error));
	if (hint[0] != '\0') {
		text_add(&text, dn_str_of(" ("));
		text_add_escaped(&text, dn_str_of(hint));
		text_add(&text, dn_str_of(")"));
	}
	if (dnctl != NULL && dnctl->file != NULL)
		fprintf(stderr, "%s:%zu: %s\n", dnctl->file,
		    dnctl->line_number, text.data);
	else
		fprintf(stderr, "%s%s\n", dnctl != NULL && dnctl->in_shell
		    ? "" : "dnctl: ", text.data);
	text_free(&text);
}

static void
main_usage_status(struct client_status *status, const char *error,
    const char *hint)
{
	memset(status, 0, sizeof(*status));
	(void)snprintf(status->code, sizeof(status->code), "usage");
	(void)snprintf(status->error, sizeof(status->error), "%s", error);
	(void)snprintf(status->hint, sizeof(status->hint), "%s", hint);
}

/* ---- a command ---- */

static int
main_exit_status(enum dn_err err, const struct client_status *status,
    size_t row_count)
{
	if (err == DN_E_STATE)
		return MAIN_INTERRUPTED;
	if (err == DN_E_TIMEOUT)
		return MAIN_TIMEOUT;
	if (err == DN_E_IO)
		return MAIN_REFUSED;
	if (err != DN_OK)
		return MAIN_NO_CONNECTION;
	if (status->ok)
		return MAIN_DONE;
	if (row_count > 0)
		return MAIN_PARTLY;
	if (strcmp(status->code, "usage") == 0)
		return MAIN_USAGE;
	if (strcmp(status->code, dn_err_code(DN_E_UNKNOWN)) == 0)
		return MAIN_NOT_FOUND;
	return strcmp(status->code, dn_err_code(DN_E_TIMEOUT)) == 0
	    ? MAIN_TIMEOUT : MAIN_REFUSED;
}

static int
main_wrong(struct dnctl *dnctl, const char *error, const char *hint)
{
	struct client_status status;

	main_usage_status(&status, error, hint);
	(void)print_end(dnctl->print, &status);
	main_tell(dnctl, error, hint);
	return MAIN_USAGE;
}

static int
main_send(struct dnctl *dnctl, const struct line *line)
{
	bool is_stream = line->id == ADMIN_WATCH;
	struct client_status status;
	enum dn_err err;
	size_t count;

	print_begin(dnctl->print, line->id);
	if (is_stream && dnctl->options->mode == PRINT_DOCUMENT)
		return main_wrong(dnctl, "what has no end is no document",
		    "-J prints a row at a time");
	err = client_ask(dnctl->client, line->text, is_stream, print_row,
	    dnctl->print, &status);
	count = print_end(dnctl->print, &status);
	if (err == DN_E_STATE)
		/* The prompt is not to stand behind the terminal's ^C. */
		fputs(dnctl->in_shell ? "\n" : "", stderr);
	else if (err != DN_OK || !status.ok)
		main_tell(dnctl, status.error, status.hint);
	else if (dnctl->in_shell && count == 0 &&
	    dnctl->options->mode == PRINT_TABLE)
		puts("ok");
	return main_exit_status(err, &status, count);
}

static void
main_help_row(struct dnctl *dnctl, const struct admin_command *command)
{
	json_t *row = json_pack("{s:s,s:s,s:s}", "command", command->words,
	    "arguments", command->arguments, "help", command->help);
	char *text = row != NULL ? json_dumps(row, JSON_COMPACT) : NULL;

	if (text != NULL)
		(void)print_row(dnctl->print, row, text, strlen(text));
	free(text);
	json_decref(row);
}

static int
main_help(struct dnctl *dnctl, const char *topic)
{
	const struct client_status done = {.ok = true};
	const struct admin_command *command;
	char text[LINE_HELP_BYTES_MAX];
	size_t cursor = 0;

	if (!line_help(topic, text))
		return main_wrong(dnctl, "no command begins so",
		    "`help` lists them");
	if (dnctl->options->mode == PRINT_TABLE) {
		fputs(text, stdout);
		return MAIN_DONE;
	}
	while ((command = line_help_next(topic, &cursor)) != NULL)
		main_help_row(dnctl, command);
	(void)print_end(dnctl->print, &done);
	return MAIN_DONE;
}

/* The password for 'line', added to it; else says why not. */
static int
main_add_secret(struct dnctl *dnctl, struct line *line)
{
	char secret[DN_SECRET_BYTES_MAX + 1];
	FILE *in = dnctl->options->passwords;
	enum dn_err err;
	bool is_added;

	if (in == NULL)
		in = dnctl->in != NULL ? dnctl->in : stdin;
	if (in == stdin && dnctl->in == NULL && isatty(STDIN_FILENO))
		err = ask_terminal(secret, sizeof(secret));
	else
		err = ask_stream(in, secret, sizeof(secret));
	if (in == dnctl->in)
		dnctl->line_number++;
	is_added = err == DN_OK && line_add_secret(line, secret);
	explicit_bzero(secret, sizeof(secret));
	if (is_added)
		return MAIN_DONE;
	if (err == DN_E_STATE)
		return MAIN_INTERRUPTED;
	return main_wrong(dnctl, err == DN_E_IO ? "there is no password" :
	    err == DN_E_MALFORMED ? "these were two passwords" :
	    "the password is too long", err == DN_E_IO ? "type one, or give "
	    "it as the next line of standard input" : "");
}

static int
main_command(struct dnctl *dnctl, struct line *line)
{
	int status = MAIN_DONE;

	if (line->wants_secret)
		status = main_add_secret(dnctl, line);
	if (status == MAIN_DONE)
		status = main_send(dnctl, line);
	if (line->wants_secret)
		explicit_bzero(line->text, sizeof(line->text));
	return status;
}

/* Does what a line says, wherever it came from; returns the exit status. */
static int
main_line(struct dnctl *dnctl, struct line *line)
{
	switch (line->verdict) {
	case LINE_EMPTY:
		return MAIN_DONE;
	case LINE_SEND:
		return main_command(dnctl, line);
	case LINE_HELP:
		return main_help(dnctl, line->text);
	case LINE_QUIT:
		dnctl->is_left = true;
		return MAIN_DONE;
	case LINE_WRONG:
		return main_wrong(dnctl, line->error, line->hint);
	}
	return MAIN_USAGE;
}

/* ---- where lines come from ---- */

/* Reads a line of any length into 'text' of 'room' bytes; '*size' is cut at
 * 'room'. False at the end of input. */
static bool
main_read(FILE *in, char *text, size_t room, size_t *size)
{
	int c;

	*size = 0;
	while ((c = getc(in)) != EOF && c != '\n')
		if (*size < room)
			text[(*size)++] = (char)c;
	return c != EOF || *size > 0;
}

static int
main_batch(struct dnctl *dnctl, FILE *in)
{
	char text[DN_ADMIN_LINE_BYTES_MAX];
	int worst = MAIN_DONE, now = MAIN_DONE;
	struct line line;
	size_t size;

	while (!dnctl->is_left && now != MAIN_INTERRUPTED &&
	    (now == MAIN_DONE || dnctl->options->keep_going) &&
	    main_read(in, text, sizeof(text), &size)) {
		dnctl->line_number++;
		line_read(text, size, false, &line);
		now = main_line(dnctl, &line);
		if (worst < now)
			worst = now;
	}
	if (client_was_interrupted())
		return MAIN_INTERRUPTED;
	if (ferror(in)) {
		main_tell(dnctl, strerror(errno), "");
		return MAIN_USAGE;
	}
	return worst;
}

static int
main_file(struct dnctl *dnctl, const char *name)
{
	FILE *in = stdin;
	int status;

	dnctl->file = "stdin";
	if (name != NULL && strcmp(name, "-") != 0) {
		dnctl->file = name;
		in = fopen(name, "re");
		if (in == NULL) {
			fprintf(stderr, "dnctl: cannot read %s: %s\n", name,
			    strerror(errno));
			return MAIN_USAGE;
		}
	}
	dnctl->in = in;
	status = main_batch(dnctl, in);
	if (in != stdin)
		fclose(in);
	return status;
}

/* Offers a row's name for completion; its number where the name is one that
 * a terminal can't show. */
static bool
main_offer(void *arg, json_t *row, const char *text, size_t size)
{
	json_t *name = json_object_get(row, "name");
	const char *number = json_string_value(json_object_get(row, "number"));
	const char *value = json_string_value(name);

	(void)arg;
	(void)text;
	(void)size;
	if (value != NULL && text_is_plain((struct dn_str){value,
	    json_string_length(name)}))
		edit_offer(value, json_string_length(name));
	else if (number != NULL)
		edit_offer(number, strlen(number));
	return true;
}

static void
main_names(void *arg, const struct line_choices *choices)
{
	struct dnctl *dnctl = arg;
	struct client_status status;

	client_set_timeout(dnctl->client, MAIN_NAMES_MSEC);
	if (choices->is_user)
		(void)client_ask(dnctl->client,
		    admin_command(ADMIN_SHOW_USERS)->words, false, main_offer,
		    NULL, &status);
	if (choices->is_peer)
		(void)client_ask(dnctl->client,
		    admin_command(ADMIN_SHOW_PEERS)->words, false, main_offer,
		    NULL, &status);
	if (choices->is_room)
		(void)client_ask(dnctl->client,
		    admin_command(ADMIN_SHOW_ROOMS)->words, false, main_offer,
		    NULL, &status);
	if (choices->is_account)
		(void)client_ask(dnctl->client,
		    admin_command(ADMIN_SHOW_ACCOUNTS)->words, false,
		    main_offer, NULL, &status);
	client_set_timeout(dnctl->client, dnctl->options->timeout_msec);
}

static int
main_shell(struct dnctl *dnctl)
{
	struct line line;
	char *text;

	dnctl->in_shell = true;
	if (!dnctl->options->quiet)
		puts("dnctl " DNCHAT_VERSION ": help lists the commands, TAB "
		    "completes, exit leaves.");
	edit_open(main_names, dnctl);
	while (!dnctl->is_left) {
		text = edit_read("dnctl> ");
		(void)client_was_interrupted();
		if (text == NULL) {
			putchar('\n');
			break;
		}
		line_read(text, strlen(text), true, &line);
		(void)main_line(dnctl, &line);
		free(text);
	}
	edit_close();
	return MAIN_DONE;
}

static int
main_words(struct dnctl *dnctl)
{
	struct line line;

	line_read_words(dnctl->options->words, dnctl->options->word_count,
	    &line);
	return main_line(dnctl, &line);
}

static int
main_run(struct dnctl *dnctl)
{
	const struct main_options *options = dnctl->options;

	if (options->word_count > 0)
		return main_words(dnctl);
	if (options->file == NULL && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO))
		return main_shell(dnctl);
	return main_file(dnctl, options->file);
}

/* ---- options ---- */

enum { MAIN_RUN_DIR = 256, MAIN_NO_COLOR, MAIN_PASSWORD_FD, MAIN_VERSION };

static const struct option main_long_options[] = {
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'j'},
	{"no-color", no_argument, NULL, MAIN_NO_COLOR},
	{"password-fd", required_argument, NULL, MAIN_PASSWORD_FD},
	{"run-dir", required_argument, NULL, MAIN_RUN_DIR},
	{"version", no_argument, NULL, MAIN_VERSION},
	{NULL, 0, NULL, 0},
};

static unsigned
main_parse_timeout(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' ||
	    !(seconds >= 0.001 && seconds <= MAIN_TIMEOUT_SECONDS_MAX)) {
		fprintf(stderr, "dnctl: -t wants seconds from 0.001 to %d, "
		    "not %s\n", MAIN_TIMEOUT_SECONDS_MAX, text);
		exit(MAIN_USAGE);
	}
	return (unsigned)(seconds * 1000);
}

static FILE *
main_parse_fd(const char *text)
{
	char *end;
	long fd = strtol(text, &end, 10);
	FILE *in = NULL;

	if (end != text && *end == '\0' && fd >= 0 && fd <= INT_MAX)
		in = fd == STDIN_FILENO ? stdin : fdopen((int)fd, "r");
	if (in == NULL) {
		fprintf(stderr, "dnctl: --password-fd wants the number of a "
		    "file that is open for reading, not %s\n", text);
		exit(MAIN_USAGE);
	}
	return in;
}

static void
main_option(struct main_options *options, int option)
{
	switch (option) {
	case 's': options->socket = optarg; break;
	case MAIN_PASSWORD_FD: options->passwords = main_parse_fd(optarg);
		break;
	case MAIN_RUN_DIR: options->run_dir = optarg; break;
	case 't': options->timeout_msec = main_parse_timeout(optarg); break;
	case 'j': options->mode = PRINT_DOCUMENT; break;
	case 'J': options->mode = PRINT_ROWS; break;
	case 'f': options->file = optarg; break;
	case 'k': options->keep_going = true; break;
	case 'q': options->quiet = true; break;
	case MAIN_NO_COLOR: options->no_color = true; break;
	case 'h':
		fputs(main_usage, stdout);
		exit(MAIN_DONE);
	case MAIN_VERSION:
		puts("dnctl " DNCHAT_VERSION);
		exit(MAIN_DONE);
	default:
		/* getopt has said what is wrong. */
		exit(MAIN_USAGE);
	}
}

static void
main_word(struct main_options *options, const char *word)
{
	if (options->word_count <= ADMIN_WORDS_MAX)
		options->words[options->word_count] = word;
	options->word_count++;
}

/* Options may stand behind the command too, but `map --dot` is a word of the
 * command: hence not getopt's own order. */
static void
main_options(struct main_options *options, int argc, char **argv)
{
	const char *word;
	bool only_words = false;

	while (optind < argc) {
		word = argv[optind];
		if (!only_words && strcmp(word, "--") == 0) {
			only_words = true;
			optind++;
		} else if (only_words || word[0] != '-' || word[1] == '\0' ||
		    line_is_literal(word)) {
			main_word(options, word);
			optind++;
		} else
			main_option(options, getopt_long(argc, argv,
			    "+s:t:jJf:kqh", main_long_options, NULL));
	}
	if (options->quiet)
		options->mode = PRINT_NOTHING;
	if (options->file != NULL && options->word_count > 0) {
		fputs("dnctl: -f and a command at once\n", stderr);
		exit(MAIN_USAGE);
	}
	if (options->word_count > ADMIN_WORDS_MAX + 1)
		options->word_count = ADMIN_WORDS_MAX + 1;
}

static bool
main_is_bold(const struct main_options *options)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return !options->no_color && (no_color == NULL || *no_color == '\0') &&
	    isatty(STDOUT_FILENO) && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

/* The socket to use, in 'path' if the options don't tell. */
static const char *
main_socket(const struct main_options *options, char *path, size_t size)
{
	enum dn_err err;

	if (options->socket != NULL)
		return options->socket;
	err = client_path(options->run_dir, path, size);
	if (err == DN_OK)
		return path;
	main_tell(NULL, err == DN_E_REFUSED
	    ? "the default run directory belongs to somebody else"
	    : "the path of the run directory is too long",
	    "--run-dir DIR or -s SOCKET says which to use");
	exit(MAIN_NO_CONNECTION);
}

int
main(int argc, char **argv)
{
	struct main_options options = {.timeout_msec = 5000};
	struct dnctl dnctl = {.options = &options};
	char path[4096];
	int status;

	main_options(&options, argc, argv);
	client_catch_interrupts();
	dnctl.client = client_new(main_socket(&options, path, sizeof(path)),
	    options.timeout_msec);
	dnctl.print = print_new(stdout, options.mode, main_is_bold(&options));
	status = main_run(&dnctl);
	client_free(dnctl.client);
	print_free(dnctl.print);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("dnctl: the answer cannot be written\n", stderr);
		return status == MAIN_DONE ? MAIN_REFUSED : status;
	}
	return status;
}
