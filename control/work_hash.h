/* Passwords to hashes and hashes to verdicts, as work for threads. Between
 * service.c and command_account.c, who ask, and secret.c, which knows how. */
#ifndef CONTROL_WORK_HASH_H
#define CONTROL_WORK_HASH_H

#include "dnchat/limits.h"
#include "secret.h"
#include "work.h"

/* At once (64 MiB each), and waiting; more are told that we are busy. */
#define WORK_HASH_THREADS 2
#define WORK_HASH_QUEUE_MAX 64
/* Whoever has waited so long is told, too: dnchatd gives a client up that has
 * no answer for DN_PUNT_MSEC. */
#define WORK_HASH_WAIT_MSEC (DN_PUNT_MSEC * 6 / 10)

struct work_hash {
	struct work_job job;   /* 'done' and 'drop' are the owner's */
	char secret[DN_SECRET_BYTES_MAX];
	size_t secret_size;
	uint64_t since_msec;   /* when it was prepared */
	char hash[SECRET_HASH_BYTES]; /* "": one is to be made */
	/* What came of it: */
	bool is_late;  /* nothing: it has waited too long */
	bool is_right; /* a hash was made, or the secret fits to it */
	bool is_new;   /* 'hash' was made, as there was none or an old one */
};

/* Fills in what is to be done; 'to_fit' may be NULL: make one. 'secret' is not
 * longer than DN_SECRET_BYTES_MAX. */
void work_hash_init(struct work_hash *hash, struct dn_str secret,
    const char *to_fit);

/* Overwrites the secret. */
void work_hash_wipe(struct work_hash *hash);

#endif
