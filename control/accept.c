/* Who may be a peer: between the configuration and peer.c. */
#include "accept.h"

#include <string.h>

#include "dnchat/limits.h"

#define ACCEPT_BITS_IPV4 96 /* of ::ffff:a.b.c.d, before the address */
#define ACCEPT_GROUPS 8     /* of 16 bits, of an IPv6 address */

/* X(word, range) */
#define ACCEPT_WORDS(X)                                                 \
	X("loopback", "127.0.0.0/8") X("loopback", "::1")               \
	X("private", "10.0.0.0/8") X("private", "172.16.0.0/12")        \
	X("private", "192.168.0.0/16") X("private", "fc00::/7")         \
	X("link-local", "169.254.0.0/16") X("link-local", "fe80::/10")  \
	X("any", "::/0")

static bool
accept_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Up to 'most' decimal digits at '*at' of 'text', a value up to 'limit'. */
static bool
accept_decimal(struct dn_str text, size_t *at, size_t most, unsigned limit,
    unsigned *value)
{
	size_t start = *at;

	*value = 0;
	while (*at < text.size && *at - start < most &&
	    accept_is_digit(text.data[*at]))
		*value = *value * 10 + (unsigned)(text.data[(*at)++] - '0');
	return *at > start && *value <= limit;
}

static bool
accept_ipv4(unsigned char *bytes, struct dn_str text)
{
	size_t at = 0, i;
	unsigned value;

	for (i = 0; i < 4; i++) {
		if (i > 0 && (at == text.size || text.data[at++] != '.'))
			return false;
		if (!accept_decimal(text, &at, 3, 255, &value))
			return false;
		bytes[i] = (unsigned char)value;
	}
	return at == text.size;
}

/* One to four hexadecimal digits at '*at'. */
static bool
accept_group(struct dn_str text, size_t *at, unsigned *value)
{
	static const char digits[] = "0123456789abcdef";
	size_t start = *at;
	const char *digit;
	char c;

	*value = 0;
	for (; *at < text.size && *at - start < 4; (*at)++) {
		c = text.data[*at];
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		digit = memchr(digits, c, sizeof(digits) - 1);
		if (digit == NULL)
			break;
		*value = *value << 4 | (unsigned)(digit - digits);
	}
	return *at > start;
}

/*
 * The groups of 'text' from '*at' until its end or "::", into 'bytes', which
 * have room for 'room' groups. Returns how many there were, or -1. An IPv4
 * address in the place of the last two is allowed.
 */
static int
accept_groups(unsigned char *bytes, int room, struct dn_str text, size_t *at)
{
	struct dn_str rest;
	int count = 0;
	unsigned value;

	while (*at < text.size && text.data[*at] != ':') {
		rest = (struct dn_str){text.data + *at, text.size - *at};
		if (count + 2 <= room && accept_ipv4(bytes + count * 2, rest)) {
			*at = text.size;
			return count + 2;
		}
		if (count == room || !accept_group(text, at, &value))
			return -1;
		bytes[count * 2] = (unsigned char)(value >> 8);
		bytes[count * 2 + 1] = (unsigned char)value;
		count++;
		if (*at == text.size)
			break;
		if (text.data[*at] != ':' || *at + 1 == text.size)
			return -1;
		if (text.data[*at + 1] == ':')
			break;
		(*at)++;
	}
	return count;
}

static bool
accept_ipv6(unsigned char *bytes, struct dn_str text)
{
	unsigned char tail[16];
	size_t at = 0;
	int head, rest;

	head = accept_groups(bytes, ACCEPT_GROUPS, text, &at);
	if (head < 0 || at == text.size)
		return head == ACCEPT_GROUPS;
	if (head == ACCEPT_GROUPS || text.size - at < 2 ||
	    text.data[at + 1] != ':')
		return false;
	at += 2;
	rest = accept_groups(tail, ACCEPT_GROUPS - 1 - head, text, &at);
	if (rest < 0 || at != text.size)
		return false;
	memset(bytes + head * 2, 0, (size_t)(16 - head * 2));
	memcpy(bytes + 16 - rest * 2, tail, (size_t)rest * 2);
	return true;
}

bool
accept_address(struct accept_address *address, struct dn_str text)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	const char *zone;

	if (text.size == 0 || text.size > DN_ADDRESS_BYTES_MAX)
		return false;
	if (memchr(text.data, '\0', text.size) != NULL)
		return false;
	zone = memchr(text.data, '%', text.size);
	if (zone != NULL)
		text.size = (size_t)(zone - text.data);
	memcpy(address->bytes, mapped, sizeof(mapped));
	return accept_ipv4(address->bytes + 12, text) ||
	    accept_ipv6(address->bytes, text);
}

