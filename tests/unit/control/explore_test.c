/*
 * The explorer (tests/sim/explore.h) itself: that counting states as one that
 * are alike by symmetry changes nothing but their number, that it finds what
 * is wrong by the shortest way, and what it does at its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../sim/explore.h"
#include "../../sim/known.h"
#include "../../sim/scenario.h"
#include "../../sim/scenario_list.h"
#include "../../sim/symmetry.h"
#include "../../sim/trail.h"

#define MIB (UINT64_C(1) << 20)

static struct explore_result
explore(const char *line, bool is_symmetric, uint64_t memory_bytes_max)
{
	struct explore_result result;
	struct explore_options options;
	struct scenario scenario;
	struct world start;

	assert_true(scenario_read_line(&scenario, line));
	options = (struct explore_options){
		.mask = scenario.faults,
		.is_symmetric = is_symmetric,
		.bounds = {.memory_bytes_max = memory_bytes_max},
	};
	world_init(&start, &scenario.net, scenario.users, scenario.is_cold);
	assert_true(explore_run(&scenario.net, &start, &options, &result));
	return result;
}

/* With all states, and with those that are alike counted as one. */
static void
explore_both(const char *line, struct explore_result *all,
    struct explore_result *some)
{
	*all = explore(line, false, 256 * MIB);
	*some = explore(line, true, 256 * MIB);
	assert_int_equal(some->fault, all->fault);
	assert_true(all->is_complete && some->is_complete);
}

/* Their starts are their own images, so as many states as those that are left
 * stand for are found without symmetry. */
static void
test_symmetry_counts(void **state)
{
	static const char *const lines[] = {
		"pair-double ties=any cold events=4",
		"star4 ties=any events=2",
		"full4 ties=any events=1",
		"full4 ties=any hold=no events=1",
		"line3 ties=any users=1 events=2 drain=all shut=all",
		"line3 ties=any users=0+2 cold events=4",
		"triangle ties=any cold events=3 drain=all",
		"square ties=any cold events=4",
		"star4 ties=any echo=1+2 events=1",
		"full4 ties=any flood=1+2+3 events=1 find=endless",
	};
	struct explore_result all, some;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		explore_both(lines[i], &all, &some);
		assert_int_equal(all.fault, WORLD_FAULT_NONE);
		assert_int_equal(all.images, all.states);
		assert_int_equal(some.images, all.states);
		assert_true(some.states < all.states);
		assert_int_equal(some.run, all.run);
		assert_int_equal(some.hops, all.hops);
		assert_int_equal(some.depth, all.depth);
	}
}

/* Neighbours that flood LEFTs go on for ever, with hold times or without. */
static void
test_symmetry_verdicts(void **state)
{
	static const char *const lines[] = {
		"triangle ties=any infinity=4 flood=1+2 events=2",
		"triangle ties=any infinity=4 flood=1+2 hold=no events=2"
	};
	struct explore_result all, some;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		explore_both(lines[i], &all, &some);
		assert_int_equal(all.fault, WORLD_FAULT_ENDLESS);
		assert_true(all.steps > 0 && some.steps > 0);
	}
}

static unsigned
count_symmetries(const char *line)
{
	static struct symmetry symmetry;
	struct scenario scenario;

	assert_true(scenario_read_line(&scenario, line));
	if (!symmetry_init(&symmetry, &scenario.net, true))
		return 0;
	return symmetry.view_count;
}

static void
test_symmetries(void **state)
{
	(void)state;
	assert_int_equal(count_symmetries("full4 arrive=all leave=all"), 24);
	assert_int_equal(count_symmetries("full4 users=1"), 6);
	assert_int_equal(count_symmetries("full4 users=1+2"), 4);
	assert_int_equal(count_symmetries("ring5 arrive=all leave=all"), 10);
	assert_int_equal(count_symmetries("ring5 arrive=all leave=all"
	    " break=0"), 2);
	assert_int_equal(count_symmetries("pair-double arrive=all leave=all"),
	    4);
	assert_int_equal(count_symmetries("pair-double drain=0"), 1);
	assert_int_equal(count_symmetries("line3 poison=0 arrive=all"
	    " leave=all"), 1);
	/* More than there is room for: 720. */
	assert_int_equal(count_symmetries("0-1,0-2,0-3,0-4,0-5,0-6"), 0);
}

