/*
 * Decimal numbers as the dnchat protocol spells them: every message has two or
 * three of them, so they are read and written eight digits at a time.
 */
#ifndef DATAPLANE_DECIMAL_H
#define DATAPLANE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The digits of the greatest number. */
#define DECIMAL_DIGITS_MAX 20

/* Reads 'size' bytes at 'data' that are nothing but digits and don't begin
 * with a 0, or are a 0 alone. What is too great for '*value' becomes
 * UINT64_MAX. False, and '*value' unchanged, if they are not such a number. */
bool decimal_read(const char *data, size_t size, uint64_t *value);

/* Writes 'value' to 'digits', which needs DECIMAL_DIGITS_MAX bytes of room;
 * returns how many digits it has. */
size_t decimal_write(char *digits, uint64_t value);

#endif
