/*
 * What the load generator says to servers of others, and how it reads them:
 * in pieces of any size, and what no server would send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../bench/dialect.h"

/* A client without a connection, and what it was told. */
struct scene {
	struct client_pool pool;
	struct client client;
	char told[1024]; /* "[message]..." */
	bool is_gone;
};

static void
scene_open(void *context, struct client *client)
{
	struct scene *scene = context;

	assert_ptr_equal(client, &scene->client);
	strcat(scene->told, "open");
}

static void
scene_message(void *context, struct client *client, const char *data,
    size_t size)
{
	struct scene *scene = context;
	size_t at = strlen(scene->told);

	assert_ptr_equal(client, &scene->client);
	assert_true(at + size + 3 <= sizeof(scene->told));
	(void)snprintf(scene->told + at, sizeof(scene->told) - at, "[%.*s]",
	    (int)size, data);
}

static void
scene_closed(void *context, struct client *client, const char *error)
{
	struct scene *scene = context;

	assert_ptr_equal(client, &scene->client);
	assert_non_null(error);
	scene->is_gone = true;
}

static void
scene_begin(struct scene *scene, const struct dialect *dialect)
{
	*scene = (struct scene){
		.pool = {.wire = dialect->wire, .context = scene, .events = {
		    scene_open, scene_message, scene_closed}},
		.client = {.fd = -1, .state = CLIENT_OPENING},
	};
	dialect->wire->begin(&scene->pool, &scene->client);
}

