/*
 * A blocking client of the admin socket with deadlines: see client.h.
 */
#include "client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "dnchat/rundir.h"

struct client {
	struct sockaddr_un address;
	bool is_long; /* the path was too long for an address */
	int fd;       /* -1: not connected */
	unsigned timeout_msec;
	char *data;   /* what was read and not yet handed on */
	size_t at, size, room;
};

static volatile sig_atomic_t client_interrupted;

static void
client_interrupt(int signal_number)
{
	(void)signal_number;
	client_interrupted = 1;
}

void
client_catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = client_interrupt};

	/* No SA_RESTART: a wait is to end. */
	sigaction(SIGINT, &action, NULL);
}

bool
client_was_interrupted(void)
{
	bool was = client_interrupted != 0;

	client_interrupted = 0;
	return was;
}

static void *
client_alloc(void *old, size_t size)
{
	void *data = realloc(old, size);

	if (data == NULL) {
		fputs("dnctl: out of memory\n", stderr);
		exit(1);
	}
	return data;
}

struct client *
client_new(const char *path, unsigned timeout_msec)
{
	struct client *client = client_alloc(NULL, sizeof(*client));

	memset(client, 0, sizeof(*client));
	client->fd = -1;
	client->timeout_msec = timeout_msec;
	client->room = 64u << 10;
	client->data = client_alloc(NULL, client->room);
	client->address.sun_family = AF_UNIX;
	client->is_long = strlen(path) >= sizeof(client->address.sun_path);
	(void)snprintf(client->address.sun_path,
	    sizeof(client->address.sun_path), "%s", path);
	return client;
}

static void
client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->at = client->size = 0;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	client_close(client);
	free(client->data);
	free(client);
}

void
client_set_timeout(struct client *client, unsigned timeout_msec)
{
	client->timeout_msec = timeout_msec;
}

/* Fills '*status' with a failure of our own, and returns it. */
__attribute__((format(printf, 4, 5))) static enum dn_err
client_fail(enum dn_err err, struct client_status *status, const char *hint,
    const char *format, ...)
{
	va_list args;

	status->ok = false;
	(void)snprintf(status->code, sizeof(status->code), "%s",
	    dn_err_code(err));
	(void)snprintf(status->hint, sizeof(status->hint), "%s", hint);
	va_start(args, format);
	(void)vsnprintf(status->error, sizeof(status->error), format, args);
	va_end(args);
	return err;
}

static enum dn_err
client_fail_slow(struct client *client, struct client_status *status)
{
	return client_fail(DN_E_TIMEOUT, status,
	    "-t SECONDS sets how long to wait",
	    "dncontrol did not answer within %g seconds",
	    client->timeout_msec / 1000.0);
}

static enum dn_err
client_fail_connect(struct client *client, struct client_status *status)
{
	const char *path = client->address.sun_path;

	if (errno == EINTR)
		return client_fail(DN_E_STATE, status, "", "interrupted");
	if (errno == EAGAIN)
		return client_fail_slow(client, status);
	if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
		return client_fail(DN_E_OFFLINE, status,
		    "is dncontrol running? --run-dir DIR or -s SOCKET says "
		    "where it is", "nobody listens at %s", path);
	if (errno == EACCES || errno == EPERM)
		return client_fail(DN_E_OFFLINE, status,
		    "be root, or the user who runs dncontrol, or of its group",
		    "no permission to connect to %s", path);
	return client_fail(DN_E_OFFLINE, status, "",
	    "cannot connect to %s: %s", path, strerror(errno));
}

static enum dn_err
client_connect(struct client *client, struct client_status *status)
{
	struct timeval limit = {
		.tv_sec = client->timeout_msec / 1000,
		.tv_usec = client->timeout_msec % 1000 * 1000,
	};
	enum dn_err err;

	if (client->is_long)
		return client_fail(DN_E_OFFLINE, status,
		    "use a shorter --run-dir",
		    "the socket's path is longer than %zu bytes",
		    sizeof(client->address.sun_path) - 1);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return client_fail_connect(client, status);
	/* On Linux this bounds connect() too, when the backlog is full. */
	(void)setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
	    sizeof(limit));
	if (connect(client->fd, (struct sockaddr *)&client->address,
	    sizeof(client->address)) == 0)
		return DN_OK;
	err = client_fail_connect(client, status);
	client_close(client);
	return err;
}

/* Nothing can have come while we asked for nothing: if it did, the other end
 * is gone, or is not the one that we knew. */
static bool
client_is_stale(const struct client *client)
{
	struct pollfd fd = {.fd = client->fd, .events = POLLIN};

	return poll(&fd, 1, 0) != 0;
}

static enum dn_err
client_send(struct client *client, const char *line,
    struct client_status *status)
{
	char text[DN_ADMIN_LINE_BYTES_MAX + 1];
	int size = snprintf(text, sizeof(text), "%s\n", line);
	ssize_t sent, at = 0;

