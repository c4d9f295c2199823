/*
 * What the files net*.c share: the one struct of the shell. net.c is the loop,
 * net_events.c what libwebsockets says, net_frames.c reads what it has upgraded,
 * net_http.c the answers to plain HTTP, net_listen.c takes connections,
 * net_dial.c makes them, net_stream.c is those without WebSocket, net_uplink.c
 * is dncontrol's socket, net_tls.c what is encrypted, net_tcp.c what only Linux
 * knows of TCP.
 */
#ifndef DATAPLANE_NET_SHELL_H
#define DATAPLANE_NET_SHELL_H

#include <libwebsockets.h>
#include <uv.h>

#include "http.h"
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

/*
 * What is read over TLS in one piece: a whole record (RFC 8446, section 5.1),
 * at least. Of what is left of a record no socket tells; and libwebsockets 4.1
 * looks for it in a loop that never ends, once it was told to receive nothing.
 */
#define NETD_TLS_READ_BYTES 16384

/* The buffer for that; a request is read behind an unused part of it. */
#define NETD_READ_BUFFER_BYTES (NETD_TLS_READ_BYTES + LWS_PRE)

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
	bool is_tls;
	int fd;
	uv_poll_t poll;
};

struct netd_stream;

/* A dial under way; the opaque data of its wsi until it is established. */
struct netd_dial {
	struct netd *netd;
	struct netd_dial *next;
	const struct codec *codec;
	struct lws *wsi;        /* or NULL: it has gone */
	struct netd_stream *stream; /* the same without WebSocket */
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
	struct lws_vhost *tls_vhost; /* or NULL: nobody listens there */
	const char *tls_cert, *tls_key, *tls_ca; /* the files; or NULL */
	struct ssl_ctx_st *tls; /* for new connections that are accepted */
	struct ssl_ctx_st *tls_client; /* for those that are dialled */
	struct plane *plane;
	struct netd_dial *dials;
	struct netd_stream *streams; /* all connections without WebSocket */
	struct netd_stream *dead_streams; /* of them: to be swept */
	struct plane_ids closing; /* close frames to be sent */
	struct plane_ids upgraded; /* whose frames we are to read */
	int frames_epoll;       /* of those connections */
	uv_poll_t frames_poll;
	struct plane_ids full;  /* connections of which a whole buffer came */
	uint64_t reading;       /* of which a buffer is being received */
	size_t read_bytes;      /* of that buffer so far, about */
	uint64_t timer_msec;    /* what the timer is set to */
	bool has_loop;
	bool is_clocked;        /* the plane knows the time of this turn */
	bool kick;              /* libwebsockets has work without an event */
	bool finished;          /* the plane said so */
	char node[NETD_NODE_BYTES]; /* in hexadecimal */
	int file_limit;         /* descriptors from here on are refused */
	int spare;              /* given up to accept() and close at once */
	struct netd_listener listeners[NETD_LISTEN_MAX];
	size_t listener_count;
	struct http_site site;
	const char *control_path;
	int control_listen_fd, control_fd;
	uv_poll_t control_listen_poll;
	uv_poll_t *control_poll; /* of control_fd; frees itself */
	int control_events;     /* what that polls for */
	uint32_t random[64];    /* a supply; the first ones are used up */
	size_t random_left;
};

/* Tells the plane the time, once in a turn and when it ends; before anything
 * else is said to it. */
struct plane *netd_clock(struct netd *netd);

/* "ADDRESS:PORT" of 'address', an IPv6 address in brackets, one that is IPv4
 * inside as IPv4. Writes to 'text' of 'size' bytes. */
void netd_source(const struct sockaddr_storage *address, char *text,
    size_t size);

/* True if 'conn' is one of net_stream.c. */
static inline bool
netd_is_stream(const struct conn *conn)
{
	return conn->codec->transport == CODEC_TCP;
}

/* The socket of 'conn', which has a shell. */
int netd_fd(const struct conn *conn);

/* Writes 'size' bytes at 'data' through libwebsockets, which keeps what the
 * socket does not take. */
enum plane_write netd_lws_write(struct netd *netd, struct conn *conn,
    const unsigned char *data, size_t size);

/* The close frame of 'conn' has been written, or a part of it: when it has
 * all gone to the socket, nothing more will. */
void netd_half_close(struct conn *conn);

/* ---- net_events.c ---- */

/* Our protocols, and with them our callback; the same for what is accepted
 * over TLS. */
extern const struct lws_protocols netd_protocols[];
extern const struct lws_protocols netd_tls_protocols[];

/* Reads on where there was more than one small buffer took, so that what is
 * ready is answered in one turn, with one write a connection. */
