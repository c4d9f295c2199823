/*
 * Several cores, wired with queues: lines, rings, meshes in which users come,
 * go and move while links break and return.
 */
#include "network_life.h"

static void
line_of_five(void **state)
{
	struct network net;
	unsigned seed, i;

	(void)state;
	for (seed = 1; seed <= seed_count(); seed++) {
		network_init(&net, 5, seed);
		for (i = 0; i + 1 < 5; i++)
			connect_nodes(&net, i, i + 1);
		live_through(&net);
		network_deinit(&net);
	}
}

static void
ring_of_five(void **state)
{
	struct network net;
	unsigned seed, i;

	(void)state;
	for (seed = 1; seed <= seed_count(); seed++) {
		network_init(&net, 5, 1000 + seed);
		for (i = 0; i < 5; i++)
			connect_nodes(&net, i, (i + 1) % 5);
		live_through(&net);
		network_deinit(&net);
	}
}

static void
mesh_of_four(void **state)
{
	struct network net;
	unsigned seed, i, j;

	(void)state;
	for (seed = 1; seed <= seed_count(); seed++) {
		network_init(&net, 4, 2000 + seed);
		for (i = 0; i < 4; i++)
			for (j = 0; j < i; j++)
				connect_nodes(&net, i, j);
		live_through(&net);
		network_deinit(&net);
	}
}

/* Two rings that share a side, one link of which is double. */
static void
six_with_a_chord_and_a_double_link(void **state)
{
	struct network net;
	unsigned seed, i;

	(void)state;
	for (seed = 1; seed <= seed_count(); seed++) {
		network_init(&net, 6, 3000 + seed);
		for (i = 0; i < 6; i++)
			connect_nodes(&net, i, (i + 1) % 6);
		connect_nodes(&net, 0, 3);
		connect_nodes(&net, 1, 2);
		live_through(&net);
		network_deinit(&net);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_of_five),
		cmocka_unit_test(ring_of_five),
		cmocka_unit_test(mesh_of_four),
		cmocka_unit_test(six_with_a_chord_and_a_double_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
