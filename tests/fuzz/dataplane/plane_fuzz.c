/*
 * A plane in memory, and whatever clients, links and dncontrol's socket may
 * say to it. The input is a list of steps: a byte that chooses one, then what
 * the step needs. After each step the plane must be consistent.
 */
#include "../../unit/dataplane/shell.h"

#define FAR_MAX 8

struct input {
	const unsigned char *data;
	size_t size;
};

static struct shell shell;
static struct far far[FAR_MAX];

static unsigned
take(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

/* A text of the input: its length, then its bytes. */
static struct dn_str
take_text(struct input *input)
{
	size_t size = take(input) * 4;
	struct dn_str text;

	if (size > input->size)
		size = input->size;
	text = (struct dn_str){(const char *)input->data, size};
	input->data += size;
	input->size -= size;
	return text;
}

/* A number: mostly a small one, as users have here, or a connection's. */
static uint64_t
take_number(struct input *input)
{
	unsigned byte = take(input);
	struct conn *conn = far[byte % FAR_MAX].conn;
	uint64_t value = 0;
	unsigned i;

	if (byte < 0x80)
		return byte % 16;
	if (byte < 0xf0)
		return conn != NULL ? conn->id : 1;
	for (i = 0; i < 8; i++)
		value = value << 8 | take(input);
	return value;
}

static struct far *
take_far(struct input *input)
{
	return &far[take(input) % FAR_MAX];
}

/* ---- steps ---- */

static void
step_accept(struct input *input)
{
	struct far *at = take_far(input);
	bool dialled = take(input) % 4 == 0;

	if (at->conn != NULL)
		return;
	memset(at, 0, sizeof(*at));
	if (plane_accept(shell.plane, &codec_dnchat, dn_str_of(dialled ?
	    "192.0.2.1:1" : "127.0.0.1:2"), dialled, at, &at->conn) != DN_OK)
		return;
	if (dialled)
		conn_dialled(at->conn, take(input), IPC_LINK_ROUTING);
	else
		conn_upgraded(at->conn, (uint8_t)take(input));
}

static void
step_gone(struct input *input)
{
	shell_gone(&shell, take_far(input));
}

static void
step_message(struct input *input)
{
	struct far *at = take_far(input);
	unsigned flags = take(input);
	struct dn_str text = take_text(input);

	if (at->conn == NULL || at->paused)
		return;
	conn_receive(at->conn, text.data, text.size, flags & 1 ? 0 :
	    take_number(input), (flags & 1) != 0, flags % 64 == 62);
}

/* Of all messages that are well-formed, those about few numbers. */
static void
step_grammar(struct input *input)
{
	static const char *const forms[] = {
		"AUTH %u\r\nname%u\r\nsecret%u", "SEND %u\r\n*\r\ntext%u%u",
		"SEND %u\r\n%u\r\ntext%u", "ACKN %u", "SRVR 0",
		"ARRV %u\r\nname%u\r\nd\r\n%u", "LEFT %u",
		"SEND %u\r\n%u\r\n%u\r\ntext", "SEND %u\r\n*\r\n%u\r\ntext",
		"ACKN %u\r\n%u\r\n%u", "INVD 0",
	};
	struct far *at = take_far(input);
	unsigned form = take(input) % 11, i, numbers[3];
	char text[128];

	for (i = 0; i < 3; i++)
		numbers[i] = take(input) % 16 + 1;
	if (at->conn == NULL || at->paused)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), forms[form], numbers[0], numbers[1],
	    numbers[2]);
#pragma GCC diagnostic pop
	conn_receive(at->conn, text, strlen(text), 0, true, false);
}

static void
step_socket(struct input *input)
{
	struct far *at = take_far(input);
	unsigned what = take(input);

	at->progress++;
	if (at->conn == NULL)
		return;
	at->blocks = (what & 1) != 0;
	if (at->wants_write) {
		at->wants_write = false;
		conn_writable(at->conn);
	}
	if (what % 16 == 2)
		shell_pong(&shell, at);
	if (what % 64 == 4)
		conn_lost(at->conn, (uint16_t)what, "lost");
}

static void
step_time(struct input *input)
{
	shell_sleep(&shell, take(input) * take(input) % 4096);
}

static void
control_feed(const void *data, size_t size)
{
	if (shell.plane->uplink.state == UPLINK_CLOSED)
		return;
	if (plane_control_feed(shell.plane, data, size) != DN_OK)
		plane_control_end(shell.plane);
}

static void
step_control_raw(struct input *input)
{
	struct dn_str bytes = take_text(input);

	control_feed(bytes.data, bytes.size);
}

