/* The policy of passwords: who is remembered, and who has to wait. */
#include "../../../control/auth.h"
#include "shell.h"

static void
begin(struct auth *auth)
{
	unsigned char key[SECRET_DIGEST_BYTES] = {1, 2, 3};

	assert_int_equal(secret_start(), DN_OK);
	auth_init(auth, 7, key);
}

static void
right_credentials_are_remembered(void **state)
{
	struct auth_account account = {5, 100}, *found;
	struct auth auth;

	(void)state;
	begin(&auth);
	assert_null(auth_knows(&auth, S("ann"), S("pw")));
	auth_remember(&auth, S("ann"), S("pw"), &account);
	found = auth_knows(&auth, S("ann"), S("pw"));
	assert_non_null(found);
	assert_int_equal(found->number, 5);
	found->number = 6;
	assert_int_equal(auth_knows(&auth, S("ann"), S("pw"))->number, 6);
	assert_null(auth_knows(&auth, S("ann"), S("pW")));
	assert_null(auth_knows(&auth, S("ann"), S("")));
	assert_null(auth_knows(&auth, S("annp"), S("w")));
	assert_null(auth_knows(&auth, S("an"), S("npw")));
	/* Another password takes the place of the old one. */
	auth_remember(&auth, S("ann"), S("new"), &account);
	assert_null(auth_knows(&auth, S("ann"), S("pw")));
	assert_non_null(auth_knows(&auth, S("ann"), S("new")));
	auth_forget(&auth, S("ann"));
	auth_forget(&auth, S("bob"));
	assert_null(auth_knows(&auth, S("ann"), S("new")));
	auth_deinit(&auth);
}

static void
the_oldest_credential_gives_way(void **state)
{
	struct auth_account account = {0, 0};
	struct auth auth;
	char name[16];
	int i;

	(void)state;
	begin(&auth);
	for (i = 0; i <= AUTH_KNOWN_MAX; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		auth_remember(&auth, S(name), S("pw"), &account);
	}
	assert_null(auth_knows(&auth, S("u0"), S("pw")));
	assert_non_null(auth_knows(&auth, S("u1"), S("pw")));
	assert_non_null(auth_knows(&auth, S(name), S("pw")));
	auth_deinit(&auth);
}

/* Some are free, then so many a minute, by address and name. */
static void
guessing_is_slowed(void **state)
{
	struct auth auth;
	uint64_t now = 1000;
	int i;

	(void)state;
	begin(&auth);
	for (i = 0; i < AUTH_WRONG_MAX; i++) {
		assert_true(auth_may_try(&auth, S("10.0.0.1"), S("ann"),
		    now));
		auth_guessed(&auth, S("10.0.0.1"), S("ann"), now++);
	}
	assert_false(auth_may_try(&auth, S("10.0.0.1"), S("ann"), now));
	assert_true(auth_may_try(&auth, S("10.0.0.2"), S("ann"), now));
	assert_true(auth_may_try(&auth, S("10.0.0.1"), S("bob"), now));
	assert_true(auth_may_try(&auth, S("10.0.0.1a"), S("nn"), now));
	now = 1000 + AUTH_WRONG_MSEC;
	assert_false(auth_may_try(&auth, S("10.0.0.1"), S("ann"), now - 1));
	/* The first is a minute old: one more, not all. */
	assert_true(auth_may_try(&auth, S("10.0.0.1"), S("ann"), now));
	auth_guessed(&auth, S("10.0.0.1"), S("ann"), now);
	assert_false(auth_may_try(&auth, S("10.0.0.1"), S("ann"), now));
	assert_true(auth_may_try(&auth, S("10.0.0.1"), S("ann"), now + 1));
	auth_deinit(&auth);
}

/* In any minute there are no more than so many, however they are spread. */
static void
no_minute_has_more_guesses(void **state)
{
	uint64_t tried[4096], now, chance = 9;
	size_t count = 0, i;
	struct auth auth;

	(void)state;
	begin(&auth);
	for (now = 1; count < 200; now += chance % 7000) {
		chance = chance * UINT64_C(6364136223846793005) + 1;
		chance ^= chance >> 33;
		if (!auth_may_try(&auth, S("::1"), S("ann"), now))
			continue;
		auth_guessed(&auth, S("::1"), S("ann"), now);
		tried[count++] = now;
	}
	for (i = AUTH_WRONG_MAX; i < count; i++)
		assert_true(tried[i] - tried[i - AUTH_WRONG_MAX] >=
		    AUTH_WRONG_MSEC);
	auth_deinit(&auth);
}

static void
the_table_of_guessers_is_bounded(void **state)
{
	struct auth auth;
	char host[24];
	int i, j;

	(void)state;
	begin(&auth);
	for (j = 0; j < AUTH_WRONG_MAX; j++) {
		auth_guessed(&auth, S("first"), S("ann"), 1000);
		auth_guessed(&auth, S("again"), S("ann"), 1000);
	}
	for (i = 0; i < AUTH_GUESSERS_MAX - 1; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		auth_guessed(&auth, S(host), S("ann"), 1000);
		/* Who goes on guessing is not forgotten. */
		if (i % 1000 == 0)
			auth_guessed(&auth, S("again"), S("ann"), 1000);
	}
	assert_true(auth_may_try(&auth, S("first"), S("ann"), 1001));
	assert_false(auth_may_try(&auth, S("again"), S("ann"), 1001));
	auth_deinit(&auth);
}

static void
making_accounts_is_slowed(void **state)
{
	struct auth auth;
	uint64_t now = 1000;
	char host[24];
	int i;

	(void)state;
	begin(&auth);
	for (i = 0; i < AUTH_MADE_MAX; i++)
		assert_true(auth_may_make(&auth, S("10.0.0.1"), now++));
	assert_false(auth_may_make(&auth, S("10.0.0.1"), now));
	assert_true(auth_may_make(&auth, S("10.0.0.2"), now));
	now = 1000 + AUTH_MADE_MSEC;
	assert_false(auth_may_make(&auth, S("10.0.0.1"), now - 1));
	assert_true(auth_may_make(&auth, S("10.0.0.1"), now));
	/* Who is on the machine need not ask. */
	for (i = 0; i < 3 * AUTH_MADE_MAX; i++) {
		assert_true(auth_may_make(&auth, S("127.0.0.1"), now));
		assert_true(auth_may_make(&auth, S("::1"), now));
	}
	/* The table is bounded: the oldest gives way. */
	for (i = 1; i < AUTH_MADE_MAX; i++)
		assert_true(auth_may_make(&auth, S("10.0.0.1"), now));
	assert_false(auth_may_make(&auth, S("10.0.0.1"), now));
	for (i = 0; i < AUTH_MAKERS_MAX; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		assert_true(auth_may_make(&auth, S(host), now));
	}
	assert_true(auth_may_make(&auth, S("10.0.0.1"), now));
	auth_deinit(&auth);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_credentials_are_remembered),
		cmocka_unit_test(the_oldest_credential_gives_way),
		cmocka_unit_test(guessing_is_slowed),
		cmocka_unit_test(no_minute_has_more_guesses),
		cmocka_unit_test(the_table_of_guessers_is_bounded),
		cmocka_unit_test(making_accounts_is_slowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
