/*
 * Upgrade requests: which are ordinary, byte by byte and header by header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../../dataplane/upgrade.h"

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: x\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ALL HOST UPGRADE CONNECTION VERSION KEY

static struct upgrade upgrade;

/* Reads 'text' out of memory of exactly its size. */
static size_t
read_text(const char *text)
{
	size_t size = strlen(text), got;
	char *copy = malloc(size + 1);

	assert_non_null(copy);
	memcpy(copy + 1, text, size);
	got = upgrade_read(copy + 1, size, &upgrade);
	free(copy);
	return got;
}

static void
ordinary(void **state)
{
	static const char *const texts[] = {
		LINE ALL "\r\n",
		"GET /any/path?with=more HTTP/1.1\r\n" ALL "\r\n",
		LINE KEY VERSION CONNECTION UPGRADE HOST "\r\n",
		LINE HOST "upgrade:WebSocket\r\nCONNECTION: \tkeep-alive ,\t"
		    "uPGRADE \r\n" VERSION KEY "\r\n",
		LINE ALL "User-Agent: x (y; z) \x80\xff\r\nCookie: a=b\r\n"
		    "Sec-WebSocket-Extensions: permessage-deflate\r\n"
		    "X:\r\n\r\n",
		LINE HOST UPGRADE CONNECTION VERSION
		    "Sec-WebSocket-Key: /+9aAzZ0AAAAAAAAAAAAAw==\r\n\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_text(texts[i]), strlen(texts[i]));
		assert_false(upgrade.has_origin);
	}
	assert_memory_equal(upgrade.key, "/+9aAzZ0AAAAAAAAAAAAAw==",
	    UPGRADE_KEY_BYTES);
}

static void
a_browser_has_an_origin(void **state)
{
	(void)state;
	assert_true(read_text(LINE ALL "Origin: null\r\n\r\n") > 0);
	assert_true(upgrade.has_origin);
	assert_true(read_text(LINE ALL "\r\n") > 0);
	assert_false(upgrade.has_origin);
}

static void
what_stands_behind_is_left(void **state)
{
	static const char text[] = LINE ALL "\r\n";

	(void)state;
	assert_int_equal(read_text(LINE ALL "\r\n\x81\x85" "abcdSEND"),
	    sizeof(text) - 1);
	assert_int_equal(read_text(LINE ALL "\r\n\r\n"), sizeof(text) - 1);
}

static void
less_is_none(void **state)
{
	static const char text[] = LINE ALL "\r\n";
	char part[sizeof(text)];
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(text) - 1; size++) {
		memcpy(part, text, size);
		part[size] = '\0';
		assert_int_equal(read_text(part), 0);
	}
}

/* A request with any one byte made a control character is none. */
static void
controls_are_none(void **state)
{
	static const char text[] = LINE ALL "\r\n";
	char bad[sizeof(text)];
	size_t at;
	int byte;

	(void)state;
	for (at = 0; at < sizeof(text) - 1; at++)
		for (byte = 0; byte <= 0x7f; byte++) {
			if ((byte >= ' ' && byte != 0x7f) || byte == '\t' ||
			    byte == text[at])
				continue;
			memcpy(bad, text, sizeof(text));
			bad[at] = (char)byte;
			assert_int_equal(upgrade_read(bad, sizeof(text) - 1,
			    &upgrade), 0);
		}
}

static void
others_are_left(void **state)
{
	static const char *const texts[] = {
		/* The first line. */
		"POST / HTTP/1.1\r\n" ALL "\r\n",
		"get / HTTP/1.1\r\n" ALL "\r\n",
		"GET / HTTP/1.0\r\n" ALL "\r\n",
		"GET / HTTP/1.1 \r\n" ALL "\r\n",
		"GET  / HTTP/1.1\r\n" ALL "\r\n",
		"GET /a b HTTP/1.1\r\n" ALL "\r\n",
		"GET http://x/ HTTP/1.1\r\n" ALL "\r\n",
		"GET /HTTP/1.1\r\n" ALL "\r\n",
		"\r\n" LINE ALL "\r\n",
		/* What must be there, once, and right. */
		LINE UPGRADE CONNECTION VERSION KEY "\r\n",
		LINE HOST CONNECTION VERSION KEY "\r\n",
		LINE HOST UPGRADE VERSION KEY "\r\n",
		LINE HOST UPGRADE CONNECTION KEY "\r\n",
		LINE HOST UPGRADE CONNECTION VERSION "\r\n",
		LINE ALL HOST "\r\n", LINE ALL UPGRADE "\r\n",
		LINE ALL CONNECTION "\r\n", LINE ALL VERSION "\r\n",
		LINE ALL KEY "\r\n",
		LINE ALL "Origin: a\r\nOrigin: a\r\n\r\n",
		LINE HOST "Upgrade: h2c\r\n" CONNECTION VERSION KEY "\r\n",
		LINE HOST "Upgrade: websocket, h2c\r\n" CONNECTION VERSION
		    KEY "\r\n",
		LINE HOST UPGRADE "Connection: close\r\n" VERSION KEY "\r\n",
		LINE HOST UPGRADE "Connection: Upgraded\r\n" VERSION KEY
		    "\r\n",
		LINE HOST UPGRADE CONNECTION "Sec-WebSocket-Version: 8\r\n"
		    KEY "\r\n",
		LINE HOST UPGRADE CONNECTION VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n\r\n",
		LINE HOST UPGRADE CONNECTION VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n\r\n",
		LINE HOST UPGRADE CONNECTION VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n",
		LINE HOST UPGRADE CONNECTION VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBu*25jZQ==\r\n\r\n",
		LINE HOST UPGRADE CONNECTION VERSION
		    "Sec-WebSocket-Key:\r\n\r\n",
		/* What asks for more. */
		LINE ALL "Sec-WebSocket-Protocol: chat\r\n\r\n",
		LINE ALL "forwarded: for=1.2.3.4\r\n\r\n",
		LINE ALL "VIA: 1.1 x\r\n\r\n",
		LINE ALL "X-Forwarded-For: 1.2.3.4\r\n\r\n",
		LINE ALL "Content-Length: 0\r\n\r\n",
		LINE ALL "Transfer-Encoding: chunked\r\n\r\n",
		LINE ALL "Expect: 100-continue\r\n\r\n",
		LINE ALL "Dnchat-Routing: 1\r\n\r\n",
		LINE ALL "dnchat-node: 0123456789abcdef\r\n\r\n",
		/* What is no header. */
		LINE ALL "x\r\n\r\n", LINE ALL ": x\r\n\r\n",
		LINE ALL "x : y\r\n\r\n", LINE ALL " x: y\r\n\r\n",
		LINE ALL "\tx: y\r\n\r\n", LINE ALL "x\t: y\r\n\r\n",
		LINE ALL "x: y\n\r\n", LINE ALL "\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (read_text(texts[i]) != 0)
			fail_msg("%s", texts[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary),
		cmocka_unit_test(a_browser_has_an_origin),
		cmocka_unit_test(what_stands_behind_is_left),
		cmocka_unit_test(less_is_none),
		cmocka_unit_test(controls_are_none),
		cmocka_unit_test(others_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
