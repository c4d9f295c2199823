/*
 * TLS: libwebsockets does it on a virtual host of its own; which certificate a
 * connection is answered with is ours to say, so that it can change while
 * others go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "dnchat/log.h"
#include "net_shell.h"
#include "net_tls_pair.h"

#define NET_TLS_VHOST "tls"

/* ---- options ---- */

void
netd_set_tls_cert(struct netd *netd, const char *path)
{
	netd->tls_cert = path;
}

void
netd_set_tls_key(struct netd *netd, const char *path)
{
	netd->tls_key = path;
}

void
netd_set_tls_ca(struct netd *netd, const char *path)
{
	netd->tls_ca = path;
}

static bool
net_has_tls(const struct netd *netd)
{
	size_t i;

	for (i = 0; i < netd->listener_count; i++)
		if (netd->listeners[i].is_tls)
			return true;
	return false;
}

const char *
netd_tls_misuse(const struct netd *netd)
{
	if (net_has_tls(netd)) {
		if (netd->tls_cert == NULL)
			return "--listen wss needs --tls-cert FILE";
		if (netd->tls_key == NULL)
			return "--listen wss needs --tls-key FILE";
	} else if (netd->tls_cert != NULL) {
		return "--tls-cert is of no use without --listen wss:PORT";
	} else if (netd->tls_key != NULL) {
		return "--tls-key is of no use without --listen wss:PORT";
	}
	return NULL;
}

/* ---- the files ---- */

static void
net_tls_tell(const struct netd *netd)
{
	char date[NETD_TLS_DATE_BYTES];

	if (netd_tls_pair_until(netd->tls, date))
		dn_info("tls", "cert=%s until=%s",
		    dn_log_str(dn_str_of(netd->tls_cert)).text, date);
	else
		dn_warn("tls", "cert=%s until=%s why=\"it has expired\"",
		    dn_log_str(dn_str_of(netd->tls_cert)).text, date);
}

/* What dials are made of. */
static SSL_CTX *
net_tls_new_client(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx != NULL) {
		netd_tls_harden(ctx);
		(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	}
	return ctx;
}

enum dn_err
netd_tls_load(struct netd *netd, char *why, size_t size)
{
	SSL_CTX *ctx = NULL;

	if (net_has_tls(netd)) {
		ctx = netd_tls_pair_load(netd->tls_cert, netd->tls_key, why,
		    size);
		if (ctx == NULL)
			return DN_E_IO;
	}
	if (netd->tls_client == NULL)
		netd->tls_client = net_tls_new_client();
	if (netd->tls_client == NULL)
		snprintf(why, size, "out of memory");
	if (netd->tls_client == NULL || !netd_tls_trust(netd->tls_client,
	    netd->tls_ca, why, size)) {
		SSL_CTX_free(ctx);
		return DN_E_IO;
	}
	if (ctx != NULL) {
		/* Connections that have the old one keep it. */
		SSL_CTX_free(netd->tls);
		netd->tls = ctx;
		net_tls_tell(netd);
	}
	return DN_OK;
}

void
netd_tls_reload(struct netd *netd)
{
	char why[NETD_WHY_BYTES_MAX];

	if (netd_tls_load(netd, why, sizeof(why)) != DN_OK)
		dn_warn("tls_refused", "why=%s what=\"the old certificates "
		    "stay\"", dn_log_str(dn_str_of(why)).text);
}

/* ---- the virtual host ---- */

/* Called in every handshake, whether the client names a server or not. */
static int
net_on_hello(SSL *ssl, int *alert, void *arg)
{
	struct netd *netd = arg;

	(void)alert;
	return SSL_set_SSL_CTX(ssl, netd->tls) != NULL ?
	    SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void
netd_tls_prepare(struct netd *netd, void *context)
{
	SSL_CTX *ctx = context;

	netd_tls_harden(ctx);
	SSL_CTX_set_tlsext_servername_callback(ctx, net_on_hello);
	SSL_CTX_set_tlsext_servername_arg(ctx, netd);
}

enum dn_err
netd_tls_start(struct netd *netd, const struct lws_context_creation_info *from)
{
	struct lws_context_creation_info info = *from;

	if (netd->tls == NULL)
		return DN_OK;
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info.vhost_name = NET_TLS_VHOST;
	info.protocols = netd_tls_protocols;
	info.alpn = "http/1.1";
	info.options |= LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	netd->tls_vhost = lws_create_vhost(netd->context, &info);
	return netd->tls_vhost != NULL ? DN_OK : DN_E_MEMORY;
}

void
netd_tls_free(struct netd *netd)
{
	SSL_CTX_free(netd->tls);
	SSL_CTX_free(netd->tls_client);
}

/* ---- a connection ---- */

const char *
netd_tls_why(struct lws *wsi)
{
	SSL *ssl = lws_get_ssl(wsi);
	long result;

	if (ssl == NULL)
		return NULL;
	result = SSL_get_verify_result(ssl);
	if (result != X509_V_OK)
		return X509_verify_cert_error_string(result);
	return SSL_is_init_finished(ssl) ? NULL : "no TLS";
}

ssize_t
netd_tls_read(struct lws *wsi, unsigned char *bytes, size_t room)
{
	SSL *ssl = lws_get_ssl(wsi);
	int size;

	ERR_clear_error();
	size = SSL_read(ssl, bytes, (int)room);
	if (size > 0)
		return size;
	switch (SSL_get_error(ssl, size)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	default:
		ERR_clear_error();
		return -1;
	}
}

void
netd_tls_say_end(struct lws *wsi)
{
	SSL *ssl = lws_get_ssl(wsi);

	if (ssl == NULL)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(ssl);
	ERR_clear_error();
}