/* Where memory ends it says so, and that it has found nothing. */
static void
test_bound_of_memory(void **state)
{
	struct explore_result all, some;

	(void)state;
	all = explore("triangle events=4", false, 256 * MIB);
	some = explore("triangle events=4", false, 3 * MIB / 2);
	assert_true(all.is_complete && all.has_all_states);
	assert_false(some.is_complete || some.has_all_states);
	assert_int_equal(some.fault, WORLD_FAULT_NONE);
	assert_true(some.states < all.states && some.states > 1000);
	assert_true(some.depth < all.depth && some.depth > 0);
}

static void
test_known_is_full(void **state)
{
	struct known known;
	uint64_t i;
	bool is_new;

	(void)state;
	known_init(&known, 2 * 8192 * sizeof(uint64_t));
	for (i = 1; i <= 2 * 7168; i++) {
		assert_true(known_add(&known, i * 3, &is_new));
		assert_true(is_new);
	}
	/* Nothing was lost as it grew, and no more goes in. */
	for (i = 1; i <= 2 * 7168; i++) {
		assert_true(known_add(&known, i * 3, &is_new));
		assert_false(is_new);
	}
	assert_false(known_add(&known, 1, &is_new));
	assert_true(is_new);
	assert_int_equal(known.count, 2 * 7168);
	known_free(&known);
}

/* 0 leads to 1 and 2, 1 to nothing new, 2 to 3. */
static void
test_trail(void **state)
{
	struct trail trail = {0};
	struct world_action path[3];

	(void)state;
	trail_add(&trail, (struct world_action){0, 0, 0});
	trail_add(&trail, (struct world_action){WORLD_HOLD, 1, 0});
	trail_add(&trail, (struct world_action){WORLD_SHUT, 55, 15});
	trail_expand(&trail, 2);
	trail_expand(&trail, 0);
	trail_add(&trail, (struct world_action){WORLD_DRAIN, 7, 3});
	assert_int_equal(trail_path(&trail, 0, path), 0);
	assert_int_equal(trail_path(&trail, 1, path), 1);
	assert_int_equal(path[0].kind, WORLD_HOLD);
	/* The last state is found while 2 is being expanded. */
	assert_int_equal(trail_path(&trail, 3, path), 2);
	assert_int_equal(path[0].kind, WORLD_SHUT);
	assert_int_equal(path[0].arg, 55);
	assert_int_equal(path[0].first, 15);
	assert_int_equal(path[1].kind, WORLD_DRAIN);
	assert_int_equal(path[1].arg, 7);
	assert_int_equal(path[1].first, 3);
	trail_free(&trail);
}

/* No name twice, and the words of each are understood. */
static void
test_scenarios(void **state)
{
	const struct scenario_row *rows;
	struct scenario scenario;
	size_t i, count;
	int is_long;

	(void)state;
	for (is_long = 0; is_long < 2; is_long++) {
		rows = scenario_list(is_long, &count);
		assert_true(count > 0);
		for (i = 0; i < count; i++) {
			assert_ptr_equal(scenario_find(rows[i].name),
			    rows[i].line);
			assert_true(scenario_read_line(&scenario,
			    rows[i].line));
		}
	}
	assert_null(scenario_find("nothing"));
	assert_false(scenario_read_line(&scenario, "triangle nothing=1"));
	assert_false(scenario_read_line(&scenario, "triangle users=3"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symmetry_counts),
		cmocka_unit_test(test_symmetry_verdicts),
		cmocka_unit_test(test_symmetries),
		cmocka_unit_test(test_bound_of_memory),
		cmocka_unit_test(test_known_is_full),
		cmocka_unit_test(test_trail),
		cmocka_unit_test(test_scenarios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