/* Hands over 'size' bytes of 'data' and takes off what is whole; how much. */
static size_t
scene_take(struct scene *scene, const char *data, size_t size)
{
	size_t at = 0, step;
	char *exact;

	while (at < size && !scene->is_gone) {
		/* What is read beyond the end is seen. */
		exact = malloc(size - at);
		assert_non_null(exact);
		memcpy(exact, data + at, size - at);
		step = scene->pool.wire->take(&scene->pool, &scene->client,
		    exact, size - at);
		free(exact);
		assert_true(step <= size - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

/* However 'data' is cut in two, it says 'told', and nothing is left. */
static void
says(const struct dialect *dialect, const char *data, const char *told)
{
	size_t size = strlen(data), cut, first;
	struct scene scene;

	for (cut = 0; cut <= size; cut++) {
		scene_begin(&scene, dialect);
		first = scene_take(&scene, data, cut);
		assert_int_equal(first + scene_take(&scene, data + first,
		    size - first), size);
		assert_false(scene.is_gone);
		assert_string_equal(scene.told, told);
	}
}

static void
ends(const struct dialect *dialect, const char *data)
{
	struct scene scene;

	scene_begin(&scene, dialect);
	(void)scene_take(&scene, data, strlen(data));
	assert_true(scene.is_gone);
}

static void
nats_is_cut_into_messages(void **state)
{
	(void)state;
	says(&dialect_nats, "INFO {\"port\":1}\r\nPING\r\n"
	    "MSG u.1 1 5\r\na\r\nbc\r\nMSG all 2 back 0\r\n\r\nPONG\r\n",
	    "open[PING][MSG u.1 1 5\r\na\r\nbc][MSG all 2 back 0\r\n][PONG]");
}

static void
nats_that_is_none_ends_it(void **state)
{
	(void)state;
	ends(&dialect_nats, "INFO {}\n");
	ends(&dialect_nats, "\n");
	ends(&dialect_nats, "MSG u.1 1 65536\r\n");
	ends(&dialect_nats, "MSG u.1 1 99999999999999999999999\r\n");
	ends(&dialect_nats, "MSG u.1 1 2\r\nabc\r\n");
}

static void
irc_is_cut_into_lines(void **state)
{
	(void)state;
	says(&dialect_irc, ":s 001 u1 :Hi\r\n\r\nPING :s\n:a PRIVMSG u1 :b\r\n",
	    "open[:s 001 u1 :Hi][][PING :s][:a PRIVMSG u1 :b]");
}

static void
endless_irc_line_ends_it(void **state)
{
	char line[5001];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ends(&dialect_irc, line);
}

static void
means(const struct dialect *dialect, const char *data, enum said_kind kind)
{
	struct said said = dialect->read(data, strlen(data));

	assert_int_equal(said.kind, kind);
	assert_ptr_equal(said.data, data);
	assert_int_equal(said.size, strlen(data));
}

static void
meanings(void **state)
{
	(void)state;
	means(&dialect_nats, "MSG u.1 1 1\r\nx", SAID_DELIVERY);
	means(&dialect_nats, "PING", SAID_CALL);
	means(&dialect_nats, "PONG", SAID_ANSWER);
	means(&dialect_nats, "INFO {}", SAID_NOTHING);
	means(&dialect_nats, "-ERR 'no'", SAID_REFUSAL);
	means(&dialect_nats, "", SAID_NOTHING);
	means(&dialect_irc, ":a!u@h PRIVMSG #all :x", SAID_DELIVERY);
	means(&dialect_irc, ":a!u@h JOIN :#all", SAID_ARRIVAL);
	means(&dialect_irc, ":a!u@h QUIT :x", SAID_LEAVE);
	means(&dialect_irc, ":s PONG s :bench", SAID_ANSWER);
	means(&dialect_irc, ":s 001 a :Hi", SAID_CALL);
	means(&dialect_irc, ":s 005 a LINELEN=512 :are", SAID_NOTHING);
	means(&dialect_irc, ":s 422 a :no text", SAID_NOTHING);
	means(&dialect_irc, ":s 401 a b :nobody", SAID_REFUSAL);
	means(&dialect_irc, "PING :s", SAID_CALL);
	means(&dialect_irc, "ERROR :Closing link", SAID_REFUSAL);
	means(&dialect_irc, ":PRIVMSG", SAID_NOTHING);
	means(&dialect_irc, "", SAID_NOTHING);
	means(&dialect_dnchat, "SEND 7\r\n8\r\nhi", SAID_DELIVERY);
	means(&dialect_dnchat, "OKAY 7", SAID_ANSWER);
	means(&dialect_dnchat, "ACKN 7\r\n8", SAID_ANSWER);
	means(&dialect_dnchat, "ARRV 8\r\nann\r\n\r\n0", SAID_ARRIVAL);
	means(&dialect_dnchat, "LEFT 8", SAID_LEAVE);
	means(&dialect_dnchat, "FAIL 7\r\nNUMBER", SAID_REFUSAL);
	means(&dialect_dnchat, "INVD 7", SAID_REFUSAL);
	means(&dialect_dnchat, "SEND", SAID_REFUSAL);
	assert_int_equal(dialect_dnchat.read("SEND 71\r\n8\r\nhi", 14).number,
	    71);
}

/* 'dialect' writes 'text' before a message to 'target', but not into less. */
static void
heads(const struct dialect *dialect, uint64_t target, const char *text)
{
	struct message message = {71, target, 64};
	char out[64];
	size_t size = strlen(text);

	assert_int_equal(dialect->head(&message, out, sizeof(out)), size);
	assert_memory_equal(out, text, size);
	assert_int_equal(dialect->head(&message, out, size), 0);
}

static void
messages_are_addressed(void **state)
{
	(void)state;
	heads(&dialect_nats, 8, "PUB u.8 64\r\n");
	heads(&dialect_nats, 0, "PUB all 64\r\n");
	heads(&dialect_irc, 8, "PRIVMSG u8 :");
	heads(&dialect_irc, 0, "PRIVMSG #all :");
	heads(&dialect_dnchat, 8, "SEND 71\r\n8\r\n");
	heads(&dialect_dnchat, 0, "SEND 71\r\n*\r\n");
}

static void
answers(const struct dialect *dialect, const char *data, bool joins,
    const char *text)
{
	struct said said = dialect->read(data, strlen(data));
	char out[64];
	size_t size = dialect->answer(&said, joins, out, sizeof(out));

	assert_int_equal(size, strlen(text));
	assert_memory_equal(out, text, size);
}

static void
calls_are_answered(void **state)
{
	(void)state;
	answers(&dialect_nats, "PING", true, "PONG\r\n");
	answers(&dialect_irc, "PING :s", true, "PONG :s\r\n");
	answers(&dialect_irc, "PING ", false, "PONG \r\n");
	answers(&dialect_irc, ":s 001 a :Hi", false, "PING bench\r\n");
	answers(&dialect_irc, ":s 001 a :Hi", true,
	    "JOIN #all\r\nPING bench\r\n");
}

/* The login of user 8 ends with 'text', and does not go into less room. */
static void
logs_in(const struct dialect *dialect, bool joins, const char *text)
{
	size_t length = strlen(text), size;
	char out[512];

	size = dialect->login(8, joins, out, sizeof(out));
	assert_true(size >= length);
	assert_memory_equal(out + size - length, text, length);
	assert_int_equal(dialect->login(8, joins, out, size), 0);
}

static void
logins(void **state)
{
	(void)state;
	logs_in(&dialect_nats, true, "}\r\nSUB u.8 1\r\nSUB all 2\r\n"
	    "PING\r\n");
	logs_in(&dialect_nats, false, "}\r\nSUB u.8 1\r\nPING\r\n");
	logs_in(&dialect_irc, true, "NICK u8\r\nUSER u 0 * :u\r\n");
	logs_in(&dialect_dnchat, true, "AUTH 8\r\nuser-8\r\n");
}

/* Ten users: who is told of whom. */
static void
arrivals_are_counted(void **state)
{
	(void)state;
	assert_int_equal(dialect_dnchat.arrivals(10, true), 90);
	assert_int_equal(dialect_nats.arrivals(10, true), 0);
	assert_int_equal(dialect_irc.arrivals(10, true), 55);
	assert_int_equal(dialect_irc.arrivals(10, false), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nats_is_cut_into_messages),
		cmocka_unit_test(nats_that_is_none_ends_it),
		cmocka_unit_test(irc_is_cut_into_lines),
		cmocka_unit_test(endless_irc_line_ends_it),
		cmocka_unit_test(meanings),
		cmocka_unit_test(messages_are_addressed),
		cmocka_unit_test(calls_are_answered),
		cmocka_unit_test(logins),
		cmocka_unit_test(arrivals_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
