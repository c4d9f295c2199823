/* A hash table of records that carry their links: what is in it is found,
 * what is not is not, however large it has grown. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../control/chain.h"

#define RECORDS 5000

struct record {
	unsigned key;
	struct chain_link link;
};

/* Many records share a hash. */
static unsigned
hash(const void *context, struct chain_link *link)
{
	return CHAIN_RECORD(link, struct record, link)->key /
	    *(const unsigned *)context;
}

static struct record *
find(const struct chain *chain, unsigned shared, unsigned key)
{
	struct chain_link *link = chain_first(chain, key / shared);

	while (link != NULL &&
	    CHAIN_RECORD(link, struct record, link)->key != key)
		link = link->next;
	return link != NULL ? CHAIN_RECORD(link, struct record, link) : NULL;
}

static void
test_an_empty_chain_has_nothing(void **state)
{
	struct chain chain = {0};

	(void)state;
	assert_null(chain_first(&chain, 0));
	chain_deinit(&chain);
}

static void
test_what_is_in_it_is_found(void **state)
{
	static struct record records[RECORDS];
	struct chain chain = {0};
	unsigned shared, i;

	(void)state;
	for (shared = 1; shared < 10; shared += 4) {
		for (i = 0; i < RECORDS; i++) {
			records[i].key = i;
			chain_add(&chain, &records[i].link, hash, &shared);
		}
		assert_int_equal(chain.count, RECORDS);
		assert_true(chain.bucket_count >= RECORDS / 2);
		for (i = 0; i < RECORDS; i += 2)
			chain_del(&chain, &records[i].link, i / shared);
		assert_int_equal(chain.count, RECORDS / 2);
		for (i = 0; i < RECORDS; i++)
			assert_ptr_equal(find(&chain, shared, i),
			    i % 2 == 0 ? NULL : &records[i]);
		assert_null(find(&chain, shared, RECORDS));
		chain_deinit(&chain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_chain_has_nothing),
		cmocka_unit_test(test_what_is_in_it_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
