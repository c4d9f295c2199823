/*
 * A shell of memory for the plane: connections whose sockets are buffers, a
 * dncontrol that speaks through the test, a clock that stands until it is
 * moved. What was sent is compared as text: messages separated by '|', their
 * lines by '/'; PING stands for a ping, PONG and its payload for a pong, "~"
 * for a frame that was masked.
 */
#ifndef TESTS_DATAPLANE_SHELL_H
#define TESTS_DATAPLANE_SHELL_H

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../dataplane/plane.h"
#include "dnchat/log.h"

DN_LOG_DEFINE;

/* The other end of a connection. */
struct far {
	struct conn *conn; /* NULL once it has gone */
	unsigned char *bytes;
	size_t size, room;
	unsigned writes;   /* calls that put something there */
	bool paused, wants_write, killed, tuned;
	bool blocks;       /* the next write leaves it blocked */
	bool fails;        /* the next write fails */
	unsigned code;     /* of the close frame, 0 for none */
	char why[WS_CONTROL_BYTES_MAX];
	uint64_t progress;
};

struct shell {
	struct plane *plane;
	uint64_t now_usec;
	uint64_t down_seq;
	uint32_t random;
	char dials[256];   /* "dial 3|undial 3|undial all" */
	bool finished;
	size_t up_size;
	struct ipc_header header;  /* of the record that shell_up() found */
	unsigned char up[2 << 20]; /* what came up and was not looked at */
	unsigned char body[DN_IPC_BODY_BYTES_MAX];
};

/* ---- ops ---- */

static inline enum plane_write
shell_write(struct plane *plane, struct conn *conn, const unsigned char *data,
    size_t size)
{
	struct far *far = conn->shell;

	(void)plane;
	assert(size > 0 && far->code == 0);
	if (far->fails)
		return PLANE_FAILED;
	if (far->size + size > far->room) {
		far->room = (far->size + size) * 2;
		far->bytes = realloc(far->bytes, far->room);
		assert(far->bytes != NULL);
	}
	memcpy(far->bytes + far->size, data, size);
	far->size += size;
	far->writes++;
	return far->blocks ? PLANE_BLOCKED : PLANE_WRITTEN;
}

static inline void
shell_want_write(struct plane *plane, struct conn *conn)
{
	(void)plane;
	((struct far *)conn->shell)->wants_write = true;
}

static inline void
shell_pause(struct plane *plane, struct conn *conn, bool pause)
{
	(void)plane;
	((struct far *)conn->shell)->paused = pause;
}

static inline void
shell_close(struct plane *plane, struct conn *conn, uint16_t code,
    struct dn_str why)
{
	struct far *far = conn->shell;

	(void)plane;
	assert(far->code == 0);
	far->code = code;
	snprintf(far->why, sizeof(far->why), "%.*s", (int)why.size, why.data);
}

static inline void
shell_kill(struct plane *plane, struct conn *conn)
{
	(void)plane;
	((struct far *)conn->shell)->killed = true;
}

static inline uint64_t
shell_progress(struct plane *plane, struct conn *conn)
{
	(void)plane;
	return ((struct far *)conn->shell)->progress;
}

static inline void
shell_tune(struct plane *plane, struct conn *conn)
{
	(void)plane;
	((struct far *)conn->shell)->tuned = true;
}

static inline void
shell_note(struct plane *plane, const char *what, uint32_t dial)
{
	struct shell *shell = plane->shell;
	size_t used = strlen(shell->dials);

	snprintf(shell->dials + used, sizeof(shell->dials) - used, "%s%s %u",
	    used > 0 ? "|" : "", what, dial);
}

static inline void
shell_dial(struct plane *plane, const struct ipc_dial *dial)
{
	shell_note(plane, "dial", dial->dial);
}

static inline void
shell_undial(struct plane *plane, uint32_t dial)
{
	shell_note(plane, "undial", dial);
}

static inline void
shell_undial_all(struct plane *plane)
{
	shell_note(plane, "undial all", 0);
}

static inline uint32_t
shell_random(struct plane *plane)
{
	struct shell *shell = plane->shell;

	return shell->random = shell->random * 1664525 + 1013904223;
}

static inline void
shell_finish(struct plane *plane)
{
	((struct shell *)plane->shell)->finished = true;
}

static const struct plane_ops shell_ops = {
	shell_write, shell_want_write, shell_pause, shell_close, shell_kill,
	shell_progress, shell_tune, shell_dial, shell_undial,
	shell_undial_all, shell_random, shell_finish,
};

