/*
 * How the channels protocol names what is on other servers: "user@host" and
 * "channel:host", where the host is HOST or HOST:PORT and may be left out.
 * Pure; fed*.c ask it.
 */
#ifndef CONTROL_FED_NAME_H
#define CONTROL_FED_NAME_H

#include "dnchat/buf.h"
#include "dnchat/limits.h"

/* A name cut in two; 'host' is empty if none was written. */
struct fed_name {
	struct dn_str local;
	struct dn_str host;
};

/*
 * Cuts a user's name at its last '@', a channel's at its first ':'. False: one
 * of the parts is empty, or the local part can't be a name here: it is longer
 * than DN_NAME_OWN_BYTES_MAX, or not good as name_is_good() has it.
 */
bool fed_name_of_user(struct fed_name *name, struct dn_str text);
bool fed_name_of_room(struct fed_name *name, struct dn_str text);

/* The next of the names in '*list', which stand on lines of their own;
 * '*list' is what follows. Empty ones are skipped; false: there is no more. */
bool fed_name_next(struct dn_str *list, struct dn_str *name);

/* HOST of "HOST", "HOST:PORT", "[IPV6]:PORT" or a bare IPv6 address; '*port',
 * unless NULL, is what follows its colon, or empty. */
struct dn_str fed_host_bare(struct dn_str host, struct dn_str *port);

/* True if 'host' as a server writes it means 'known': the same, or the same
 * without a port. Capitals do not count. */
bool fed_host_is(struct dn_str host, struct dn_str known);

/* True if both are the same but for capitals. */
bool fed_host_eq(struct dn_str a, struct dn_str b);

/* A number for what is called 'name', the same on every server; 'salt' makes
 * it another one. */
uint64_t fed_name_number(struct dn_str name, unsigned salt);

#endif
