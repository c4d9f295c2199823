/* Bytes that grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../control/bytes.h"

static void
empty_is_zeroed(void **state)
{
	struct bytes bytes = {0};

	(void)state;
	bytes_append(&bytes, NULL, 0);
	bytes_consume(&bytes, 0);
	assert_int_equal(bytes.size, 0);
	bytes_deinit(&bytes);
	assert_null(bytes.data);
}

static void
appends_and_consumes(void **state)
{
	struct bytes bytes = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 10000; i++)
		bytes_append(&bytes, &i, sizeof(i));
	assert_int_equal(bytes.size, 10000 * sizeof(i));
	bytes_consume(&bytes, 9999 * sizeof(i));
	assert_int_equal(bytes.size, sizeof(i));
	memcpy(&i, bytes.data, sizeof(i));
	assert_int_equal(i, 9999);
	bytes_consume(&bytes, sizeof(i));
	assert_int_equal(bytes.size, 0);
	bytes_deinit(&bytes);
}

static void
reserves_what_is_asked_for(void **state)
{
	struct bytes bytes = {0};

	(void)state;
	bytes_append(&bytes, "abc", 3);
	memset(bytes_reserve(&bytes, 1 << 20), 'x', 1 << 20);
	bytes.size += 1 << 20;
	assert_memory_equal(bytes.data, "abcx", 4);
	bytes_deinit(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_zeroed),
		cmocka_unit_test(appends_and_consumes),
		cmocka_unit_test(reserves_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
