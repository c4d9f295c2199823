/*
 * The arena: frames are neighbours, chunks live as long as they are held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../dataplane/frame.h"

static struct frame
make(struct arena *arena, size_t size, int byte)
{
	unsigned char *room = arena_reserve(arena, size + 100);

	assert_non_null(room);
	memset(room, byte, size);
	return arena_commit(arena, size);
}

static void
neighbours_share_a_chunk(void **state)
{
	struct arena arena;
	struct frame a, b;

	(void)state;
	arena_init(&arena);
	a = make(&arena, 10, 'a');
	b = make(&arena, 20, 'b');
	assert_ptr_equal(a.chunk, b.chunk);
	assert_int_equal(a.offset + a.size, b.offset);
	assert_memory_equal(frame_data(&a), "aaaaaaaaaabbb", 13);
	frame_release(&a);
	assert_null(a.chunk);
	frame_release(&a);
	assert_memory_equal(frame_data(&b), "bbb", 3);
	frame_release(&b);
	arena_deinit(&arena);
	assert_int_equal(arena.bytes, 0);
}

static void
chunk_is_filled_anew_when_nobody_holds_it(void **state)
{
	struct arena arena;
	struct frame a, b;
	struct chunk *chunk;

	(void)state;
	arena_init(&arena);
	a = make(&arena, 1000, 'a');
	chunk = a.chunk;
	b = frame_hold(&a);
	frame_release(&a);
	a = make(&arena, 1000, 'a');
	assert_int_equal(a.offset, 1000);
	frame_release(&a);
	frame_release(&b);
	a = make(&arena, 1000, 'a');
	assert_ptr_equal(a.chunk, chunk);
	assert_int_equal(a.offset, 0);
	frame_release(&a);
	arena_deinit(&arena);
}

static void
full_chunk_makes_way(void **state)
{
	struct arena arena;
	struct frame frames[100];
	size_t i, chunks = 1;

	(void)state;
	arena_init(&arena);
	for (i = 0; i < 100; i++) {
		frames[i] = make(&arena, 3000, (int)i);
		chunks += i > 0 && frames[i].chunk != frames[i - 1].chunk;
	}
	assert_int_equal(chunks, 5);
	assert_int_equal(arena.bytes, 5 * FRAME_CHUNK_BYTES);
	for (i = 0; i < 100; i++)
		assert_int_equal(frame_data(&frames[i])[2999], i);
	for (i = 0; i < 100; i++)
		frame_release(&frames[i]);
	assert_int_equal(arena.bytes, FRAME_CHUNK_BYTES);
	arena_deinit(&arena);
	assert_int_equal(arena.bytes, 0);
}

static void
frame_above_a_chunk_gets_its_own(void **state)
{
	struct arena arena;
	struct frame a, b;

	(void)state;
	arena_init(&arena);
	a = make(&arena, 100000, 'a');
	b = make(&arena, 10, 'b');
	assert_int_equal(a.size, 100000);
	assert_int_equal(frame_data(&a)[99999], 'a');
	frame_release(&a);
	arena_deinit(&arena);
	/* The frame outlives what made it. */
	assert_int_equal(frame_data(&b)[9], 'b');
	frame_release(&b);
	assert_int_equal(arena.bytes, 0);
}

static void
alone_is_exact(void **state)
{
	struct arena arena;
	struct frame a, b;

	(void)state;
	arena_init(&arena);
	assert_int_equal(frame_alone(&arena, 50, &a), DN_OK);
	assert_true(frame_is_alone(&a));
	assert_int_equal(arena.bytes, sizeof(struct chunk) + 50);
	b = make(&arena, 50, 'b');
	assert_false(frame_is_alone(&b));
	frame_release(&a);
	frame_release(&b);
	assert_int_equal(frame_alone(&arena, (size_t)UINT32_MAX + 1, &a),
	    DN_E_MEMORY);
	assert_null(a.chunk);
	arena_deinit(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_share_a_chunk),
		cmocka_unit_test(chunk_is_filled_anew_when_nobody_holds_it),
		cmocka_unit_test(full_chunk_makes_way),
		cmocka_unit_test(frame_above_a_chunk_gets_its_own),
		cmocka_unit_test(alone_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
