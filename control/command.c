/* What the commands do: see command.h. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dnchat/log.h"
#include "memory.h"
#include "nearest.h"
#include "show.h"

/* Local users whose names are looked through for "did you mean". */
#define COMMAND_NAMES_MAX 1000
#define COMMAND_HINT_BYTES 384

/* ---- helpers ---- */

const struct core *
command_core(const struct console *console)
{
	return console->consoles->engine->core;
}

void
command_log(const struct console *console, const char *what,
    const char *argument, enum dn_err err)
{
	dn_info("command", "command=%s argument=%s uid=%ju pid=%jd result=%s",
	    what, dn_log_str(dn_str_of(argument)).text,
	    (uintmax_t)console->uid, (intmax_t)console->pid,
	    dn_err_code(err));
}

enum dn_err
command_step(const struct console *console, struct event *event,
    const char *what, const char *argument)
{
	enum dn_err err = engine_command(console->consoles->engine, event);

	command_log(console, what, argument, err);
	return err;
}

bool
command_user(struct console *console, const char *word, const void **user,
    struct user_view *view)
{
	const char *names[COMMAND_NAMES_MAX], *nearest;
	const struct core *core = command_core(console);
	char hint[COMMAND_HINT_BYTES] = "show users lists them";
	enum dn_err err = core_find_user(core, word, user, view);
	const void *at = NULL;
	size_t count = 0;

	if (err == DN_OK)
		return true;
	while (err == DN_E_UNKNOWN && count < COMMAND_NAMES_MAX &&
	    (at = core_next_user(core, at, view)) != NULL)
		if (view->shown && view->name.size <= NEAREST_BYTES_MAX)
			names[count++] = memory_string(view->name);
	nearest = nearest_word(word, names, count);
	if (nearest != NULL)
		snprintf(hint, sizeof(hint), "did you mean %s?", nearest);
	while (count > 0)
		free((void *)(uintptr_t)names[--count]);
	console_fail(console, dn_err_code(err), err == DN_E_EXISTS ?
	    "several users have that name" : "there is no such user",
	    err == DN_E_EXISTS ? "say the number instead" : hint);
	return false;
}

/* ---- links ---- */

/* The peer called 'word': its name, or its host where only one has it. */
static bool
command_peer(const struct core *core, const char *word, struct peer_view *to)
{
	size_t size = strlen(word), found = 0;
	const void *peer = NULL;
	struct peer_view view;

	while ((peer = core_next_peer(core, peer, &view)) != NULL) {
		if (strcmp(view.name, word) == 0) {
			*to = view;
			return true;
		}
		if (strncmp(view.name, word, size) == 0 &&
		    view.name[size] == ':') {
			*to = view;
			found++;
		}
	}
	return found == 1;
}

static void
command_wanted(struct console *console, const struct config_target *target,
    enum dn_err err)
{
	char name[DN_HOST_BYTES_MAX + 32];
	char error[COMMAND_HINT_BYTES + sizeof(name)];
	struct peer_view view;
	bool is_known;

	snprintf(name, sizeof(name), strchr(target->host, ':') != NULL ?
	    "%s[%s]:%u" : "%s%s:%u", target->is_tls ? DN_WSS_PREFIX : "",
	    target->host, (unsigned)target->port);
	is_known = command_peer(command_core(console), name, &view);
	if (err == DN_OK) {
		console_row_take(console, json_pack("{s:o, s:s, s:s}", "peer",
		    show_string(dn_str_of(name)), "state", is_known ?
		    core_peer_state_word(view.state) : "unknown", "note",
		    "accepted; show peers tells the rest"));
		console_ok(console);
	} else if (err == DN_E_EXISTS && is_known) {
		snprintf(error, sizeof(error), "%s is a peer already: %s",
		    name, core_peer_state_word(view.state));
		console_fail(console, dn_err_code(err), error,
		    "show peers tells more");
	} else {
		console_refuse(console, err, err == DN_E_STATE ?
		    "the server is shutting down" : "");
	}
}

static void
command_connect(struct console *console, const char *const *words,
    size_t count)
{
	struct event event = {.type = EVENT_connect};
	struct config_target target;
	uint64_t port;
	enum dn_err err;

	err = config_target(&target, words[0], DN_PORT_DEFAULT);
	if (err == DN_OK && count > 1) {
		err = config_number(&port, words[1], 1, UINT16_MAX);
		target.port = (uint16_t)(err == DN_OK ? port : 0);
	}
	if (err != DN_OK) {
		console_fail(console, dn_err_code(err), "HOST is a name or an "
		    "address, with wss:// before it or not, PORT a number "
		    "from 1 to 65535", "connect other.example.org 42015");
		return;
	}
	event.body.connect.host = dn_str_of(target.host);
	event.body.connect.port = target.port;
	event.body.connect.tls = target.is_tls;
	err = command_step(console, &event, "connect", words[0]);
	command_wanted(console, &target, err);
}

