/*
 * Who may be a peer: the list `accept-peers`, words and address ranges with
 * commas or blanks between them. config.c checks it, peer.c asks it.
 *
 *   loopback private link-local   the usual ranges
 *   any                           every address
 *   none                          no address
 *   proxied                       connections that came through a proxy, or
 *                                 from a web page, are judged as others
 *   192.0.2.0/24 2001:db8::1      ranges and addresses
 *
 * An IPv4 address in IPv6 clothes (::ffff:192.0.2.1) is that IPv4 address.
 */
#ifndef CONTROL_ACCEPT_H
#define CONTROL_ACCEPT_H

#include "dnchat/buf.h"
#include "dnchat/err.h"

#define ACCEPT_DEFAULT "loopback private link-local"
#define ACCEPT_RANGES_MAX 256

/* An address; IPv4 as ::ffff:a.b.c.d. */
struct accept_address {
	unsigned char bytes[16];
};

struct accept_range {
	struct accept_address address;
	uint8_t bits; /* of 'address' that count */
};

struct accept {
	bool configured; /* by the operator: not the default */
	bool proxied;
	uint16_t count;
	struct accept_range ranges[ACCEPT_RANGES_MAX];
};

/*
 * Reads 'text' into '*accept'; an empty one is the default. '*bad', unless
 * NULL, is then the word that an error is about. Errors: DN_E_MALFORMED (a
 * word that is none of the above), DN_E_FULL (ACCEPT_RANGES_MAX).
 */
enum dn_err accept_parse(struct accept *accept, struct dn_str text,
    struct dn_str *bad);

/* Reads a numeric address: "192.0.2.1", "2001:db8::1", "fe80::1%eth0". */
bool accept_address(struct accept_address *address, struct dn_str text);

/* True if it is the machine's own: 127.0.0.0/8 or ::1. */
bool accept_is_loopback(const struct accept_address *address);

/* The address in "192.0.2.1:4711", "[2001:db8::1]:4711", or without a port. */
struct dn_str accept_source_host(struct dn_str source);

/* True if the list covers 'address'; 'is_proxied' as IPC_LINK_PROXIED. */
bool accept_allows(const struct accept *accept,
    const struct accept_address *address, bool is_proxied);

#endif
