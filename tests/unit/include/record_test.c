/*
 * A record made of every type of field: its bytes, and its exact size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "dnchat/record.h"

#define FIELDS_ALL(F)                                                        \
	F(U8, a) F(U16, b) F(U32, c) F(U64, d) F(STR, e) F(LIST, f)
DN_RECORD(test, all, FIELDS_ALL)
DN_RECORD(test, none, DN_NO_FIELDS)

static const unsigned char wanted[] = {
	1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0,
	2, 0, 0, 0, 'h', 'i',
	1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0,
};

static void
bytes_are_the_fields_in_order(void **state)
{
	static const unsigned char nine[8] = {9};
	struct test_all body = {1, 2, 3, 4, {"hi", 2}, {nine, 1}}, back;
	unsigned char data[sizeof(wanted)];
	struct dn_wr wr = dn_wr_of(data, sizeof(data));
	struct dn_rd rd = dn_rd_of(wanted, sizeof(wanted));

	(void)state;
	test_put_all(&wr, &body);
	assert_false(wr.failed);
	assert_int_equal(wr.at, sizeof(wanted));
	assert_memory_equal(data, wanted, sizeof(wanted));
	assert_true(test_get_all(&rd, &back));
	assert_int_equal(back.a, 1);
	assert_int_equal(back.b, 2);
	assert_int_equal(back.c, 3);
	assert_int_equal(back.d, 4);
	assert_true(dn_str_eq(back.e, body.e));
	assert_int_equal(back.f.count, 1);
	assert_int_equal(dn_list_at(back.f, 0), 9);
}

static void
sizes_are_exact(void **state)
{
	unsigned char data[sizeof(wanted) + 1] = {0};
	struct test_all back;
	struct dn_rd rd;
	size_t size;

	(void)state;
	memcpy(data, wanted, sizeof(wanted));
	for (size = 0; size <= sizeof(data); size++) {
		rd = dn_rd_of(data, size);
		assert_int_equal(test_get_all(&rd, &back),
		    size == sizeof(wanted));
	}
}

static void
record_without_fields_is_a_byte(void **state)
{
	struct test_none body = {0};
	unsigned char data[2] = {0};
	struct dn_wr wr = dn_wr_of(data, sizeof(data));
	struct dn_rd rd;
	size_t size;

	(void)state;
	test_put_none(&wr, &body);
	assert_int_equal(wr.at, 1);
	for (size = 0; size <= 2; size++) {
		rd = dn_rd_of(data, size);
		assert_int_equal(test_get_none(&rd, &body), size == 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_the_fields_in_order),
		cmocka_unit_test(sizes_are_exact),
		cmocka_unit_test(record_without_fields_is_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
