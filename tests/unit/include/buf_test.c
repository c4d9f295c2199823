/*
 * Readers and writers: values, order of bytes, and that a failure stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "dnchat/buf.h"
#include "dnchat/err.h"

static void
integers_are_little_endian(void **state)
{
	static const uint64_t value = UINT64_C(0x8877665544332211);
	unsigned char data[8];
	struct dn_wr wr;
	struct dn_rd rd;
	size_t size, i;

	(void)state;
	for (size = 1; size <= 8; size++) {
		wr = dn_wr_of(data, sizeof(data));
		dn_wr_uint(&wr, size, value);
		assert_int_equal(wr.at, size);
		for (i = 0; i < size; i++)
			assert_int_equal(data[i], 0x11 * (i + 1));
		rd = dn_rd_of(data, size);
		assert_int_equal(dn_rd_uint(&rd, size), size == 8 ? value :
		    value & ((UINT64_C(1) << 8 * size) - 1));
		assert_false(rd.failed);
	}
}

static void
reader_fails_for_good(void **state)
{
	static const unsigned char data[3] = {1, 2, 3};
	struct dn_rd rd = dn_rd_of(data, 3);

	(void)state;
	assert_int_equal(dn_rd_uint(&rd, 2), 0x0201);
	assert_int_equal(dn_rd_uint(&rd, 2), 0);
	assert_true(rd.failed);
	assert_null(dn_rd_take(&rd, 1));
	assert_null(dn_rd_take(&rd, 0));
	assert_int_equal(dn_rd_uint(&rd, 1), 0);
	assert_int_equal(rd.at, 2);
	assert_null(dn_rd_str(&rd).data);
	assert_int_equal(dn_rd_list(&rd).count, 0);
	rd = dn_rd_of(data, 3);
	assert_null(dn_rd_take(&rd, SIZE_MAX));
}

static void
writer_fails_for_good(void **state)
{
	unsigned char data[3] = {9, 9, 9};
	struct dn_wr wr = dn_wr_of(data, 2);

	(void)state;
	dn_wr_bytes(&wr, "a", 1);
	dn_wr_bytes(&wr, "bc", 2);
	assert_true(wr.failed);
	dn_wr_bytes(&wr, "d", 1);
	dn_wr_bytes(&wr, NULL, 0);
	dn_wr_uint(&wr, 1, 7);
	assert_int_equal(wr.at, 1);
	assert_memory_equal(data, "a\t\t", 3);
}

static void
strings_and_lists_return(void **state)
{
	unsigned char data[64], numbers[16] = {1, 0, 0, 0, 0, 0, 0, 0, 2, 1};
	struct dn_list list = {numbers, 2};
	struct dn_wr wr = dn_wr_of(data, sizeof(data));
	struct dn_rd rd;

	(void)state;
	dn_wr_str(&wr, dn_str_of("text"));
	dn_wr_str(&wr, dn_str_of(NULL));
	dn_wr_list(&wr, list);
	dn_wr_list(&wr, (struct dn_list){NULL, 0});
	assert_int_equal(wr.at, 8 + 4 + 20 + 4);
	rd = dn_rd_of(data, wr.at);
	assert_true(dn_str_eq(dn_rd_str(&rd), dn_str_of("text")));
	assert_int_equal(dn_rd_str(&rd).size, 0);
	list = dn_rd_list(&rd);
	assert_int_equal(list.count, 2);
	assert_int_equal(dn_list_at(list, 0), 1);
	assert_int_equal(dn_list_at(list, 1), 258);
	assert_int_equal(dn_rd_list(&rd).count, 0);
	assert_false(rd.failed);
	assert_int_equal(rd.at, rd.size);
}

static void
string_longer_than_its_bytes_fails(void **state)
{
	static const unsigned char data[] = {5, 0, 0, 0, 'a', 'b', 'c', 'd'};
	struct dn_rd rd = dn_rd_of(data, sizeof(data));

	(void)state;
	assert_null(dn_rd_str(&rd).data);
	assert_true(rd.failed);
}

static void
strings_compare(void **state)
{
	(void)state;
	assert_true(dn_str_eq(dn_str_of(NULL), dn_str_of("")));
	assert_true(dn_str_eq(dn_str_of("ab"), dn_str_of("ab")));
	assert_false(dn_str_eq(dn_str_of("ab"), dn_str_of("ac")));
	assert_false(dn_str_eq(dn_str_of("ab"), dn_str_of("abc")));
}

static void
errors_have_words(void **state)
{
	unsigned i, j;

	(void)state;
	for (i = 0; i < DN_ERR_COUNT; i++) {
		assert_true(strlen(dn_err_text((enum dn_err)i)) > 0);
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    dn_err_code((enum dn_err)i),
			    dn_err_code((enum dn_err)j));
	}
	assert_int_equal(DN_OK, 0);
	assert_string_equal(dn_err_code((enum dn_err)DN_ERR_COUNT),
	    "unknown-error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_little_endian),
		cmocka_unit_test(reader_fails_for_good),
		cmocka_unit_test(writer_fails_for_good),
		cmocka_unit_test(strings_and_lists_return),
		cmocka_unit_test(string_longer_than_its_bytes_fails),
		cmocka_unit_test(strings_compare),
		cmocka_unit_test(errors_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
