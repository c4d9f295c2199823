/* Deadlines: their order does not depend on when they were started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/timer.h"

#define COUNT 200

static void
fires_by_deadline_kind_owner(void **state)
{
	struct timer a = {.owner = 2, .kind = 1}, b = {.owner = 1, .kind = 1},
	    c = {.owner = 9, .kind = 0}, d = {.owner = 0, .kind = 7};
	struct timers timers = {0};

	(void)state;
	timer_start(&timers, &a, 100, 50);
	timer_start(&timers, &b, 110, 40);
	timer_start(&timers, &c, 120, 30);
	timer_start(&timers, &d, 0, 149);
	assert_ptr_equal(timers_first(&timers), &d);
	timer_stop(&timers, &d);
	assert_ptr_equal(timers_first(&timers), &c);
	timer_stop(&timers, &c);
	assert_ptr_equal(timers_first(&timers), &b);
	timer_stop(&timers, &b);
	assert_ptr_equal(timers_first(&timers), &a);
	assert_int_equal(a.deadline_msec, 150);
	timer_stop(&timers, &a);
	timer_stop(&timers, &a);
	assert_false(timer_runs(&a));
	assert_null(timers_first(&timers));
	timers_deinit(&timers);
}

/* Random starts, stops and restarts against a search through all. */
static void
agrees_with_a_search(void **state)
{
	struct timer timers[COUNT] = {0};
	const struct timer *first, *least;
	struct timers heap = {0};
	unsigned step, i, seed = 5;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		timers[i].owner = i / 3;
		timers[i].kind = (uint8_t)(i % 3);
	}
	for (step = 0; step < 20000; step++) {
		seed = seed * 1103515245 + 12345;
		i = seed / 65536 % COUNT;
		if (seed / 65536 % 3 == 0)
			timer_stop(&heap, &timers[i]);
		else
			timer_start(&heap, &timers[i], step / 100,
			    seed / 65536 % 17);
		least = NULL;
		for (i = 0; i < COUNT; i++)
			if (timer_runs(&timers[i]) && (least == NULL ||
			    timers[i].deadline_msec < least->deadline_msec ||
			    (timers[i].deadline_msec == least->deadline_msec &&
			    (timers[i].kind < least->kind ||
			    (timers[i].kind == least->kind &&
			    timers[i].owner < least->owner)))))
				least = &timers[i];
		first = timers_first(&heap);
		assert_ptr_equal(first, least);
	}
	timers_deinit(&heap);
}

static void
restart_gives_the_full_length(void **state)
{
	struct timer a = {.owner = 1}, b = {.owner = 2}, c = {.owner = 3};
	struct timers timers = {0};

	(void)state;
	timer_start(&timers, &a, 0, 300);
	timer_start(&timers, &b, 250, 100);
	timer_start(&timers, &c, 260, 200);
	assert_ptr_equal(timers_first(&timers), &a);
	timers_restart(&timers, 1000);
	assert_ptr_equal(timers_first(&timers), &b);
	assert_int_equal(b.deadline_msec, 1100);
	assert_int_equal(c.deadline_msec, 1200);
	assert_int_equal(a.deadline_msec, 1300);
	timers_deinit(&timers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_by_deadline_kind_owner),
		cmocka_unit_test(agrees_with_a_search),
		cmocka_unit_test(restart_gives_the_full_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
