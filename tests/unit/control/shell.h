/*
 * What the tests of dncontrol's shell have in common: a directory of their
 * own, a loop that they turn, and a dnchatd that says what they want it to.
 */
#ifndef TESTS_SHELL_H
#define TESTS_SHELL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../control/admin.h"
#include "../../../control/downlink.h"
#include "../../../control/engine.h"
#include "../../../control/net.h"
#include "../../../control/secret.h"
#include "../../../control/service.h"
#include "dnchat/log.h"

DN_LOG_DEFINE;

#define S(text) dn_str_of(text)
#define SHELL_ANSWERS_MAX (8u << 20)
/* In turns of the loop that had nothing to do, a millisecond each. */
#define SHELL_PATIENCE 3000

struct shell {
	char dir[RUNDIR_BYTES_MAX];
	struct net *net;
	struct engine engine;
	struct downlink downlink;
	struct consoles consoles;
	struct secret secret;
	struct service service;
	const char *auth;    /* NULL: all have the same password */
	bool is_closed;      /* nobody may register */
	bool has_consoles;
	size_t notices, lookups, greetings;
	bool restored;       /* what the last greeting said */
};

/* ---- files ---- */

static inline void
shell_dir(char *dir)
{
	snprintf(dir, RUNDIR_BYTES_MAX, "/tmp/dnchat-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
}

static inline void
shell_clean(const char *dir)
{
	char path[RUNDIR_BYTES_MAX + 300];
	struct dirent *entry;
	DIR *at = opendir(dir);

	while (at != NULL && (entry = readdir(at)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		(void)unlink(path);
	}
	if (at != NULL)
		closedir(at);
	(void)rmdir(dir);
}

/* Reads file 'name' in 'dir' into '*bytes'; false if there is none. */
static inline bool
shell_read(const char *dir, const char *name, struct bytes *bytes)
{
	char path[RUNDIR_BYTES_MAX + 64];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	do {
		size = fread(bytes_reserve(bytes, 4096), 1, 4096, file);
		bytes->size += size;
	} while (size > 0);
	fclose(file);
	return true;
}

static inline void
shell_write(const char *dir, const char *name, const void *data, size_t size)
{
	char path[RUNDIR_BYTES_MAX + 64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
}

/* ---- dncontrol without main.c ---- */

static inline void
shell_resolve(void *context, const struct request *request)
{
	struct shell *shell = context;

	(void)request;
	shell->lookups++;
}

static inline void
shell_store(void *context, const struct request *request)
{
	service_request(&((struct shell *)context)->service, request);
}

static inline void
shell_auth(void *context, uint64_t seq, const struct ipc_auth *auth)
{
	service_auth(&((struct shell *)context)->service, seq, auth);
}

static inline void
shell_enroll(void *context, uint64_t seq, const struct ipc_call *call)
{
	service_enroll(&((struct shell *)context)->service, seq, call);
}

static inline void
shell_copy(void *context, uint64_t seq, const struct ipc_copy *copy)
{
	service_copy(&((struct shell *)context)->service, seq, copy);
}

static inline void
shell_notice(void *context, const struct notice *notice)
{
	struct shell *shell = context;

	shell->notices++;
	if (shell->has_consoles)
		consoles_notice(&shell->consoles, notice);
}

static inline void
shell_greeted(void *context, struct dn_str listening, bool is_restored)
{
	struct shell *shell = context;

	assert_true(listening.size > 0);
	shell->greetings++;
	shell->restored = is_restored;
}

static inline void
shell_start_service(struct shell *shell)
{
	struct service_options options = {
		.bounds = {100, 86400000}, .is_registering = !shell->is_closed
	};
	char path[RUNDIR_BYTES_MAX + 16], why[SECRET_WHY_BYTES];

	assert_int_equal(secret_start(), DN_OK);
	assert_int_equal(secret_init(&shell->secret, shell->auth != NULL ?
	    shell->auth : "password:sesame", why), DN_OK);
	snprintf(path, sizeof(path), "%s/" STORE_FILE, shell->dir);
	options.path = path;
	service_init(&shell->service, shell->net, &shell->engine,
	    &shell->secret, &options);
}

/* Starts on the directory that shell->dir names. */
static inline void
shell_start(struct shell *shell, bool has_consoles)
{
	const struct engine_ops engine_ops = {
		shell, shell_resolve, shell_store, shell_notice, NULL
	};
	const struct downlink_ops downlink_ops = {
		shell, shell_greeted, shell_auth, shell_enroll, shell_copy
	};
	struct event event = {.type = EVENT_configure};

	dn_log_level = DN_LOG_ERROR;
	shell->net = net_new();
	assert_non_null(shell->net);
	engine_init(&shell->engine, shell->dir, 7, &engine_ops);
	shell_start_service(shell);
	downlink_init(&shell->downlink, shell->net, &shell->engine,
	    shell->dir, &downlink_ops);
	shell->has_consoles = has_consoles;
	if (has_consoles)
		assert_int_equal(consoles_init(&shell->consoles, shell->net,
		    &shell->engine, &shell->downlink, shell->dir), DN_OK);
	shell->consoles.service = &shell->service;
	event.body.configure.name = S("alpha");
	event.body.configure.description = S("on alpha");
	event.body.configure.accept_peers = S("any");
	event.body.configure.hops_max = DN_HOPS_MAX_DEFAULT;
	event.body.configure.text_bytes_max = DN_TEXT_BYTES_DEFAULT;
	event.body.configure.link_silence_msec = DN_LINK_SILENCE_MSEC;
	assert_int_equal(engine_step(&shell->engine, &event), DN_OK);
}

/* Ends as kill -9 would, as far as the journal is concerned. */
static inline void
shell_kill(struct shell *shell)
{
	if (shell->has_consoles)
		consoles_deinit(&shell->consoles);
	downlink_deinit(&shell->downlink);
	service_deinit(&shell->service);
	net_free(shell->net);
	engine_deinit(&shell->engine);
	shell->greetings = 0;
	shell->lookups = 0;
}

/* One turn in main.c's order. */
static inline void
shell_turn(struct shell *shell)
{
	net_turn(shell->net, false);
	downlink_take(&shell->downlink);
	service_turn(&shell->service);
	engine_tick(&shell->engine);
	engine_flush(&shell->engine);
	downlink_flush(&shell->downlink);
	if (shell->has_consoles)
		consoles_turn(&shell->consoles);
}

/* ---- the other end of Unix sockets ---- */

/* A socket whose reads come back at once. */
static inline int
shell_connect(const struct shell *shell, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%.20s",
	    shell->dir, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	return fd;
}

/* What a dnchatd would be that knows only its socket. */
struct plane {
	int listener, fd;
	uint64_t incarnation;
	uint64_t applied;    /* last record from above */
	uint64_t seq;        /* last record that went up */
	struct bytes in;     /* what came down and is not taken */
	struct ipc_hello hello;
};

static inline void
plane_start(struct plane *plane, const struct shell *shell,
    uint64_t incarnation)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memset(plane, 0, sizeof(*plane));
	plane->fd = -1;
	plane->incarnation = incarnation;
	plane->listener = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path),
	    "%.80s/dnchatd.sock", shell->dir);
	(void)unlink(address.sun_path);
	assert_int_equal(bind(plane->listener, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	assert_int_equal(listen(plane->listener, 8), 0);
}

static inline void
plane_hang_up(struct plane *plane)
{
	if (plane->fd >= 0)
		close(plane->fd);
	plane->fd = -1;
	bytes_deinit(&plane->in);
}

static inline void
plane_end(struct plane *plane)
{
	plane_hang_up(plane);
	close(plane->listener);
}

static inline void
plane_write(struct plane *plane, struct shell *shell, const void *data,
    size_t size)
{
	const char *at = data;
	ssize_t done;

	while (size > 0) {
		done = send(plane->fd, at, size, MSG_NOSIGNAL);
		if (done < 0 && errno == EAGAIN) {
			shell_turn(shell);
			continue;
		}
		if (done < 0)
			return;
		at += done;
		size -= (size_t)done;
	}
}

/* PLANE_SAY(plane, shell, arrv, seq, .conn = 1, ...) */
#define PLANE_SAY(plane, shell, name, seq_, ...)                            \
	do {                                                                \
		static unsigned char bytes_[DN_IPC_BODY_BYTES_MAX];         \
		struct ipc_##name body_ = {__VA_ARGS__};                    \
		struct dn_wr wr_ = dn_wr_of(bytes_, sizeof(bytes_));        \
		IPC_PUT(&wr_, name, seq_, &body_);                          \
		assert_false(wr_.failed);                                   \
		plane_write((plane), (shell), bytes_, wr_.at);              \
	} while (0)

/* The next numbered record up. */
#define PLANE_UP(plane, shell, name, ...) \
	PLANE_SAY(plane, shell, name, ++(plane)->seq, __VA_ARGS__)

/* Takes in what came down. False: the other end is closed. */
static inline bool
plane_pump(struct plane *plane)
{
	ssize_t size;

	for (;;) {
		size = read(plane->fd, bytes_reserve(&plane->in, 65536),
		    65536);
		if (size <= 0)
			return size != 0;
		plane->in.size += (size_t)size;
	}
}

/*
 * The next record down into '*header'; its body, valid until the next call,
 * into '*rd'. False if none came in SHELL_PATIENCE, or the end. Numbers are
 * checked.
 */
static inline bool
plane_next(struct plane *plane, struct shell *shell,
    struct ipc_header *header, struct dn_rd *rd)
{
	static unsigned char body[DN_IPC_BODY_BYTES_MAX];
	unsigned turns;
	long length = 0;
	bool open = true;

	for (turns = 0; turns < SHELL_PATIENCE; turns++) {
		length = ipc_peek(plane->in.data, plane->in.size, header);
		if (length != 0 || !open)
			break;
		shell_turn(shell);
		open = plane_pump(plane);
		if (plane->in.size == 0)
			usleep(1000);
	}
	if (length <= 0)
		return false;
	memcpy(body, plane->in.data + IPC_HEADER_BYTES, header->size);
	*rd = dn_rd_of(body, header->size);
	bytes_consume(&plane->in, (size_t)length);
	if (ipc_is_down(header->type))
		assert_int_equal(header->seq, ++plane->applied);
	return true;
}

/* The next record that is of 'type'; others are passed over. */
static inline struct dn_rd
plane_expect(struct plane *plane, struct shell *shell, unsigned type)
{
	struct ipc_header header;
	struct dn_rd rd;

	do {
		if (!plane_next(plane, shell, &header, &rd))
			fail_msg("no %s", ipc_name(type));
	} while (header.type != type);
	return rd;
}

/* Lets dncontrol connect, and greets it. */
static inline void
plane_accept(struct plane *plane, struct shell *shell)
{
	unsigned turns;

	for (turns = 0; turns < SHELL_PATIENCE && plane->fd < 0; turns++) {
		shell_turn(shell);
		plane->fd = accept4(plane->listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (plane->fd < 0)
			usleep(1000);
	}
	assert_true(plane->fd >= 0);
}

/* Says WELCOME and takes HELLO. On reset both numberings begin anew, and the
 * plane says that it has nothing. */
static inline void
plane_greet(struct plane *plane, struct shell *shell)
{
	struct dn_rd rd;

	plane_accept(plane, shell);
	PLANE_SAY(plane, shell, welcome, 0, .version = IPC_VERSION,
	    .incarnation = plane->incarnation, .applied = plane->applied,
	    .pid = 42, .listening = S("127.0.0.1:42015"));
	rd = plane_expect(plane, shell, IPC_hello);
	assert_true(ipc_get_hello(&rd, &plane->hello));
	if (plane->hello.reset) {
		plane->applied = 0;
		plane->seq = 0;
		PLANE_UP(plane, shell, synced, .nothing = 0);
	}
}

/* Answers ASKs and takes ACKs until nothing comes for a while. */
static inline void
plane_idle(struct plane *plane, struct shell *shell)
{
	struct ipc_header header;
	struct ipc_ask ask;
	unsigned quiet = 0;
	struct dn_rd rd;
	long length;

	while (quiet < 20 && plane->fd >= 0) {
		shell_turn(shell);
		if (!plane_pump(plane))
			return;
		length = ipc_peek(plane->in.data, plane->in.size, &header);
		if (length <= 0) {
			quiet++;
			usleep(1000);
			continue;
		}
		quiet = 0;
		assert_true(plane_next(plane, shell, &header, &rd));
		if (header.type == IPC_ask && ipc_get_ask(&rd, &ask))
			PLANE_SAY(plane, shell, tell, 0, .ask = ask.ask);
	}
}

/* Turns until nothing happens for a while. */
static inline void
shell_idle(struct shell *shell)
{
	unsigned turns;

	for (turns = 0; turns < 20; turns++) {
		shell_turn(shell);
		usleep(500);
	}
}

#endif
