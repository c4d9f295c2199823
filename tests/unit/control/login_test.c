/* Who of our clients may be who: as stories of AUTHs and what follows. */
#include "story.h"

#define SOURCE "192.0.2.9:4000"

/* Others hear of the newcomer before he gets his list. */
static void
login_is_told_in_order(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_link(&s, 11);
	story_expect(&s, "open 10\nopen 11\n");
	story_login(&s, 1, 5, "ann");
	story_expect(&s,
	    "announce 10 5 ann (on s1) 0\n"
	    "announce 11 5 ann (on s1) 0\n"
	    "show 5 ann (on s1) conn 1\n"
	    "name 1 5\n");
	assert_true(story_noticed(&s, "login"));
	UP(&s, closed, .conn = 1, .code = 1000);
	story_expect(&s, "withdraw 10 5\nwithdraw 11 5\nhide 5\n");
	assert_true(story_noticed(&s, "logout"));
	story_end(&s);
}

static void
fail_comes_in_the_order_of_the_protocol(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_login(&s, 1, 5, "ann");
	story_forget(&s);
	/* All at once is wrong: NUMBER, then NAME, then PASSWORD. */
	DO(&s, login, .conn = 2, .number = 5, .name = S("ann"),
	    .source = S(SOURCE));
	story_expect(&s, "probe 1 2000\ndeny 2 5 NUMBER\n");
	assert_string_equal(story_notice(&s, "login_failed", "reason"),
	    "NUMBER");
	DO(&s, login, .conn = 2, .number = 6, .name = S("ann"),
	    .source = S(SOURCE));
	story_expect(&s, "probe 1 2000\ndeny 2 6 NAME\n");
	DO(&s, login, .conn = 2, .number = 6, .name = S("#bob"),
	    .source = S(SOURCE));
	story_expect(&s, "deny 2 6 NAME\n");
	DO(&s, login, .conn = 2, .number = 6, .name = S("bob"),
	    .source = S(SOURCE));
	story_expect(&s, "deny 2 6 PASSWORD\n");
	/* And after all that he may still get in. */
	story_login(&s, 2, 6, "bob");
	story_expect(&s, "show 6 bob (on s1) conn 2\nname 2 6\n");
	story_end(&s);
}

/* A client that lost its line gets back in once the ghost is gone. */
static void
ghost_gives_way(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_login(&s, 1, 5, "ann");
	story_forget(&s);
	story_login(&s, 2, 5, "ann");
	story_expect(&s, "probe 1 2000\ndeny 2 5 NUMBER\n");
	UP(&s, closed, .conn = 1, .code = 1006, .why = S("silent"));
	story_expect(&s, "hide 5\n");
	story_login(&s, 2, 5, "ann");
	story_expect(&s, "show 5 ann (on s1) conn 2\nname 2 5\n");
	story_end(&s);
}

static void
remote_users_are_in_use_too(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_arrv(&s, 10, 7, "zoe", 0);
	story_forget(&s);
	/* No ghost of ours: nobody is probed. */
	story_login(&s, 1, 7, "ann");
	story_expect(&s, "deny 1 7 NUMBER\n");
	story_login(&s, 1, 8, "zoe");
	story_expect(&s, "deny 1 8 NAME\n");
	/* He is gone: number and name are free. */
	UP(&s, left, .conn = 10, .number = 7);
	story_wait(&s, 100 + 400);
	story_forget(&s);
	story_login(&s, 1, 7, "zoe");
	story_expect(&s, "announce 10 7 zoe (on s1) 0\n"
	    "show 7 zoe (on s1) conn 1\nname 1 7\n");
	story_end(&s);
}

static void
kick_closes(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_login(&s, 1, 5, "ann");
	story_link(&s, 10);
	story_arrv(&s, 10, 7, "zoe", 0);
	story_forget(&s);
	DO(&s, kick, .number = 6);
	assert_int_equal(s.err, DN_E_UNKNOWN);
	DO(&s, kick, .number = 7);
	assert_int_equal(s.err, DN_E_STATE);
	story_expect(&s, "");
	DO(&s, kick, .number = 5);
	assert_int_equal(s.err, DN_OK);
	story_expect(&s, "close 1 1008 ended by the operator\n");
	UP(&s, closed, .conn = 1, .code = 1008);
	story_expect(&s, "withdraw 10 5\nhide 5\n");
	story_end(&s);
}

static void
nonsense_changes_nothing(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_login(&s, 1, 5, "ann");
	story_link(&s, 10);
	story_forget(&s);
	story_login(&s, 1, 6, "bob");
	story_login(&s, 10, 6, "bob");
	story_login(&s, 0, 6, "bob");
	story_login(&s, 3, 0, "bob");
	story_login(&s, 3, UINT64_MAX, "bob");
	UP(&s, closed, .conn = 99);
	UP(&s, left, .conn = 10, .number = 99);
	UP(&s, left, .conn = 99, .number = 5);
	story_arrv(&s, 99, 6, "bob", 0);
	story_arrv(&s, 10, 0, "bob", 0);
	UP(&s, arrv, .conn = 10, .number = 6);
	UP(&s, sliced, .conn = 10);
	UP(&s, sliced, .conn = 99);
	UP(&s, rtt, .conn = 99, .usec = 5);
	UP(&s, nothing, 0);
	UP(&s, dialled, .conn = 0);
	story_expect(&s, "");
	assert_int_equal(core_up_seq(s.core), s.up_seq);
	story_end(&s);
}

static void
user_limit_is_kept(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	core_limit_users(s.core, 3);
	story_link(&s, 10);
	story_login(&s, 1, 5, "ann");
	story_arrv(&s, 10, 6, "bob", 0);
	story_arrv(&s, 10, 7, "cid", 0);
	story_forget(&s);
	story_login(&s, 2, 8, "dan");
	story_expect(&s, "close 2 1013 too many users\n");
	/* Link down is the only legal way to lose an ARRV. */
	story_arrv(&s, 10, 9, "eva", 0);
	story_expect(&s, "close 10 1013 too many users\nhide 6\nhide 7\n");
	assert_true(story_noticed(&s, "users_full"));
	/* Their records last as long as their withdrawal is held. */
	story_wait(&s, 200);
	story_login(&s, 2, 8, "dan");
	story_expect(&s, "show 8 dan (on s1) conn 2\nname 2 8\n");
	story_end(&s);
}

/* He is back before his withdrawal is acknowledged: served at once, but
 * announced only then. */
static void
login_during_the_withdrawal(void **state)
{
	struct story s;

	(void)state;
	story_begin(&s, "s1", 1);
	story_link(&s, 10);
	story_login(&s, 1, 5, "ann");
	story_forget(&s);
	UP(&s, closed, .conn = 1);
	story_expect(&s, "withdraw 10 5\nhide 5\n");
	story_login(&s, 2, 5, "anna");
	story_expect(&s, "show 5 anna (on s1) conn 2\nname 2 5\n");
	UP(&s, left, .conn = 10, .number = 5);
	story_expect(&s, "announce 10 5 anna (on s1) 0\n");
	story_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(login_is_told_in_order),
		cmocka_unit_test(fail_comes_in_the_order_of_the_protocol),
		cmocka_unit_test(ghost_gives_way),
		cmocka_unit_test(remote_users_are_in_use_too),
		cmocka_unit_test(kick_closes),
		cmocka_unit_test(nonsense_changes_nothing),
		cmocka_unit_test(user_limit_is_kept),
		cmocka_unit_test(login_during_the_withdrawal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
