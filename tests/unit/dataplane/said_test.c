/*
 * "AUTHOR: TEXT": what is put together comes apart again, whatever is in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../dataplane/said.h"

static char bytes[256];

static struct dn_str
put(const char *author, const char *text)
{
	struct dn_wr wr = dn_wr_of(bytes, sizeof(bytes));

	said_put(&wr, dn_str_of(author), dn_str_of(text));
	assert_false(wr.failed);
	return (struct dn_str){bytes, wr.at};
}

static void
reads(struct dn_str said, const char *author, const char *text)
{
	char name[64];
	struct dn_wr wr = dn_wr_of(name, sizeof(name));
	struct dn_str rest;

	assert_true(said_get(&wr, said, &rest));
	assert_true(dn_str_eq((struct dn_str){name, wr.at},
	    dn_str_of(author)));
	assert_true(dn_str_eq(rest, dn_str_of(text)));
}

static void
test_comes_apart(void **state)
{
	static const char *const names[] = {"ann", "a:b", "a: b", "100%",
	    "%3A", "%25", "%253A", "::%%::", "%2", "%", ""};
	static const char *const texts[] = {"hi", "", "x: y", ": ", "%3A"};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
			reads(put(names[i], texts[j]), names[i], texts[j]);
	assert_true(dn_str_eq(put("a:%", "x"), dn_str_of("a%3A%25: x")));
}

/* Others may write names in their own way. */
static void
test_of_others(void **state)
{
	(void)state;
	reads(dn_str_of("a:b%20%3a%: x"), "a:b%20%3a%", "x");
	reads(dn_str_of("a%25"": "), "a%", "");
}

static void
test_nobody_said_it(void **state)
{
	static const char *const said[] = {"", ":", " ", "hello", "a:b", "a:"};
	char name[4];
	struct dn_wr wr;
	struct dn_str rest = {NULL, 77};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		wr = dn_wr_of(name, sizeof(name));
		assert_false(said_get(&wr, dn_str_of(said[i]), &rest));
	}
	/* Nobody has such a long name. */
	wr = dn_wr_of(name, sizeof(name));
	assert_false(said_get(&wr, dn_str_of("abcde: x"), &rest));
	assert_int_equal(rest.size, 77);
	wr = dn_wr_of(name, sizeof(name));
	assert_true(said_get(&wr, dn_str_of("a%3Ac%25: x"), &rest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_apart),
		cmocka_unit_test(test_of_others),
		cmocka_unit_test(test_nobody_said_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
