/*
 * Eight digits fill a 64-bit word, the first in the lowest byte. Neighbours
 * are put together in three steps, each by one multiplication of all pairs at
 * once: digits to numbers of two, those to numbers of four, those to one of
 * eight. Writing goes the same steps back.
 */
#include "decimal.h"

#include <endian.h>
#include <string.h>

#define DECIMAL_WORD_DIGITS 8
#define DECIMAL_WORD_RANGE UINT64_C(100000000)

#define DECIMAL_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The number that eight digits make, without their '0': false if one of them
 * is none. */
static inline bool
decimal_of_word(uint64_t word, uint64_t *value)
{
	/* A digit is less than 10: 6 more don't reach the high half. */
	if (((word | (word + DECIMAL_EACH(6))) & DECIMAL_EACH(0xf0)) != 0)
		return false;
	word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
	*value = (word * 10000 + (word >> 32)) & UINT64_C(0xffffffff);
	return true;
}

/* Eight bytes at 'data', without the '0' of each. */
static inline uint64_t
decimal_load(const char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return le64toh(word) ^ DECIMAL_EACH('0');
}

/* Reads from 8 to 16 digits: the first eight, and those behind them, which are
 * in the last eight bytes. */
static bool
decimal_read_two(const char *data, size_t size, uint64_t *value)
{
	static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000,
	    1000000, 10000000, DECIMAL_WORD_RANGE};
	size_t rest = size - DECIMAL_WORD_DIGITS;
	size_t common = (DECIMAL_WORD_DIGITS - rest) * 8; /* bits */
	uint64_t first, last = 0;

	if (!decimal_of_word(decimal_load(data), &first))
		return false;
	if (rest > 0 && !decimal_of_word(
	    decimal_load(data + rest) >> common << common, &last))
		return false;
	*value = first * powers[rest] + last;
	return true;
}

/* Reads any number of digits. */
static bool
decimal_read_each(const char *data, size_t size, uint64_t *value)
{
	uint64_t sum = 0, digit;
	size_t i;

	for (i = 0; i < size; i++) {
		digit = (uint64_t)data[i] - '0';
		if (digit > 9)
			return false;
		sum = sum <= (UINT64_MAX - digit) / 10 ? sum * 10 + digit :
		    UINT64_MAX;
	}
	*value = sum;
	return true;
}

bool
decimal_read(const char *data, size_t size, uint64_t *value)
{
	if (size == 0 || (data[0] == '0' && size > 1))
		return false;
	if (size >= DECIMAL_WORD_DIGITS && size <= 2 * DECIMAL_WORD_DIGITS)
		return decimal_read_two(data, size, value);
	return decimal_read_each(data, size, value);
}

/* The eight digits of 'value', which is less than DECIMAL_WORD_RANGE, without
 * their '0'. Quotients are those of the product with a rounded-up fraction:
 * exact for all numbers of four, and of two, digits. */
static inline uint64_t
decimal_word(uint64_t value)
{
	uint64_t fours = value / 10000 | value % 10000 << 32;
	uint64_t hundreds = (fours * 10486 >> 20) &
	    UINT64_C(0x0000007f0000007f);
	uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
	uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000f000f000f000f);

	return tens | (twos - tens * 10) << 8;
}

/* Writes the digits of 'value', less than DECIMAL_WORD_RANGE, from the first
 * that is not 0, or the last; returns how many. What is behind them, of eight
 * bytes, is overwritten. */
static inline size_t
decimal_write_first(char *digits, uint64_t value)
{
	uint64_t word = decimal_word(value);
	size_t zeros = word != 0 ? (size_t)__builtin_ctzll(word) / 8 :
	    DECIMAL_WORD_DIGITS - 1;

	word = htole64((word | DECIMAL_EACH('0')) >> zeros * 8);
	memcpy(digits, &word, sizeof(word));
	return DECIMAL_WORD_DIGITS - zeros;
}

size_t
decimal_write(char *digits, uint64_t value)
{
	uint64_t above = value / DECIMAL_WORD_RANGE, word;
	size_t size;

	if (above == 0)
		return decimal_write_first(digits, value);
	size = above < DECIMAL_WORD_RANGE ?
	    decimal_write_first(digits, above) : decimal_write(digits, above);
	word = htole64(decimal_word(value % DECIMAL_WORD_RANGE) |
	    DECIMAL_EACH('0'));
	memcpy(digits + size, &word, sizeof(word));
	return size + DECIMAL_WORD_DIGITS;
}
