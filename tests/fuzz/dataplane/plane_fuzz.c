/*
 * A plane in memory, and whatever clients, links and dncontrol's socket may
 * say to it. The input is a list of steps: a byte that chooses one, then what
 * the step needs. After each step the plane must be consistent.
 */
#include "../../../dataplane/plane_room.h"
#include "../../../dataplane/room.h"
#include "../../unit/dataplane/shell.h"

#define FAR_MAX 8

struct input {
	const unsigned char *data;
	size_t size;
};

static struct shell shell;
static struct far far[FAR_MAX];
/* The first numbers of the SEND that each got last: message, then of links
 * receiver and author. */
static unsigned long long heard[FAR_MAX][3];

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
	static const struct codec *const doors[] = {
		&codec_dnchat, &codec_channels, &codec_channels, &codec_dnchat,
	};
	struct far *at = take_far(input);
	unsigned what = take(input);
	bool dialled = what % 4 == 0;

	if (at->conn != NULL)
		return;
	memset(at, 0, sizeof(*at));
	if (plane_accept(shell.plane, doors[what / 4 % 4],
	    dn_str_of(dialled ? "192.0.2.1:1" : "127.0.0.1:2"), dialled, at,
	    &at->conn) != DN_OK)
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

/* Bytes that may be frames, which are unmasked where they stand. */
static void
step_frames(struct far *at, struct dn_str text)
{
	static unsigned char bytes[1024];

	assert(text.size <= sizeof(bytes));
	memcpy(bytes, text.data, text.size);
	conn_frames(at->conn, bytes, text.size);
}

static void
step_message(struct input *input)
{
	struct far *at = take_far(input);
	unsigned flags = take(input);
	struct dn_str text = take_text(input);

	if (at->conn == NULL || at->paused)
		return;
	if (at->conn->lines != NULL && flags % 64 == 63) {
		conn_stream_end(at->conn);
		return;
	}
	if (at->conn->lines != NULL) {
		conn_stream(at->conn, text.data, text.size);
		return;
	}
	if (flags % 64 == 61 && !at->conn->is_dialled) {
		step_frames(at, text);
		return;
	}
	conn_receive(at->conn, text.data, text.size, flags & 1 ? 0 :
	    take_number(input), (flags & 1) != 0, flags % 64 == 62);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* The same for connections of lines, about few names: of users, of rooms, and
 * both with a host. */
static void
step_line(struct far *at, unsigned form, const unsigned *numbers)
{
	static const char *const forms[] = {
		"LOGIN %s pw\n", "REGISTER %s pw\r\n", "CREATE %s",
		"JOIN %s\n", "SAY %s /%s\n", "CHANNELS", "FEDERATE-OUT\n",
		"FEDSAY %s %s hi %s\n", "FEDRECV %s %s %s hi\n",
		"FEDCHANNELS %s, %s\n", "FEDRESULT %s SAY %s 0\n",
		"SAY %s %s", "FEDJOIN %s %s\n",
	};
	static const char *const words[] = {
		"anna", "bobb", "carl@far", "carl", "abc", "def", "abc:far",
		"x%20",
	};
	char text[128];

	snprintf(text, sizeof(text), forms[form], words[numbers[0] % 8],
	    words[numbers[1] % 8], words[numbers[2] % 8]);
	conn_stream(at->conn, text, strlen(text));
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
		"SEND %u\r\n%u\r\n/text%u", "SEND %u\r\n%u\r\n//text%u",
	};
	struct far *at = take_far(input);
	unsigned form = take(input) % 13, i, numbers[3];
	char text[128];

	for (i = 0; i < 3; i++)
		numbers[i] = take(input) % 16 + 1;
	if (at->conn == NULL || at->paused)
		return;
	if (at->conn->lines != NULL) {
		step_line(at, form, numbers);
		return;
	}
	snprintf(text, sizeof(text), forms[form], numbers[0], numbers[1],
	    numbers[2]);
	conn_receive(at->conn, text, strlen(text), 0, true, false);
}

#pragma GCC diagnostic pop

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
	if (what % 16 == 2 && at->conn->lines == NULL)
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

/* ---- rooms: records that make sense ---- */