static void
step_control_begin(struct input *input)
{
	unsigned char bytes[64];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	unsigned what = take(input);
	struct ipc_hello hello = {IPC_VERSION, what & 1,
	    shell.plane->uplink.seq};

	plane_control_end(shell.plane);
	plane_control_begin(shell.plane);
	if (what % 8 == 2)
		hello.applied -= take(input);
	IPC_PUT(&wr, hello, 0, &hello);
	control_feed(bytes, wr.at);
}

#define TAKE_U8(input) ((uint8_t)take(input))
#define TAKE_U16(input) ((uint16_t)take_number(input))
#define TAKE_U32(input) ((uint32_t)take_number(input))
#define TAKE_U64(input) take_number(input)
#define TAKE_STR(input) take_text(input)
#define TAKE_LIST(input) ((struct dn_list){NULL, 0})
#define TAKE_FIELD(type, name) body.name = TAKE_##type(input);

/* A record of the right form, whatever it says. */
#define RECORD_STEP(name, FIELDS, meaning)                                 \
	static void step_##name(struct input *input)                       \
	{                                                                  \
		static unsigned char bytes[8192];                          \
		struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));          \
		struct ipc_##name body;                                    \
		FIELDS(TAKE_FIELD)                                         \
		IPC_PUT(&wr, name, IPC_##name < IPC_SESSION_FIRST ?        \
		    shell.plane->uplink.applied + 1 : 0, &body);           \
		control_feed(bytes, wr.at);                                \
	}
IPC_DOWN(RECORD_STEP)
RECORD_STEP(ask, IPC_F_ASK, )

static void
step_acknowledge(struct input *input)
{
	unsigned char bytes[64];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_ack ack = {shell.plane->uplink.seq};

	if (take(input) % 8 == 1)
		ack.applied = take_number(input);
	IPC_PUT(&wr, ack, 0, &ack);
	control_feed(bytes, wr.at);
}

static void
step_stop(struct input *input)
{
	if (take(input) % 16 == 1)
		plane_stop(shell.plane);
}

typedef void step(struct input *input);

static step *const steps[] = {
	step_accept, step_gone, step_message, step_grammar, step_grammar,
	step_socket, step_time, step_control_raw, step_control_begin,
	step_ask, step_acknowledge, step_stop,
#define STEP_ROW(name, FIELDS, meaning) step_##name,
	IPC_DOWN(STEP_ROW)
#undef STEP_ROW
};

/* ---- what must hold ---- */

static void
check_conn(const struct conn *conn)
{
	const struct plane *plane = conn->plane;

	if (conn->state == CONN_CLIENT)
		assert(plane->clients.conns[conn->index] == conn);
	if (conn->state == CONN_LINK)
		assert(plane->links.conns[conn->index] == conn);
	assert(conn->list == NULL || conn->state == CONN_CLIENT);
	assert(conn->uplink_bytes <= plane->uplink.bytes);
	assert(conn_output_bytes(conn) <= DN_LINK_QUEUE_BYTES_MAX);
	assert(conn->state == CONN_LINK ||
	    conn_output_bytes(conn) <= DN_CLIENT_QUEUE_BYTES_MAX);
	assert(conn->deadline_msec == 0 ||
	    wheel_is_set(&conn->timer) || conn->state == CONN_UPGRADING);
}

static void
check(void)
{
	const struct plane *plane = shell.plane;
	size_t clients = 0, links = 0, i;

	for (i = 0; i < FAR_MAX; i++) {
		if (far[i].conn == NULL)
			continue;
		assert(plane_conn(plane, far[i].conn->id) == far[i].conn);
		check_conn(far[i].conn);
		clients += far[i].conn->state == CONN_CLIENT;
		links += far[i].conn->state == CONN_LINK;
		assert(far[i].paused == (far[i].conn->paused != 0));
		/* Nobody has to read it: only its frames must be whole. */
		(void)shell_got(&far[i]);
	}
	assert(plane->clients.count == clients);
	assert(plane->links.count == links);
	assert(plane->held.bytes <= DN_HOLD_TOTAL_BYTES_MAX);
	assert(plane->held.early_count <= DN_EARLY_COUNT_MAX);
	shell.up_size = 0;
	shell.dials[0] = '\0';
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct input input = {data, size};
	size_t i;

	shell_init(&shell);
	dn_log_level = DN_LOG_ERROR;
	shell_control(&shell);
	while (input.size > 0 && !shell.finished) {
		steps[take(&input) % (sizeof(steps) / sizeof(steps[0]))](
		    &input);
		shell_turn(&shell);
		check();
	}
	for (i = 0; i < FAR_MAX; i++)
		shell_gone(&shell, &far[i]);
	assert(shell.plane->conn_count == 0);
	shell_deinit(&shell);
	return 0;
}
