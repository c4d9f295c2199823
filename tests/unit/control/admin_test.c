/* The admin socket: answers in their form and order, and clients that behave
 * badly. */
#include "shell.h"

struct client {
	int fd;
	struct bytes in;
	bool open;
};

struct scene {
	struct shell shell;
	struct plane plane;
	struct client client;
};

static void
client_open(struct client *client, const struct shell *shell)
{
	memset(client, 0, sizeof(*client));
	client->fd = shell_connect(shell, "admin.sock");
	client->open = true;
}

static void
client_close(struct client *client)
{
	close(client->fd);
	bytes_deinit(&client->in);
}

/* Takes in what has come. */
static void
client_pump(struct client *client)
{
	ssize_t size;

	do {
		size = read(client->fd, bytes_reserve(&client->in, 65536),
		    65536);
		if (size > 0)
			client->in.size += (size_t)size;
	} while (size > 0);
	client->open = client->open && size < 0 && errno == EAGAIN;
}

static void
client_say(struct client *client, const char *text)
{
	assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
}

/* The next line as an object, or NULL if the connection ends. */
static json_t *
client_row(struct client *client, struct shell *shell)
{
	unsigned turns;
	unsigned char *end;
	json_t *row;
	size_t size;

	for (turns = 0; turns < SHELL_PATIENCE; turns++) {
		end = client->in.size == 0 ? NULL :
		    memchr(client->in.data, '\n', client->in.size);
		if (end != NULL) {
			size = (size_t)(end - client->in.data);
			row = json_loadb((const char *)client->in.data, size,
			    0, NULL);
			assert_true(json_is_object(row));
			bytes_consume(&client->in, size + 1);
			return row;
		}
		if (!client->open)
			return NULL;
		shell_turn(shell);
		client_pump(client);
		if (client->in.size == 0)
			usleep(500);
	}
	fail_msg("no answer");
	return NULL;
}

/* Says 'line'; the number of rows before the status, whose code is
 * compared. */
static size_t
ask(struct scene *s, const char *line, const char *code)
{
	json_t *row;
	size_t count = 0;
	bool is_ok;

	client_say(&s->client, line);
	client_say(&s->client, "\n");
	for (;; count++) {
		row = client_row(&s->client, &s->shell);
		assert_non_null(row);
		if (json_object_get(row, "ok") != NULL)
			break;
		json_decref(row);
	}
	is_ok = json_is_true(json_object_get(row, "ok"));
	if (is_ok != (strcmp(code, "ok") == 0) || (!is_ok && strcmp(code,
	    json_string_value(json_object_get(row, "code"))) != 0))
		fail_msg("%s: %s", line, json_dumps(row, 0));
	json_decref(row);
	return count;
}

/* The same for an error; compares a part of its error or hint. */
static void
refused(struct scene *s, const char *line, const char *code,
    const char *words)
{
	json_t *row;
	char *text;

	client_say(&s->client, line);
	client_say(&s->client, "\n");
	row = client_row(&s->client, &s->shell);
	assert_non_null(row);
	text = json_dumps(row, 0);
	assert_true(json_is_false(json_object_get(row, "ok")));
	assert_non_null(json_object_get(row, "hint"));
	if (strcmp(json_string_value(json_object_get(row, "code")),
	    code) != 0 || strstr(text, words) == NULL)
		fail_msg("%s: %s", line, text);
	free(text);
	json_decref(row);
}

static void
scene_begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	shell_dir(s->shell.dir);
	shell_start(&s->shell, true);
	plane_start(&s->plane, &s->shell, 5);
	plane_greet(&s->plane, &s->shell);
	plane_expect(&s->plane, &s->shell, IPC_ack);
	client_open(&s->client, &s->shell);
}

static void
scene_end(struct scene *s)
{
	client_close(&s->client);
	plane_end(&s->plane);
	shell_kill(&s->shell);
	shell_clean(s->shell.dir);
}

/* 'count' users of a peer. */
static void
add_users(struct scene *s, size_t count)
{
	size_t i;

	PLANE_UP(&s->plane, &s->shell, srvr, .conn = 9,
	    .flags = IPC_LINK_ROUTING, .source = S("127.0.0.1:9"));
	for (i = 1; i <= count; i++) {
		PLANE_UP(&s->plane, &s->shell, arrv, .conn = 9, .number = i,
		    .name = S("a name that takes its room, as names do"),
		    .description = S("a description that does so even more"));
		(void)plane_pump(&s->plane);
		if (i % 100 == 0)
			PLANE_SAY(&s->plane, &s->shell, ack, 0,
			    .applied = s->shell.engine.outbox.last);
	}
	shell_idle(&s->shell);
}

