/*
 * Who may log in: the option `auth`, and whether a password is the right one.
 * The only file that knows libsodium. A password is kept in memory as a keyed
 * digest only, compared in constant time, and in the store as an Argon2id
 * hash.
 */
#ifndef CONTROL_SECRET_H
#define CONTROL_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "dnchat/buf.h"
#include "dnchat/err.h"

#define SECRET_DIGEST_BYTES 32
/* Room for a sentence that says what is wrong with `auth`. */
#define SECRET_WHY_BYTES 256

/* An Argon2id hash in its usual form, with its NUL. */
#define SECRET_HASH_BYTES 128

enum secret_mode {
	SECRET_ACCOUNTS, /* each name has its own password, in the store */
	SECRET_OPEN,     /* no password is asked for */
	SECRET_SHARED    /* all have the same one */
};

/* What `auth` says; key and digest of the password that all share. */
struct secret {
	enum secret_mode mode;
	unsigned char key[SECRET_DIGEST_BYTES];
	unsigned char digest[SECRET_DIGEST_BYTES];
};

/* Prepares the library. Errors: DN_E_IO. */
enum dn_err secret_start(void);

/* A number that nobody can guess. */
uint64_t secret_random(void);

/* 'size' bytes that nobody can guess. */
void secret_random_bytes(unsigned char *to, size_t size);

/*
 * Fills '*secret' from 'auth': "accounts", "open", "password:SECRET" or
 * "password:@FILE", whose first line is the password. Errors, with a sentence in 'why' of
 * SECRET_WHY_BYTES: DN_E_MALFORMED (none of these, or an empty password),
 * DN_E_TOO_LONG (over DN_SECRET_BYTES_MAX), DN_E_IO (the file).
 */
enum dn_err secret_init(struct secret *secret, const char *auth, char *why);

/* Whether 'word' is the password; where all are, any up to
 * DN_SECRET_BYTES_MAX; with accounts none is. */
bool secret_is_right(const struct secret *secret, struct dn_str word);

/* Overwrites it. */
void secret_deinit(struct secret *secret);

/* The digest of 'word' and 'name' under 'key', each of SECRET_DIGEST_BYTES;
 * and whether two are the same. */
void secret_digest(const unsigned char *key, struct dn_str name,
    struct dn_str word, unsigned char *digest);
bool secret_is_same(const unsigned char *digest, const unsigned char *other);

/* Overwrites 'size' bytes so that no compiler leaves it out. */
void secret_wipe(void *data, size_t size);

/* ---- slow by intent: 64 MiB and tens of milliseconds; any thread ---- */

/* Writes the hash of 'word' to 'hash' of SECRET_HASH_BYTES. Errors:
 * DN_E_MEMORY. */
enum dn_err secret_hash(struct dn_str word, char *hash);

/* Whether 'hash' is one of 'word'; '*is_old' if today's would cost more. */
bool secret_fits(struct dn_str word, const char *hash, bool *is_old);

#endif