/* Users and rooms have numbers that say what they are. */
static void
step_enter(struct input *input)
{
	static const char *const called[] = {
		"us:er%", "us:er%", "anna", "bobb", "carl@far", "anna",
		"bobb", "x ", "carl", "us:er%", "us:er%", "#abc", "#def",
		"#abc", "#abc:far", "rooms", "#room",
	};
	static unsigned char bytes[512];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	unsigned number = take(input) % 16 + 1;
	struct conn *conn = take_far(input)->conn;
	struct ipc_show body = {
		.number = number,
		.conn = conn != NULL ? conn->id : IPC_CONN_NONE,
		.state = take(input) % 8 == 0 ? IPC_HOLD : IPC_FORWARD,
		.role = number > 12 ? (uint8_t)(number - 12) %
		    IPC_ROLE_COUNT : IPC_ROLE_USER,
		.name = dn_str_of(called[number]),
	};

	IPC_PUT(&wr, show, shell.plane->uplink.applied + 1, &body);
	if (table_find(shell.plane->table, number) == NULL)
		control_feed(bytes, wr.at);
}

static void
step_membership(struct input *input)
{
	struct ipc_member body = {take(input) % 6 + 11, take(input) % 16 + 1,
	    take(input) % IPC_MEMBERSHIP_COUNT};

	(void)plane_member(shell.plane, &body);
}

/* What a door does with what its users and servers say. */
static void
step_door(struct input *input)
{
	struct table_entry *room = table_find(shell.plane->table,
	    take(input) % 16 + 1);
	struct table_entry *user = table_find(shell.plane->table,
	    take(input) % 16 + 1);
	bool is_ours = take(input) % 2 == 0;
	struct dn_str text = take_text(input);

	if (room == NULL || user == NULL)
		return;
	if (is_ours)
		(void)plane_speak(shell.plane, room, user, text);
	else if (room->role == IPC_ROLE_IMPORT)
		(void)plane_relate(shell.plane, room, user,
		    dn_str_of("a:b"), text);
}

/* Whoever got a message acknowledges it. */
static void
step_receipt(struct input *input)
{
	struct far *at = take_far(input);
	const unsigned long long *of = heard[at - far];
	char text[128];

	if (at->conn == NULL || at->paused)
		return;
	snprintf(text, sizeof(text), at->conn->state == CONN_LINK ?
	    "ACKN %llu\r\n%llu\r\n%llu" : "ACKN %llu", of[0], of[1], of[2]);
	conn_receive(at->conn, text, strlen(text), 0, true, false);
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
	step_enter, step_enter, step_membership, step_membership, step_door,
	step_receipt,
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
check_rooms(void)
{
	const struct plane *plane = shell.plane;
	const struct table_entry *entry = table_oldest(plane->table);
	size_t rooms = 0, members = 0, bytes = 0;

	for (; entry != NULL; entry = entry->newer) {
		rooms += plane_is_room((enum ipc_role)entry->role);
		if (entry->room == NULL)
			continue;
		members += entry->room->count;
		bytes += entry->room->line_bytes;
		assert(entry->room->count > 0);
		assert(entry->room->joining > 0 ||
		    entry->room->line_count == 0);
	}
	assert(plane->room_count == rooms);
	assert(plane->member_count == members);
	assert(plane->joining_bytes == bytes);
	assert(plane->copy_bytes <= plane->uplink.bytes);
	assert(plane->copy_bytes <= DN_COPY_BYTES_MAX);
}

static void
check(void)
{
	const struct plane *plane = shell.plane;
	size_t clients = 0, links = 0, i;
	const char *send;

	for (i = 0; i < FAR_MAX; i++) {
		if (far[i].conn == NULL)
			continue;
		assert(plane_conn(plane, far[i].conn->id) == far[i].conn);
		check_conn(far[i].conn);
		clients += far[i].conn->state == CONN_CLIENT;
		links += far[i].conn->state == CONN_LINK;
		assert(far[i].paused == far[i].conn->is_deaf);
		assert(!far[i].paused || far[i].conn->paused != 0);
		/* Nobody has to read it: only frames and lines must be
		 * whole. */
		if (far[i].conn->lines != NULL) {
			(void)shell_read(&far[i]);
			continue;
		}
		send = strstr(shell_got(&far[i]), "SEND ");
		if (send != NULL)
			sscanf(send, "SEND %llu/%llu/%llu", &heard[i][0],
			    &heard[i][1], &heard[i][2]);
	}
	assert(plane->clients.count == clients);
	assert(plane->links.count == links);
	check_rooms();
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
	memset(heard, 0, sizeof(heard));
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
