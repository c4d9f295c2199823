/*
 * Records that go up: numbering, retention, sending again, taking back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/uplink.h"
#include "dnchat/log.h"

DN_LOG_DEFINE;

static struct uplink uplink;

static int
setup(void **state)
{
	(void)state;
	uplink_init(&uplink);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	uplink_deinit(&uplink);
	return 0;
}

static void
put_left(uint64_t number)
{
	struct ipc_left body = {5, number};

	UPLINK_PUT(&uplink, 5, left, &body);
}

/* The next record of the stream; its number, 0 if there is none. */
static uint64_t
sent(unsigned *type)
{
	const unsigned char *data;
	size_t size = uplink_output(&uplink, &data);
	struct ipc_header header;
	long whole = ipc_peek(data, size, &header);

	if (whole <= 0)
		return 0;
	*type = header.type;
	uplink_sent(&uplink, (size_t)whole);
	return header.seq;
}

static void
begin(void)
{
	uplink_begin(&uplink);
	uplink_open(&uplink);
}

static void
test_kept_until_acknowledged(void **state)
{
	uint64_t conn, seq;
	unsigned type;
	size_t size;

	(void)state;
	for (seq = 1; seq <= 200; seq++)
		put_left(seq);
	assert_int_equal(sent(&type), 0);
	begin();
	for (seq = 1; seq <= 200; seq++)
		assert_int_equal(sent(&type), seq);
	assert_int_equal(sent(&type), 0);
	for (seq = 1; seq <= 150; seq++)
		assert_true(uplink_drop(&uplink, 150, &conn, &size));
	assert_false(uplink_drop(&uplink, 150, &conn, &size));
	assert_int_equal(conn, 5);
	uplink_end(&uplink);
	put_left(201);
	begin();
	for (seq = 151; seq <= 201; seq++)
		assert_int_equal(sent(&type), seq);
	assert_int_equal(sent(&type), 0);
	assert_int_equal(uplink.bytes, 51 * size);
}

/* Half of a record was written when dncontrol died. */
static void
test_session_ends_within_a_record(void **state)
{
	const unsigned char *data;
	unsigned type;

	(void)state;
	put_left(1);
	begin();
	assert_true(uplink_output(&uplink, &data) > 9);
	uplink_sent(&uplink, 9);
	uplink_end(&uplink);
	begin();
	assert_int_equal(sent(&type), 1);
	assert_int_equal(type, IPC_left);
}

static void
test_taken_back(void **state)
{
	struct ipc_auth auth = {1, 2, 0, 0, dn_str_of("ann"),
	    dn_str_of("a very secret secret"), dn_str_of("x")};
	unsigned type;
	size_t bytes;

	(void)state;
	put_left(1);
	UPLINK_PUT(&uplink, IPC_CONN_NONE, auth, &auth);
	put_left(2);
	bytes = uplink.bytes;
	assert_true(uplink_void(&uplink, 2) > 20);
	assert_true(uplink.bytes < bytes - 20);
	assert_int_equal(uplink_void(&uplink, 0), 0);
	assert_int_equal(uplink_void(&uplink, 4), 0);
	begin();
	assert_int_equal(sent(&type), 1);
	assert_int_equal(sent(&type), 2);
	assert_int_equal(type, IPC_nothing);
	assert_int_equal(sent(&type), 3);
}

static void
test_reset(void **state)
{
	unsigned type;

	(void)state;
	put_left(1);
	put_left(2);
	uplink.applied = 9;
	uplink_reset(&uplink);
	assert_int_equal(uplink.bytes, 0);
	assert_int_equal(uplink.applied, 0);
	put_left(3);
	begin();
	assert_int_equal(sent(&type), 1);
}

static void
test_reading_in_pieces(void **state)
{
	unsigned char bytes[256];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_hide hide = {17};
	struct ipc_header header;
	struct dn_rd body;
	size_t i;

	(void)state;
	IPC_PUT(&wr, hide, 1, &hide);
	IPC_PUT(&wr, hide, 2, &hide);
	uplink_begin(&uplink);
	for (i = 0; i < wr.at; i++) {
		assert_int_equal(uplink_next(&uplink, &header, &body),
		    DN_E_UNKNOWN);
		assert_int_equal(uplink_feed(&uplink, bytes + i, 1), DN_OK);
		if (i + 1 != wr.at / 2 && i + 1 != wr.at)
			continue;
		assert_int_equal(uplink_next(&uplink, &header, &body),
		    DN_OK);
		assert_int_equal(header.seq, (i + 1) / (wr.at / 2));
		assert_true(ipc_get_hide(&body, &hide));
		assert_int_equal(hide.number, 17);
	}
}

static void
test_reading_what_cannot_be(void **state)
{
	unsigned char bytes[4096];
	struct ipc_header header;
	struct dn_rd body;
	size_t i;

	(void)state;
	uplink_begin(&uplink);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(uplink_feed(&uplink, bytes, 20), DN_OK);
	assert_int_equal(uplink_next(&uplink, &header, &body),
	    DN_E_MALFORMED);
	/* Nobody reads it: there is an end to what is kept. */
	for (i = 0; i < 100000; i++)
		if (uplink_feed(&uplink, bytes, sizeof(bytes)) != DN_OK)
			break;
	assert_in_range(i * sizeof(bytes), DN_IPC_BODY_BYTES_MAX,
	    2 * DN_IPC_BODY_BYTES_MAX);
}

