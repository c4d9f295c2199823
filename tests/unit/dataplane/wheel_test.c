/*
 * The wheel against a plain list of deadlines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/wheel.h"

#define COUNT 500

static struct wheel wheel;

static void
test_one(void **state)
{
	struct wheel_timer timer = {0};

	(void)state;
	wheel_init(&wheel, 1000);
	assert_true(wheel_next(&wheel) == UINT64_MAX);
	wheel_set(&wheel, &timer, 5000);
	assert_true(wheel_is_set(&timer));
	assert_true(wheel_next(&wheel) <= 5000);
	assert_true(wheel_next(&wheel) > 5000 - WHEEL_TICK_MSEC);
	assert_null(wheel_advance(&wheel, 5000 - WHEEL_TICK_MSEC));
	assert_ptr_equal(wheel_advance(&wheel, 5000), &timer);
	assert_false(wheel_is_set(&timer));
	assert_null(wheel_advance(&wheel, 5000));
	assert_true(wheel_next(&wheel) == UINT64_MAX);
}

static void
test_moved_and_cleared(void **state)
{
	struct wheel_timer timer = {0};

	(void)state;
	wheel_init(&wheel, 0);
	wheel_set(&wheel, &timer, 500);
	wheel_set(&wheel, &timer, 900);
	assert_null(wheel_advance(&wheel, 800));
	wheel_del(&wheel, &timer);
	wheel_del(&wheel, &timer);
	assert_null(wheel_advance(&wheel, 2000));
}

/* A deadline in the past is met, but not by him who set it while meeting
 * another: that would never end. */
static void
test_past(void **state)
{
	struct wheel_timer timer = {0};
	unsigned count = 0;

	(void)state;
	wheel_init(&wheel, 100000);
	wheel_set(&wheel, &timer, 5);
	while (wheel_advance(&wheel, 100000 + 10 * WHEEL_TICK_MSEC) != NULL) {
		wheel_set(&wheel, &timer, 5);
		assert_true(++count < 20);
	}
	assert_true(count > 0 && wheel_is_set(&timer));
}

static void
test_far_future_and_long_pause(void **state)
{
	struct wheel_timer late = {0}, soon = {0};
	uint64_t round = (uint64_t)WHEEL_SLOTS * WHEEL_TICK_MSEC;

	(void)state;
	wheel_init(&wheel, 0);
	wheel_set(&wheel, &late, 5 * round + 77);
	wheel_set(&wheel, &soon, 77);
	assert_ptr_equal(wheel_advance(&wheel, round), &soon);
	assert_null(wheel_advance(&wheel, 5 * round));
	assert_ptr_equal(wheel_advance(&wheel, 5 * round + 78), &late);
	wheel_set(&wheel, &late, 6 * round);
	assert_ptr_equal(wheel_advance(&wheel, 900 * round), &late);
}

/* No deadline is missed, none is met more than a tick early. */
static void
test_random(void **state)
{
	static struct wheel_timer timers[COUNT];
	static uint64_t deadlines[COUNT];
	struct wheel_timer *timer;
	uint64_t now = 7;
	size_t i, round, index;

	(void)state;
	srand(1);
	wheel_init(&wheel, now);
	for (round = 0; round < 3000; round++) {
		for (i = 0; i < 3; i++) {
			index = (size_t)rand() % COUNT;
			deadlines[index] = now + (uint64_t)(rand() % 200000);
			wheel_set(&wheel, &timers[index], deadlines[index]);
		}
		now += (uint64_t)(rand() % 300);
		while ((timer = wheel_advance(&wheel, now)) != NULL) {
			index = (size_t)(timer - timers);
			assert_true(now + WHEEL_TICK_MSEC >
			    deadlines[index]);
			deadlines[index] = 0;
		}
		for (i = 0; i < COUNT; i++) {
			assert_int_equal(wheel_is_set(&timers[i]),
			    deadlines[i] != 0);
			assert_true(deadlines[i] == 0 ||
			    deadlines[i] + WHEEL_TICK_MSEC > now);
			assert_true(deadlines[i] == 0 ||
			    wheel_next(&wheel) <= deadlines[i]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_moved_and_cleared),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_far_future_and_long_pause),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
