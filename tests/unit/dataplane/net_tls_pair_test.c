/*
 * Certificates and keys: which pairs of files are taken, and what is said of
 * the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../../../dataplane/net_tls_pair.h"

#define DAY_SEC 86400L

static char folder[] = "/tmp/net_tls_pair_test-XXXXXX";
static char cert[64], key[64], other[64], text[64];
static char why[512];

static void
write_text(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static void
write_key(const char *path, EVP_PKEY *pkey, const char *passphrase)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, pkey,
	    passphrase != NULL ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
	    (void *)(uintptr_t)passphrase), 1);
	fclose(file);
}

/* A certificate that vouches for itself, good until 'until_sec' from now. */
static void
write_cert(const char *path, EVP_PKEY *pkey, long until_sec)
{
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), -2 * DAY_SEC);
	X509_gmtime_adj(X509_getm_notAfter(x509), until_sec);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(x509, name);
	X509_set_pubkey(x509, pkey);
	assert_int_not_equal(X509_sign(x509, pkey, EVP_sha256()), 0);
	assert_int_equal(PEM_write_X509(file, x509), 1);
	fclose(file);
	X509_free(x509);
}

static int
setup(void **state)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256"), *stranger = EVP_EC_gen("P-256");

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(cert, sizeof(cert), "%s/cert", folder);
	snprintf(key, sizeof(key), "%s/key", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	snprintf(text, sizeof(text), "%s/text", folder);
	write_cert(cert, pkey, DAY_SEC);
	write_key(key, pkey, NULL);
	write_key(other, stranger, NULL);
	write_text(text, "hello\n");
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(stranger);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(cert);
	unlink(key);
	unlink(other);
	unlink(text);
	return rmdir(folder);
}

/* The reason why that pair is refused. */
static const char *
refusal(const char *cert_path, const char *key_path)
{
	why[0] = '\0';
	assert_null(netd_tls_pair_load(cert_path, key_path, why,
	    sizeof(why)));
	return why;
}

static void
assert_says(const char *sentence, const char *path, const char *words)
{
	assert_memory_equal(sentence, path, strlen(path));
	assert_non_null(strstr(sentence, words));
}

static void
a_pair_is_taken(void **state)
{
	char date[NETD_TLS_DATE_BYTES];
	SSL_CTX *ctx = netd_tls_pair_load(cert, key, why, sizeof(why));

	(void)state;
	assert_non_null(ctx);
	assert_true(netd_tls_pair_until(ctx, date));
	assert_int_equal(strlen(date), 20);
	assert_int_equal(date[4], '-');
	assert_int_equal(SSL_CTX_get_min_proto_version(ctx), TLS1_2_VERSION);
	SSL_CTX_free(ctx);
}

static void
files_of_something_else(void **state)
{
	(void)state;
	assert_says(refusal("/nowhere/cert", key), "/nowhere/cert",
	    "No such file");
	assert_says(refusal(cert, "/nowhere/key"), "/nowhere/key",
	    "No such file");
	assert_says(refusal(folder, key), folder, "directory");
	assert_says(refusal(text, key), text, "no certificate in it");
	assert_says(refusal(key, key), key, "no certificate in it");
	assert_says(refusal(cert, text), text, "no private key in it");
	assert_says(refusal(cert, cert), cert, "no private key in it");
	assert_says(refusal("/dev/null", key), "/dev/null", "empty");
}

static void
a_key_of_another(void **state)
{
	EVP_PKEY *pkey = EVP_RSA_gen(2048);

	(void)state;
	assert_says(refusal(cert, other), other, "not the key");
	assert_non_null(strstr(why, cert));
	write_key(text, pkey, NULL);
	assert_says(refusal(cert, text), text, "not the key");
	EVP_PKEY_free(pkey);
	write_text(text, "hello\n");
}

static void
a_locked_key(void **state)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	(void)state;
	write_key(text, pkey, "sesame");
	assert_says(refusal(cert, text), text, "passphrase");
	EVP_PKEY_free(pkey);
	write_text(text, "hello\n");
}

/* It fits, but no client of TLS has a use for it. */
static void
a_pair_for_nobody(void **state)
{
	EVP_PKEY *pkey = EVP_RSA_gen(512);
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/weak", folder);
	write_cert(path, pkey, DAY_SEC);
	write_key(text, pkey, NULL);
	assert_says(refusal(path, text), path, "too small");
	EVP_PKEY_free(pkey);
	pkey = EVP_EC_gen("secp224k1");
	write_cert(path, pkey, DAY_SEC);
	write_key(text, pkey, NULL);
	assert_says(refusal(path, text), path, "no client could use it");
	EVP_PKEY_free(pkey);
	unlink(path);
	write_text(text, "hello\n");
}

static void
a_pair_that_has_expired(void **state)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	char path[64], date[NETD_TLS_DATE_BYTES];
	SSL_CTX *ctx;

	(void)state;
	snprintf(path, sizeof(path), "%s/late", folder);
	write_cert(path, pkey, -DAY_SEC);
	write_key(text, pkey, NULL);
	ctx = netd_tls_pair_load(path, text, why, sizeof(why));
	assert_non_null(ctx);
	assert_false(netd_tls_pair_until(ctx, date));
	SSL_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	unlink(path);
	write_text(text, "hello\n");
}

static void
a_long_reason_is_cut(void **state)
{
	char cut[12];

	(void)state;
	assert_null(netd_tls_pair_load("/nowhere/at/all", key, cut,
	    sizeof(cut)));
	assert_string_equal(cut, "/nowhere/at");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_taken),
		cmocka_unit_test(files_of_something_else),
		cmocka_unit_test(a_key_of_another),
		cmocka_unit_test(a_locked_key),
		cmocka_unit_test(a_pair_for_nobody),
		cmocka_unit_test(a_pair_that_has_expired),
		cmocka_unit_test(a_long_reason_is_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
