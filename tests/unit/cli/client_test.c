/*
 * client.c against a socket that answers as it is told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../../cli/client.h"

#define TIMEOUT_MSEC 200
#define ANSWERS_MAX 4

/* One thread that accepts, reads a line, writes the next answer, and closes
 * the connection behind those that end with '$'. */
struct fake {
	char directory[32], path[64];
	int listener;
	const char *answers[ANSWERS_MAX];
	char lines[ANSWERS_MAX][DN_ADMIN_LINE_BYTES_MAX];
	size_t line_count, connection_count;
	pthread_t thread;
};

static bool
fake_read(int fd, char *line)
{
	size_t size = 0;

	while (recv(fd, line + size, 1, 0) == 1)
		if (line[size++] == '\n') {
			line[size - 1] = '\0';
			return true;
		}
	return false;
}

static void *
fake_run(void *arg)
{
	struct fake *fake = arg;
	const char *answer;
	size_t size;
	int fd = -1;

	while ((answer = fake->answers[fake->line_count]) != NULL) {
		if (fd < 0) {
			fd = accept(fake->listener, NULL, NULL);
			fake->connection_count++;
		}
		if (fd < 0 || !fake_read(fd, fake->lines[fake->line_count])) {
			close(fd);
			fd = -1;
			continue;
		}
		fake->line_count++;
		size = strlen(answer);
		if (size > 0 && answer[size - 1] == '$') {
			(void)send(fd, answer, size - 1, MSG_NOSIGNAL);
			close(fd);
			fd = -1;
		} else
			(void)send(fd, answer, size, MSG_NOSIGNAL);
	}
	/* What is never answered is at least held open. */
	if (fd >= 0) {
		char byte;

		while (recv(fd, &byte, 1, 0) > 0)
			continue;
		close(fd);
	}
	return NULL;
}

static void
fake_bind(struct fake *fake)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(fake->directory, sizeof(fake->directory),
	    "/tmp/dnctl-test-XXXXXX");
	assert_non_null(mkdtemp(fake->directory));
	(void)snprintf(fake->path, sizeof(fake->path), "%s/admin.sock",
	    fake->directory);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    fake->path);
	fake->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	assert_int_equal(listen(fake->listener, 4), 0);
}

static struct client *
fake_start(struct fake *fake)
{
	fake_bind(fake);
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake),
	    0);
	return client_new(fake->path, TIMEOUT_MSEC);
}

static void
fake_stop(struct fake *fake, struct client *client)
{
	client_free(client);
	pthread_join(fake->thread, NULL);
	close(fake->listener);
	unlink(fake->path);
	rmdir(fake->directory);
}

struct seen {
	size_t count, stop_at;
	char last[256];
};

static bool
see(void *arg, json_t *row, const char *text, size_t size)
{
	struct seen *seen = arg;

	assert_true(json_is_object(row));
	(void)snprintf(seen->last, sizeof(seen->last), "%.*s",
	    (int)(size < 200 ? size : 200), text);
	return ++seen->count != seen->stop_at;
}

static void
test_rows_then_status(void **state)
{
	struct fake fake = {.answers = {
		"{\"a\":1}\n{\"a\":2}\n{\"ok\":true}\n",
		"{\"ok\":false,\"code\":\"unknown\",\"error\":\"no\","
		"\"hint\":\"try\"}\n",
		"{\"ok\":false}\n",
	}};
	struct client *client = fake_start(&fake);
	struct client_status status;
	struct seen seen = {0};

	(void)state;
	assert_int_equal(client_ask(client, "show users", false, see, &seen,
	    &status), DN_OK);
	assert_true(status.ok);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.last, "{\"a\":2}");
	assert_string_equal(fake.lines[0], "show users");
	assert_int_equal(client_ask(client, "kick 7", false, see, &seen,
	    &status), DN_OK);
	assert_false(status.ok);
	assert_string_equal(status.code, "unknown");
	assert_string_equal(status.error, "no");
	assert_string_equal(status.hint, "try");
	assert_int_equal(client_ask(client, "x", false, see, &seen, &status),
	    DN_OK);
	assert_string_equal(status.code, "unknown-error");
	assert_true(status.error[0] != '\0');
	fake_stop(&fake, client);
	assert_int_equal(fake.connection_count, 1);
}

static void
test_connects_again(void **state)
{
	struct fake fake = {.answers = {
		"{\"ok\":true}\n$", "{\"row\":1}\n$", "{\"ok\":true}\n",
	}};
	struct client *client = fake_start(&fake);
	struct client_status status;
	struct seen seen = {0};
	enum dn_err err;

	(void)state;
	assert_int_equal(client_ask(client, "a", false, see, &seen, &status),
	    DN_OK);
	/* The close may still be on its way: then this line goes nowhere, and
	 * isn't sent twice, but the fake has not read it either. */
	err = client_ask(client, "b", false, see, &seen, &status);
	if (seen.count == 0)
		err = client_ask(client, "b", false, see, &seen, &status);
	assert_int_equal(err, DN_E_OFFLINE);
	assert_int_equal(seen.count, 1);
	assert_string_equal(status.code, "offline");
	assert_int_equal(client_ask(client, "c", false, see, &seen, &status),
	    DN_OK);
	fake_stop(&fake, client);
	assert_string_equal(fake.lines[2], "c");
}

