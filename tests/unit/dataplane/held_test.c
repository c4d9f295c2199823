/*
 * Messages that wait: order, bounds, and what gives way at each of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../../dataplane/held.h"

#define TEXT_BYTES 60000

static struct held_pool pool;
static char text[TEXT_BYTES];
static char order[8192]; /* numbers of what was delivered */

static int
setup(void **state)
{
	(void)state;
	memset(&pool, 0, sizeof(pool));
	order[0] = '\0';
	return 0;
}

static struct dn_msg
send_of(uint64_t number, size_t size)
{
	return (struct dn_msg){.kind = DN_KIND_SEND, .number = number,
	    .from = 7, .to = 8, .text = {text, size}};
}

static void
deliver(void *context, uint64_t conn, const struct dn_msg *msg)
{
	size_t used = strlen(order);

	(void)context;
	(void)conn;
	snprintf(order + used, sizeof(order) - used, "%s%llu",
	    used > 0 ? " " : "", (unsigned long long)msg->number);
}

static void
test_order(void **state)
{
	struct table_entry entry = {0};
	struct dn_msg msg = send_of(1, 5);

	(void)state;
	for (msg.number = 1; msg.number <= 3; msg.number++)
		assert_int_equal(held_push(&pool, &entry, &msg), 0);
	held_flush(&pool, &entry, deliver, NULL);
	assert_string_equal(order, "1 2 3");
	assert_null(entry.held);
	assert_int_equal(pool.bytes, 0);
}

static void
test_count_of_one_user(void **state)
{
	struct table_entry entry = {0};
	struct dn_msg msg = send_of(1, 1);
	size_t dropped = 0;

	(void)state;
	for (; msg.number <= DN_HOLD_COUNT_MAX + 6; msg.number++)
		dropped += held_push(&pool, &entry, &msg);
	assert_int_equal(dropped, 6);
	held_flush(&pool, &entry, deliver, NULL);
	assert_memory_equal(order, "7 8 9 10 ", 9);
}

static void
test_bytes_of_one_user(void **state)
{
	struct table_entry entry = {0};
	struct dn_msg first = send_of(1, 40000), second = send_of(2, 40000);

	(void)state;
	assert_int_equal(held_push(&pool, &entry, &first), 0);
	assert_int_equal(held_push(&pool, &entry, &second), 1);
	held_flush(&pool, &entry, deliver, NULL);
	assert_string_equal(order, "2");
}

static void
test_bytes_of_all(void **state)
{
	static struct table_entry entries[100];
	struct dn_msg msg = send_of(1, TEXT_BYTES);
	size_t dropped = 0, i;

	(void)state;
	memset(entries, 0, sizeof(entries));
	for (i = 0; i < 100; i++)
		dropped += held_push(&pool, &entries[i], &msg);
	assert_in_range(pool.bytes, DN_HOLD_TOTAL_BYTES_MAX - TEXT_BYTES * 2,
	    DN_HOLD_TOTAL_BYTES_MAX);
	assert_in_range(dropped, 25, 35);
	/* The oldest of all went, whosever they were. */
	for (i = 0; i < 100; i++)
		assert_int_equal(entries[i].held == NULL, i < dropped);
	for (i = 0; i < 100; i++)
		assert_int_equal(held_drop(&pool, &entries[i]),
		    i < dropped ? 0 : 1);
	assert_int_equal(pool.bytes, 0);
}

static void
test_early(void **state)
{
	struct dn_msg mine = send_of(1, 3), other = send_of(2, 3);

	(void)state;
	other.from = 9;
	assert_true(held_early_deadline(&pool) == UINT64_MAX);
	assert_int_equal(held_early(&pool, 5, &mine, 1000), 0);
	assert_int_equal(held_early(&pool, 5, &other, 1100), 0);
	mine.number = 3;
	assert_int_equal(held_early(&pool, 5, &mine, 1200), 0);
	held_early_flush(&pool, 7, deliver, NULL);
	assert_string_equal(order, "1 3");
	assert_int_equal(held_early_deadline(&pool), 1100 + DN_EARLY_MSEC);
	assert_int_equal(held_early_expire(&pool, 1099 + DN_EARLY_MSEC), 0);
	assert_int_equal(held_early_expire(&pool, 1100 + DN_EARLY_MSEC), 1);
	assert_int_equal(pool.early_bytes, 0);
}

static void
test_early_bounds(void **state)
{
	struct dn_msg msg = send_of(1, 3);
	size_t dropped = 0;

	(void)state;
	for (; msg.number <= DN_EARLY_COUNT_MAX + 5; msg.number++)
		dropped += held_early(&pool, 5, &msg, 0);
	assert_int_equal(dropped, 5);
	held_deinit(&pool);
	msg = send_of(1, TEXT_BYTES);
	for (dropped = 0; msg.number <= 100; msg.number++)
		dropped += held_early(&pool, 5, &msg, 0);
	assert_in_range(dropped, 25, 35);
	assert_true(pool.early_bytes <= DN_EARLY_BYTES_MAX);
	held_deinit(&pool);
	assert_int_equal(pool.early_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_count_of_one_user, setup),
		cmocka_unit_test_setup(test_bytes_of_one_user, setup),
		cmocka_unit_test_setup(test_bytes_of_all, setup),
		cmocka_unit_test_setup(test_early, setup),
		cmocka_unit_test_setup(test_early_bounds, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
