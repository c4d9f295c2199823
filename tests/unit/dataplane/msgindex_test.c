/*
 * The index of the message table: everything that is there is found, however
 * it meets, as it grows and as messages go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../../dataplane/hash.h"
#include "../../../dataplane/msgindex.h"

/* Links go round in the midst of the tests. */
#define FIRST (UINT32_MAX - UINT64_C(500))

struct fixture {
	struct msgspan span;
	struct msgindex index;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (f == NULL)
		return -1;
	f->span.next = FIRST;
	return msgindex_init(&f->index, &f->span) == DN_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	msgindex_free(&f->index);
	free(f);
	return 0;
}

/* The next message comes; of more than 'most' the oldest goes. */
static void
put(struct fixture *f, uint32_t hash, uint32_t most)
{
	uint32_t link = (uint32_t)f->span.next++;

	if (f->span.count < most)
		f->span.count++;
	assert_int_equal(msgindex_put(&f->index, hash, link), DN_OK);
	msgindex_fit(&f->index, f->span.count);
}

/* How often 'link' is found by 'hash'. */
static unsigned
found(const struct fixture *f, uint32_t hash, uint32_t link)
{
	struct msgindex_walk walk = msgindex_find(&f->index, hash);
	const uint32_t *at;
	unsigned times = 0;

	while ((at = msgindex_next(&f->index, &walk)) != NULL) {
		assert_true(msgspan_has(&f->span, *at));
		times += *at == link;
	}
	return times;
}

static uint32_t
hash_of(uint64_t stamp)
{
	return (uint32_t)hash_mix(7, stamp);
}

/* All that are there are found once, and none that has gone. */
static void
check_all(const struct fixture *f, uint32_t hash(uint64_t stamp))
{
	uint64_t stamp;

	for (stamp = FIRST; stamp < f->span.next; stamp++)
		assert_int_equal(found(f, hash(stamp), (uint32_t)stamp),
		    stamp >= f->span.next - f->span.count);
}

static void
empty_finds_nothing(void **state)
{
	struct fixture *f = *state;
	uint32_t hash;

	for (hash = 0; hash < 1000; hash++) {
		msgindex_prefetch(&f->index, hash);
		assert_int_equal(found(f, hash, (uint32_t)FIRST), 0);
	}
}

static void
grows_with_its_messages(void **state)
{
	struct fixture *f = *state;
	uint32_t i, steps[] = {100, 200, 700, 5000, 60000}, step;

	for (step = 0; step < 5; step++) {
		for (i = 0; i < steps[step]; i++)
			put(f, hash_of(f->span.next), DN_MESSAGES_MAX);
		check_all(f, hash_of);
		assert_in_range(f->index.lines, MSGINDEX_LINES_LEAST,
		    f->span.count / MSGINDEX_LOAD + MSGINDEX_LINES_LEAST);
	}
	assert_in_range(f->index.lines, f->span.count / MSGINDEX_LOAD,
	    MSGINDEX_LINES_MOST);
}

/* Lines do not run out as messages come and go, and extra lines are used
 * again. */
static void
keeps_its_size(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	for (i = 0; i < 1000000; i++)
		put(f, hash_of(f->span.next), 1000);
	check_all(f, hash_of);
	assert_int_equal(f->index.lines, 1000 / MSGINDEX_LOAD);
	assert_true(f->index.extra > 0);
	assert_true(f->index.extra < 100);
}

static uint32_t
hash_few(uint64_t stamp)
{
	return (uint32_t)(stamp % 3) << 20;
}

/* Those of one hash, or of one line, hinder each other, but none is lost. */
static void
many_meet(void **state)
{
	struct fixture *f = *state;
	uint32_t i, extra;

	for (i = 0; i < 2000; i++)
		put(f, hash_few(f->span.next), 2000);
	check_all(f, hash_few);
	extra = f->index.extra;
	assert_in_range(extra, 2000 / MSGINDEX_SLOTS - 1,
	    2000 / MSGINDEX_SLOTS + 1);
	/* They give way to others, and so do their lines. */
	for (i = 0; i < 4000; i++)
		put(f, hash_of(f->span.next), 2000);
	put(f, 0, 2000);
	assert_int_equal(found(f, 0, (uint32_t)f->span.next - 1), 1);
	assert_true(f->index.spare != 0);
	for (i = 0; i < 2000; i++)
		put(f, hash_few(f->span.next), 2000);
	assert_true(f->index.extra < extra + 100);
	check_all(f, hash_few);
}

static void
links_are_written_in_place(void **state)
{
	struct fixture *f = *state;
	struct msgindex_walk walk;
	uint32_t *at, link;

	put(f, 9, 10);
	link = (uint32_t)f->span.next++;
	f->span.count++;
	walk = msgindex_find(&f->index, 9);
	at = msgindex_next(&f->index, &walk);
	assert_non_null(at);
	*at = link;
	assert_int_equal(found(f, 9, link), 1);
	assert_int_equal(found(f, 9, link - 1), 0);
}

/* After 2^32 messages a slot may seem to lead somewhere: it does no harm. */
static void
slots_of_long_ago(void **state)
{
	struct fixture *f = *state;
	uint64_t fresh;
	uint32_t i;

	for (i = 0; i < 30; i++)
		put(f, 64 * i, 1000);
	f->span.next += (UINT64_C(1) << 32) - 100;
	f->span.count = 1000;
	fresh = f->span.next;
	for (i = 0; i < 2000; i++)
		put(f, hash_of(f->span.next), 1000000);
	for (; fresh < f->span.next; fresh++)
		assert_int_equal(found(f, hash_of(fresh), (uint32_t)fresh), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_finds_nothing),
		TEST(grows_with_its_messages),
		TEST(keeps_its_size),
		TEST(many_meet),
		TEST(links_are_written_in_place),
		TEST(slots_of_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
