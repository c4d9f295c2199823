/*
 * What the files net*.c share: the one struct of the shell. net.c is the loop,
 * net_listen.c takes connections, net_knock.c upgrades them, net_sock.c is the
 * sockets that are ours; net_events.c is what libwebsockets says, net_frames.c
 * takes over what it has upgraded, net_http.c answers plain HTTP; net_dial.c
 * makes connections, net_connect.c those without WebSocket, net_reply.c is their
 * answers; net_uplink.c is dncontrol's socket, net_tls.c what is encrypted,
 * net_tcp.c what only Linux knows of TCP.
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

struct netd_connect;
struct netd_reply;
struct netd_sock;

/* A dial under way; the opaque data of its wsi until it is established. */
struct netd_dial {
	struct netd *netd;
	struct netd_dial *next;
	const struct codec *codec;
	struct lws *wsi;        /* or NULL: it has gone */
	struct netd_connect *connect; /* the same without WebSocket */
	struct netd_reply *reply; /* the answer is waited for, or NULL */
	uint64_t conn;          /* it is through: as this one; or 0 */
	uint32_t dial;
	bool routing;           /* ask for dnchat-routing */
	bool is_asking;         /* the request was sent in this turn */
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
	struct netd_sock *socks; /* all of ours */
	struct netd_sock *dead_socks; /* of them: to be swept */
	struct plane_ids closing; /* close frames to be sent */
	struct plane_ids upgraded; /* whose sockets we are to take */
	int husk;               /* for libwebsockets, instead of one */
	int epoll;              /* of the connections that we read */
	uv_poll_t epoll_poll;
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
	int lws_files;          /* the same, to libwebsockets */
	int own_files_min;      /* where ours begin */
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

/* The socket of 'conn', which has a shell. */
int netd_fd(const struct conn *conn);

/* Writes 'size' bytes at 'data' through libwebsockets, which keeps what the
 * socket does not take. */
enum plane_write netd_lws_write(struct netd *netd, struct conn *conn,
    const unsigned char *data, size_t size);

/* Ends 'wsi' in the next turn. */
void netd_lws_kill(struct netd *netd, struct lws *wsi);

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

/* 'conn' is encrypted: nothing of it has been read yet, and it is read by
 * net_sock.c from now on. */
void netd_frames_take_tls(struct netd *netd, struct conn *conn);

/* The same for one that is not, and is ours altogether then. If that can't be,
 * it is left as it is. */
void netd_frames_take(struct netd *netd, struct conn *conn);

/* Takes over those that were accepted and upgraded in this turn. */
void netd_frames_take_over(struct netd *netd);

/* Makes and closes what is left to libwebsockets. Errors: DN_E_IO. */
enum dn_err netd_husk_start(struct netd *netd);
void netd_husk_stop(struct netd *netd);

/* ---- net_sock.c ---- */

/* One of ours, for a connection that is to be, or NULL without memory; what
 * was not started may be freed. */
struct netd_sock *netd_sock_new(struct netd *netd);
void netd_sock_free(struct netd_sock *sock);

/* 'sock' is the shell of 'conn' from now on, and has its socket 'fd'. */
void netd_sock_start(struct netd_sock *sock, struct conn *conn, int fd);

/* 'conn', of which nothing waits, is no more ours: returns its socket. */
int netd_sock_leave(struct conn *conn);

/* Polls 'conn', whose socket is set, for 'events' of epoll(7), and for no
 * others. */
void netd_poll(struct netd *netd, struct conn *conn, unsigned events);

/* ops->write, want_write, kill of the plane, for those that are ours. */
enum plane_write netd_sock_write(struct conn *conn,
    const unsigned char *data, size_t size);
void netd_sock_want_write(struct conn *conn);
void netd_sock_kill(struct conn *conn);

/* 'conn' is ours or encrypted, and is to be read again. */
void netd_sock_resume(struct netd *netd, struct conn *conn);

/* All that is to be written has been: when it has gone, nothing more will. */
void netd_sock_close(struct conn *conn);

/* Tells the plane of those that have gone. */
void netd_socks_sweep(struct netd *netd);

/* Begins; closes all, and ends. Errors: DN_E_IO. */
enum dn_err netd_socks_start(struct netd *netd);
void netd_socks_stop(struct netd *netd);

/* ---- net_http.c ---- */

/* Answers the request for 'path' that came as 'conn'; the connection is to be
 * closed then. */
void netd_http(struct netd *netd, const struct conn *conn, struct lws *wsi,
    struct dn_str path);

/* ---- net_knock.c ---- */

/* Something has come on 'conn', which is not upgraded yet. False if the other
 * end has gone. */
bool netd_knock(struct netd *netd, struct conn *conn);

/* Gives 'conn' to libwebsockets, and its socket 'fd', which has to be where it
 * can have it. 'conn' may be gone then. */
void netd_adopt(struct netd *netd, struct conn *conn, int fd, bool is_tls);

/* ---- net_listen.c ---- */

/* Begins to take connections. */
enum dn_err netd_listen_start(struct netd *netd);

/* Takes no more; the sockets are closed. */
void netd_listen_stop(struct netd *netd);

/* 'fd' once more, where our sockets are or where libwebsockets can have them;
 * -1 if there is no room. */
int netd_dup(const struct netd *netd, int fd, bool is_ours);

/* Moves 'fd' to where ours are; -1 if there is no room, and it is closed. */
int netd_own_file(const struct netd *netd, int fd);

/* Somebody was turned away, as there may be so many descriptors. */
void netd_warn_files(struct netd *netd, int limit);

/* Notes which address is ours on 'conn', whose socket is 'fd'; behind it the
 * port where its door is open, unless we dialled and that is the usual one. */
void netd_note_near(const struct netd *netd, struct conn *conn, int fd);

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

/* It got through on socket 'fd', which is that of 'wsi' or, if that is NULL, to
 * be that of 'sock': a connection of the plane now. NULL: close it. */
struct conn *netd_dial_through(struct netd_dial *dial, int fd,
    struct lws *wsi, struct netd_sock *sock);

/* It failed. */
void netd_dial_failed(struct netd_dial *dial, const char *why, size_t size);

/* Waits for the answers of those that have asked. */
void netd_dial_await(struct netd *netd);

/* Reports those that have failed. */
void netd_dial_report(struct netd *netd);

/* Gives up what is under way; the loop has to run for it to be done. */
void netd_dial_stop(struct netd *netd);

/* Frees all. */
void netd_dial_free(struct netd *netd);

/* ---- net_connect.c ---- */

/* Connects to 'address', a numeric one; netd_dial_through() or
 * netd_dial_failed() follow, perhaps at once. */
void netd_connect(struct netd_dial *dial, const char *address,
    uint16_t port);

/* It has been given up, or is through. */
void netd_connect_end(struct netd_connect *connect);

/* ---- net_reply.c ---- */

/* Waits for the answer to the request of 'dial', and then lets libwebsockets
 * read it. Where that can't be, it does so by itself. */
void netd_reply_await(struct netd_dial *dial);

/* It is not waited for any more. */
void netd_reply_end(struct netd_reply *reply);

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
