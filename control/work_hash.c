/* Hashing in a thread: see work_hash.h. */
#include "work_hash.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void
work_hash_run(struct work_job *job)
{
	struct work_hash *hash = (struct work_hash *)job;
	struct dn_str secret = {hash->secret, hash->secret_size};
	char made[SECRET_HASH_BYTES];
	bool is_old = hash->hash[0] == '\0';

	if (net_now_msec() - hash->since_msec > WORK_HASH_WAIT_MSEC) {
		hash->is_late = true;
		return;
	}
	if (is_old)
		hash->is_right = true;
	else
		hash->is_right = secret_fits(secret, hash->hash, &is_old);
	if (hash->is_right && is_old) {
		hash->is_new = secret_hash(secret, made) == DN_OK;
		/* An old hash is as good as before. */
		hash->is_right = hash->is_new || hash->hash[0] != '\0';
	}
	if (hash->is_new)
		memcpy(hash->hash, made, sizeof(made));
	secret_wipe(made, sizeof(made));
}

void
work_hash_init(struct work_hash *hash, struct dn_str secret,
    const char *to_fit)
{
	assert(secret.size <= sizeof(hash->secret));
	hash->job.run = work_hash_run;
	if (secret.size > 0)
		memmove(hash->secret, secret.data, secret.size);
	hash->secret_size = secret.size;
	snprintf(hash->hash, sizeof(hash->hash), "%s",
	    to_fit != NULL ? to_fit : "");
	hash->since_msec = net_now_msec();
	hash->is_late = false;
	hash->is_right = false;
	hash->is_new = false;
}

void
work_hash_wipe(struct work_hash *hash)
{
	secret_wipe(hash->secret, sizeof(hash->secret));
	secret_wipe(hash->hash, sizeof(hash->hash));
}
