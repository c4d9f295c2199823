/*
 * What the files net*.c share: the one struct of the shell. net.c is the loop,
 * net_events.c what libwebsockets says, net_listen.c takes connections,
 * net_dial.c makes them, net_uplink.c is dncontrol's socket, net_tcp.c what
 * only Linux knows of TCP.
 */
#ifndef DATAPLANE_NET_SHELL_H
#define DATAPLANE_NET_SHELL_H

#include <libwebsockets.h>
#include <uv.h>

#include "net.h"
#include "net_tcp.h"
#include "plane.h"

/* Place in the list of protocols: a link that we dialled reads in bigger
 * pieces than a client, of whom there are many. */
#define NETD_PROTOCOL_ACCEPTED 0
#define NETD_PROTOCOL_DIALLED 1
#define NETD_PROTOCOL_DIALLED_NAME "dnchat-link"

/* What is read from such a link in one piece. */
#define NETD_LINK_READ_BYTES 16384

/* Files that are kept for ourselves below the limit. */
#define NETD_FILES_RESERVED 64

/* A random name of this process: "dnchat-node". */
#define NETD_NODE_BYTES 17

struct netd_listener {
	struct netd *netd;
	const struct codec *codec;
	char text[NETD_LISTEN_BYTES_MAX];    /* as it was asked for */
	char address[NETD_LISTEN_BYTES_MAX]; /* numeric, without the port */
	char bound[NETD_LISTEN_BYTES_MAX + 16]; /* as it came out */
	uint16_t port;
	bool is_any;                         /* no address was given */
	int fd;
	uv_poll_t poll;
};

/* A dial under way; the opaque data of its wsi until it is established. */
struct netd_dial {
	struct netd *netd;
	struct netd_dial *next;
	struct lws *wsi;        /* or NULL: it has gone */
	uint32_t dial;
	bool routing;           /* ask for dnchat-routing */
	bool failed;            /* to be reported at the end of the turn */
	bool silent;            /* not to be reported */
	uint8_t flags;          /* IPC_LINK_, from the answer */
	char why[128];
};

struct netd {
	uv_loop_t loop;
	uv_timer_t timer;
	uv_prepare_t prepare;
	uv_signal_t signals[3];
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct plane *plane;
	struct netd_dial *dials;
	struct plane_ids closing; /* close frames to be sent */
	struct plane_ids full;  /* connections of which a whole buffer came */
	uint64_t reading;       /* of which a buffer is being received */
	size_t read_bytes;      /* of that buffer so far, about */
	uint64_t timer_msec;    /* what the timer is set to */
	bool has_loop;
	bool kick;              /* libwebsockets has work without an event */
	bool finished;          /* the plane said so */
	char node[NETD_NODE_BYTES]; /* in hexadecimal */
	int file_limit;         /* descriptors from here on are refused */
	int spare;              /* given up to accept() and close at once */
	struct netd_listener listeners[NETD_LISTEN_MAX];
	size_t listener_count;
	const char *control_path;
	int control_listen_fd, control_fd;
	uv_poll_t control_listen_poll;
	uv_poll_t *control_poll; /* of control_fd; frees itself */
	int control_events;     /* what that polls for */
	uint32_t random[64];    /* a supply; the first ones are used up */
	size_t random_left;
};

/* Tells the plane the time; before anything else is said to it. */
struct plane *netd_clock(struct netd *netd);

/* "ADDRESS:PORT" of 'address', an IPv6 address in brackets, one that is IPv4
 * inside as IPv4. Writes to 'text' of 'size' bytes. */
void netd_source(const struct sockaddr_storage *address, char *text,
    size_t size);

/* The close frame of 'conn' has been written, or a part of it: when it has
 * all gone to the socket, nothing more will. */
void netd_half_close(struct conn *conn);

/* ---- net_events.c ---- */

/* Our protocols, and with them our callback. */
extern const struct lws_protocols netd_protocols[];

/* Reads on where there was more than one small buffer took, so that what is
 * ready is answered in one turn, with one write a connection. */
void netd_read_on(struct netd *netd);

/* ---- net_listen.c ---- */

/* Begins to take connections. */
enum dn_err netd_listen_start(struct netd *netd);

/* Takes no more; the sockets are closed. */
void netd_listen_stop(struct netd *netd);

/* ---- net_dial.c ---- */

/* ops->dial, undial, undial_all of the plane. */
void netd_dial(struct plane *plane, const struct ipc_dial *dial);
void netd_undial(struct plane *plane, uint32_t dial);
void netd_undial_all(struct plane *plane);

/* The dial that a wsi belongs to, or NULL: 'opaque' is its opaque data. */
struct netd_dial *netd_dial_of(struct netd *netd, void *opaque);

/* Appends our headers to the upgrade request of 'dial'. */
int netd_dial_headers(struct netd_dial *dial, struct lws *wsi,
    unsigned char **at, size_t size);

/* Reads the answer's headers. */
void netd_dial_answer(struct netd_dial *dial, struct lws *wsi);

/* It got through: a connection of the plane now. Non-zero: close it. */
int netd_dial_through(struct netd_dial *dial, struct lws *wsi);

/* It failed. */
void netd_dial_failed(struct netd_dial *dial, const char *why, size_t size);

/* Reports those that have failed. */
void netd_dial_report(struct netd *netd);

/* Frees all. */
void netd_dial_free(struct netd *netd);

/* ---- net_uplink.c ---- */

/* Binds the socket and waits for dncontrol. Errors: DN_E_IO. */
enum dn_err netd_control_start(struct netd *netd);

/* Writes what waits for dncontrol, as far as it takes it. */
void netd_control_flush(struct netd *netd);

/* Closes the socket, and that of the session. */
void netd_control_stop(struct netd *netd);

#endif
