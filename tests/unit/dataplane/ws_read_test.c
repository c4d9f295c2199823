/*
 * Reading frames of RFC 6455: the RFC's own examples, lengths, messages in
 * pieces, frames cut anywhere, and what is no frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/ws_read.h"

#define KEY 0x37, 0xfa, 0x21, 0x3d
#define HELLO 0x7f, 0x9f, 0x4d, 0x51, 0x58

static size_t
read_one(struct ws_reader *reader, const void *data, size_t size,
    struct ws_piece *piece)
{
	static unsigned char bytes[1 << 10];

	assert_true(size <= sizeof(bytes));
	memcpy(bytes, data, size);
	return ws_read(reader, bytes, size, piece);
}

static void
the_example_of_the_rfc(void **state)
{
	static const unsigned char frame[] = {0x81, 0x85, KEY, HELLO};
	struct ws_reader reader = {0};
	struct ws_piece piece;

	(void)state;
	assert_int_equal(read_one(&reader, frame, sizeof(frame), &piece),
	    sizeof(frame));
	assert_int_equal(piece.kind, WS_PIECE_DATA);
	assert_int_equal(piece.size, 5);
	assert_memory_equal(piece.data, "Hello", 5);
	assert_true(piece.is_last && !piece.is_binary);
	assert_int_equal(piece.remaining, 0);
}

/* Wherever it is cut the payload is the same; a head is never taken in part. */
static void
a_frame_cut_anywhere(void **state)
{
	static const unsigned char frame[] = {0x82, 0x85, KEY, HELLO};
	struct ws_reader reader;
	struct ws_piece piece;
	unsigned char payload[5];
	size_t cut, taken, had;

	(void)state;
	for (cut = 0; cut < sizeof(frame); cut++) {
		memset(&reader, 0, sizeof(reader));
		taken = read_one(&reader, frame, cut, &piece);
		assert_int_equal(taken, cut < 6 ? 0 : cut);
		assert_int_equal(piece.kind, cut < 6 ? WS_PIECE_NONE :
		    WS_PIECE_DATA);
		had = piece.size;
		if (had > 0)
			memcpy(payload, piece.data, had);
		assert_int_equal(piece.remaining, cut < 6 ? 0 : 5 - had);
		taken += read_one(&reader, frame + taken,
		    sizeof(frame) - taken, &piece);
		assert_int_equal(taken, sizeof(frame));
		assert_true(piece.is_last && piece.is_binary);
		memcpy(payload + had, piece.data, piece.size);
		assert_int_equal(had + piece.size, 5);
		assert_memory_equal(payload, "Hello", 5);
	}
}

static void
a_message_in_frames(void **state)
{
	static const unsigned char frames[] = {
		0x01, 0x83, 0, 0, 0, 0, 'H', 'e', 'l',
		0x89, 0x81, 0, 0, 0, 1, '!',
		0x00, 0x80, KEY,
		0x80, 0x82, 0, 0, 0, 0, 'l', 'o',
	};
	static const struct {
		size_t taken;
		enum ws_piece_kind kind;
		const char *payload;
		bool is_last;
	} steps[] = {
		{9, WS_PIECE_DATA, "Hel", false},
		{7, WS_PIECE_CONTROL, "!", false},
		{6, WS_PIECE_DATA, "", false},
		{8, WS_PIECE_DATA, "lo", true},
	};
	struct ws_reader reader = {0};
	struct ws_piece piece;
	size_t at = 0, i;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(read_one(&reader, frames + at,
		    sizeof(frames) - at, &piece), steps[i].taken);
		at += steps[i].taken;
		assert_int_equal(piece.kind, steps[i].kind);
		assert_int_equal(piece.size, strlen(steps[i].payload));
		assert_memory_equal(piece.data, steps[i].payload, piece.size);
		assert_int_equal(piece.is_last, steps[i].is_last);
	}
	assert_int_equal(at, sizeof(frames));
}

/* What is announced is known before any of it is there. */
static void
lengths(void **state)
{
	static const struct {
		size_t size;
		unsigned char bytes[14];
		uint64_t payload;
	} cases[] = {
		{6, {0x81, 0x80 | 125, KEY}, 125},
		{8, {0x81, 0xfe, 0, 126, KEY}, 126},
		{8, {0x81, 0xfe, 0xff, 0xff, KEY}, 65535},
		{14, {0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, KEY}, 65536},
		{14, {0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, KEY}, INT64_MAX},
	};
	struct ws_piece piece;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ws_reader reader = {0};

		assert_int_equal(read_one(&reader, cases[i].bytes,
		    cases[i].size - 1, &piece), 0);
		assert_int_equal(piece.kind, WS_PIECE_NONE);
		assert_int_equal(read_one(&reader, cases[i].bytes,
		    cases[i].size, &piece), cases[i].size);
		assert_int_equal(piece.kind, WS_PIECE_DATA);
		assert_int_equal(piece.size, 0);
		assert_int_equal(piece.remaining, cases[i].payload);
		assert_false(piece.is_last);
	}
}

