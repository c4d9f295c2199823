/* Passwords: see secret.h. */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dnchat/limits.h"
#include "dnchat/log.h"

enum dn_err
secret_start(void)
{
	return sodium_init() < 0 ? DN_E_IO : DN_OK;
}

uint64_t
secret_random(void)
{
	uint64_t value;

	randombytes_buf(&value, sizeof(value));
	return value;
}

void
secret_random_bytes(unsigned char *to, size_t size)
{
	randombytes_buf(to, size);
}

void
secret_digest(const unsigned char *key, struct dn_str name,
    struct dn_str word, unsigned char *digest)
{
	const uint64_t size = name.size;
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key, SECRET_DIGEST_BYTES,
	    SECRET_DIGEST_BYTES);
	(void)crypto_generichash_update(&state, (const unsigned char *)&size,
	    sizeof(size));
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)name.data, name.size);
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)word.data, word.size);
	(void)crypto_generichash_final(&state, digest, SECRET_DIGEST_BYTES);
	sodium_memzero(&state, sizeof(state));
}

bool
secret_is_same(const unsigned char *digest, const unsigned char *other)
{
	return sodium_memcmp(digest, other, SECRET_DIGEST_BYTES) == 0;
}

void
secret_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
}

enum dn_err
secret_hash(struct dn_str word, char *hash)
{
	_Static_assert(SECRET_HASH_BYTES == crypto_pwhash_STRBYTES,
	    "an Argon2id hash has its room");

	return crypto_pwhash_str_alg(hash, word.data, word.size,
	    crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE,
	    crypto_pwhash_ALG_ARGON2ID13) == 0 ? DN_OK : DN_E_MEMORY;
}

bool
secret_fits(struct dn_str word, const char *hash, bool *is_old)
{
	*is_old = crypto_pwhash_str_needs_rehash(hash,
	    crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0;
	return crypto_pwhash_str_verify(hash, word.data, word.size) == 0;
}

static enum dn_err
secret_set(struct secret *secret, struct dn_str word, char *why)
{
	if (word.size == 0) {
		snprintf(why, SECRET_WHY_BYTES, "the password is empty");
		return DN_E_MALFORMED;
	}
	if (word.size > DN_SECRET_BYTES_MAX) {
		snprintf(why, SECRET_WHY_BYTES,
		    "the password is longer than %d bytes",
		    DN_SECRET_BYTES_MAX);
		return DN_E_TOO_LONG;
	}
	secret->mode = SECRET_SHARED;
	randombytes_buf(secret->key, sizeof(secret->key));
	secret_digest(secret->key, (struct dn_str){NULL, 0}, word,
	    secret->digest);
	return DN_OK;
}

static void
secret_warn_open(const char *path, int fd)
{
	struct stat info;

	if (fstat(fd, &info) == 0 && (info.st_mode & 007) != 0)
		dn_warn("password_file", "file=%s why=\"everybody on this "
		    "machine can read it: chmod o= helps\"",
		    dn_log_str(dn_str_of(path)).text);
}

static enum dn_err
secret_read(struct secret *secret, const char *path, char *why)
{
	char text[DN_SECRET_BYTES_MAX + 3];
	struct dn_str line = {text, 0};
	enum dn_err err;
	ssize_t size;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (size < 0) {
		snprintf(why, SECRET_WHY_BYTES,
		    "the password file %.128s cannot be read: %s", path,
		    strerror(errno));
		if (fd >= 0)
			close(fd);
		return DN_E_IO;
	}
	secret_warn_open(path, fd);
	close(fd);
	while (line.size < (size_t)size && text[line.size] != '\n')
		line.size++;
	if (line.size > 0 && text[line.size - 1] == '\r')
		line.size--;
	err = secret_set(secret, line, why);
	sodium_memzero(text, sizeof(text));
	return err;
}

enum dn_err
secret_init(struct secret *secret, const char *auth, char *why)
{
	static const char prefix[] = "password:";
	const char *rest = auth + sizeof(prefix) - 1;

	memset(secret, 0, sizeof(*secret));
	if (strcmp(auth, "accounts") == 0) {
		secret->mode = SECRET_ACCOUNTS;
		return DN_OK;
	}
	if (strcmp(auth, "open") == 0) {
		secret->mode = SECRET_OPEN;
		return DN_OK;
	}
	if (strncmp(auth, prefix, sizeof(prefix) - 1) != 0) {
		snprintf(why, SECRET_WHY_BYTES, "it must be accounts, "
		    "open, password:SECRET or password:@FILE");
		return DN_E_MALFORMED;
	}
	if (*rest == '@')
		return secret_read(secret, rest + 1, why);
	return secret_set(secret, dn_str_of(rest), why);
}

bool
secret_is_right(const struct secret *secret, struct dn_str word)
{
	unsigned char digest[SECRET_DIGEST_BYTES];

	if (word.size > DN_SECRET_BYTES_MAX)
		return false;
	if (secret->mode != SECRET_SHARED)
		return secret->mode == SECRET_OPEN;
	secret_digest(secret->key, (struct dn_str){NULL, 0}, word, digest);
	return secret_is_same(digest, secret->digest);
}

void
secret_deinit(struct secret *secret)
{
	sodium_memzero(secret, sizeof(*secret));
}