	assert(size > 0 && (size_t)size < sizeof(text));
	while (at < size) {
		sent = send(client->fd, text + at, (size_t)(size - at),
		    MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			return client_fail(DN_E_STATE, status, "",
			    "interrupted");
		if (sent < 0 && errno == EAGAIN)
			return client_fail_slow(client, status);
		if (sent < 0)
			return client_fail(DN_E_OFFLINE, status, "",
			    "dncontrol closed the connection");
		at += sent;
	}
	return DN_OK;
}

/* Waits until there is something to read; SIGINT is let in only here, so that
 * none falls between looking at the flag and sleeping. */
static enum dn_err
client_wait(struct client *client, bool is_stream,
    struct client_status *status)
{
	struct timespec limit = {
		.tv_sec = client->timeout_msec / 1000,
		.tv_nsec = (long)(client->timeout_msec % 1000) * 1000000,
	};
	struct pollfd fd = {.fd = client->fd, .events = POLLIN};
	sigset_t blocked, before;
	int ready = 0;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	if (!client_interrupted)
		ready = ppoll(&fd, 1, is_stream ? NULL : &limit, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (client_interrupted)
		return client_fail(DN_E_STATE, status, "", "interrupted");
	return ready == 0 ? client_fail_slow(client, status) : DN_OK;
}

/* Reads more behind what is there. */
static enum dn_err
client_fill(struct client *client, bool is_stream,
    struct client_status *status)
{
	enum dn_err err = client_wait(client, is_stream, status);
	ssize_t got;

	if (err != DN_OK)
		return err;
	if (client->at > 0) {
		client->size -= client->at;
		memmove(client->data, client->data + client->at, client->size);
		client->at = 0;
	}
	if (client->size == client->room) {
		if (client->room >= CLIENT_ROW_BYTES_MAX)
			return client_fail(DN_E_MALFORMED, status, "",
			    "a row of the answer is too long");
		client->room *= 2;
		client->data = client_alloc(client->data, client->room);
	}
	got = recv(client->fd, client->data + client->size,
	    client->room - client->size, 0);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return DN_OK;
	if (got <= 0)
		return client_fail(DN_E_OFFLINE, status,
		    "its log tells why; what was asked may have been done",
		    "dncontrol went away before its answer was complete");
	client->size += (size_t)got;
	return DN_OK;
}

static void
client_copy(json_t *object, const char *key, const char *instead, char *text,
    size_t size)
{
	const char *value = json_string_value(json_object_get(object, key));

	(void)snprintf(text, size, "%s", value != NULL ? value : instead);
}

static void
client_read_status(json_t *object, struct client_status *status)
{
	bool ok = json_is_true(json_object_get(object, "ok"));

	status->ok = ok;
	client_copy(object, "code", ok ? dn_err_code(DN_OK) : "unknown-error",
	    status->code, sizeof(status->code));
	client_copy(object, "error", ok ? "" : "dncontrol refused",
	    status->error, sizeof(status->error));
	client_copy(object, "hint", "", status->hint, sizeof(status->hint));
}

/* One line of the answer: '*is_end' tells whether it was the status line. */
static enum dn_err
client_take(const char *text, size_t size, client_row_fn *row, void *arg,
    struct client_status *status, bool *is_end)
{
	json_t *object = json_loadb(text, size, JSON_ALLOW_NUL, NULL);
	enum dn_err err = DN_OK;

	if (!json_is_object(object))
		err = client_fail(DN_E_MALFORMED, status,
		    "is that the admin socket of dncontrol?",
		    "a line of the answer is not a JSON object");
	else if (json_object_get(object, "ok") != NULL) {
		client_read_status(object, status);
		*is_end = true;
	} else if (!row(arg, object, text, size))
		err = client_fail(DN_E_IO, status, "",
		    "the answer cannot be written");
	json_decref(object);
	return err;
}

static enum dn_err
client_answer(struct client *client, bool is_stream, client_row_fn *row,
    void *arg, struct client_status *status)
{
	enum dn_err err = DN_OK;
	bool is_end = false;
	size_t size, seen = 0;
	char *text, *feed;

	while (err == DN_OK && !is_end) {
		text = client->data + client->at;
		feed = memchr(text + seen, '\n',
		    client->size - client->at - seen);
		if (feed == NULL) {
			seen = client->size - client->at;
			err = client_fill(client, is_stream, status);
			continue;
		}
		size = (size_t)(feed - text);
		client->at += size + 1;
		seen = 0;
		err = client_take(text, size, row, arg, status, &is_end);
		if (err == DN_OK && !is_end && client_interrupted)
			err = client_fail(DN_E_STATE, status, "",
			    "interrupted");
	}
	return err;
}

enum dn_err
client_ask(struct client *client, const char *line, bool is_stream,
    client_row_fn *row, void *arg, struct client_status *status)
{
	enum dn_err err = DN_OK;

	memset(status, 0, sizeof(*status));
	if (client->fd >= 0 && client_is_stale(client))
		client_close(client);
	if (client->fd < 0)
		err = client_connect(client, status);
	if (err == DN_OK)
		err = client_send(client, line, status);
	if (err == DN_OK)
		err = client_answer(client, is_stream, row, arg, status);
	/* The rest of a broken off answer must not answer the next line. */
	if (err != DN_OK)
		client_close(client);
	return err;
}

enum dn_err
client_path(const char *run_dir, char *path, size_t size)
{
	char ours[RUNDIR_BYTES_MAX];
	int length;

	if (run_dir == NULL) {
		if (rundir_default(ours) != DN_OK)
			return DN_E_TOO_LONG;
		if (!rundir_is_safe(ours))
			return DN_E_REFUSED;
		run_dir = ours;
	}
	length = snprintf(path, size, "%s/admin.sock", run_dir);
	return length >= 0 && (size_t)length < size ? DN_OK : DN_E_TOO_LONG;
}