/* A record is as long as what it holds, up to the longest body. */
static void
test_long_record(void **state)
{
	char *text = malloc(DN_IPC_BODY_BYTES_MAX);
	struct ipc_command body = {1, 2, {text, DN_IPC_BODY_BYTES_MAX - 20}};
	unsigned type = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', DN_IPC_BODY_BYTES_MAX);
	assert_int_equal(UPLINK_PUT(&uplink, 5, command, &body),
	    IPC_HEADER_BYTES + DN_IPC_BODY_BYTES_MAX);
	body.text.size = 0;
	assert_int_equal(UPLINK_PUT(&uplink, 5, command, &body),
	    IPC_HEADER_BYTES + 20);
	free(text);
	begin();
	assert_int_equal(sent(&type), 1);
	assert_int_equal(type, IPC_command);
	assert_int_equal(sent(&type), 2);
}

/* What links say comes after all else, in order, however much of it there is:
 * little of it is on its way until dncontrol has looked at that. It has its
 * number, and is kept, from when it is sent. */
static void
test_behind(void **state)
{
	struct ipc_left body = {5, 0};
	unsigned type = 0, ahead = 0;
	uint64_t seq, number;
	const unsigned char *data;
	struct ipc_header header;
	struct dn_rd rd;
	size_t size;

	(void)state;
	begin();
	for (body.number = 1; body.number <= 2000; body.number++)
		UPLINK_PUT_BEHIND(&uplink, 5, left, &body);
	assert_int_equal(uplink.seq, 0);
	assert_true(uplink.bytes >= 2000 * IPC_HEADER_BYTES);
	/* A part of it is on its way. */
	assert_in_range(uplink_output(&uplink, &data), IPC_UP_BYTES_HIGH,
	    IPC_UP_BYTES_HIGH + UPLINK_SHORT_BYTES_MAX);
	put_left(9999);
	for (seq = 1, number = 1; number <= 2000; seq++) {
		if (!uplink_has_output(&uplink))
			assert_true(uplink_take(&uplink, seq - 1));
		size = uplink_output(&uplink, &data);
		assert_in_range(uplink.flight_bytes, 1,
		    IPC_UP_BYTES_HIGH + UPLINK_SHORT_BYTES_MAX);
		assert_true(ipc_peek(data, size, &header) > 0);
		rd = dn_rd_of(data + IPC_HEADER_BYTES, header.size);
		assert_true(ipc_get_left(&rd, &body));
		assert_int_equal(sent(&type), seq);
		if (body.number == 9999)
			ahead = (unsigned)number;
		else
			assert_int_equal(body.number, number++);
	}
	assert_in_range(ahead, 2, 2 * IPC_UP_BYTES_HIGH / IPC_HEADER_BYTES);
	assert_int_equal(uplink.seq, 2001);
	assert_false(uplink_has_output(&uplink));
	/* What was never sent can't have been looked at. */
	assert_false(uplink_take(&uplink, 2002));
}

/* What is on its way is counted right whatever becomes of it. */
static void
test_flight(void **state)
{
	static const struct ipc_nothing nothing = {0};
	struct ipc_left body = {5, 1};
	uint64_t conn;
	unsigned type;
	size_t size;

	(void)state;
	put_left(1);
	begin();
	put_left(2);
	put_left(3);
	size = IPC_HEADER_BYTES + ipc_size_left(&body);
	assert_int_equal(uplink.flight_bytes, 3 * size);
	while (sent(&type) != 0)
		;
	assert_true(uplink_take(&uplink, 1));
	assert_int_equal(uplink.flight_bytes, 2 * size);
	(void)uplink_void(&uplink, 1);
	assert_int_equal(uplink.flight_bytes, 2 * size);
	(void)uplink_void(&uplink, 2);
	assert_int_equal(uplink.flight_bytes, size + IPC_HEADER_BYTES +
	    ipc_size_nothing(&nothing));
	/* An acknowledgement says that, too; less than before says nothing. */
	while (uplink_drop(&uplink, 2, &conn, &size))
		;
	assert_true(uplink_take(&uplink, 1));
	assert_int_equal(uplink.flight_bytes, IPC_HEADER_BYTES +
	    ipc_size_left(&body));
	assert_true(uplink_take(&uplink, 3));
	assert_int_equal(uplink.flight_bytes, 0);
	/* The next session sends it again. */
	uplink_end(&uplink);
	begin();
	assert_int_equal(uplink.flight_bytes, uplink.bytes);
	uplink_reset(&uplink);
	assert_int_equal(uplink.flight_bytes, 0);
}

/* Without a session it waits, and it ends with the numbering. */
static void
test_behind_without_session(void **state)
{
	struct ipc_left body = {5, 1};
	const unsigned char *data;

	(void)state;
	UPLINK_PUT_BEHIND(&uplink, 5, left, &body);
	assert_int_equal(uplink_output(&uplink, &data), 0);
	assert_int_equal(uplink.seq, 0);
	assert_true(uplink.bytes > 0);
	uplink_reset(&uplink);
	assert_int_equal(uplink.bytes, 0);
	begin();
	assert_false(uplink_has_output(&uplink));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_kept_until_acknowledged),
		TEST(test_session_ends_within_a_record),
		TEST(test_taken_back),
		TEST(test_reset),
		TEST(test_long_record),
		TEST(test_behind),
		TEST(test_behind_without_session),
		TEST(test_flight),
		TEST(test_reading_in_pieces),
		TEST(test_reading_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
