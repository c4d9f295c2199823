/*
 * The decision about a message: every answer that it has, and their order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/forward.h"

/* Users 1 and 2 are ours, on connections 101 and 102; 3 is behind link 900; 4
 * is a room of ours. */
static struct table *table;
static struct msgtable *msgtable;
static struct forward forward;

static bool
is_ours(void *context, uint64_t conn)
{
	(void)context;
	return conn > 0 && conn < 200;
}

static void
show(uint64_t number, uint64_t conn, enum ipc_role role)
{
	struct table_user user = {.number = number, .conn = conn, .role = role,
	    .name = dn_str_of("n"), .description = dn_str_of("d"),
	    .arrv = dn_str_of("a")};

	assert_int_equal(table_show(table, &user, NULL), DN_OK);
}

static int
setup(void **state)
{
	(void)state;
	table = table_new(1);
	msgtable = msgtable_new(2);
	show(1, 101, IPC_ROLE_USER);
	show(2, 102, IPC_ROLE_USER);
	show(3, 900, IPC_ROLE_USER);
	show(4, IPC_CONN_NONE, IPC_ROLE_ROOM);
	forward = (struct forward){table, msgtable, is_ours, NULL, 4096,
	    1000};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	table_free(table);
	msgtable_free(msgtable);
	return 0;
}

static struct dn_msg
send_of(uint64_t number, uint64_t from, uint64_t to, size_t size)
{
	static const char text[8192];

	return (struct dn_msg){.kind = DN_KIND_SEND, .number = number,
	    .from = from, .to = to, .text = {text, size}};
}

static void
assert_fails(struct dn_msg msg, enum dn_reason reason)
{
	struct forward_verdict verdict = forward_send(&forward, &msg);

	assert_int_equal(verdict.action, FORWARD_FAIL);
	assert_int_equal(verdict.reason, reason);
}

static void
assert_goes(struct forward_verdict verdict, uint64_t user)
{
	assert_int_equal(verdict.action, FORWARD_ONE);
	assert_int_equal(verdict.entry->number, user);
}

static void
assert_dropped(struct dn_msg msg, enum ipc_counter counter)
{
	struct forward_verdict verdict = forward_transit(&forward, &msg);

	assert_int_equal(verdict.action, FORWARD_DROP);
	assert_int_equal(verdict.counter, counter);
}

static void
test_send(void **state)
{
	struct dn_msg msg = send_of(10, 1, 2, 4096);

	(void)state;
	assert_goes(forward_send(&forward, &msg), 2);
	/* Used, although it is too long and for nobody. */
	assert_fails(send_of(10, 2, 99, 4097), DN_REASON_NUMBER);
	/* Too long, although it is for nobody. */
	assert_fails(send_of(11, 1, 99, 4097), DN_REASON_LENGTH);
	assert_fails(send_of(11, 1, 99, 4096), DN_REASON_NUMBER);
	/* What was refused has not used the number up. */
	msg = send_of(11, 1, DN_TO_ALL, 0);
	assert_int_equal(forward_send(&forward, &msg).action, FORWARD_ALL);
	msg = send_of(12, 1, 1, 5);
	assert_goes(forward_send(&forward, &msg), 1);
	msg = send_of(13, 1, 3, 5);
	assert_goes(forward_send(&forward, &msg), 3);
	/* It may be used again when it has expired. */
	forward.now_msec += DN_MESSAGE_MSEC + 1;
	msg = send_of(10, 1, 2, 5);
	assert_goes(forward_send(&forward, &msg), 2);
}

