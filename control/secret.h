/*
 * Who may log in: the option `auth`, and whether a password is the right one.
 * The only file that knows libsodium. A password is kept as a keyed digest
 * only, and compared in constant time.
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

struct secret {
	bool open; /* no password is asked for */
	unsigned char key[SECRET_DIGEST_BYTES];
	unsigned char digest[SECRET_DIGEST_BYTES];
};

/* Prepares the library. Errors: DN_E_IO. */
enum dn_err secret_start(void);

/* A number that nobody can guess. */
uint64_t secret_random(void);

/*
 * Fills '*secret' from 'auth': "open", "password:SECRET" or "password:@FILE",
 * whose first line is the password. Errors, with a sentence in 'why' of
 * SECRET_WHY_BYTES: DN_E_MALFORMED (none of these, or an empty password),
 * DN_E_TOO_LONG (over DN_SECRET_BYTES_MAX), DN_E_IO (the file).
 */
enum dn_err secret_init(struct secret *secret, const char *auth, char *why);

/* Whether 'word' is the password; where all are, any up to
 * DN_SECRET_BYTES_MAX. */
bool secret_is_right(const struct secret *secret, struct dn_str word);

/* Overwrites it. */
void secret_deinit(struct secret *secret);

#endif
