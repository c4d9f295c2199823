/*
 * Numbers and their entries while the index grows and shrinks: at any step each
 * is found, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../../dataplane/table_index.h"

enum { NUMBERS = 2000 };

/* What is told apart by its address is all that an entry is here. */
static char entries[NUMBERS];
static bool is_there[NUMBERS];
static struct table_index index_;

static struct table_entry *
entry_of(size_t i)
{
	return (struct table_entry *)(void *)&entries[i];
}

/* Some are neighbours, some differ in their high bits only. */
static uint64_t
number_of(size_t i)
{
	return (uint64_t)(i + 1) << (i % 3 * 20);
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NUMBERS; i++)
		is_there[i] = false;
	return table_index_init(&index_, 77) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	table_index_deinit(&index_);
	return 0;
}

static void
add(size_t i)
{
	assert_true(table_index_add(&index_, number_of(i), entry_of(i)));
	is_there[i] = true;
}

static void
del(size_t i)
{
	table_index_del(&index_, number_of(i));
	is_there[i] = false;
}

static void
assert_right(void)
{
	size_t i, count = 0;

	for (i = 0; i < NUMBERS; i++) {
		assert_ptr_equal(table_index_find(&index_, number_of(i)),
		    is_there[i] ? entry_of(i) : NULL);
		count += is_there[i];
	}
	assert_int_equal(index_.count, count);
}

static void
grows_and_shrinks(void **state)
{
	size_t i, moving = 0;

	(void)state;
	for (i = 0; i < NUMBERS; i++) {
		add(i);
		moving += index_.old.slots != NULL;
		assert_right();
	}
	/* What is being tested did happen. */
	assert_in_range(moving, 20, NUMBERS / 2);
	assert_in_range(index_.now.capacity, 2 * NUMBERS, 4 * NUMBERS);
	moving = 0;
	for (i = 0; i < NUMBERS; i++) {
		del(i);
		moving += index_.old.slots != NULL;
		assert_right();
	}
	assert_in_range(moving, 20, NUMBERS / 2);
	assert_in_range(index_.now.capacity, 1, 256);
}

/* Numbers come and go in the middle of it. */
static void
changes_while_it_moves(void **state)
{
	unsigned dice = 5, step;
	size_t i;

	(void)state;
	for (step = 0; step < 3000; step++) {
		dice = dice * 1103515245 + 12345;
		i = (dice >> 8) % NUMBERS;
		if (!is_there[i])
			add(i);
		else if ((dice >> 28) % 4 == 0 || step > 2000)
			del(i);
		if (index_.old.slots != NULL || step % 50 == 0)
			assert_right();
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(grows_and_shrinks),
		TEST(changes_while_it_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