void netd_read_on(struct netd *netd);

/* True if the request came through a proxy. */
bool netd_is_proxied(struct lws *wsi);

/* ---- net_frames.c ---- */

/* Takes 'conn' over, of which nothing has been read yet. */
void netd_frames_take(struct netd *netd, struct conn *conn);

/* Takes over those that were upgraded in this turn. */
void netd_frames_take_over(struct netd *netd);

/* ops->write and pause of the plane, for a conn->is_framed. */
enum plane_write netd_frames_write(struct netd *netd, struct conn *conn,
    const unsigned char *data, size_t size);
void netd_frames_pause(struct netd *netd, struct conn *conn, bool pause);

/* Begins, ends. Errors: DN_E_IO. */
enum dn_err netd_frames_start(struct netd *netd);
void netd_frames_stop(struct netd *netd);

/* ---- net_http.c ---- */

/* Answers the request for 'path' that came as 'conn'; the connection is to be
 * closed then. */
void netd_http(struct netd *netd, const struct conn *conn, struct lws *wsi,
    struct dn_str path);

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

/* It got through on socket 'fd': a connection of the plane now, with 'shell'
 * as its handle. NULL: close it. */
struct conn *netd_dial_through(struct netd_dial *dial, int fd, void *shell);

/* It failed. */
void netd_dial_failed(struct netd_dial *dial, const char *why, size_t size);

/* Reports those that have failed. */
void netd_dial_report(struct netd *netd);

/* Frees all. */
void netd_dial_free(struct netd *netd);

/* ---- net_stream.c: the same for connections without WebSocket ---- */

/* Notes which address is ours on 'conn', whose socket is 'fd'; behind it the
 * port where its door is open, unless we dialled and that is the usual one. */
void netd_note_near(const struct netd *netd, struct conn *conn, int fd);

/* Takes the socket 'fd' that 'listener' has accepted from 'source'. */
void netd_stream_accept(struct netd_listener *listener, int fd,
    const char *source);

/* Connects to 'address', a numeric one. */
void netd_stream_dial(struct netd_dial *dial, const char *address,
    uint16_t port);

/* The dial of 'stream' has been given up. */
void netd_stream_undial(struct netd_stream *stream);

/* ops->write, want_write, pause, kill of the plane. */
enum plane_write netd_stream_write(struct conn *conn,
    const unsigned char *data, size_t size);
void netd_stream_want_write(struct conn *conn);
void netd_stream_pause(struct conn *conn, bool pause);
void netd_stream_kill(struct conn *conn);

/* All that is to be written has been: when it has gone, nothing more will. */
void netd_stream_close(struct conn *conn);

/* The socket of 'conn'. */
int netd_stream_fd(const struct conn *conn);

/* Tells the plane of those that have gone. */
void netd_stream_sweep(struct netd *netd);

/* Closes all; the loop has to run for it to be done. */
void netd_stream_stop(struct netd *netd);

/* ---- net_tls.c ---- */

/* Makes the virtual host, if there is a certificate; 'info' is that of the
 * context. Errors: DN_E_MEMORY. */
enum dn_err netd_tls_start(struct netd *netd,
    const struct lws_context_creation_info *info);

/* Sets up what the virtual host makes connections of, OpenSSL's 'context'. */
void netd_tls_prepare(struct netd *netd, void *context);

/* Reads certificates and key anew; if they are no good, the old ones stay. */
void netd_tls_reload(struct netd *netd);

/* Reads up to 'room' bytes that came on 'wsi', and never of two records;
 * returns how many, 0 if there are none now, -1 if no more will come. */
ssize_t netd_tls_read(struct lws *wsi, unsigned char *bytes, size_t room);

/* Tells the other end of 'wsi' that nothing more will come, if it is
 * encrypted: else the end of the stream could be somebody else's doing. */
void netd_tls_say_end(struct lws *wsi);

/* Why TLS did not come about on 'wsi', or NULL: it did, or there is none. */
const char *netd_tls_why(struct lws *wsi);

/* Frees what belongs to no connection. */
void netd_tls_free(struct netd *netd);

/* ---- net_uplink.c ---- */

/* Binds the socket and waits for dncontrol. Errors: DN_E_IO. */
enum dn_err netd_control_start(struct netd *netd);

/* Applies more of what dncontrol has said, where that was too much for one
 * turn. */
void netd_control_go_on(struct netd *netd);

/* Writes what waits for dncontrol, as far as it takes it. */
void netd_control_flush(struct netd *netd);

/* Closes the socket, and that of the session. */
void netd_control_stop(struct netd *netd);

#endif