static void
commands_are_answered(void **state)
{
	struct scene s;

	(void)state;
	scene_begin(&s);
	add_users(&s, 3);
	assert_int_equal(ask(&s, "show users", "ok"), 3);
	assert_int_equal(ask(&s, "sh u", "ok"), 3);
	assert_int_equal(ask(&s, "show peers", "ok"), 1);
	assert_int_equal(ask(&s, "show routes", "ok"), 3);
	assert_int_equal(ask(&s, "show route 2", "ok"), 1);
	assert_int_equal(ask(&s, "trace 2", "ok"), 1);
	assert_int_equal(ask(&s, "show connections", "ok"), 1);
	assert_true(ask(&s, "map", "ok") >= 4);
	assert_true(ask(&s, "map --dot", "ok") >= 4);
	assert_int_equal(ask(&s, "connect 192.0.2.1 7", "ok"), 1);
	assert_int_equal(ask(&s, "disconnect 192.0.2.1", "ok"), 0);
	assert_int_equal(ask(&s, "connect [2001:db8::1]:8", "ok"), 1);
	assert_int_equal(ask(&s, "disconnect [2001:db8::1]:8", "ok"), 0);
	assert_int_equal(ask(&s, "log error", "ok"), 0);
	assert_int_equal(ask(&s, "help", "ok"), ADMIN_COUNT);
	/* dnchatd doesn't answer: the row comes without its counters. */
	assert_int_equal(ask(&s, "show status", "ok"), 1);
	scene_end(&s);
}

static void
rooms_are_made_shown_and_ended(void **state)
{
	struct scene s;

	(void)state;
	scene_begin(&s);
	assert_int_equal(ask(&s, "room create lobby", "ok"), 1);
	assert_int_equal(ask(&s, "room create '#my attic'", "ok"), 1);
	assert_int_equal(ask(&s, "room list", "ok"), 2);
	assert_int_equal(ask(&s, "show rooms", "ok"), 2);
	assert_int_equal(ask(&s, "room members \\#lobby", "ok"), 0);
	refused(&s, "room create lobby", "exists", "of that name");
	refused(&s, "room create ' x'", "malformed", "1 to 64 bytes");
	refused(&s, "room members loby", "unknown", "did you mean lobby?");
	refused(&s, "room delete xyzzy", "unknown", "show rooms lists them");
	assert_int_equal(ask(&s, "room delete 'my attic'", "ok"), 0);
	assert_int_equal(ask(&s, "room list", "ok"), 1);
	scene_end(&s);
}

/* What is too much for one turn comes in several. */
static void
long_lists_of_rooms_and_members_are_whole(void **state)
{
	struct event room = {.type = EVENT_room};
	struct event member = {.type = EVENT_room_member};
	struct scene s;
	char name[64];
	unsigned i;

	(void)state;
	scene_begin(&s);
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "a name that takes its room %u",
		    i);
		room.body.room = (struct event_room){S(name), 1000 + i};
		assert_int_equal(engine_step(&s.shell.engine, &room), DN_OK);
		member.body.room_member = (struct event_room_member){
		    S("a name that takes its room 0"), S(name)};
		assert_int_equal(engine_step(&s.shell.engine, &member),
		    DN_OK);
	}
	assert_int_equal(ask(&s, "show rooms", "ok"), 3000);
	assert_int_equal(ask(&s, "room members 'a name that takes its room "
	    "0'", "ok"), 3000);
	scene_end(&s);
}

static void
errors_say_what_to_do(void **state)
{
	struct scene s;

	(void)state;
	scene_begin(&s);
	add_users(&s, 2);
	refused(&s, "conect x", "usage", "did you mean connect?");
	refused(&s, "show statsu", "usage", "did you mean show status?");
	refused(&s, "xyzzy", "usage", "help lists the commands");
	refused(&s, "show", "usage", "show status, show peers");
	refused(&s, "show ro", "usage", "show routes, show route");
	refused(&s, "connect", "usage", "usage: connect HOST [PORT]");
	refused(&s, "show users all", "usage", "usage: show users");
	refused(&s, "connect host 0", "range", "PORT a number");
	refused(&s, "connect ho/st", "malformed", "HOST is a name");
	refused(&s, "map --tod", "usage", "--dot");
	refused(&s, "log loud", "usage", "debug");
	refused(&s, "disconnect 127.0.0.1:8", "unknown",
	    "did you mean 127.0.0.1:9?");
	refused(&s, "trace nobody", "unknown", "show users lists them");
	refused(&s, "kick 1", "state", "connected here");
	refused(&s, "trace \"a name that takes its room, as names d\"",
	    "unknown", "did you mean a name");
	refused(&s, "trace \"a name that takes its room, as names do\"",
	    "exists", "say the number");
	refused(&s, "show \"users", "usage", "quote");
	refused(&s, "1 2 3 4 5 6 7 8 9", "usage", "too many words");
	assert_int_equal(ask(&s, "connect 192.0.2.1", "ok"), 1);
	refused(&s, "connect 192.0.2.1", "exists", "192.0.2.1:42015");
	scene_end(&s);
}