static void
test_time_out(void **state)
{
	struct fake fake = {.answers = {"{\"a\":1}\n"}};
	struct client *client = fake_start(&fake);
	struct client_status status;
	struct seen seen = {0};

	(void)state;
	assert_int_equal(client_ask(client, "a", false, see, &seen, &status),
	    DN_E_TIMEOUT);
	assert_int_equal(seen.count, 1);
	assert_non_null(strstr(status.error, "0.2 seconds"));
	fake_stop(&fake, client);
}

/* connect() itself waits while nobody accepts and the backlog is full. */
static void
test_full_backlog_times_out(void **state)
{
	struct fake fake = {0};
	struct client_status status;
	struct client *client;
	struct seen seen = {0};
	size_t i;

	(void)state;
	fake_bind(&fake);
	client = client_new(fake.path, 1);
	/* A connection that nobody accepted stays there when we close it. */
	for (i = 0; i < 8; i++)
		assert_int_equal(client_ask(client, "a", false, see, &seen,
		    &status), DN_E_TIMEOUT);
	client_free(client);
	close(fake.listener);
	unlink(fake.path);
	rmdir(fake.directory);
}

static void
test_nonsense(void **state)
{
	static const char *const answers[] = {"no JSON\n", "[1]\n", "\n",
	    "{\"a\":\"\xff\"}\n", "{\"a\":1}{\"b\":2}\n"};
	struct client_status status;
	struct seen seen = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct fake fake = {.answers = {answers[i]}};
		struct client *client = fake_start(&fake);

		assert_int_equal(client_ask(client, "a", false, see, &seen,
		    &status), DN_E_MALFORMED);
		fake_stop(&fake, client);
	}
	assert_int_equal(seen.count, 0);
}

static void
test_row_bound(void **state)
{
	char *longest = malloc(CLIENT_ROW_BYTES_MAX + 64);
	struct client_status status;
	struct seen seen = {0};
	int over;

	(void)state;
	for (over = 0; over < 2; over++) {
		struct fake fake = {.answers = {longest}};
		struct client *client;

		memset(longest, 'x', CLIENT_ROW_BYTES_MAX + 64);
		memcpy(longest, "{\"a\":\"", 6);
		strcpy(longest + CLIENT_ROW_BYTES_MAX - 3 + 2 * over,
		    "\"}\n{\"ok\":true}\n");
		client = fake_start(&fake);
		client_set_timeout(client, 5000);
		assert_int_equal(client_ask(client, "a", false, see, &seen,
		    &status), over ? DN_E_MALFORMED : DN_OK);
		fake_stop(&fake, client);
	}
	assert_int_equal(seen.count, 1);
	free(longest);
}

static void
test_row_gives_up(void **state)
{
	struct fake fake = {.answers = {"{\"a\":1}\n{\"a\":2}\n"}};
	struct client *client = fake_start(&fake);
	struct client_status status;
	struct seen seen = {.stop_at = 1};

	(void)state;
	assert_int_equal(client_ask(client, "a", true, see, &seen, &status),
	    DN_E_IO);
	assert_int_equal(seen.count, 1);
	fake_stop(&fake, client);
}

static bool
interrupt(void *arg, json_t *row, const char *text, size_t size)
{
	raise(SIGINT);
	return see(arg, row, text, size);
}

static void
test_interrupt_ends_a_stream(void **state)
{
	struct fake fake = {.answers = {"{\"a\":1}\n"}};
	struct client *client = fake_start(&fake);
	struct client_status status;
	struct seen seen = {0};

	(void)state;
	client_catch_interrupts();
	assert_int_equal(client_ask(client, "watch", true, interrupt, &seen,
	    &status), DN_E_STATE);
	assert_int_equal(seen.count, 1);
	assert_true(client_was_interrupted());
	assert_false(client_was_interrupted());
	fake_stop(&fake, client);
}

static void
test_nobody_there(void **state)
{
	char path[256] = "/nonexistent/admin.sock";
	struct client *client = client_new(path, TIMEOUT_MSEC);
	struct client_status status;
	struct seen seen = {0};

	(void)state;
	assert_int_equal(client_ask(client, "a", false, see, &seen, &status),
	    DN_E_OFFLINE);
	assert_non_null(strstr(status.error, path));
	assert_non_null(strstr(status.hint, "--run-dir"));
	client_free(client);
	memset(path, 'x', sizeof(path) - 1);
	client = client_new(path, TIMEOUT_MSEC);
	assert_int_equal(client_ask(client, "a", false, see, &seen, &status),
	    DN_E_OFFLINE);
	assert_non_null(strstr(status.error, "longer than 107"));
	client_free(client);
}

static void
test_path(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(client_path("/x", path, sizeof(path)), DN_OK);
	assert_string_equal(path, "/x/admin.sock");
	assert_int_equal(client_path("/x", path, 13), DN_E_TOO_LONG);
	if (geteuid() == 0) {
		assert_int_equal(client_path(NULL, path, sizeof(path)),
		    DN_OK);
		assert_string_equal(path, "/run/dnchat/admin.sock");
		return;
	}
	setenv("XDG_RUNTIME_DIR", "/r", 1);
	assert_int_equal(client_path(NULL, path, sizeof(path)), DN_OK);
	assert_string_equal(path, "/r/dnchat/admin.sock");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(client_path(NULL, path, sizeof(path)), DN_OK);
	assert_non_null(strstr(path, "/nonexistent/dnchat-"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_then_status),
		cmocka_unit_test(test_connects_again),
		cmocka_unit_test(test_time_out),
		cmocka_unit_test(test_full_backlog_times_out),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_row_bound),
		cmocka_unit_test(test_row_gives_up),
		cmocka_unit_test(test_interrupt_ends_a_stream),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
