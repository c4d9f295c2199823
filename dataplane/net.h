/*
 * The shell of dnchatd: sockets, clock, loop. What main.c needs of it; the
 * files net*.c share net_shell.h. Symbols that they share begin with netd_,
 * as dncontrol has a shell, too.
 */
#ifndef DATAPLANE_NET_H
#define DATAPLANE_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "dnchat/err.h"

/* A listening address, as text. */
#define NETD_LISTEN_MAX 32
#define NETD_LISTEN_BYTES_MAX 128

/* A reason, as text. */
#define NETD_WHY_BYTES_MAX 512

struct netd;

/* A shell that does nothing yet, or NULL if out of memory. Raises the limit
 * of open files as far as it goes. */
struct netd *netd_new(void);

/* Closes and frees everything. NULL is allowed. */
void netd_free(struct netd *netd);

/*
 * Adds [PROTOCOL:][ADDRESS:]PORT to where connections are taken, or PROTOCOL
 * on its usual port; PROTOCOL is a codec's name, or "wss". Errors:
 * DN_E_MALFORMED, DN_E_RANGE (port), DN_E_UNKNOWN (protocol), DN_E_FULL.
 */
enum dn_err netd_listen(struct netd *netd, const char *text);

/* Serves the chat page, or not. */
void netd_set_page(struct netd *netd, bool has_page);

/* The files of the certificate, of its key, and of certificates that are
 * believed of servers that we dial; 'path' has to stay. */
void netd_set_tls_cert(struct netd *netd, const char *path);
void netd_set_tls_key(struct netd *netd, const char *path);
void netd_set_tls_ca(struct netd *netd, const char *path);

/* What is wrong with the options about TLS together, as a sentence, or NULL. */
const char *netd_tls_misuse(const struct netd *netd);

/*
 * Reads certificates and key, those that are wanted; before netd_run().
 * Errors: DN_E_IO; 'why' then holds the reason, of at most 'size' bytes, and
 * what was read before stays.
 */
enum dn_err netd_tls_load(struct netd *netd, char *why, size_t size);

/* Who may see /status: "loopback", "any" or "off". Errors: DN_E_UNKNOWN. */
enum dn_err netd_set_status(struct netd *netd, const char *word);

/* Adds a name by which /status may be asked for. Errors: as
 * http_add_host_name(). */
enum dn_err netd_add_host_name(struct netd *netd, const char *name);

/*
 * Binds all that was added, or the default. Errors: DN_E_IO; '*text' is then
 * the address that failed, valid as long as 'netd', and errno says why.
 */
enum dn_err netd_bind(struct netd *netd, const char **text);

/*
 * Binds socket 'path' for dncontrol and runs until the end; connections are
 * taken and 'listening' logged from here on. Errors: DN_E_IO (the socket;
 * errno says why), DN_E_MEMORY.
 */
enum dn_err netd_run(struct netd *netd, const char *path);

#endif
