/*
 * The shell of dnchatd: sockets, clock, loop. What main.c needs of it; the
 * files net*.c share net_shell.h. Symbols that they share begin with netd_,
 * as dncontrol has a shell, too.
 */
#ifndef DATAPLANE_NET_H
#define DATAPLANE_NET_H

#include <stdbool.h>

#include "dnchat/err.h"

/* A listening address, as text. */
#define NETD_LISTEN_MAX 32
#define NETD_LISTEN_BYTES_MAX 128

struct netd;

/* A shell that does nothing yet, or NULL if out of memory. Raises the limit
 * of open files as far as it goes. */
struct netd *netd_new(void);

/* Closes and frees everything. NULL is allowed. */
void netd_free(struct netd *netd);

/*
 * Adds [PROTOCOL:][ADDRESS:]PORT to where connections are taken, or PROTOCOL
 * on its usual port. Errors:
 * DN_E_MALFORMED, DN_E_RANGE (port), DN_E_UNKNOWN (protocol), DN_E_FULL.
 */
enum dn_err netd_listen(struct netd *netd, const char *text);

/* Serves the chat page, or not. */
void netd_set_page(struct netd *netd, bool has_page);

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