struct dn_str
accept_source_host(struct dn_str source)
{
	const char *end;

	if (source.size > 0 && source.data[0] == '[') {
		source.data++;
		source.size--;
		end = memchr(source.data, ']', source.size);
	} else {
		end = source.size > 0 ?
		    memchr(source.data, ':', source.size) : NULL;
		/* Two colons and no brackets: all of it is IPv6. */
		if (end != NULL && memchr(end + 1, ':', source.size - 1 -
		    (size_t)(end - source.data)) != NULL)
			end = NULL;
	}
	if (end != NULL)
		source.size = (size_t)(end - source.data);
	return source;
}

static bool
accept_range(struct accept_range *range, struct dn_str text)
{
	struct dn_str host = text;
	const char *slash = memchr(text.data, '/', text.size);
	unsigned bits, most;
	size_t at;
	bool is_ipv4;

	if (slash != NULL)
		host.size = (size_t)(slash - text.data);
	if (!accept_address(&range->address, host))
		return false;
	is_ipv4 = memchr(host.data, ':', host.size) == NULL;
	most = is_ipv4 ? 32 : 128;
	bits = most;
	if (slash != NULL) {
		at = host.size + 1;
		if (!accept_decimal(text, &at, 3, most, &bits) ||
		    at != text.size)
			return false;
	}
	range->bits = (uint8_t)(is_ipv4 ? bits + ACCEPT_BITS_IPV4 : bits);
	return true;
}

static enum dn_err
accept_append(struct accept *accept, struct dn_str text)
{
	if (accept->count == ACCEPT_RANGES_MAX)
		return DN_E_FULL;
	if (!accept_range(&accept->ranges[accept->count], text))
		return DN_E_MALFORMED;
	accept->count++;
	return DN_OK;
}

/* Takes a word that stands for ranges or a switch; DN_E_UNKNOWN: it is none. */
static enum dn_err
accept_word(struct accept *accept, struct dn_str word)
{
	static const struct {
		const char *word, *range;
	} words[] = {
#define ACCEPT_ROW(word, range) {word, range},
		ACCEPT_WORDS(ACCEPT_ROW)
#undef ACCEPT_ROW
	};
	enum dn_err err = DN_E_UNKNOWN;
	size_t i;

	if (dn_str_eq(word, dn_str_of("none")))
		return DN_OK;
	if (dn_str_eq(word, dn_str_of("proxied"))) {
		accept->proxied = true;
		return DN_OK;
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!dn_str_eq(word, dn_str_of(words[i].word)))
			continue;
		err = accept_append(accept, dn_str_of(words[i].range));
		if (err != DN_OK)
			break;
	}
	return err;
}

static bool
accept_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == ',';
}

enum dn_err
accept_parse(struct accept *accept, struct dn_str text, struct dn_str *bad)
{
	struct dn_str word;
	enum dn_err err;
	size_t at = 0;

	memset(accept, 0, sizeof(*accept));
	for (;;) {
		while (at < text.size && accept_is_blank(text.data[at]))
			at++;
		if (at == text.size)
			break;
		word = (struct dn_str){text.data + at, 0};
		while (at < text.size && !accept_is_blank(text.data[at])) {
			at++;
			word.size++;
		}
		err = accept_word(accept, word);
		if (err == DN_E_UNKNOWN)
			err = accept_append(accept, word);
		if (err != DN_OK) {
			if (bad != NULL)
				*bad = word;
			return err;
		}
		accept->configured = true;
	}
	if (!accept->configured) {
		(void)accept_parse(accept, dn_str_of(ACCEPT_DEFAULT), bad);
		accept->configured = false;
	}
	return DN_OK;
}

static bool
accept_range_covers(const struct accept_range *range,
    const struct accept_address *address)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	return memcmp(range->address.bytes, address->bytes, whole) == 0 &&
	    (rest == 0 || ((range->address.bytes[whole] ^
	    address->bytes[whole]) & mask) == 0);
}

bool
accept_is_loopback(const struct accept_address *address)
{
	static const struct accept_address ipv4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0xff, 0xff, 127, 0, 0, 0}}, ipv6 = {{[15] = 1}};

	return memcmp(address->bytes, ipv4.bytes, 13) == 0 ||
	    memcmp(address->bytes, ipv6.bytes, 16) == 0;
}

bool
accept_allows(const struct accept *accept,
    const struct accept_address *address, bool is_proxied)
{
	size_t i;

	if (is_proxied && !(accept->configured && accept->proxied))
		return false;
	for (i = 0; i < accept->count; i++)
		if (accept_range_covers(&accept->ranges[i], address))
			return true;
	return false;
}
