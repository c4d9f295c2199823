/*
 * The policy of passwords: whose right one is remembered, who has guessed too
 * often, and who has made too many accounts. Pure: service.c asks it, and does what takes time.
 *
 * All tables are bounded, and their oldest entry gives way: a credential that
 * is forgotten is hashed again, a guesser who is forgotten may guess again.
 */
#ifndef CONTROL_AUTH_H
#define CONTROL_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "secret.h"

/* Right credentials that are remembered. */
#define AUTH_KNOWN_MAX 16384
/* Wrong ones: so many a minute from one address for one name. */
#define AUTH_WRONG_MAX 5
#define AUTH_WRONG_MSEC 60000
#define AUTH_GUESSERS_MAX 8192

/* New accounts: so many from one address in that time. */
#define AUTH_MADE_MAX 100
#define AUTH_MADE_MSEC 600000
#define AUTH_MAKERS_MAX 8192

struct auth_known;
struct auth_guesser;
struct auth_maker;

struct auth {
	uint64_t seed;
	unsigned char key[SECRET_DIGEST_BYTES];
	struct auth_known *known;       /* uthash by name, oldest first */
	struct auth_guesser *guessers;  /* uthash by address and name */
	struct auth_maker *makers;      /* uthash by address, oldest first */
};

/* What is known of an account whose credential is remembered. */
struct auth_account {
	uint64_t number;    /* that it used last; 0: none */
	uint64_t seen_msec; /* when the store last heard of it */
};

/* 'seed' and 'key' are random. */
void auth_init(struct auth *auth, uint64_t seed,
    const unsigned char key[SECRET_DIGEST_BYTES]);
void auth_deinit(struct auth *auth);

/* ---- right credentials ---- */

/* The account of 'name', if 'secret' is remembered as its right one; NULL if
 * that is not known. It may be changed; valid until the next call. */
struct auth_account *auth_knows(struct auth *auth, struct dn_str name,
    struct dn_str secret);

/* 'secret' is the right one of 'name'. */
void auth_remember(struct auth *auth, struct dn_str name,
    struct dn_str secret, const struct auth_account *account);

/* It is not sure any more: changed, locked or deleted. */
void auth_forget(struct auth *auth, struct dn_str name);

/* ---- wrong ones ---- */

/* Whether a secret from address 'host' for 'name' may be looked at now. */
bool auth_may_try(const struct auth *auth, struct dn_str host,
    struct dn_str name, uint64_t now_msec);

/* It was wrong. */
void auth_guessed(struct auth *auth, struct dn_str host, struct dn_str name,
    uint64_t now_msec);

/* ---- new accounts ---- */

/* Whether address 'host' may make an account now; if so, it is counted. The
 * machine itself may make as many as it likes, and who is not known, too. */
bool auth_may_make(struct auth *auth, struct dn_str host, uint64_t now_msec);

#endif