static void
pipelined_commands_keep_their_order(void **state)
{
	static const char *const expected[] = {
		"row", "row", "ok", "row", "ok", "usage", "row", "ok"
	};
	const char *code;
	struct scene s;
	json_t *row;
	size_t i;

	(void)state;
	scene_begin(&s);
	add_users(&s, 2);
	/* `show status` waits for dnchatd; the others stand behind it. */
	client_say(&s.client, "show users\n\n# a comment\nshow status\r\n"
	    "nonsense\nshow peers\n");
	for (i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		row = client_row(&s.client, &s.shell);
		assert_non_null(row);
		code = json_object_get(row, "ok") == NULL ? "row" :
		    json_is_true(json_object_get(row, "ok")) ? "ok" :
		    json_string_value(json_object_get(row, "code"));
		assert_string_equal(code, expected[i]);
		json_decref(row);
	}
	scene_end(&s);
}

static void
long_lines_are_skipped(void **state)
{
	char line[DN_ADMIN_LINE_BYTES_MAX * 3];
	struct scene s;

	(void)state;
	scene_begin(&s);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	refused(&s, line, "usage", "too long");
	assert_int_equal(ask(&s, "show peers", "ok"), 0);
	line[DN_ADMIN_LINE_BYTES_MAX] = '\0';
	refused(&s, line, "usage", "too long");
	line[DN_ADMIN_LINE_BYTES_MAX - 1] = '\0';
	refused(&s, line, "usage", "there is no command");
	assert_int_equal(send(s.client.fd, "show\0peers\n", 11, 0), 11);
	refused(&s, "", "usage", "NUL");
	/* An over-long line in pieces is one error. */
	client_say(&s.client, line);
	shell_idle(&s.shell);
	client_say(&s.client, line);
	shell_idle(&s.shell);
	refused(&s, line, "usage", "too long");
	assert_int_equal(ask(&s, "show peers", "ok"), 0);
	scene_end(&s);
}

/* An answer of several MiB goes to whoever reads, piece by piece. */
static void
long_answers_are_paced(void **state)
{
	const size_t users = 12000;
	unsigned char *line;
	struct console *console;
	size_t rows = 0, i;
	struct scene s;

	(void)state;
	scene_begin(&s);
	add_users(&s, users);
	client_say(&s.client, "show users\nshow peers\n");
	for (i = 0; i < 50; i++)
		shell_turn(&s.shell);
	console = s.shell.consoles.first->next;
	assert_true(net_pending(console->stream) <
	    CONSOLE_SLICE_BYTES + 4096);
	assert_true(console->list.at < users);
	for (i = 0; i < 20000 && rows < users + 3; i++) {
		shell_turn(&s.shell);
		client_pump(&s.client);
		while (s.client.in.size > 0 && (line = memchr(
		    s.client.in.data, '\n', s.client.in.size)) != NULL) {
			rows++;
			bytes_consume(&s.client.in,
			    (size_t)(line - s.client.in.data) + 1);
		}
	}
	/* ... then a status, a peer and a status. */
	assert_int_equal(rows, users + 3);
	scene_end(&s);
}

/* Whoever watches and doesn't read is cut at the bound. */
static void
who_does_not_read_is_cut(void **state)
{
	struct updates updates = {0};
	struct notice *notice;
	char text[900];
	struct scene s;
	size_t i;

	(void)state;
	scene_begin(&s);
	client_say(&s.client, "watch\n");
	shell_idle(&s.shell);
	assert_int_equal(s.shell.consoles.count, 2);
	memset(text, 'x', sizeof(text));
	notice = updates_notice(&updates, DN_LOG_INFO, "test");
	notice_add(notice, "text", (struct dn_str){text, sizeof(text)});
	for (i = 0; i < 3000 && s.shell.consoles.count > 1; i++) {
		consoles_notice(&s.shell.consoles, notice);
		assert_true(s.shell.consoles.first->next == NULL ||
		    net_pending(s.shell.consoles.first->next->stream) <=
		    CONSOLE_PENDING_BYTES_MAX);
		shell_turn(&s.shell);
	}
	assert_int_equal(s.shell.consoles.count, 1);
	assert_true(i > 1000);
	updates_deinit(&updates);
	scene_end(&s);
}

