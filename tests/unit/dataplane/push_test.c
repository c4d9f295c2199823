/*
 * The session with dncontrol: greeting, resuming, beginning anew, order of
 * records, and everything that must end it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../dataplane/push.h"
#include "shell.h"

static struct shell shell;
static struct far a, b, l;

static int
setup(void **state)
{
	(void)state;
	shell_init(&shell);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(&l, 0, sizeof(l));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	shell_gone(&shell, &a);
	shell_gone(&shell, &b);
	shell_gone(&shell, &l);
	shell_deinit(&shell);
	return 0;
}

/* A record as bytes. */
#define RECORD(wr, name, seq, ...)                                         \
	do {                                                               \
		struct ipc_##name record_ = {__VA_ARGS__};                 \
		IPC_PUT(wr, name, seq, &record_);                          \
	} while (0)

static enum dn_err
feed(const struct dn_wr *wr)
{
	enum dn_err err = plane_control_feed(shell.plane, wr->data, wr->at);

	shell_turn(&shell);
	return err;
}

static enum dn_err
hello(uint32_t version, bool reset, uint64_t applied)
{
	unsigned char bytes[64];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	RECORD(&wr, hello, 0, version, reset, applied);
	return feed(&wr);
}

static void
greet(struct ipc_welcome *welcome)
{
	plane_control_end(shell.plane);
	shell.up_size = 0;
	plane_control_begin(shell.plane);
	shell_turn(&shell);
	UP(&shell, welcome, welcome);
}

static void
test_greeting(void **state)
{
	struct ipc_welcome welcome;
	struct ipc_synced synced;

	(void)state;
	greet(&welcome);
	assert_int_equal(welcome.version, IPC_VERSION);
	assert_int_equal(welcome.incarnation, 77);
	assert_int_equal(welcome.applied, 0);
	UP_NONE(&shell);
	assert_int_equal(hello(IPC_VERSION, true, 0), DN_OK);
	UP(&shell, synced, &synced);
	assert_int_equal(shell.header.seq, 1);
	UP_NONE(&shell);
}

static void
test_resume(void **state)
{
	struct ipc_welcome welcome;
	struct ipc_left left;
	unsigned i;
	char text[32];

	(void)state;
	shell_control(&shell);
	shell_link(&shell, &l, false, 0);
	shell.up_size = 0;
	for (i = 1; i <= 10; i++) {
		snprintf(text, sizeof(text), "LEFT %u", i);
		shell_say(&shell, &l, text);
	}
	for (i = 1; i <= 10; i++)
		UP(&shell, left, &left);
	greet(&welcome);
	assert_int_equal(welcome.applied, shell.down_seq);
	/* It had journaled all but the last three. */
	assert_int_equal(hello(IPC_VERSION, false, shell.header.seq +
	    shell.plane->uplink.seq - 3), DN_OK);
	for (i = 8; i <= 10; i++) {
		UP(&shell, left, &left);
		assert_int_equal(left.number, i);
	}
	UP_NONE(&shell);
	/* What was acknowledged before cannot be asked for. */
	greet(&welcome);
	assert_int_equal(hello(IPC_VERSION, false,
	    shell.plane->uplink.seq - 4), DN_E_STATE);
	greet(&welcome);
	assert_int_equal(hello(IPC_VERSION, false,
	    shell.plane->uplink.seq + 1), DN_E_STATE);
}

static void
test_beginning_anew(void **state)
{
	struct ipc_sync_client client;
	struct ipc_sync_entry entry;
	struct ipc_synced synced;
	struct ipc_welcome welcome;
	struct ipc_auth auth;
	uint64_t id;

	(void)state;
	shell_control(&shell);
	shell_login_at(&shell, &a, 1, "ann");
	shell_link(&shell, &l, false, 0);
	DOWN(&shell, show, 50, l.conn->id, IPC_FORWARD, IPC_ROLE_USER,
	    dn_str_of("fay"), dn_str_of("d"));
	/* One who asked, and whose AUTH was acknowledged. */
	shell_accept(&shell, &b);
	shell_say(&shell, &b, "AUTH 2/bob/secret");
	DOWN(&shell, ack, shell.plane->uplink.seq);
	/* He was shown, but had no name yet when dncontrol was lost. */
	DOWN(&shell, show, 2, b.conn->id, IPC_FORWARD, IPC_ROLE_USER, dn_str_of("bob"),
	    dn_str_of("d"));
	GOT(&a, "ARRV 50/fay/d|ARRV 2/bob/d");
	id = l.conn->id;
	greet(&welcome);
	assert_int_equal(hello(IPC_VERSION, true, 0), DN_OK);
	UP(&shell, sync_client, &client);
	assert_true(client.number == 1 && client.conn == a.conn->id);
	assert_int_equal(shell.header.seq, 1);
	UP(&shell, sync_entry, &entry);
	assert_true(entry.number == 50);
	assert_true(dn_str_eq(entry.name, dn_str_of("fay")));
	UP(&shell, synced, &synced);
	UP(&shell, auth, &auth);
	assert_true(auth.number == 2 && auth.conn == b.conn->id);
	assert_true(dn_str_eq(auth.secret, dn_str_of("secret")));
	/* The link is closed, and nothing is said of that. */
	assert_int_equal(l.code, WS_CLOSE_LATER);
	UP_NONE(&shell);
	shell_gone(&shell, &l);
	UP_NONE(&shell);
	assert_string_equal(shell.dials, "undial all 0|undial all 0");
	/* The other's list keeps who is not known to have left. */
	GOT(&a, "LEFT 2");
	shell_say(&shell, &a, "SEND 9/50/held");
	GOT(&a, "OKAY 9");
	shell.down_seq = 0;
	DOWN(&shell, route, 50, a.conn->id, IPC_FORWARD);
	GOT(&a, "SEND 9/1/held");
	assert_null(plane_conn(shell.plane, id));
}

