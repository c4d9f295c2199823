/*
 * Numbers of rooms' messages: whose receipt goes where, once, for how long,
 * and what gives way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/relay.h"

static struct relay *relay;
static struct relay_origin origin;

static int
setup(void **state)
{
	(void)state;
	relay = relay_new(5);
	return relay == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	relay_free(relay);
	return 0;
}

static void
put(uint64_t number, uint64_t member, uint64_t author, uint64_t said,
    uint64_t now_msec)
{
	struct relay_origin from = {author, said};

	assert_int_equal(relay_put(relay, number, member, &from, now_msec),
	    DN_OK);
}

static void
test_to_all_who_are_here(void **state)
{
	(void)state;
	put(10, 0, 1, 7, 0);
	put(11, 0, 2, 8, 0);
	assert_true(relay_acknowledge(relay, 10, 5, 1, &origin));
	assert_int_equal(origin.author, 1);
	assert_int_equal(origin.number, 7);
	/* Who has done so is the message table's business. */
	assert_true(relay_acknowledge(relay, 10, 5, 1, &origin));
	assert_true(relay_acknowledge(relay, 11, 6, 1, &origin));
	assert_int_equal(origin.author, 2);
	assert_false(relay_acknowledge(relay, 12, 5, 1, &origin));
}

static void
test_to_one(void **state)
{
	(void)state;
	put(10, 5, 1, 7, 0);
	assert_false(relay_acknowledge(relay, 10, 6, 1, &origin));
	assert_true(relay_acknowledge(relay, 10, 5, 1, &origin));
	assert_false(relay_acknowledge(relay, 10, 5, 1, &origin));
}

static void
test_expires(void **state)
{
	(void)state;
	put(10, 0, 1, 7, 1000);
	put(11, 0, 1, 8, 2000);
	assert_true(relay_acknowledge(relay, 10, 5, 999 + DN_MESSAGE_MSEC,
	    &origin));
	assert_false(relay_acknowledge(relay, 10, 5, 1000 + DN_MESSAGE_MSEC,
	    &origin));
	assert_int_equal(relay_count(relay), 1);
	relay_expire(relay, 2000 + DN_MESSAGE_MSEC);
	assert_int_equal(relay_count(relay), 0);
	assert_false(relay_acknowledge(relay, 11, 5, 2000 + DN_MESSAGE_MSEC,
	    &origin));
	/* And begins anew. */
	put(10, 0, 3, 9, 2000 + DN_MESSAGE_MSEC);
	assert_true(relay_acknowledge(relay, 10, 5, 2000 + DN_MESSAGE_MSEC,
	    &origin));
	assert_int_equal(origin.author, 3);
}

/* The oldest gives way, whole segments with them; links go on. */
static void
test_bound(void **state)
{
	uint64_t i, most = DN_RELAYED_MAX + DN_RELAYED_MAX / 2 + 3;

	(void)state;
	for (i = 1; i <= most; i++)
		put(i * 3, 0, i, i + 1, 0);
	assert_int_equal(relay_count(relay), DN_RELAYED_MAX);
	for (i = 1; i <= most; i++) {
		if (i <= most - DN_RELAYED_MAX) {
			assert_false(relay_acknowledge(relay, i * 3, 5, 0,
			    &origin));
			continue;
		}
		if (!relay_acknowledge(relay, i * 3, 5, 0, &origin) ||
		    origin.author != i || origin.number != i + 1)
			fail_msg("number %llu is lost",
			    (unsigned long long)i);
	}
	relay_expire(relay, DN_MESSAGE_MSEC);
	assert_int_equal(relay_count(relay), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_to_all_who_are_here),
		TEST(test_to_one),
		TEST(test_expires),
		TEST(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