static void
watching_shows_notices(void **state)
{
	struct client other;
	struct scene s;
	json_t *row;

	(void)state;
	scene_begin(&s);
	client_open(&other, &s.shell);
	client_say(&other, "watch\n");
	shell_idle(&s.shell);
	PLANE_UP(&s.plane, &s.shell, auth, .conn = 5, .number = 7,
	    .name = S("ann"), .secret = S("sesame"), .source = S("x"));
	row = client_row(&other, &s.shell);
	assert_non_null(row);
	assert_non_null(json_object_get(row, "time"));
	assert_non_null(json_object_get(row, "event"));
	json_decref(row);
	assert_int_equal(ask(&s, "kick ann", "ok"), 0);
	/* Whoever watches is noticed to be gone. */
	client_close(&other);
	shell_idle(&s.shell);
	assert_int_equal(s.shell.consoles.count, 2);
	scene_end(&s);
}

/* The last of too many is told so; when one goes there is room again. */
static void
clients_are_bounded(void **state)
{
	struct client clients[CONSOLE_COUNT_MAX];
	struct scene s;
	json_t *row;
	size_t i;

	(void)state;
	scene_begin(&s);
	/* Standard input and the scene's are consoles, too. */
	for (i = 0; i < CONSOLE_COUNT_MAX - 1; i++) {
		client_open(&clients[i], &s.shell);
		shell_turn(&s.shell);
	}
	row = client_row(&clients[--i], &s.shell);
	assert_non_null(row);
	assert_string_equal(json_string_value(json_object_get(row, "code")),
	    "full");
	json_decref(row);
	assert_null(client_row(&clients[i], &s.shell));
	assert_int_equal(ask(&s, "show peers", "ok"), 0);
	client_close(&clients[i]);
	client_close(&clients[--i]);
	shell_idle(&s.shell);
	client_open(&clients[i], &s.shell);
	client_say(&clients[i], "show peers\n");
	row = client_row(&clients[i], &s.shell);
	assert_true(json_is_true(json_object_get(row, "ok")));
	json_decref(row);
	for (i++; i-- > 0;)
		client_close(&clients[i]);
	shell_idle(&s.shell);
	assert_int_equal(s.shell.consoles.count, 2);
	scene_end(&s);
}

/* socat closes its half when its input ends, and wants the answers. */
static void
half_closed_clients_are_answered(void **state)
{
	struct scene s;
	json_t *row;

	(void)state;
	scene_begin(&s);
	add_users(&s, 1);
	client_say(&s.client, "show status\nshow users\n");
	assert_int_equal(shutdown(s.client.fd, SHUT_WR), 0);
	for (int i = 0; i < 4; i++) {
		row = client_row(&s.client, &s.shell);
		assert_non_null(row);
		json_decref(row);
	}
	assert_null(client_row(&s.client, &s.shell));
	shell_idle(&s.shell);
	assert_int_equal(s.shell.consoles.count, 1);
	scene_end(&s);
}

/* A client may go at any moment of an answer. */
static void
clients_may_go_at_any_time(void **state)
{
	static const char *const lines[] = {
		"show status\n", "show users\n", "watch\n", "show us",
		"restart\n"
	};
	struct client other;
	struct scene s;
	size_t i, turns;

	(void)state;
	scene_begin(&s);
	add_users(&s, 2000);
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		for (turns = 0; turns < 5; turns++) {
			client_open(&other, &s.shell);
			client_say(&other, lines[i]);
			for (size_t j = 0; j < turns; j++)
				shell_turn(&s.shell);
			client_close(&other);
			shell_idle(&s.shell);
			PLANE_UP(&s.plane, &s.shell, rtt, .conn = 9,
			    .usec = 5);
			shell_idle(&s.shell);
		}
	assert_int_equal(ask(&s, "show peers", "ok"), 1);
	scene_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_answered),
		cmocka_unit_test(rooms_are_made_shown_and_ended),
		cmocka_unit_test(long_lists_of_rooms_and_members_are_whole),
		cmocka_unit_test(errors_say_what_to_do),
		cmocka_unit_test(pipelined_commands_keep_their_order),
		cmocka_unit_test(long_lines_are_skipped),
		cmocka_unit_test(long_answers_are_paced),
		cmocka_unit_test(who_does_not_read_is_cut),
		cmocka_unit_test(watching_shows_notices),
		cmocka_unit_test(clients_are_bounded),
		cmocka_unit_test(half_closed_clients_are_answered),
		cmocka_unit_test(clients_may_go_at_any_time),
	};
	int fds[2];

	/* Standard input that stays silent, whatever runs this test. */
	if (pipe(fds) != 0 || dup2(fds[0], STDIN_FILENO) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