static void
test_order_of_records(void **state)
{
	unsigned char bytes[256];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	(void)state;
	shell_control(&shell);
	RECORD(&wr, dial, 1, 1, 0, 0, 0, 5, {0}, {0});
	RECORD(&wr, dial, 2, 2, 0, 0, 0, 5, {0}, {0});
	assert_int_equal(feed(&wr), DN_OK);
	/* Once more: they have been applied. */
	assert_int_equal(feed(&wr), DN_OK);
	assert_string_equal(shell.dials, "undial all 0|dial 1|dial 2");
	assert_int_equal(shell.plane->uplink.applied, 2);
	wr.at = 0;
	RECORD(&wr, dial, 4, 4, 0, 0, 0, 5, {0}, {0});
	assert_int_equal(feed(&wr), DN_E_STATE);
	assert_int_equal(shell.plane->uplink.applied, 2);
}

static void
test_acknowledged_once_a_turn(void **state)
{
	unsigned char bytes[256];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	struct ipc_header header;
	struct dn_rd rd;
	struct ipc_ack ack;

	(void)state;
	shell_control(&shell);
	RECORD(&wr, undial, 1, 1);
	RECORD(&wr, undial, 2, 2);
	RECORD(&wr, undial, 3, 3);
	assert_int_equal(feed(&wr), DN_OK);
	assert_int_equal(ipc_peek(shell.up, shell.up_size, &header),
	    shell.up_size);
	assert_int_equal(header.type, IPC_ack);
	rd = dn_rd_of(shell.up + IPC_HEADER_BYTES, header.size);
	assert_true(ipc_get_ack(&rd, &ack));
	assert_int_equal(ack.applied, 3);
}

/* Many records take several turns; each is applied once, and told of. */
static void
test_many_take_turns(void **state)
{
	static unsigned char bytes[64u << 10];
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));
	const unsigned most = PUSH_COST_MAX / PUSH_RECORD_COST;
	uint64_t seq, before;

	(void)state;
	shell_control(&shell);
	assert_false(shell.plane->control_waits);
	for (seq = 1; seq <= most + 3; seq++)
		RECORD(&wr, undial, seq, seq);
	assert_int_equal(feed(&wr), DN_OK);
	assert_true(shell.plane->control_waits);
	assert_true(plane_is_busy(shell.plane));
	assert_int_equal(shell.plane->uplink.applied, most);
	assert_int_equal(shell.plane->uplink.applied_told, most);
	assert_int_equal(plane_control_feed(shell.plane, NULL, 0), DN_OK);
	assert_false(shell.plane->control_waits);
	assert_int_equal(shell.plane->uplink.applied_told, most + 3);
	/* What is told to clients counts for each of them. */
	shell_control(&shell);
	shell_login_at(&shell, &a, 1, "ann");
	shell_login_at(&shell, &b, 2, "bob");
	before = shell.plane->uplink.applied;
	wr.at = 0;
	for (seq = 1; seq <= most; seq++)
		RECORD(&wr, show, before + seq, 1000 + seq, 5, IPC_FORWARD,
		    0, {"n", 1}, {"d", 1});
	assert_int_equal(feed(&wr), DN_OK);
	assert_int_equal(shell.plane->uplink.applied - before,
	    (PUSH_COST_MAX + 2 * PUSH_CLIENT_COST + PUSH_RECORD_COST + 1) /
	    (PUSH_RECORD_COST + 2));
	/* The end of the session is the end of that. */
	plane_control_end(shell.plane);
	assert_false(shell.plane->control_waits);
}

