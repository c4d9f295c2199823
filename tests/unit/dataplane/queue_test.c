/*
 * A connection's queue against a plain string that holds the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/queue.h"

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

/* Whatever a test did, nothing is left of it. */
static int
teardown(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return arena.bytes == 0 ? 0 : -1;
}

static struct frame
make(const char *text)
{
	unsigned char *room = arena_reserve(&arena, strlen(text) + 1);

	assert_non_null(room);
	memcpy(room, text, strlen(text));
	return arena_commit(&arena, strlen(text));
}

/* Pushes 'text' so that it does not touch what was made before. */
static void
push_apart(struct queue *queue, const char *text)
{
	struct frame between = make("between"), frame = make(text);

	assert_int_equal(queue_push(queue, frame), DN_OK);
	frame_release(&between);
}

static void
assert_next(const struct queue *queue, size_t scratch_size, const char *text)
{
	char *scratch = malloc(scratch_size + 1);
	const unsigned char *data = NULL;
	size_t size = queue_peek(queue, scratch, scratch_size, &data);

	assert_int_equal(size, strlen(text));
	if (size > 0)
		assert_memory_equal(data, text, size);
	free(scratch);
}

static void
is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct queue) <= 40);
}

static void
neighbours_merge(void **state)
{
	struct queue queue = {0};
	struct frame a = make("aaa"), b = make("bb"), c = make("c");
	const unsigned char *start = frame_data(&a), *data;

	(void)state;
	assert_true(queue_is_empty(&queue));
	assert_int_equal(queue_peek(&queue, NULL, 0, &data), 0);
	assert_int_equal(queue_push(&queue, a), DN_OK);
	assert_int_equal(queue_push(&queue, b), DN_OK);
	assert_int_equal(queue_push(&queue, c), DN_OK);
	assert_int_equal(queue.count, 1);
	assert_null(queue.ring);
	assert_int_equal(queue_bytes(&queue), 6);
	assert_int_equal(queue_peek(&queue, NULL, 0, &data), 6);
	assert_ptr_equal(data, start);
	queue_pop(&queue, 3);
	assert_next(&queue, 0, "bbc");
	queue_pop(&queue, 3);
	assert_true(queue_is_empty(&queue));
}

static void
runs_apart_are_copied_while_they_fit(void **state)
{
	struct queue queue = {0};

	(void)state;
	push_apart(&queue, "one");
	push_apart(&queue, "two");
	push_apart(&queue, "three");
	assert_int_equal(queue.count, 3);
	assert_next(&queue, 0, "one");
	assert_next(&queue, 5, "one");
	assert_next(&queue, 6, "onetwo");
	assert_next(&queue, 10, "onetwo");
	assert_next(&queue, 11, "onetwothree");
	queue_pop(&queue, 6);
	assert_null(queue.ring);
	assert_next(&queue, 11, "three");
	queue_clear(&queue);
	assert_int_equal(queue_bytes(&queue), 0);
}

static void
front_goes_first(void **state)
{
	struct queue queue = {0};
	size_t i;

	(void)state;
	assert_int_equal(queue_push_front(&queue, make("p")), DN_OK);
	push_apart(&queue, "x");
	for (i = 0; i < 10; i++)
		assert_int_equal(queue_push_front(&queue, make("q")), DN_OK);
	push_apart(&queue, "y");
	assert_next(&queue, 100, "qqqqqqqqqqpxy");
	queue_clear(&queue);
}

static void
empty_frame_is_nothing(void **state)
{
	struct queue queue = {0};

	(void)state;
	assert_int_equal(queue_push(&queue, (struct frame){0}), DN_OK);
	assert_int_equal(queue_push_front(&queue, (struct frame){0}), DN_OK);
	assert_true(queue_is_empty(&queue));
}

static void
compaction_frees_shared_chunks(void **state)
{
	struct frame keep[64];
	struct queue queue = {0};
	char *wall = calloc(1, 40001);
	size_t i;

	(void)state;
	memset(wall, 'w', 40000);
	for (i = 0; i < 64; i++) {
		keep[i] = make(wall);
		push_apart(&queue, "some");
	}
	for (i = 0; i < 64; i++)
		frame_release(&keep[i]);
	assert_true(arena.bytes > 50 * FRAME_CHUNK_BYTES);
	queue_pop(&queue, 4);
	assert_true(queue_compact(&queue, &arena));
	assert_true(arena.bytes < 2 * FRAME_CHUNK_BYTES);
	assert_int_equal(queue.count, 1);
	assert_null(queue.ring);
	assert_int_equal(queue_bytes(&queue), 63 * 4);
	assert_memory_equal(frame_data(&queue.first), "somesome", 8);
	/* What stands alone is left where it is. */
	keep[0] = queue.first;
	assert_true(queue_compact(&queue, &arena));
	assert_ptr_equal(queue.first.chunk, keep[0].chunk);
	queue_clear(&queue);
	free(wall);
}

static void
compaction_keeps_batches_to_a_chunk(void **state)
{
	struct queue queue = {0};
	char *text = calloc(1, 30001), *big = calloc(1, 90001);
	size_t i;

	(void)state;
	memset(text, 't', 30000);
	memset(big, 'b', 90000);
	assert_true(queue_compact(&queue, &arena));
	push_apart(&queue, big);
	for (i = 0; i < 5; i++)
		push_apart(&queue, text);
	assert_true(queue_compact(&queue, &arena));
	assert_int_equal(queue.count, 4);
	assert_int_equal(queue.first.size, 90000);
	assert_int_equal(queue_bytes(&queue), 240000);
	queue_clear(&queue);
	free(text);
	free(big);
}

/* A model: what is pushed, popped and compacted at random stays in order. */
static void
random_walk_keeps_order(void **state)
{
	unsigned char *model = malloc(1 << 20), scratch[256];
	size_t head = 1 << 19, tail = 1 << 19, size, step, i;
	const unsigned char *data;
	struct queue queue = {0};
	unsigned dice = 12345;
	char text[64];

	(void)state;
	for (step = 0; step < 20000; step++) {
		dice = dice * 1103515245 + 12345;
		size = 1 + (dice >> 8) % 40;
		for (i = 0; i < size; i++)
			text[i] = (char)('a' + (step + i) % 26);
		text[size] = '\0';
		if ((dice >> 16) % 8 < 4 && tail + size < 1 << 20) {
			memcpy(model + tail, text, size);
			tail += size;
			if ((dice >> 24) % 2 == 0)
				push_apart(&queue, text);
			else
				assert_int_equal(queue_push(&queue,
				    make(text)), DN_OK);
		} else if ((dice >> 16) % 8 == 4 && head > size) {
			head -= size;
			memcpy(model + head, text, size);
			assert_int_equal(queue_push_front(&queue, make(text)),
			    DN_OK);
		} else if ((dice >> 16) % 64 == 63) {
			assert_true(queue_compact(&queue, &arena));
		} else {
			size = queue_peek(&queue, scratch, sizeof(scratch),
			    &data);
			if (size > 0)
				assert_memory_equal(data, model + head, size);
			size -= size > 1 && (dice >> 24) % 2 == 0;
			queue_pop(&queue, size);
			head += size;
		}
		assert_int_equal(queue_bytes(&queue), tail - head);
	}
	queue_clear(&queue);
	free(model);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_small),
		TEST(neighbours_merge),
		TEST(runs_apart_are_copied_while_they_fit),
		TEST(front_goes_first),
		TEST(empty_frame_is_nothing),
		TEST(compaction_frees_shared_chunks),
		TEST(compaction_keeps_batches_to_a_chunk),
		TEST(random_walk_keeps_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