static void
test_ackn(void **state)
{
	struct dn_msg msg = send_of(10, 3, 2, 5);
	struct msgtable_acker one = {1, 0, 1}, two = {2, 0, 2};
	struct forward_verdict verdict;

	(void)state;
	assert_goes(forward_transit(&forward, &msg), 2);
	assert_int_equal(forward_ackn(&forward, 10, &one).action,
	    FORWARD_FAIL);
	verdict = forward_ackn(&forward, 10, &two);
	assert_goes(verdict, 3);
	assert_int_equal(verdict.author, 3);
	assert_int_equal(forward_ackn(&forward, 10, &two).action,
	    FORWARD_SWALLOW);
	/* Its author has gone meanwhile. */
	msg = send_of(11, 3, 2, 5);
	assert_goes(forward_transit(&forward, &msg), 2);
	table_hide(table, table_find(table, 3));
	verdict = forward_ackn(&forward, 11, &two);
	assert_int_equal(verdict.action, FORWARD_DROP);
	assert_int_equal(verdict.counter, IPC_COUNTER_unknown_dropped);
}

static void
test_transit(void **state)
{
	struct dn_msg msg = send_of(10, 3, DN_TO_ALL, 5), ackn;
	unsigned i;

	(void)state;
	assert_int_equal(forward_transit(&forward, &msg).action, FORWARD_ALL);
	assert_dropped(msg, IPC_COUNTER_duplicates);
	msg = send_of(10, 44, 1, 5);
	assert_int_equal(forward_transit(&forward, &msg).action,
	    FORWARD_EARLY);
	assert_dropped(send_of(11, 3, 99, 5), IPC_COUNTER_unknown_dropped);
	msg = send_of(12, 3, 1, 5);
	for (i = 0; i < DN_TRANSIT_MAX; i++)
		assert_goes(forward_transit(&forward, &msg), 1);
	assert_dropped(msg, IPC_COUNTER_transit_dropped);
	ackn = (struct dn_msg){.kind = DN_KIND_ACKN, .number = 5, .from = 3,
	    .to = 1};
	for (i = 0; i < DN_TRANSIT_MAX; i++)
		assert_goes(forward_transit(&forward, &ackn), 1);
	assert_dropped(ackn, IPC_COUNTER_transit_dropped);
}

/* What a link says in the name of our users is believed only if they said
 * it: then it has come back, as routes changed. */
static void
test_forged(void **state)
{
	struct dn_msg msg = send_of(10, 1, 3, 5), ackn;
	struct msgtable_acker two = {2, 0, 2};

	(void)state;
	assert_dropped(send_of(10, 1, 2, 5), IPC_COUNTER_forged_dropped);
	assert_dropped(send_of(10, 1, DN_TO_ALL, 5),
	    IPC_COUNTER_forged_dropped);
	ackn = (struct dn_msg){.kind = DN_KIND_ACKN, .number = 20, .from = 2,
	    .to = 3};
	assert_dropped(ackn, IPC_COUNTER_forged_dropped);
	assert_goes(forward_send(&forward, &msg), 3);
	assert_goes(forward_transit(&forward, &msg), 3);
	msg = send_of(20, 3, 2, 5);
	assert_goes(forward_transit(&forward, &msg), 2);
	assert_goes(forward_ackn(&forward, 20, &two), 3);
	assert_goes(forward_transit(&forward, &ackn), 3);
}

/* A message to a room comes to its end here: the same by another way is not
 * said again. A room is ours: nobody else speaks in its name. */
static void
test_room(void **state)
{
	struct dn_msg msg = send_of(10, 3, 4, 5), ackn;

	(void)state;
	assert_goes(forward_transit(&forward, &msg), 4);
	assert_dropped(msg, IPC_COUNTER_duplicates);
	ackn = (struct dn_msg){.kind = DN_KIND_ACKN, .number = 11, .from = 3,
	    .to = 4};
	assert_goes(forward_transit(&forward, &ackn), 4);
	assert_dropped(ackn, IPC_COUNTER_duplicates);
	assert_dropped(send_of(12, 4, 1, 5), IPC_COUNTER_forged_dropped);
	assert_dropped(send_of(12, 4, DN_TO_ALL, 5),
	    IPC_COUNTER_forged_dropped);
	msg = send_of(13, 1, 4, 5);
	assert_goes(forward_send(&forward, &msg), 4);
	assert_dropped(msg, IPC_COUNTER_duplicates);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_send),
		TEST(test_ackn),
		TEST(test_transit),
		TEST(test_forged),
		TEST(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