/* Feeds one record in a fresh session, which it must end. */
#define ENDS(error, name, seq, ...)                                        \
	do {                                                               \
		unsigned char bytes_[512];                                 \
		struct dn_wr wr_ = dn_wr_of(bytes_, sizeof(bytes_));       \
		shell_control(&shell);                                     \
		RECORD(&wr_, name, seq, __VA_ARGS__);                      \
		assert_int_equal(feed(&wr_), error);                       \
		plane_control_end(shell.plane);                            \
	} while (0)

static void
test_what_ends_a_session(void **state)
{
	unsigned char bytes[64] = {0};
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	(void)state;
	ENDS(DN_E_STATE, hello, 0, IPC_VERSION, 0, 0);
	ENDS(DN_E_STATE, ack, 0, 5);
	ENDS(DN_E_MALFORMED, ask, 9, 5);
	ENDS(DN_E_MALFORMED, welcome, 0, 0);
	ENDS(DN_E_MALFORMED, tell, 0, 5, {0});
	ENDS(DN_E_MALFORMED, left, 1, 5, 5);
	ENDS(DN_E_MALFORMED, hide, 0, 5);
	ENDS(DN_E_UNKNOWN, hide, 1, 5);
	ENDS(DN_E_UNKNOWN, route, 1, 5, 5, IPC_FORWARD);
	ENDS(DN_E_MALFORMED, route, 1, 5, 5, IPC_STATE_COUNT);
	ENDS(DN_E_MALFORMED, show, 1, 0, 5, 0, 0, {0}, {0});
	ENDS(DN_E_MALFORMED, show, 1, 7, 5, IPC_STATE_COUNT, 0, {0}, {0});
	ENDS(DN_E_MALFORMED, deny, 1, 5, 5, DN_REASON_COUNT);
	ENDS(DN_E_MALFORMED, level, 1, DN_LOG_COUNT);
	/* Before the greeting is answered nothing else is legal. */
	plane_control_begin(shell.plane);
	RECORD(&wr, ask, 0, 5);
	assert_int_equal(feed(&wr), DN_E_STATE);
	plane_control_end(shell.plane);
	plane_control_begin(shell.plane);
	assert_int_equal(hello(IPC_VERSION + 1, true, 0), DN_E_VERSION);
	plane_control_end(shell.plane);
	/* A body of another size: another build. */
	shell_control(&shell);
	wr = dn_wr_of(bytes, sizeof(bytes));
	ipc_put_header(&wr, &(struct ipc_header){7, IPC_hide, 1});
	dn_wr_bytes(&wr, "1234567", 7);
	assert_int_equal(feed(&wr), DN_E_MALFORMED);
}

/* A record that could not be applied is not asked for again: that would go
 * on for ever. */
static void
test_bad_record_is_passed(void **state)
{
	struct ipc_welcome welcome;

	(void)state;
	ENDS(DN_E_UNKNOWN, hide, 1, 5);
	greet(&welcome);
	assert_int_equal(welcome.applied, 1);
}

static void
test_counters(void **state)
{
	struct ipc_tell tell;

	(void)state;
	shell_control(&shell);
	shell_login_at(&shell, &a, 1, "ann");
	shell_accept(&shell, &b);
	shell_say(&shell, &a, "SEND 5/*/x");
	DOWN(&shell, ask, 42);
	UP(&shell, tell, &tell);
	assert_int_equal(tell.ask, 42);
	assert_int_equal(tell.counters.count, IPC_COUNTER_COUNT);
	assert_int_equal(dn_list_at(tell.counters,
	    IPC_COUNTER_connections), 2);
	assert_int_equal(dn_list_at(tell.counters, IPC_COUNTER_strangers), 1);
	assert_int_equal(dn_list_at(tell.counters, IPC_COUNTER_clients), 1);
	assert_int_equal(dn_list_at(tell.counters, IPC_COUNTER_entries), 1);
	assert_int_equal(dn_list_at(tell.counters,
	    IPC_COUNTER_sends_local), 1);
}

static void
test_config_and_level(void **state)
{
	(void)state;
	shell_control(&shell);
	shell_login_at(&shell, &a, 1, "ann");
	DOWN(&shell, config, 300, 3000, 0, {0});
	shell_say(&shell, &a, "SEND 5/1/short");
	GOT(&a, "OKAY 5|SEND 5/1/short");
	shell.plane->text_bytes_max = 3;
	shell_say(&shell, &a, "SEND 6/1/long");
	GOT(&a, "FAIL 6/LENGTH");
	DOWN(&shell, level, DN_LOG_WARN);
	assert_int_equal(dn_log_level, DN_LOG_WARN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_greeting),
		TEST(test_resume),
		TEST(test_beginning_anew),
		TEST(test_order_of_records),
		TEST(test_acknowledged_once_a_turn),
		TEST(test_many_take_turns),
		TEST(test_what_ends_a_session),
		TEST(test_bad_record_is_passed),
		TEST(test_counters),
		TEST(test_config_and_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