static void
command_federate(struct console *console, const char *const *words,
    size_t count)
{
	char written[DN_ADMIN_LINE_BYTES_MAX];
	struct event event = {.type = EVENT_federate};
	struct config_target target;

	snprintf(written, sizeof(written), count > 1 ? "%s:%s" : "%s",
	    words[0], count > 1 ? words[1] : "");
	if (config_federate(&target, written) != NULL) {
		console_fail(console, dn_err_code(DN_E_MALFORMED), "HOST is a "
		    "name or an address, PORT a number from 1 to 65535",
		    "federate chat.example.org 4400");
		return;
	}
	event.body.federate.host = dn_str_of(target.host);
	event.body.federate.port = target.port;
	event.body.federate.written = dn_str_of(written);
	command_wanted(console, &target,
	    command_step(console, &event, "federate", written));
}

static void
command_disconnect(struct console *console, const char *const *words,
    size_t count)
{
	struct event event = {.type = EVENT_disconnect};
	const char *names[DN_LINKS_MAX], *nearest;
	const void *peer = NULL;
	char hint[COMMAND_HINT_BYTES] = "show peers lists them";
	struct peer_view view;
	enum dn_err err = DN_E_UNKNOWN;

	if (command_peer(command_core(console), words[0], &view)) {
		char *name = memory_string(dn_str_of(view.name));

		event.body.disconnect.peer = dn_str_of(name);
		err = command_step(console, &event, "disconnect", name);
		free(name);
	}
	if (err == DN_OK) {
		console_ok(console);
	} else if (err != DN_E_UNKNOWN) {
		console_refuse(console, err, "");
	} else {
		for (count = 0; count < DN_LINKS_MAX && (peer = core_next_peer(
		    command_core(console), peer, &view)) != NULL; count++)
			names[count] = view.name;
		nearest = nearest_word(words[0], names, count);
		if (nearest != NULL)
			snprintf(hint, sizeof(hint), "did you mean %s?",
			    nearest);
		console_fail(console, dn_err_code(err),
		    "there is no such peer", hint);
	}
}

/* ---- what changes something ---- */

static void
command_kick(struct console *console, const char *const *words, size_t count)
{
	struct event event = {.type = EVENT_kick};
	struct user_view view;
	const void *user;
	enum dn_err err;

	(void)count;
	if (!command_user(console, words[0], &user, &view))
		return;
	event.body.kick.number = view.number;
	err = command_step(console, &event, "kick", words[0]);
	if (err == DN_OK)
		console_ok(console);
	else
		console_refuse(console, err, err == DN_E_STATE ?
		    "only users who are connected here can be kicked" : "");
}

static void
command_level(struct console *console, const char *const *words, size_t count)
{
	enum dn_log_level level = dn_log_parse(dn_str_of(words[0]));
	struct event event = {.type = EVENT_level};

	(void)count;
	if (level == DN_LOG_COUNT) {
		console_fail(console, "usage",
		    "LEVEL is error, warn, info or debug", "");
		return;
	}
	dn_log_level = level;
	event.body.level.level = (uint8_t)level;
	(void)command_step(console, &event, "log", words[0]);
	console_ok(console);
}

static void
command_restart(struct console *console, const char *const *words,
    size_t count)
{
	(void)words;
	(void)count;
	if (console->consoles->restarter != NULL) {
		console_refuse(console, DN_E_STATE, "it is restarting");
		return;
	}
	command_log(console, "restart", "", DN_OK);
	/* The snapshot has to be the last of this turn. */
	console->consoles->restarter = console;
	console_begin(console);
}

static void
command_shutdown(struct console *console, const char *const *words,
    size_t count)
{
	struct event event = {.type = EVENT_shutdown};

	(void)words;
	(void)count;
	command_log(console, "shutdown", "", DN_OK);
	(void)engine_step(console->consoles->engine, &event);
	console_ok(console);
}

/* ---- which command it is ---- */