/* The least of bytes that shows it is enough; then nothing is read again. */
static void
what_is_no_frame(void **state)
{
	static const struct {
		size_t size;
		unsigned char bytes[16];
		const char *why;
	} cases[] = {
		{2, {0xc1, 0x80}, "reserved bits in a frame"},
		{2, {0xa1, 0x80}, "reserved bits in a frame"},
		{2, {0x91, 0x80}, "reserved bits in a frame"},
		{2, {0x81, 0x05}, "an unmasked frame"},
		{2, {0x80, 0x80}, "a continuation of nothing"},
		{2, {0x83, 0x80}, "an unknown opcode"},
		{2, {0x87, 0x80}, "an unknown opcode"},
		{2, {0x8b, 0x80}, "an unknown opcode"},
		{2, {0x8f, 0x80}, "an unknown opcode"},
		{2, {0x09, 0x80}, "a control frame in pieces"},
		{2, {0x88, 0xfe}, "a long control frame"},
		{2, {0x8a, 0xff}, "a long control frame"},
		{4, {0x81, 0xfe, 0, 125}, "a length in too many bytes"},
		{10, {0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff},
		    "a length in too many bytes"},
		{10, {0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0},
		    "an impossible length"},
	};
	struct ws_piece piece;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ws_reader reader = {0};

		assert_int_equal(read_one(&reader, cases[i].bytes,
		    cases[i].size - 1, &piece), 0);
		assert_int_equal(read_one(&reader, cases[i].bytes,
		    cases[i].size, &piece), cases[i].size);
		assert_int_equal(piece.kind, WS_PIECE_BROKEN);
		assert_string_equal(piece.why, cases[i].why);
		assert_int_equal(read_one(&reader, "\x81\x80....", 6,
		    &piece), 6);
		assert_int_equal(piece.kind, WS_PIECE_NONE);
	}
}

/* Of whom we dialled. */
static void
bare_frames(void **state)
{
	struct ws_reader reader = {.is_bare = true};
	struct ws_piece piece;

	(void)state;
	assert_int_equal(read_one(&reader, "\x81\x05" "Hel", 5, &piece), 5);
	assert_int_equal(piece.kind, WS_PIECE_DATA);
	assert_memory_equal(piece.data, "Hel", 3);
	assert_int_equal(piece.remaining, 2);
	assert_int_equal(read_one(&reader, "lo\x89\x01!", 5, &piece), 2);
	assert_true(piece.is_last);
	assert_memory_equal(piece.data, "lo", 2);
	assert_int_equal(read_one(&reader, "\x89\x01!", 3, &piece), 3);
	assert_int_equal(piece.kind, WS_PIECE_CONTROL);
	assert_memory_equal(piece.data, "!", 1);
	assert_int_equal(read_one(&reader, "\x81\x80", 2, &piece), 2);
	assert_int_equal(piece.kind, WS_PIECE_BROKEN);
	assert_string_equal(piece.why, "a masked frame");
}

static void
a_message_within_a_message(void **state)
{
	struct ws_reader reader = {0};
	struct ws_piece piece;

	(void)state;
	assert_int_equal(read_one(&reader, "\x01\x80....", 6, &piece), 6);
	assert_false(piece.is_last);
	assert_int_equal(read_one(&reader, "\x81\x80....", 6, &piece), 6);
	assert_int_equal(piece.kind, WS_PIECE_BROKEN);
	assert_string_equal(piece.why, "a message within a message");
}

static void
close_codes(void **state)
{
	static const uint16_t good[] = {1000, 1001, 1002, 1003, 1007, 1011,
	    1012, 1014, 3000, 4999};
	static const uint16_t bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016,
	    2999, 5000, 65535};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ws_is_close_code(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ws_is_close_code(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc),
		cmocka_unit_test(a_frame_cut_anywhere),
		cmocka_unit_test(a_message_in_frames),
		cmocka_unit_test(lengths),
		cmocka_unit_test(what_is_no_frame),
		cmocka_unit_test(bare_frames),
		cmocka_unit_test(a_message_within_a_message),
		cmocka_unit_test(close_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
