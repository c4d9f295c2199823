/* Passwords: which are right, and what `auth` may say. */
#include "shell.h"

static bool
right(const struct secret *secret, const char *word)
{
	return secret_is_right(secret, dn_str_of(word));
}

static void
open_takes_any(void **state)
{
	char why[SECRET_WHY_BYTES], longest[DN_SECRET_BYTES_MAX + 2];
	struct secret secret;

	(void)state;
	assert_int_equal(secret_init(&secret, "open", why), DN_OK);
	memset(longest, 'p', sizeof(longest));
	longest[DN_SECRET_BYTES_MAX + 1] = '\0';
	assert_true(right(&secret, ""));
	assert_true(right(&secret, "anything"));
	assert_true(right(&secret, longest + 1));
	assert_false(right(&secret, longest));
}

static void
a_password_is_compared(void **state)
{
	char why[SECRET_WHY_BYTES];
	struct secret secret;

	(void)state;
	assert_int_equal(secret_init(&secret, "password:sesame", why), DN_OK);
	assert_true(right(&secret, "sesame"));
	assert_false(right(&secret, ""));
	assert_false(right(&secret, "sesam"));
	assert_false(right(&secret, "sesamee"));
	assert_false(right(&secret, "Sesame"));
	assert_false(secret_is_right(&secret,
	    (struct dn_str){"sesame\0", 7}));
	secret_deinit(&secret);
	assert_false(right(&secret, "sesame"));
}

static void
init_file(const char *content, size_t size, enum dn_err wanted,
    struct secret *secret)
{
	char dir[RUNDIR_BYTES_MAX], auth[RUNDIR_BYTES_MAX + 32];
	char why[SECRET_WHY_BYTES] = "";

	shell_dir(dir);
	shell_write(dir, "password", content, size);
	snprintf(auth, sizeof(auth), "%s/password", dir);
	assert_int_equal(chmod(auth, 0600), 0);
	snprintf(auth, sizeof(auth), "password:@%s/password", dir);
	assert_int_equal(secret_init(secret, auth, why), wanted);
	assert_true((wanted == DN_OK) == (why[0] == '\0'));
	shell_clean(dir);
}

static void
a_file_holds_it_in_its_first_line(void **state)
{
	char longest[DN_SECRET_BYTES_MAX + 3], why[SECRET_WHY_BYTES];
	struct secret secret;

	(void)state;
	dn_log_level = DN_LOG_ERROR;
	init_file("sesame\nsecond\n", 14, DN_OK, &secret);
	assert_true(right(&secret, "sesame"));
	init_file("sesame\r\n", 8, DN_OK, &secret);
	assert_true(right(&secret, "sesame"));
	init_file(" s p ", 5, DN_OK, &secret);
	assert_true(right(&secret, " s p "));
	init_file("\n", 1, DN_E_MALFORMED, &secret);
	init_file("", 0, DN_E_MALFORMED, &secret);
	memset(longest, 'p', sizeof(longest));
	init_file(longest, DN_SECRET_BYTES_MAX, DN_OK, &secret);
	init_file(longest, DN_SECRET_BYTES_MAX + 1, DN_E_TOO_LONG, &secret);
	init_file(longest, DN_SECRET_BYTES_MAX + 3, DN_E_TOO_LONG, &secret);
	assert_int_equal(secret_init(&secret, "password:@/no/such/file", why),
	    DN_E_IO);
	assert_non_null(strstr(why, "/no/such/file"));
	assert_int_equal(secret_init(&secret, "password:@/", why), DN_E_IO);
}

static void
nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "opened", "password", "password:", "sesame", "Open"
	};
	char why[SECRET_WHY_BYTES];
	struct secret secret;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		why[0] = '\0';
		assert_int_equal(secret_init(&secret, bad[i], why),
		    DN_E_MALFORMED);
		assert_true(why[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_takes_any),
		cmocka_unit_test(a_password_is_compared),
		cmocka_unit_test(a_file_holds_it_in_its_first_line),
		cmocka_unit_test(nonsense_is_refused),
	};

	if (secret_start() != DN_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
