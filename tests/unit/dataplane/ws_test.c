/*
 * Frames of RFC 6455: heads at their boundaries, the RFC's own example of
 * masking, runs, close frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/utf8.h"
#include "../../../dataplane/ws.h"

static void
heads(void **state)
{
	static const struct {
		size_t size, head;
		unsigned char bytes[WS_HEAD_BYTES_MAX];
	} cases[] = {
		{0, 2, {0x81, 0}},
		{125, 2, {0x81, 125}},
		{126, 4, {0x81, 126, 0, 126}},
		{65535, 4, {0x81, 126, 0xff, 0xff}},
		{65536, 10, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
	};
	unsigned char head[WS_HEAD_BYTES_MAX];
	unsigned char *frame = calloc(1, 65536 + WS_HEAD_BYTES_MAX);
	size_t i, payload, size;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ws_head_bytes(cases[i].size), cases[i].head);
		assert_int_equal(ws_put_head(head, WS_TEXT, cases[i].size),
		    cases[i].head);
		assert_memory_equal(head, cases[i].bytes, cases[i].head);
		memcpy(frame, head, cases[i].head);
		size = cases[i].head + cases[i].size;
		assert_int_equal(ws_get_head(frame, size, &payload),
		    cases[i].head);
		assert_int_equal(payload, cases[i].size);
		assert_int_equal(ws_get_head(frame, size - 1, &payload), 0);
		assert_int_equal(ws_get_head(frame, cases[i].head - 1,
		    &payload), 0);
	}
	free(frame);
	assert_int_equal(ws_put_head(head, WS_PING, 0), 2);
	assert_int_equal(head[0], 0x89);
}

static void
odd_heads_are_no_frames(void **state)
{
	static const unsigned char endless[] = {
		0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0
	}, masked[] = {0x81, 0x80, 1, 2, 3, 4};
	size_t payload;

	(void)state;
	assert_int_equal(ws_get_head(endless, sizeof(endless), &payload), 0);
	assert_int_equal(ws_get_head(masked, sizeof(masked), &payload), 0);
	assert_int_equal(ws_get_head(masked, 0, &payload), 0);
}

/* The key of the RFC's example, then others. */
static uint32_t
keys(void *context)
{
	static const unsigned char example[4] = {0x37, 0xfa, 0x21, 0x3d};
	uint32_t *calls = context, key;

	memcpy(&key, example, sizeof(key));
	return key + (*calls)++;
}

static void
masks_as_the_rfc_does(void **state)
{
	static const unsigned char plain[] = {
		0x81, 5, 'H', 'e', 'l', 'l', 'o'
	}, wanted[] = {
		0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51,
		0x58
	};
	unsigned char masked[sizeof(wanted)];
	uint32_t calls = 0;
	size_t taken;

	(void)state;
	assert_int_equal(ws_mask(masked, sizeof(masked), plain, sizeof(plain),
	    keys, &calls, &taken), sizeof(wanted));
	assert_int_equal(taken, sizeof(plain));
	assert_memory_equal(masked, wanted, sizeof(wanted));
	assert_int_equal(ws_mask(masked, sizeof(masked) - 1, plain,
	    sizeof(plain), keys, &calls, &taken), 0);
	assert_int_equal(taken, 0);
	assert_int_equal(ws_mask(masked, 3, plain, sizeof(plain), keys, &calls,
	    &taken), 0);
	assert_int_equal(ws_mask(masked, sizeof(masked), plain, 0, keys,
	    &calls, &taken), 0);
	assert_int_equal(calls, 1);
}

/* A run of frames of all lengths is masked frame by frame, in pieces as big
 * as the room; taking the masks off gives the run again. */
static void
runs_survive_masking(void **state)
{
	static const size_t sizes[] = {0, 1, 7, 8, 9, 125, 126, 1000, 70000};
	unsigned char *run = malloc(100000), *masked = malloc(100000);
	size_t size = 0, at, i, j, payload, head, taken, written, back = 0;
	uint32_t calls = 0;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size += ws_put_head(run + size, WS_TEXT, sizes[i]);
		for (j = 0; j < sizes[i]; j++)
			run[size++] = (unsigned char)(i + j);
	}
	for (at = 0; at < size; at += taken) {
		written = ws_mask(masked, 70014, run + at, size - at, keys,
		    &calls, &taken);
		assert_true(written > 0);
		for (i = 0; i < written; i += head + 4 + payload) {
			assert_true(masked[i + 1] & 0x80);
			masked[i + 1] &= 0x7f;
			head = (masked[i + 1] == 127) ? 10 :
			    (masked[i + 1] == 126) ? 4 : 2;
			assert_int_equal(ws_get_head(run + back, size - back,
			    &payload), head);
			assert_memory_equal(masked + i, run + back, head);
			for (j = 0; j < payload; j++)
				assert_int_equal(masked[i + head + 4 + j] ^
				    masked[i + head + j % 4],
				    run[back + head + j]);
			back += head + payload;
		}
		assert_int_equal(back, at + taken);
	}
	assert_int_equal(calls, sizeof(sizes) / sizeof(sizes[0]));
	free(run);
	free(masked);
}

static void
close_payloads(void **state)
{
	unsigned char payload[WS_CONTROL_BYTES_MAX];
	char why[200];
	size_t i, size;

	(void)state;
	size = ws_close_payload(payload, WS_CLOSE_POLICY, dn_str_of("slow"));
	assert_int_equal(size, 6);
	assert_memory_equal(payload, "\x03\xf0slow", 6);
	size = ws_close_payload(payload, WS_CLOSE_NORMAL, dn_str_of(NULL));
	assert_int_equal(size, 2);
	/* Characters of two bytes, of which the last would be cut. */
	for (i = 0; i < 200; i += 2)
		memcpy(why + i, "\xc3\xa4", 2);
	size = ws_close_payload(payload, WS_CLOSE_AWAY,
	    (struct dn_str){why, 200});
	assert_int_equal(size, 2 + 122);
	assert_true(utf8_is_valid(payload + 2, size - 2));
	size = ws_close_payload(payload, WS_CLOSE_AWAY,
	    (struct dn_str){why, 122});
	assert_int_equal(size, 2 + 122);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(odd_heads_are_no_frames),
		cmocka_unit_test(masks_as_the_rfc_does),
		cmocka_unit_test(runs_survive_masking),
		cmocka_unit_test(close_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
