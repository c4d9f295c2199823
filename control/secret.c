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

static void
secret_digest(const struct secret *secret, struct dn_str word,
    unsigned char *digest)
{
	(void)crypto_generichash(digest, SECRET_DIGEST_BYTES,
	    (const unsigned char *)word.data, word.size, secret->key,
	    sizeof(secret->key));
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
	secret->open = false;
	randombytes_buf(secret->key, sizeof(secret->key));
	secret_digest(secret, word, secret->digest);
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
	if (strcmp(auth, "open") == 0) {
		secret->open = true;
		return DN_OK;
	}
	if (strncmp(auth, prefix, sizeof(prefix) - 1) != 0) {
		snprintf(why, SECRET_WHY_BYTES, "it must be open, "
		    "password:SECRET or password:@FILE");
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
	if (secret->open)
		return true;
	secret_digest(secret, word, digest);
	return sodium_memcmp(digest, secret->digest, sizeof(digest)) == 0;
}

void
secret_deinit(struct secret *secret)
{
	sodium_memzero(secret, sizeof(*secret));
}
