/* The policy of passwords: see auth.h. */
#include "auth.h"

#include <string.h>

#include "accept.h"
#include "hash.h"
#include "memory.h"

struct auth_known {
	UT_hash_handle hh;
	char *name;
	unsigned char digest[SECRET_DIGEST_BYTES];
	struct auth_account account;
};

struct auth_guesser {
	UT_hash_handle hh;
	char *key;
	uint64_t wrong_msec[AUTH_WRONG_MAX]; /* a ring */
	unsigned at;                         /* its oldest */
};

struct auth_maker {
	UT_hash_handle hh;
	char *host;
	uint64_t since_msec;
	unsigned count; /* since then */
};

void
auth_init(struct auth *auth, uint64_t seed,
    const unsigned char key[SECRET_DIGEST_BYTES])
{
	memset(auth, 0, sizeof(*auth));
	auth->seed = seed;
	memcpy(auth->key, key, sizeof(auth->key));
}

/* ---- right credentials ---- */

static struct auth_known *
auth_find(const struct auth *auth, struct dn_str name)
{
	struct auth_known *known;

	HASH_FIND_BYHASHVALUE(hh, auth->known, name.data, name.size,
	    hash_string(auth->seed, name), known);
	return known;
}

static void
auth_known_free(struct auth *auth, struct auth_known *known)
{
	HASH_DEL(auth->known, known);
	secret_wipe(known->digest, sizeof(known->digest));
	free(known->name);
	free(known);
}

struct auth_account *
auth_knows(struct auth *auth, struct dn_str name, struct dn_str secret)
{
	struct auth_known *known = auth_find(auth, name);
	unsigned char digest[SECRET_DIGEST_BYTES];

	if (known == NULL)
		return NULL;
	secret_digest(auth->key, name, secret, digest);
	return secret_is_same(digest, known->digest) ? &known->account : NULL;
}

void
auth_remember(struct auth *auth, struct dn_str name, struct dn_str secret,
    const struct auth_account *account)
{
	struct auth_known *known;

	auth_forget(auth, name);
	if (HASH_COUNT(auth->known) >= AUTH_KNOWN_MAX)
		auth_known_free(auth, auth->known);
	known = memory_new(sizeof(*known));
	known->name = memory_string(name);
	known->account = *account;
	secret_digest(auth->key, name, secret, known->digest);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, auth->known, known->name, name.size,
	    hash_string(auth->seed, name), known);
}

void
auth_forget(struct auth *auth, struct dn_str name)
{
	struct auth_known *known = auth_find(auth, name);

	if (known != NULL)
		auth_known_free(auth, known);
}

/* ---- wrong ones ---- */

/* Address and name in one piece, for free(). Neither holds a line feed. */
static char *
auth_key(struct dn_str host, struct dn_str name, size_t *size)
{
	char *key;

	*size = host.size + 1 + name.size;
	key = memory_new(*size + 1);
	if (host.size > 0)
		memcpy(key, host.data, host.size);
	key[host.size] = '\n';
	if (name.size > 0)
		memcpy(key + host.size + 1, name.data, name.size);
	return key;
}

static struct auth_guesser *
auth_guesser(const struct auth *auth, const char *key, size_t size)
{
	struct auth_guesser *guesser;

	HASH_FIND_BYHASHVALUE(hh, auth->guessers, key, size,
	    hash_string(auth->seed, (struct dn_str){key, size}), guesser);
	return guesser;
}

static void
auth_guesser_free(struct auth *auth, struct auth_guesser *guesser)
{
	HASH_DEL(auth->guessers, guesser);
	free(guesser->key);
	free(guesser);
}

bool
auth_may_try(const struct auth *auth, struct dn_str host, struct dn_str name,
    uint64_t now_msec)
{
	struct auth_guesser *guesser;
	uint64_t oldest_msec;
	size_t size;
	char *key;

	key = auth_key(host, name, &size);
	guesser = auth_guesser(auth, key, size);
	free(key);
	if (guesser == NULL)
		return true;
	oldest_msec = guesser->wrong_msec[guesser->at];
	return oldest_msec == 0 || now_msec - oldest_msec >= AUTH_WRONG_MSEC;
}

void
auth_guessed(struct auth *auth, struct dn_str host, struct dn_str name,
    uint64_t now_msec)
{
	struct auth_guesser *guesser, old = {0};
	size_t size;
	char *key;

	key = auth_key(host, name, &size);
	guesser = auth_guesser(auth, key, size);
	/* Entered anew, so that whoever guessed last is the last to go. */
	if (guesser != NULL) {
		old = *guesser;
		auth_guesser_free(auth, guesser);
	} else if (HASH_COUNT(auth->guessers) >= AUTH_GUESSERS_MAX) {
		auth_guesser_free(auth, auth->guessers);
	}
	guesser = memory_new(sizeof(*guesser));
	memcpy(guesser->wrong_msec, old.wrong_msec, sizeof(old.wrong_msec));
	guesser->wrong_msec[old.at] = now_msec;
	guesser->at = (old.at + 1) % AUTH_WRONG_MAX;
	guesser->key = key;
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, auth->guessers, guesser->key, size,
	    hash_string(auth->seed, (struct dn_str){key, size}), guesser);
}

/* ---- new accounts ---- */

static void
auth_maker_free(struct auth *auth, struct auth_maker *maker)
{
	HASH_DEL(auth->makers, maker);
	free(maker->host);
	free(maker);
}

static struct auth_maker *
auth_maker(struct auth *auth, struct dn_str host)
{
	unsigned hash = hash_string(auth->seed, host);
	struct auth_maker *maker;

	HASH_FIND_BYHASHVALUE(hh, auth->makers, host.data, host.size, hash,
	    maker);
	if (maker != NULL)
		return maker;
	if (HASH_COUNT(auth->makers) >= AUTH_MAKERS_MAX)
		auth_maker_free(auth, auth->makers);
	maker = memory_new(sizeof(*maker));
	maker->host = memory_string(host);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, auth->makers, maker->host, host.size,
	    hash, maker);
	return maker;
}

bool
auth_may_make(struct auth *auth, struct dn_str host, uint64_t now_msec)
{
	struct accept_address address;
	struct auth_maker *maker;

	if (host.size == 0 || (accept_address(&address, host) &&
	    accept_is_loopback(&address)))
		return true;
	maker = auth_maker(auth, host);
	if (maker->count == 0 ||
	    now_msec - maker->since_msec >= AUTH_MADE_MSEC) {
		maker->since_msec = now_msec;
		maker->count = 0;
	}
	if (maker->count >= AUTH_MADE_MAX)
		return false;
	maker->count++;
	return true;
}

void
auth_deinit(struct auth *auth)
{
	while (auth->makers != NULL)
		auth_maker_free(auth, auth->makers);
	while (auth->known != NULL)
		auth_known_free(auth, auth->known);
	while (auth->guessers != NULL)
		auth_guesser_free(auth, auth->guessers);
	secret_wipe(auth->key, sizeof(auth->key));
}
