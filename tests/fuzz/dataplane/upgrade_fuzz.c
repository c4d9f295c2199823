/*
 * Any bytes as an upgrade request. What is taken for one ends where any reader
 * of HTTP says that it ends, does not depend on what follows, and says what
 * RFC 6455 wants said, at the start of a line of its own.
 */
#include <stdlib.h>

#include "../../../dataplane/http.h"
#include "../../../dataplane/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_so)
{
	if (!is_so)
		abort();
}

/* How many lines of 'head' begin with 'name', in any case. */
static unsigned
count(const char *head, size_t size, const char *name)
{
	size_t length = strlen(name), i;
	unsigned found = 0;

	for (i = 0; i + length <= size; i++)
		found += (i == 0 || head[i - 1] == '\n') &&
		    strncasecmp(head + i, name, length) == 0;
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *head = (const char *)data;
	struct upgrade upgrade, again;
	size_t taken = upgrade_read(data, size, &upgrade);

	if (taken == 0)
		return 0;
	require(taken <= size && taken == http_head_size(data, size));
	require(upgrade_read(data, taken, &again) == taken);
	require(memcmp(again.key, upgrade.key, UPGRADE_KEY_BYTES) == 0);
	require(upgrade_read(data, taken - 1, &again) == 0);
	require(memcmp(head, "GET /", 5) == 0);
	require(memchr(head, '\0', taken) == NULL);
	require(count(head, taken, "host:") == 1);
	require(count(head, taken, "upgrade:") == 1);
	require(count(head, taken, "connection:") == 1);
	require(count(head, taken, "sec-websocket-version:") == 1);
	require(count(head, taken, "sec-websocket-key:") == 1);
	require(count(head, taken, "origin:") == upgrade.has_origin);
	require(count(head, taken, "sec-websocket-protocol:") == 0);
	require(count(head, taken, "content-length:") == 0);
	require(count(head, taken, "transfer-encoding:") == 0);
	require(count(head, taken, "dnchat-routing:") == 0);
	require(count(head, taken, "dnchat-node:") == 0);
	return 0;
}