static void (*const command_handlers[ADMIN_COUNT])(struct console *console,
    const char *const *words, size_t count) = {
	[ADMIN_CONNECT] = command_connect,
	[ADMIN_FEDERATE] = command_federate,
	[ADMIN_DISCONNECT] = command_disconnect,
	[ADMIN_SHOW_STATUS] = command_show_status,
	[ADMIN_SHOW_PEERS] = command_show_peers,
	[ADMIN_SHOW_USERS] = command_show_users,
	[ADMIN_SHOW_ROUTES] = command_show_routes,
	[ADMIN_SHOW_ROUTE] = command_show_route,
	[ADMIN_SHOW_CONNECTIONS] = command_show_connections,
	[ADMIN_SHOW_ROOMS] = command_show_rooms,
	[ADMIN_ROOM_CREATE] = command_room_create,
	[ADMIN_ROOM_DELETE] = command_room_delete,
	[ADMIN_ROOM_LIST] = command_show_rooms,
	[ADMIN_ROOM_MEMBERS] = command_room_members,
	[ADMIN_TRACE] = command_trace,
	[ADMIN_MAP] = command_map,
	[ADMIN_WATCH] = command_watch,
	[ADMIN_KICK] = command_kick,
	[ADMIN_SHOW_ACCOUNTS] = command_show_accounts,
	[ADMIN_ACCOUNT_ADD] = command_account_add,
	[ADMIN_ACCOUNT_DELETE] = command_account_delete,
	[ADMIN_ACCOUNT_PASSWORD] = command_account_password,
	[ADMIN_ACCOUNT_LIST] = command_show_accounts,
	[ADMIN_ACCOUNT_LOCK] = command_account_lock,
	[ADMIN_ACCOUNT_UNLOCK] = command_account_unlock,
	[ADMIN_LOG] = command_level,
	[ADMIN_RESTART] = command_restart,
	[ADMIN_SHUTDOWN] = command_shutdown,
	[ADMIN_EXIT] = command_shutdown,
};

static void
command_help(struct console *console)
{
	const struct admin_command *command;
	unsigned id;

	for (id = 0; id < ADMIN_COUNT; id++) {
		command = admin_command((enum admin_id)id);
		console_row_take(console, json_pack("{s:s, s:s, s:s}",
		    "command", command->words, "arguments",
		    command->arguments, "help", command->help));
	}
	console_ok(console);
}

/* Appends to 'hint' the commands that begin as 'line' does. */
static void
command_candidates(const struct admin_line *line, char *hint, size_t room)
{
	const struct admin_command *command;
	const char *comma = "";
	size_t at = strlen(hint);
	unsigned id;

	for (id = 0; id < ADMIN_COUNT && at < room - 40; id++) {
		command = admin_command((enum admin_id)id);
		if (admin_fit(command, line) == ADMIN_OTHER ||
		    admin_is_surplus(command, line))
			continue;
		at += (size_t)snprintf(hint + at, room - at, "%s%s", comma,
		    command->words);
		comma = ", ";
	}
}

/* Nothing begins as 'line' does: what may have been meant? */
static void
command_unknown(struct console *console, const struct admin_line *line)
{
	const char *words[ADMIN_COUNT], *nearest = NULL;
	char typed[2 * NEAREST_BYTES_MAX], error[COMMAND_HINT_BYTES];
	char hint[COMMAND_HINT_BYTES] = "";
	unsigned id;

	for (id = 0; id < ADMIN_COUNT; id++)
		words[id] = admin_command((enum admin_id)id)->words;
	if (line->count > 1) {
		snprintf(typed, sizeof(typed), "%.*s %.*s",
		    NEAREST_BYTES_MAX - 1, line->words[0],
		    NEAREST_BYTES_MAX - 1, line->words[1]);
		nearest = nearest_word(typed, words, ADMIN_COUNT);
	}
	if (nearest == NULL)
		nearest = nearest_word(line->words[0], words, ADMIN_COUNT);
	if (nearest != NULL)
		snprintf(hint, sizeof(hint), "did you mean %s?", nearest);
	else
		command_candidates(line, hint, sizeof(hint));
	if (*hint == '\0')
		snprintf(hint, sizeof(hint), "help lists the commands");
	snprintf(error, sizeof(error), "there is no command %.*s",
	    NEAREST_BYTES_MAX, line->words[0]);
	console_fail(console, "usage", error, hint);
}

static void
command_ambiguous(struct console *console, const struct admin_line *line)
{
	char hint[COMMAND_HINT_BYTES] = "it could be ";

	command_candidates(line, hint, sizeof(hint));
	console_fail(console, "usage", "the command is ambiguous", hint);
}

void
command_run(struct console *console, const struct admin_line *line)
{
	const struct admin_command *command;
	char error[COMMAND_HINT_BYTES];
	enum admin_id id;
	size_t at;

	if (strcmp(line->words[0], "help") == 0 ||
	    strcmp(line->words[0], "?") == 0) {
		command_help(console);
		return;
	}
	switch (admin_match(line, &id, &at)) {
	case ADMIN_MATCHED:
		command_handlers[id](console, line->words + at,
		    line->count - at);
		break;
	case ADMIN_NO_SUCH:
		command_unknown(console, line);
		break;
	case ADMIN_AMBIGUOUS:
		command_ambiguous(console, line);
		break;
	case ADMIN_ARGUMENTS:
		command = admin_command(id);
		snprintf(error, sizeof(error), "usage: %s %s",
		    command->words, command->arguments);
		console_fail(console, "usage", error, command->help);
		break;
	}
}
