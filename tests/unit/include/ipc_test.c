/*
 * Every record of ipc.h: what is put is got, nothing less and nothing more
 * is; headers; the numbering of types.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "dnchat/ipc.h"

#define ALL_ROWS(X) IPC_UP(X) IPC_DOWN(X) IPC_SESSION(X)

/* Some value for a field, different from call to call. */
static uint64_t
number(void)
{
	static uint64_t last = UINT64_C(0x8899aabbccddeeff);

	return last = last * 3 + 1;
}

static struct dn_str
string(void)
{
	static const char *const texts[] = {"", "a", "some text", "\r\n\t"};

	return dn_str_of(texts[number() % 4]);
}

static struct dn_list
list(void)
{
	static const unsigned char data[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

	return (struct dn_list){data, number() % 4};
}

#define FILL_U8 (uint8_t)number()
#define FILL_U16 (uint16_t)number()
#define FILL_U32 (uint32_t)number()
#define FILL_U64 number()
#define FILL_STR string()
#define FILL_LIST list()
#define FILL(type, name) body->name = FILL_##type;

#define SAME_U8(a, b) ((a) == (b))
#define SAME_U16(a, b) ((a) == (b))
#define SAME_U32(a, b) ((a) == (b))
#define SAME_U64(a, b) ((a) == (b))
#define SAME_STR(a, b) dn_str_eq(a, b)
#define SAME_LIST(a, b) list_eq(a, b)
#define SAME(type, name) assert_true(SAME_##type(body->name, back->name));

static bool
list_eq(struct dn_list a, struct dn_list b)
{
	size_t i;

	for (i = 0; i < a.count && i < b.count; i++)
		if (dn_list_at(a, i) != dn_list_at(b, i))
			return false;
	return a.count == b.count;
}

/* A copy of just that size, for ASan to watch. */
static struct dn_rd
copy_of(const unsigned char *data, size_t size, unsigned char **copy)
{
	*copy = malloc(size > 0 ? size : 1);
	assert_non_null(*copy);
	memcpy(*copy, data, size);
	return dn_rd_of(*copy, size);
}

#define ROW_TEST(name, FIELDS, meaning)                                     \
	static void                                                         \
	fill_##name(struct ipc_##name *body)                                \
	{                                                                   \
		FIELDS(FILL)                                                \
	}                                                                   \
	static void                                                         \
	same_##name(const struct ipc_##name *body,                          \
	    const struct ipc_##name *back)                                  \
	{                                                                   \
		FIELDS(SAME)                                                \
	}                                                                   \
	static void                                                         \
	test_##name(unsigned char *data, size_t room)                       \
	{                                                                   \
		struct ipc_##name body, back;                               \
		struct ipc_header header;                                   \
		struct dn_wr wr = dn_wr_of(data, room), small;              \
		unsigned char *copy, little[512];                           \
		struct dn_rd rd;                                            \
		size_t size;                                                \
                                                                            \
		fill_##name(&body);                                         \
		IPC_PUT(&wr, name, 77, &body);                              \
		assert_false(wr.failed);                                    \
		assert_int_equal(ipc_peek(data, wr.at, &header), wr.at);    \
		assert_int_equal(header.type, IPC_##name);                  \
		assert_int_equal(header.seq, 77);                           \
		assert_int_equal(header.size + IPC_HEADER_BYTES, wr.at);    \
		for (size = 0; size < wr.at; size++) {                      \
			assert_int_equal(ipc_peek(data, size, &header), 0); \
			small = dn_wr_of(little, size);                     \
			ipc_put_##name(&small, &body);                      \
			assert_int_equal(small.failed,                      \
			    size < wr.at - IPC_HEADER_BYTES);               \
		}                                                           \
		memset(data, 0, room);                                      \
		wr = dn_wr_of(data, room);                                  \
		ipc_put_##name(&wr, &body);                                 \
		assert_int_equal(ipc_size_##name(&body), wr.at);            \
		for (size = 0; size <= wr.at + 1; size++) {                 \
			rd = copy_of(data, size, &copy);                    \
			assert_int_equal(ipc_get_##name(&rd, &back),        \
			    size == wr.at);                                 \
			if (size == wr.at)                                  \
				same_##name(&body, &back);                  \
			free(copy);                                         \
		}                                                           \
	}
ALL_ROWS(ROW_TEST)

static void
rows(void **state)
{
	unsigned char data[512];
	size_t times;

	(void)state;
	for (times = 0; times < 8; times++) {
#define ROW_CALL(name, FIELDS, meaning) test_##name(data, sizeof(data));
		ALL_ROWS(ROW_CALL)
#undef ROW_CALL
	}
}

static void
types_are_what_they_say(void **state)
{
	unsigned type, up = 0, down = 0, named = 0;

	(void)state;
	for (type = 0; type < 0x200; type++) {
		up += ipc_is_up(type);
		down += ipc_is_down(type);
		assert_false(ipc_is_up(type) && ipc_is_down(type));
		named += strcmp(ipc_name(type), "?") != 0;
	}
#define ROW_ONE(name, FIELDS, meaning) + 1
	assert_int_equal(up, 0 IPC_UP(ROW_ONE));
	assert_int_equal(down, 0 IPC_DOWN(ROW_ONE));
	assert_int_equal(named, 0 ALL_ROWS(ROW_ONE));
#define ROW_UP(name, FIELDS, meaning) assert_true(ipc_is_up(IPC_##name));
	IPC_UP(ROW_UP)
#define ROW_DOWN(name, FIELDS, meaning) assert_true(ipc_is_down(IPC_##name));
	IPC_DOWN(ROW_DOWN)
#define ROW_NEITHER(name, FIELDS, meaning) \
	assert_false(ipc_is_up(IPC_##name) || ipc_is_down(IPC_##name));
	IPC_SESSION(ROW_NEITHER)
	assert_string_equal(ipc_name(IPC_sync_entry), "sync_entry");
	assert_string_equal(ipc_name(IPC_NONE), "?");
}

/* A number that does not fit in a body's length ends the session at once,
 * before the body has come. */
static void
too_long_a_body_is_no_record(void **state)
{
	struct ipc_header header = {DN_IPC_BODY_BYTES_MAX, IPC_ack, 0};
	unsigned char data[IPC_HEADER_BYTES];
	struct dn_wr wr = dn_wr_of(data, sizeof(data));

	(void)state;
	ipc_put_header(&wr, &header);
	assert_int_equal(ipc_peek(data, sizeof(data), &header), 0);
	header.size = DN_IPC_BODY_BYTES_MAX + 1;
	wr = dn_wr_of(data, sizeof(data));
	ipc_put_header(&wr, &header);
	assert_int_equal(ipc_peek(data, sizeof(data), &header), -1);
	memset(data, 0xff, 4);
	assert_int_equal(ipc_peek(data, sizeof(data), &header), -1);
}

/* The longest that clients and peers can say has room in a record. */
static void
longest_messages_fit(void **state)
{
	char *text = calloc(1, DN_FRAME_CLIENT_BYTES_MAX);
	unsigned char *data = malloc(DN_IPC_BODY_BYTES_MAX);
	struct ipc_auth body = {
		.name = {text, DN_FRAME_CLIENT_BYTES_MAX / 2},
		.secret = {text, DN_FRAME_CLIENT_BYTES_MAX / 2},
		.source = {text, DN_ADDRESS_BYTES_MAX},
	};
	struct dn_wr wr = dn_wr_of(data, DN_IPC_BODY_BYTES_MAX);

	(void)state;
	IPC_PUT(&wr, auth, 1, &body);
	assert_false(wr.failed);
	free(text);
	free(data);
}

static void
lists_lie_about_their_size_in_vain(void **state)
{
	unsigned char data[16] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
	struct ipc_tell tell;
	unsigned char *copy;
	struct dn_rd rd = copy_of(data, sizeof(data), &copy);

	(void)state;
	assert_false(ipc_get_tell(&rd, &tell));
	assert_int_equal(tell.counters.count, 0);
	free(copy);
}

static void
connections_have_parts(void **state)
{
	uint64_t conn = IPC_CONN(3, 0x1abcdef, 70000);

	(void)state;
	assert_int_equal(conn, UINT64_C(0x03abcdef00011170));
	assert_int_equal(IPC_CONN_SLOT(conn), 70000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(types_are_what_they_say),
		cmocka_unit_test(too_long_a_body_is_no_record),
		cmocka_unit_test(longest_messages_fit),
		cmocka_unit_test(lists_lie_about_their_size_in_vain),
		cmocka_unit_test(connections_have_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