/* ---- life ---- */

static inline void
shell_init(struct shell *shell)
{
	/* The rest is large, and means nothing as yet. */
	memset(shell, 0, offsetof(struct shell, up));
	dn_log_level = DN_LOG_ERROR;
	shell->now_usec = 1000000000;
	shell->plane = plane_new(&shell_ops, shell, 1, 77, shell->now_usec);
	assert(shell->plane != NULL);
}

static inline void
shell_deinit(struct shell *shell)
{
	plane_free(shell->plane);
}

/* Takes over what waits for dncontrol. */
static inline void
shell_take_up(struct shell *shell)
{
	const unsigned char *data;
	size_t size;

	while ((size = uplink_output(&shell->plane->uplink, &data)) > 0) {
		assert(shell->up_size + size <= sizeof(shell->up));
		memcpy(shell->up + shell->up_size, data, size);
		shell->up_size += size;
		uplink_sent(&shell->plane->uplink, size);
	}
}

/* A turn of the loop ends, and those that follow while there is something to
 * read on. */
static inline void
shell_turn(struct shell *shell)
{
	do {
		plane_flush(shell->plane);
	} while (shell->plane->unread.count > 0);
	shell_take_up(shell);
}

/* Time passes, deadlines are met as they come. */
static inline void
shell_sleep(struct shell *shell, uint64_t msec)
{
	uint64_t end = shell->now_usec / 1000 + msec, next;

	for (;;) {
		next = plane_deadline(shell->plane);
		if (next > end)
			break;
		if (next * 1000 > shell->now_usec)
			shell->now_usec = next * 1000;
		plane_clock(shell->plane, shell->now_usec);
		plane_tick(shell->plane);
		shell_turn(shell);
	}
	if (end * 1000 > shell->now_usec)
		shell->now_usec = end * 1000;
	plane_clock(shell->plane, shell->now_usec);
	shell_turn(shell);
}

/* ---- dncontrol ---- */

/* Tells the plane 'size' bytes that it must be content with. */
static inline void
shell_feed(struct shell *shell, const void *bytes, size_t size)
{
	if (plane_control_feed(shell->plane, bytes, size) != DN_OK)
		abort();
}

/* Tells the plane record 'name' with 'body', a compound literal's members. */
#define DOWN(shell, name, ...)                                             \
	do {                                                               \
		struct ipc_##name down_ = {__VA_ARGS__};                   \
		static unsigned char bytes_[IPC_HEADER_BYTES +             \
		    DN_IPC_BODY_BYTES_MAX];                                \
		struct dn_wr wr_ = dn_wr_of(bytes_, sizeof(bytes_));       \
		IPC_PUT(&wr_, name, IPC_##name >= IPC_SESSION_FIRST ? 0 :  \
		    ++(shell)->down_seq, &down_);                          \
		assert(!wr_.failed);                                       \
		shell_feed(shell, bytes_, wr_.at);                         \
		shell_turn(shell);                                         \
	} while (0)

/* The next record that came up, its body in shell->body; NULL if none did.
 * ACKs of the plane are passed over. */
static inline const char *
shell_up(struct shell *shell)
{
	long size;

	do {
		size = ipc_peek(shell->up, shell->up_size, &shell->header);
		assert(size >= 0);
		if (size == 0)
			return NULL;
		assert(shell->header.size <= sizeof(shell->body));
		memcpy(shell->body, shell->up + IPC_HEADER_BYTES,
		    shell->header.size);
		shell->up_size -= (size_t)size;
		memmove(shell->up, shell->up + size, shell->up_size);
	} while (shell->header.type == IPC_ack);
	return ipc_name(shell->header.type);
}

