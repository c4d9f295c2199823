/*
 * Decimal numbers of every length, at every boundary, with every wrong byte at
 * every place; each stands at the end of its memory, which is not left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../dataplane/decimal.h"

/* Reads 'text' out of memory of exactly its size. */
static bool
read_alone(const char *text, uint64_t *value)
{
	size_t size = strlen(text);
	char *copy = malloc(size > 0 ? size : 1);
	bool is_number;

	assert_non_null(copy);
	memcpy(copy, text, size);
	is_number = decimal_read(copy, size, value);
	free(copy);
	return is_number;
}

/* 'value' is written as libc does it, and read back. */
static void
goes_round(uint64_t value)
{
	char digits[DECIMAL_DIGITS_MAX + 1], wanted[DECIMAL_DIGITS_MAX + 1];
	uint64_t back = 0;

	snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)value);
	digits[decimal_write(digits, value)] = '\0';
	assert_string_equal(digits, wanted);
	assert_true(read_alone(digits, &back));
	assert_true(back == value);
}

static void
numbers_go_round(void **state)
{
	uint64_t power, value = 88172645463325252u;
	unsigned i;

	(void)state;
	for (i = 0; i < 20000; i++)
		goes_round(i);
	for (power = 1; power <= UINT64_MAX / 10; power *= 10)
		for (i = 1; i <= 9; i++) {
			goes_round(power * i - 1);
			goes_round(power * i);
			goes_round(power * i + power / 2);
		}
	/* xorshift: numbers of all lengths. */
	for (i = 0; i < 200000; i++) {
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
		goes_round(value >> i % 64);
	}
	goes_round(UINT64_MAX);
	goes_round(UINT64_MAX - 1);
}

static void
too_great_is_the_greatest(void **state)
{
	static const char *const texts[] = {
		"18446744073709551616", "18446744073709551619",
		"18446744073709551620", "99999999999999999999",
		"100000000000000000000", "184467440737095516150",
		"99999999999999999999999999999999999999999999",
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		value = 1;
		assert_true(read_alone(texts[i], &value));
		assert_true(value == UINT64_MAX);
	}
}

static void
other_bytes_are_no_digits(void **state)
{
	char text[32];
	size_t size, at;
	uint64_t value = 4711;
	int byte;

	(void)state;
	for (size = 1; size < 24; size++)
		for (at = 0; at < size; at++)
			for (byte = 1; byte < 256; byte++) {
				if (byte >= '0' && byte <= '9')
					continue;
				memset(text, '9', size);
				text[size] = '\0';
				text[at] = (char)byte;
				assert_false(read_alone(text, &value));
			}
	assert_true(value == 4711);
}

static void
zeros_do_not_lead(void **state)
{
	char text[32] = "0";
	uint64_t value = 4711;
	size_t size;

	(void)state;
	assert_true(read_alone("0", &value));
	assert_true(value == 0);
	for (size = 2; size < 24; size++) {
		memset(text, '0', size);
		assert_false(read_alone(text, &value));
		text[size - 1] = '1';
		assert_false(read_alone(text, &value));
	}
	assert_false(read_alone("", &value));
	assert_true(value == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_go_round),
		cmocka_unit_test(too_great_is_the_greatest),
		cmocka_unit_test(other_bytes_are_no_digits),
		cmocka_unit_test(zeros_do_not_lead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
