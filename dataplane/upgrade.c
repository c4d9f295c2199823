/* A request is a line of its own, headers by a table, and an empty line. */
#include "upgrade.h"

#include "http_text.h"

/* Headers that say something here. All others may be there, and are passed
 * over, as extensions are that we don't offer. */
enum upgrade_header {
	HEADER_HOST,
	HEADER_UPGRADE,
	HEADER_CONNECTION,
	HEADER_VERSION,
	HEADER_KEY,
	HEADER_ORIGIN, /* the only one that may be missing */
	HEADER_STRANGE,
	HEADER_OTHER
};

#define UPGRADE_NEEDED ((1u << HEADER_ORIGIN) - 1)

static const struct {
	const char *name;
	enum upgrade_header header;
} upgrade_headers[] = {
	{"host", HEADER_HOST},
	{"upgrade", HEADER_UPGRADE},
	{"connection", HEADER_CONNECTION},
	{"sec-websocket-version", HEADER_VERSION},
	{"sec-websocket-key", HEADER_KEY},
	{"origin", HEADER_ORIGIN},
	{"sec-websocket-protocol", HEADER_STRANGE},
	{"forwarded", HEADER_STRANGE},
	{"via", HEADER_STRANGE},
	{"x-forwarded-for", HEADER_STRANGE},
	{"content-length", HEADER_STRANGE},
	{"transfer-encoding", HEADER_STRANGE},
	{"expect", HEADER_STRANGE},
	{"dnchat-routing", HEADER_STRANGE},
	{"dnchat-node", HEADER_STRANGE},
};

/* Takes the next line off 'rest'; false if there is no CR LF at its end, or
 * anything in it that is no text. */
static bool
upgrade_line(struct dn_str *rest, struct dn_str *line)
{
	const char *end = rest->size > 0 ?
	    memchr(rest->data, '\n', rest->size) : NULL;
	size_t i;

	if (end == NULL || end == rest->data || end[-1] != '\r')
		return false;
	*line = (struct dn_str){rest->data, (size_t)(end - rest->data) - 1};
	rest->size -= line->size + 2;
	rest->data = end + 1;
	for (i = 0; i < line->size; i++)
		if (((unsigned char)line->data[i] < ' ' &&
		    line->data[i] != '\t') || line->data[i] == 0x7f)
			return false;
	return true;
}

/* True for "GET /PATH HTTP/1.1". */
static bool
upgrade_is_get(struct dn_str line)
{
	static const char begin[] = "GET /", end[] = " HTTP/1.1";
	size_t head = sizeof(begin) - 1, tail = sizeof(end) - 1, i;

	if (line.size < head + tail ||
	    memcmp(line.data, begin, head) != 0 ||
	    memcmp(line.data + line.size - tail, end, tail) != 0)
		return false;
	for (i = head; i < line.size - tail; i++)
		if (line.data[i] == ' ' || line.data[i] == '\t')
			return false;
	return true;
}

/* True for 16 bytes in base64: the last digit has two of its six bits. */
static bool
upgrade_is_key(struct dn_str value)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	if (value.size != UPGRADE_KEY_BYTES ||
	    memcmp(value.data + UPGRADE_KEY_BYTES - 2, "==", 2) != 0 ||
	    memchr("AQgw", value.data[UPGRADE_KEY_BYTES - 3], 4) == NULL)
		return false;
	for (i = 0; i < UPGRADE_KEY_BYTES - 3; i++)
		if (memchr(digits, value.data[i], sizeof(digits) - 1) == NULL)
			return false;
	return true;
}

/* True if "Upgrade" is in the list 'value'. */
static bool
upgrade_is_asked(struct dn_str value)
{
	while (value.size > 0)
		if (http_is_word(http_take(&value, ','), "upgrade"))
			return true;
	return false;
}

static bool
upgrade_is_ordinary(enum upgrade_header header, struct dn_str value)
{
	switch (header) {
	case HEADER_UPGRADE:
		return http_is_word(value, "websocket");
	case HEADER_CONNECTION:
		return upgrade_is_asked(value);
	case HEADER_VERSION:
		return http_is_word(value, "13");
	case HEADER_KEY:
		return upgrade_is_key(value);
	case HEADER_HOST:
	case HEADER_ORIGIN:
	case HEADER_OTHER:
		return true;
	case HEADER_STRANGE:
		break;
	}
	return false;
}

static enum upgrade_header
upgrade_header_of(struct dn_str name)
{
	size_t i;

	for (i = 0; i < sizeof(upgrade_headers) / sizeof(upgrade_headers[0]);
	    i++)
		if (http_is_word(name, upgrade_headers[i].name))
			return upgrade_headers[i].header;
	return HEADER_OTHER;
}

/* Reads a header; false if it is not as it should be, or said twice. */
static bool
upgrade_take_header(struct dn_str line, struct upgrade *upgrade,
    unsigned *seen)
{
	const char *colon = memchr(line.data, ':', line.size);
	struct dn_str name = {line.data, colon != NULL ?
	    (size_t)(colon - line.data) : 0}, value;
	enum upgrade_header header = upgrade_header_of(name);

	/* No blank before the colon, nor at the start, which goes on with the
	 * header before (RFC 9112, section 5). */
	if (name.size == 0 || memchr(name.data, ' ', name.size) != NULL ||
	    memchr(name.data, '\t', name.size) != NULL)
		return false;
	value = http_trim((struct dn_str){colon + 1,
	    line.size - name.size - 1});
	if (!upgrade_is_ordinary(header, value) ||
	    (header != HEADER_OTHER && (*seen & 1u << header) != 0))
		return false;
	*seen |= 1u << header;
	if (header == HEADER_KEY)
		memcpy(upgrade->key, value.data, UPGRADE_KEY_BYTES);
	if (header == HEADER_ORIGIN)
		upgrade->has_origin = true;
	return true;
}

size_t
upgrade_read(const void *data, size_t size, struct upgrade *upgrade)
{
	struct dn_str rest = {data, size}, line;
	unsigned seen = 0;

	upgrade->has_origin = false;
	if (!upgrade_line(&rest, &line) || !upgrade_is_get(line))
		return 0;
	while (upgrade_line(&rest, &line)) {
		if (line.size == 0)
			return (seen & UPGRADE_NEEDED) == UPGRADE_NEEDED ?
			    size - rest.size : 0;
		if (!upgrade_take_header(line, upgrade, &seen))
			return 0;
	}
	return 0;
}