/* Expects record 'name' to have come up next, and reads it into '*into'. */
#define UP(shell, name, into)                                              \
	do {                                                               \
		const char *up_ = shell_up(shell);                         \
		struct dn_rd rd_ = dn_rd_of((shell)->body,                 \
		    (shell)->header.size);                                 \
		assert_string_equal(up_ != NULL ? up_ : "nothing came",    \
		    #name);                                                \
		assert_true(ipc_get_##name(&rd_, into));                   \
	} while (0)

#define UP_NONE(shell)                                                     \
	do {                                                               \
		const char *up_ = shell_up(shell);                         \
		assert_string_equal(up_ != NULL ? up_ : "none", "none");   \
	} while (0)

/* Begins a session with a reset, and forgets what it tells. */
static inline void
shell_control(struct shell *shell)
{
	unsigned char bytes[64];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_hello hello = {IPC_VERSION, 1, 0};

	plane_control_begin(shell->plane);
	IPC_PUT(&wr, hello, 0, &hello);
	shell->down_seq = 0;
	shell_feed(shell, bytes, wr.at);
	shell_turn(shell);
	shell->up_size = 0;
}

/* ---- connections ---- */

static inline void
shell_accept_from(struct shell *shell, struct far *far, const char *source)
{
	memset(far, 0, sizeof(*far));
	if (plane_accept(shell->plane, &codec_dnchat, dn_str_of(source),
	    false, far, &far->conn) != DN_OK)
		abort();
	conn_upgraded(far->conn, 0);
}

static inline void
shell_accept(struct shell *shell, struct far *far)
{
	shell_accept_from(shell, far, "127.0.0.1:1");
}

/* The socket of 'far' goes. */
static inline void
shell_gone(struct shell *shell, struct far *far)
{
	if (far->conn != NULL)
		plane_gone(shell->plane, far->conn, 0, "gone");
	far->conn = NULL;
	free(far->bytes);
	far->bytes = NULL;
	far->size = far->room = 0;
	shell_turn(shell);
}

/* 'far' says 'text': '/' ends a line. */
static inline void
shell_say(struct shell *shell, struct far *far, const char *text)
{
	char bytes[8192];
	size_t at = 0;

	for (; *text != '\0'; text++)
		if (*text == '/') {
			bytes[at++] = '\r';
			bytes[at++] = '\n';
		} else {
			bytes[at++] = *text;
		}
	assert(at <= sizeof(bytes) && !far->paused);
	conn_receive(far->conn, bytes, at, 0, true, false);
	shell_turn(shell);
}

/* Appends the frame at 'data' to 'text'; returns its size. */
static inline size_t
shell_frame(const unsigned char *data, char *text, size_t size)
{
	size_t head = 2, length = data[1] & 0x7f, i, at = strlen(text);
	const unsigned char *key = NULL;
	unsigned char byte;

	if (length == 126) {
		length = (size_t)(data[2] << 8 | data[3]);
		head = 4;
	} else if (length == 127) {
		assert(memcmp(data + 2, "\0\0\0\0\0", 5) == 0);
		length = (size_t)(data[7] << 16 | data[8] << 8 | data[9]);
		head = 10;
	}
	if (data[1] & 0x80) {
		key = data + head;
		head += 4;
	}
	at += (size_t)snprintf(text + at, size - at, "%s%s",
	    at > 0 ? "|" : "", key != NULL ? "~" : "");
	if ((data[0] & 0xf) == WS_PING)
		at += (size_t)snprintf(text + at, size - at, "PING");
	if ((data[0] & 0xf) == WS_PONG)
		at += (size_t)snprintf(text + at, size - at, "PONG %.*s",
		    (int)length, (const char *)data + head);
	for (i = 0; (data[0] & 0xf) == WS_TEXT && i < length; i++) {
		byte = data[head + i] ^ (key != NULL ? key[i % 4] : 0);
		assert(at + 2 < size);
		if (byte != '\n')
			text[at++] = byte == '\r' ? '/' : (char)byte;
		text[at] = '\0';
	}
	return head + length;
}

/* What 'far' got since the last time, as text; valid until the next call. */
static inline const char *
shell_got(struct far *far)
{
	static char text[1 << 20];
	size_t at;

	text[0] = '\0';
	for (at = 0; at < far->size;)
		at += shell_frame(far->bytes + at, text, sizeof(text));
	assert(at == far->size);
	far->size = 0;
	return text;
}

/* Answers the PING that 'far' got last, which 'conn' still waits for. */
static inline void
shell_pong(struct shell *shell, struct far *far)
{
	unsigned char bytes[8];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	dn_wr_uint(&wr, 8, far->conn->ping_usec);
	conn_pong(far->conn, bytes, sizeof(bytes));
	shell_turn(shell);
}

#define GOT(far, text) assert_string_equal(shell_got(far), text)

/* 'far' becomes user 'number' called 'name'; all that is sent for it is
 * forgotten, save what others get. */
static inline void
shell_login_at(struct shell *shell, struct far *far, uint64_t number,
    const char *name)
{
	char text[512];

	shell_accept(shell, far);
	snprintf(text, sizeof(text), "AUTH %llu/%s/secret",
	    (unsigned long long)number, name);
	shell_say(shell, far, text);
	DOWN(shell, show, number, far->conn->id, IPC_FORWARD, IPC_ROLE_USER,
	    dn_str_of(name), dn_str_of("on x"));
	DOWN(shell, name, far->conn->id, number);
	far->size = 0;
	shell->up_size = 0;
}

/* 'far' becomes a link of our kind; 'dialled' by us. */
static inline void
shell_link(struct shell *shell, struct far *far, bool dialled, uint8_t flags)
{
	memset(far, 0, sizeof(*far));
	if (dialled) {
		if (plane_accept(shell->plane, &codec_dnchat,
		    dn_str_of("192.0.2.1:2"), true, far, &far->conn) != DN_OK)
			abort();
		conn_dialled(far->conn, 9, IPC_LINK_ROUTING);
	} else {
		shell_accept_from(shell, far, "192.0.2.1:2");
		shell_say(shell, far, "SRVR 0");
	}
	DOWN(shell, open, far->conn->id, (uint8_t)(flags |
	    (dialled ? IPC_OPEN_DIALLED : 0)));
	far->size = 0;
	shell->up_size = 0;
}

/* ---- connections of lines ---- */

/* Somebody connects to the door of the channels protocol. */
static inline void
shell_knock_from(struct shell *shell, struct far *far, const char *source)
{
	memset(far, 0, sizeof(*far));
	if (plane_accept(shell->plane, &codec_channels, dn_str_of(source),
	    false, far, &far->conn) != DN_OK)
		abort();
	conn_upgraded(far->conn, 0);
}

static inline void
shell_knock(struct shell *shell, struct far *far)
{
	shell_knock_from(shell, far, "127.0.0.1:3");
}

/* 'far' writes 'size' bytes at 'data', into a copy that ends there. */
static inline void
shell_stream(struct shell *shell, struct far *far, const char *data,
    size_t size)
{
	char *copy = malloc(size + 1);

	assert(copy != NULL && !far->paused);
	memcpy(copy, data, size);
	conn_stream(far->conn, copy, size);
	free(copy);
	shell_turn(shell);
}

/* 'far' writes 'text' as it stands. */
static inline void
shell_write_text(struct shell *shell, struct far *far, const char *text)
{
	shell_stream(shell, far, text, strlen(text));
}

/* What 'far' was sent since the last time, lines separated by '|'; valid until
 * the next call. */
static inline const char *
shell_read(struct far *far)
{
	static char text[1 << 20];
	size_t i;

	assert(far->size < sizeof(text));
	for (i = 0; i < far->size; i++)
		text[i] = far->bytes[i] == '\n' && i + 1 < far->size ? '|' :
		    (char)far->bytes[i];
	/* The last line has an end, too, which is not shown. */
	assert(far->size == 0 || text[far->size - 1] == '\n');
	text[far->size > 0 ? far->size - 1 : 0] = '\0';
	far->size = 0;
	return text;
}

#define READ(far, text) assert_string_equal(shell_read(far), text)

/* 'far' becomes user 'number' called 'name' at that door. */
static inline void
shell_enter(struct shell *shell, struct far *far, uint64_t number,
    const char *name)
{
	char text[512];

	shell_knock(shell, far);
	snprintf(text, sizeof(text), "LOGIN %s secret\n", name);
	shell_write_text(shell, far, text);
	DOWN(shell, show, .number = number, .conn = far->conn->id,
	    .state = IPC_FORWARD, .name = dn_str_of(name),
	    .description = dn_str_of("on x"));
	DOWN(shell, name, far->conn->id, number);
	far->size = 0;
	shell->up_size = 0;
}

/* 'far' becomes a link of that door; 'dialled' by us. */
static inline void
shell_federate(struct shell *shell, struct far *far, bool dialled)
{
	memset(far, 0, sizeof(*far));
	if (dialled) {
		if (plane_accept(shell->plane, &codec_channels,
		    dn_str_of("192.0.2.1:4"), true, far, &far->conn) != DN_OK)
			abort();
		conn_dialled(far->conn, 9, 0);
	} else {
		shell_knock_from(shell, far, "192.0.2.1:4");
		shell_write_text(shell, far, "FEDERATE-OUT\n");
	}
	DOWN(shell, open, far->conn->id, (uint8_t)(IPC_OPEN_FOREIGN |
	    (dialled ? IPC_OPEN_DIALLED : 0)));
	shell->up_size = 0;
}

#endif
