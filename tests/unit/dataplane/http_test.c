/*
 * Plain HTTP: who is answered what, and the heads of answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../../dataplane/http.h"

#define S(text) {text, sizeof(text) - 1}

static const struct http_file files[] = {
	{"/", "text/html", "t1", (const unsigned char *)"plain", 5,
	    (const unsigned char *)"gz", 2},
	{"/status", "text/html", "t2", (const unsigned char *)"status", 6,
	    (const unsigned char *)"gs", 2},
};

static struct http_site site;
static struct http_answer answer;

static int
setup(void **state)
{
	(void)state;
	site = (struct http_site){.files = files, .file_count = 2,
	    .has_page = true};
	return 0;
}

static unsigned
ask(const char *path, const char *host, bool is_local)
{
	struct http_request request = {.path = dn_str_of(path),
	    .host = dn_str_of(host), .is_local = is_local};

	http_decide(&site, &request, &answer);
	return answer.code;
}

static const char *
head(const struct http_request *request, size_t size)
{
	static char text[HTTP_HEAD_BYTES_MAX + 1];
	struct dn_wr wr = dn_wr_of(text, sizeof(text) - 1);

	http_put_head(&wr, request, &answer, size);
	assert_false(wr.failed);
	text[wr.at] = '\0';
	return text;
}

static void
heads(void **state)
{
	static const char whole[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\nmore";
	const size_t size = sizeof(whole) - 5;
	size_t i;

	(void)state;
	for (i = 0; i < size; i++)
		assert_int_equal(http_head_size(whole, i), 0);
	for (; i <= size + 4; i++)
		assert_int_equal(http_head_size(whole, i), size);
	assert_int_equal(http_head_size("a\nb\n\nc", 7), 5);
	assert_int_equal(http_head_size("a\r\n\nb", 6), 4);
	assert_int_equal(http_head_size("a\r\nb\r\n", 6), 0);
}

static void
paths(void **state)
{
	(void)state;
	assert_int_equal(ask("/", "x", false), 200);
	assert_int_equal(answer.body.size, 5);
	assert_int_equal(ask("/healthz", "", false), 200);
	assert_int_equal(ask("/healthz/", "x", false), 404);
	assert_int_equal(ask("", "x", false), 404);
	assert_int_equal(ask("/nothing", "x", false), 404);
	assert_int_equal(ask("/status.json", "localhost", true), 200);
	assert_true(answer.is_live);
	assert_int_equal(ask("/status", "localhost", true), 200);
	assert_int_equal(ask("/status.nothing", "localhost", true), 404);
	assert_int_equal(ask("/statusx", "localhost", true), 404);
	site.has_page = false;
	assert_int_equal(ask("/", "x", false), 426);
	assert_int_equal(ask("/nothing", "x", false), 426);
	assert_int_equal(ask("/healthz", "x", false), 200);
	assert_int_equal(ask("/status", "localhost", true), 200);
}

static void
methods(void **state)
{
	struct http_request request = {.method = HTTP_HEAD, .path = S("/")};

	(void)state;
	http_decide(&site, &request, &answer);
	assert_int_equal(answer.code, 200);
	assert_false(answer.has_body);
	assert_int_equal(answer.body.size, 5);
	request.method = HTTP_OTHER;
	http_decide(&site, &request, &answer);
	assert_int_equal(answer.code, 405);
	assert_non_null(strstr(head(&request, 3), "\r\nAllow: GET, HEAD\r\n"));
}

static void
scopes(void **state)
{
	static const char *const paths_of_status[] = {"/status",
	    "/status.json", "/status.js"};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		site.scope = HTTP_SCOPE_LOOPBACK;
		assert_int_equal(ask(paths_of_status[i], "localhost", false),
		    403);
		assert_int_equal(ask(paths_of_status[i], "evil.example", true),
		    421);
		site.scope = HTTP_SCOPE_ANY;
		assert_int_equal(ask(paths_of_status[i], "evil.example", true),
		    421);
		assert_int_not_equal(ask(paths_of_status[i], "192.0.2.1",
		    false), 403);
		site.scope = HTTP_SCOPE_OFF;
		assert_int_equal(ask(paths_of_status[i], "localhost", true),
		    404);
	}
}

static void
hosts(void **state)
{
	static const char *const ours[] = {"localhost", "LOCALHOST:42015",
	    "127.0.0.1", "127.0.0.1:1", "10.0.0.255", "[::1]", "[::1]:42015",
	    "[fe80::1:2]:1", "[::ffff:1.2.3.4]", "chat.example",
	    "Chat.Example:80", " localhost "};
	static const char *const others[] = {"", ":1", "evil.example",
	    "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3",
	    "1.2.3.4.5", "1.2.3.4x", "1..2.3", "1.2.3.", "1.2.3.4.", "[]",
	    "[evil]", "[::1", "::1", "[::1]x", "[::1]evil:1", "localhost:x",
	    "localhost:1:2", "chat.example.", "xchat.example",
	    "1234.1.1.1"};
	size_t i;

	(void)state;
	assert_int_equal(http_add_host_name(&site, dn_str_of("CHAT.example")),
	    DN_OK);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!http_host_is_ours(&site, dn_str_of(ours[i])))
			fail_msg("%s", ours[i]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (http_host_is_ours(&site, dn_str_of(others[i])))
			fail_msg("%s", others[i]);
}

static void
host_names(void **state)
{
	static const char *const wrong[] = {"", "a b", "a:80", "a/b", "[::1]"};
	char name[HTTP_HOST_BYTES_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(http_add_host_name(&site,
		    dn_str_of(wrong[i])), DN_E_MALFORMED);
	memset(name, 'a', sizeof(name));
	assert_int_equal(http_add_host_name(&site,
	    (struct dn_str){name, sizeof(name) - 1}), DN_E_TOO_LONG);
	for (i = 0; i < HTTP_HOST_NAMES_MAX; i++)
		assert_int_equal(http_add_host_name(&site,
		    (struct dn_str){name, sizeof(name) - 2}), DN_OK);
	assert_int_equal(http_add_host_name(&site, dn_str_of("a")), DN_E_FULL);
}

static void
encodings(void **state)
{
	static const char *const yes[] = {"gzip", "GZIP", "deflate, gzip",
	    "gzip;q=0.5", "gzip ; q=1", "*", "br, *;q=0.1", "gzip;q=0.001",
	    "identity;q=0, gzip"};
	static const char *const no[] = {"", "gzip;q=0", "gzip; q=0.000",
	    "*;q=0", "deflate", "xgzip", "gzip;q=0, *", "gzi", ",,", ";"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!http_accepts_gzip(dn_str_of(yes[i])))
			fail_msg("%s", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (http_accepts_gzip(dn_str_of(no[i])))
			fail_msg("%s", no[i]);
}

static void
known_content(void **state)
{
	static const char *const known[] = {"\"t1\"", "\"t1-gz\"",
	    "W/\"t1\"", "\"x\", \"t1\"", "\"x\",W/\"t1-gz\""};
	static const char *const unknown[] = {"", "t1", "\"t1", "\"t\"",
	    "\"t11\"", "\"t1-gzz\"", "W/", "\"", "\"t2\""};
	struct http_request request = {.path = S("/"),
	    .accept_encoding = S("gzip")};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		request.if_none_match = dn_str_of(known[i]);
		http_decide(&site, &request, &answer);
		if (answer.code != 304 || answer.has_body)
			fail_msg("%s", known[i]);
		assert_null(strstr(head(&request, 0), "Content-Length"));
	}
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		request.if_none_match = dn_str_of(unknown[i]);
		http_decide(&site, &request, &answer);
		if (answer.code != 200)
			fail_msg("%s", unknown[i]);
	}
	assert_non_null(strstr(head(&request, 2), "ETag: \"t1-gz\"\r\n"));
	assert_non_null(strstr(head(&request, 2),
	    "Content-Encoding: gzip\r\n"));
	assert_int_equal(answer.body.size, 2);
}

/* What a request says gets into an answer only as a plain host. */
static void
policy(void **state)
{
	static const struct {
		struct dn_str host;
		const char *sockets;
	} cases[] = {
		{S("a.example:80"), "'self' ws://a.example:80 "
		    "wss://a.example:80;"},
		{S("[::1]:80"), "'self' ws://[::1]:80 wss://[::1]:80;"},
		{S(""), "'self';"}, {S("a b"), "'self';"},
		{S("a; script-src *"), "'self';"}, {S("a\r\nx:y"), "'self';"},
		{S("a'"), "'self';"}, {S("*"), "'self';"},
	};
	struct http_request request = {.path = S("/")};
	char wanted[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		request.host = cases[i].host;
		http_decide(&site, &request, &answer);
		snprintf(wanted, sizeof(wanted), "connect-src %s",
		    cases[i].sockets);
		assert_non_null(strstr(head(&request, 5), wanted));
		assert_non_null(strstr(head(&request, 5),
		    "default-src 'none'; script-src 'self'; style-src "
		    "'self'; img-src 'self' data:;"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test_setup(paths, setup),
		cmocka_unit_test_setup(methods, setup),
		cmocka_unit_test_setup(scopes, setup),
		cmocka_unit_test_setup(hosts, setup),
		cmocka_unit_test_setup(host_names, setup),
		cmocka_unit_test_setup(encodings, setup),
		cmocka_unit_test_setup(known_content, setup),
		cmocka_unit_test_setup(policy, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
