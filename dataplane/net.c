/*
 * The loop, and libwebsockets on it. Events are told to the plane as they
 * come; what it wants written goes out in one write per connection when the
 * loop is about to sleep.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dnchat/log.h"
#include "net_shell.h"
#include "page_files.h"

/* More descriptors than this are of no use, and cost a table each. */
#define NET_FILES_MAX 65536

/* What libwebsockets may have of them, for those who have not sent their
 * upgrade yet, pages, and dials: it looks at so many at each end of one. */
#define NET_LWS_FILES_MAX 4096

/* A connection that has not sent its upgrade: two of these, says its source,
 * until libwebsockets ends it. */
#define NET_UPGRADE_SEC 5

struct plane *
netd_clock(struct netd *netd)
{
	if (!netd->is_clocked)
		plane_clock(netd->plane, uv_hrtime() / 1000);
	netd->is_clocked = true;
	return netd->plane;
}

void
netd_source(const struct sockaddr_storage *address, char *text, size_t size)
{
	const struct sockaddr_in6 *six = (const void *)address;
	const struct sockaddr_in *four = (const void *)address;
	char numeric[INET6_ADDRSTRLEN] = "?";

	if (address->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], numeric,
		    sizeof(numeric));
		snprintf(text, size, "%s:%u", numeric, ntohs(six->sin6_port));
	} else if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &six->sin6_addr, numeric,
		    sizeof(numeric));
		snprintf(text, size, "[%s]:%u", numeric,
		    ntohs(six->sin6_port));
	} else {
		inet_ntop(AF_INET, &four->sin_addr, numeric,
		    sizeof(numeric));
		snprintf(text, size, "%s:%u", numeric,
		    ntohs(four->sin_port));
	}
}

/* ---- what the plane wants ---- */

static struct netd *
net_of(const struct plane *plane)
{
	return plane->shell;
}

int
netd_fd(const struct conn *conn)
{
	return conn->is_ours ? conn->fd : lws_get_socket_fd(conn->shell);
}

void
netd_lws_kill(struct netd *netd, struct lws *wsi)
{
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	netd->kick = true;
}

static void
net_kill(struct plane *plane, struct conn *conn)
{
	struct netd *netd = net_of(plane);

	if (conn->is_ours) {
		netd_sock_kill(conn);
		return;
	}
	if (conn->shell == NULL) {
		/* libwebsockets would not take it, long ago. */
		if (plane->stage < PLANE_CLOSING)
			(void)plane_ids_add(&netd->closing, conn);
		return;
	}
	netd_lws_kill(netd, conn->shell);
}

enum plane_write
netd_lws_write(struct netd *netd, struct conn *conn,
    const unsigned char *data, size_t size)
{
	/* It takes no pointer to const, but leaves raw data alone. */
	unsigned char *bytes = (unsigned char *)(uintptr_t)data;

	if (lws_write(conn->shell, bytes, size, LWS_WRITE_RAW) < 0) {
		net_kill(netd->plane, conn);
		return PLANE_FAILED;
	}
	return lws_partial_buffered(conn->shell) ? PLANE_BLOCKED :
	    PLANE_WRITTEN;
}

static enum plane_write
net_write(struct plane *plane, struct conn *conn, const unsigned char *data,
    size_t size)
{
	if (conn->is_ours)
		return netd_sock_write(conn, data, size);
	return netd_lws_write(net_of(plane), conn, data, size);
}

static void
net_want_write(struct plane *plane, struct conn *conn)
{
	(void)plane;
	if (conn->is_ours)
		netd_sock_want_write(conn);
	else
		lws_callback_on_writable(conn->shell);
}

static void
net_pause(struct plane *plane, struct conn *conn, bool pause)
{
	if (conn->is_ours || conn->is_tls) {
		/* Mostly it is over before the next byte comes. */
		if (!pause)
			netd_sock_resume(net_of(plane), conn);
		return;
	}
	if (conn->shell == NULL)
		return;
	lws_rx_flow_control(conn->shell, !pause);
	if (!pause)
		net_of(plane)->kick = true;
}

/* Done at the end of the turn, as the plane is in the middle of writing. */
static void
net_close(struct plane *plane, struct conn *conn, uint16_t code,
    struct dn_str why)
{
	(void)code;
	(void)why;
	if (plane_ids_add(&net_of(plane)->closing, conn) != DN_OK)
		net_kill(plane, conn);
}

static uint64_t
net_progress(struct plane *plane, struct conn *conn)
{
	(void)plane;
	return netd_tcp_acked(netd_fd(conn));
}

static void
net_tune(struct plane *plane, struct conn *conn)
{
	(void)plane;
	netd_tcp_tune(netd_fd(conn));
}

/* 'size' bytes that nobody can foresee. */
static void
net_random_bytes(void *bytes, size_t size)
{
	/* Up to 256 bytes never come in part (getrandom(2)). */
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		abort();
}

static uint32_t
net_random(struct plane *plane)
{
	struct netd *netd = net_of(plane);

	if (netd->random_left == 0) {
		net_random_bytes(netd->random, sizeof(netd->random));
		netd->random_left = sizeof(netd->random) /
		    sizeof(netd->random[0]);
	}
	return netd->random[--netd->random_left];
}

/* The same for ws_mask(). */
static uint32_t
net_random_word(void *plane)
{
	return net_random(plane);
}

static void
net_finish(struct plane *plane)
{
	net_of(plane)->finished = true;
}

static const struct plane_ops net_ops = {
	.write = net_write,
	.want_write = net_want_write,
	.pause = net_pause,
	.close = net_close,
	.kill = net_kill,
	.progress = net_progress,
	.tune = net_tune,
	.dial = netd_dial,
	.undial = netd_undial,
	.undial_all = netd_undial_all,
	.random = net_random,
	.finish = net_finish,
};

/* ---- the loop ---- */

static void
net_on_timer(uv_timer_t *timer)
{
	struct netd *netd = timer->data;

	netd->timer_msec = UINT64_MAX;
	plane_tick(netd_clock(netd));
}

static void
net_set_timer(struct netd *netd)
{
	uint64_t next = plane_deadline(netd->plane);
	uint64_t now = netd->plane->now_msec;

	if (next == netd->timer_msec)
		return;
	netd->timer_msec = next;
	if (next == UINT64_MAX)
		uv_timer_stop(&netd->timer);
	else
		uv_timer_start(&netd->timer, net_on_timer,
		    next > now ? next - now : 0, 0);
}

/* Our half is over: the other end sees that at once, and what it still sends,
 * such as its own close frame, is read and thrown away. */
void
netd_half_close(struct conn *conn)
{
	if (conn->is_ours) {
		netd_sock_close(conn);
		return;
	}
	if (lws_partial_buffered(conn->shell))
		return;
	netd_tls_say_end(conn->shell);
	if (conn->is_over)
		/* The other end has said so, too. */
		net_kill(conn->plane, conn);
	else
		(void)shutdown(lws_get_socket_fd(conn->shell), SHUT_WR);
}

/*
 * Sends a close frame, by ourselves. libwebsockets' way, a reason and -1 from
 * the WRITEABLE callback, sends none with Debian's library: it is built with
 * _DEBUG, which makes it close such a connection twice on libuv, the second
 * time for good.
 */
static void
net_say_close(struct netd *netd, struct conn *conn)
{
	unsigned char frame[WS_HEAD_BYTES_MAX + WS_CONTROL_BYTES_MAX];
	unsigned char masked[sizeof(frame) + WS_KEY_BYTES];
	unsigned char payload[WS_CONTROL_BYTES_MAX], *bytes = frame;
	struct dn_str why = {0};
	size_t size, length, taken;

	if (conn->part != NULL)
		why = (struct dn_str){(const char *)conn->part->data,
		    conn->part->size};
	length = ws_close_payload(payload,
	    (enum ws_close)conn->close_code, why);
	size = ws_put_head(frame, WS_CLOSE, length);
	memcpy(frame + size, payload, length);
	size += length;
	if (conn->is_dialled) {
		size = ws_mask(masked, sizeof(masked), frame, size,
		    net_random_word, netd->plane, &taken);
		bytes = masked;
	}
	if (net_write(netd->plane, conn, bytes, size) != PLANE_FAILED)
		netd_half_close(conn);
}

static void
net_say_closes(struct netd *netd)
{
	struct conn *conn;
	size_t i;

	for (i = 0; i < netd->closing.count; i++) {
		conn = plane_conn(netd->plane, netd->closing.ids[i]);
		if (conn == NULL)
			continue;
		if (conn->codec->transport == CODEC_TCP)
			netd_sock_close(conn);
		else if (conn->shell == NULL)
			plane_gone(netd->plane, conn, 0, "no upgrade");
		else if (!conn->is_upgraded)
			net_kill(netd->plane, conn);
		else
			net_say_close(netd, conn);
	}
	netd->closing.count = 0;
}

/* The end of a turn: the loop is about to sleep. */
static void
net_on_prepare(uv_prepare_t *prepare)
{
	struct netd *netd = prepare->data;

	netd->is_clocked = false;
	netd_clock(netd);
	netd_frames_take_over(netd);
	netd_dial_await(netd);
	netd_dial_report(netd);
	netd_read_on(netd);
	netd_control_go_on(netd);
	plane_flush(netd->plane);
	net_say_closes(netd);
	netd_socks_sweep(netd);
	netd_control_flush(netd);
	if (netd->finished) {
		uv_stop(&netd->loop);
		return;
	}
	net_set_timer(netd);
	netd->is_clocked = false;
	/* The end of a session may have left work for one more turn. */
	if (netd->kick || plane_is_busy(netd->plane)) {
		netd->kick = false;
		lws_cancel_service(netd->context);
	}
}

static void
net_on_signal(uv_signal_t *handle, int number)
{
	struct netd *netd = handle->data;

	if (number == SIGHUP) {
		netd_tls_reload(netd);
		return;
	}
	dn_info("signal", "number=%d", number);
	plane_stop(netd_clock(netd));
}

/* Lines of libwebsockets, which are mostly about what callers do wrong: no
 * more of them than of our own about that. It tells us no context. */
static void
net_log(int level, const char *line)
{
	static uint64_t since_msec;
	static unsigned count;
	uint64_t now_msec = uv_hrtime() / 1000000;

	if (now_msec - since_msec >= PLANE_LOG_MSEC) {
		since_msec = now_msec;
		count = 0;
	}
	if (++count > PLANE_LOG_LINES_MAX)
		return;
	dn_log((level & LLL_ERR) != 0 ? DN_LOG_WARN : DN_LOG_DEBUG,
	    "libwebsockets", "line=%s",
	    dn_log_str((struct dn_str){line, strcspn(line, "\n")}).text);
}

static void
net_start_loop(struct netd *netd)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
	size_t i;

	uv_timer_init(&netd->loop, &netd->timer);
	netd->timer.data = netd;
	uv_prepare_init(&netd->loop, &netd->prepare);
	netd->prepare.data = netd;
	uv_prepare_start(&netd->prepare, net_on_prepare);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uv_signal_init(&netd->loop, &netd->signals[i]);
		netd->signals[i].data = netd;
		uv_signal_start(&netd->signals[i], net_on_signal, numbers[i]);
	}
	netd->timer_msec = UINT64_MAX;
}

static void
net_stop_loop(struct netd *netd)
{
	sigset_t signals;
	size_t i;

	/* Without handlers a second TERM would end us as if we had failed. */
	sigfillset(&signals);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	uv_close((uv_handle_t *)&netd->timer, NULL);
	uv_close((uv_handle_t *)&netd->prepare, NULL);
	for (i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&netd->signals[i], NULL);
}

/* What is encrypted stays with libwebsockets: then it may have them all. */
static void
net_share_files(struct netd *netd)
{
	netd->lws_files = netd->file_limit;
	if (netd->tls != NULL)
		return;
	netd->lws_files /= 4;
	if (netd->lws_files > NET_LWS_FILES_MAX)
		netd->lws_files = NET_LWS_FILES_MAX;
	netd->own_files_min = netd->lws_files;
}

static enum dn_err
net_start_context(struct netd *netd)
{
	static const lws_retry_bo_t policy = {0};
	void *loops[1] = {&netd->loop};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = netd_protocols,
		.foreign_loops = loops,
		.user = netd,
		.options = LWS_SERVER_OPTION_LIBUV |
		    LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.provided_client_ssl_ctx = netd->tls_client,
		.pt_serv_buf_size = NETD_READ_BUFFER_BYTES,
		.timeout_secs = NET_UPGRADE_SEC,
		.retry_and_idle_policy = &policy,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
	};
	struct rlimit limit, lower;

	net_share_files(netd);
	lws_set_log_level(LLL_ERR | LLL_WARN, net_log);
	/* It would dial through what it finds there. */
	(void)unsetenv("http_proxy");
	(void)unsetenv("socks_proxy");
	/* It refuses at the limit that it finds, and keeps a table of that
	 * size. */
	getrlimit(RLIMIT_NOFILE, &limit);
	lower = limit;
	lower.rlim_cur = (rlim_t)netd->lws_files;
	(void)setrlimit(RLIMIT_NOFILE, &lower);
	netd->context = lws_create_context(&info);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (netd->context == NULL)
		return DN_E_MEMORY;
	netd->vhost = lws_get_vhost_by_name(netd->context, "default");
	return netd->vhost != NULL ? netd_tls_start(netd, &info) :
	    DN_E_MEMORY;
}

/* Its handles close on the loop; what is left of it after that goes last. */
static void
net_stop_context(struct netd *netd)
{
	if (netd->context == NULL)
		return;
	lws_context_destroy(netd->context);
	uv_run(&netd->loop, UV_RUN_DEFAULT);
	lws_context_destroy(netd->context);
	netd->context = NULL;
}

static struct plane *
net_new_plane(struct netd *netd)
{
	uint64_t bytes[3];
	struct plane *plane;

	net_random_bytes(bytes, sizeof(bytes));
	snprintf(netd->node, sizeof(netd->node), "%016llx",
	    (unsigned long long)bytes[0]);
	plane = plane_new(&net_ops, netd, bytes[1], bytes[2],
	    uv_hrtime() / 1000);
	if (plane != NULL)
		plane->pid = (uint64_t)getpid();
	return plane;
}

enum dn_err
netd_run(struct netd *netd, const char *path)
{
	enum dn_err err;

	(void)signal(SIGPIPE, SIG_IGN);
	netd->control_path = path;
	netd->plane = net_new_plane(netd);
	if (netd->plane == NULL || uv_loop_init(&netd->loop) != 0)
		return DN_E_MEMORY;
	netd->has_loop = true;
	net_start_loop(netd);
	err = net_start_context(netd);
	if (err == DN_OK)
		err = netd_socks_start(netd);
	if (err == DN_OK)
		err = netd_husk_start(netd);
	if (err == DN_OK)
		err = netd_control_start(netd);
	if (err == DN_OK)
		err = netd_listen_start(netd);
	if (err == DN_OK)
		uv_run(&netd->loop, UV_RUN_DEFAULT);
	return err;
}

/* ---- life ---- */

struct netd *
netd_new(void)
{
	struct netd *netd = calloc(1, sizeof(*netd));
	struct rlimit limit;

	if (netd == NULL)
		return NULL;
	netd->control_fd = netd->control_listen_fd = -1;
	netd->epoll = netd->husk = -1;
	netd->site = (struct http_site){.files = page_files,
	    .file_count = page_file_count, .has_page = true};
	netd->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < NET_FILES_MAX ?
		    limit.rlim_max : NET_FILES_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	} else {
		limit.rlim_cur = 1024;
	}
	netd->file_limit = (int)limit.rlim_cur - NETD_FILES_RESERVED;
	return netd;
}

void
netd_free(struct netd *netd)
{
	if (netd == NULL)
		return;
	if (netd->plane != NULL)
		netd_control_stop(netd);
	netd_listen_stop(netd);
	netd_dial_stop(netd);
	netd_socks_stop(netd);
	netd_husk_stop(netd);
	if (netd->has_loop)
		net_stop_loop(netd);
	net_stop_context(netd);
	if (netd->has_loop) {
		uv_run(&netd->loop, UV_RUN_DEFAULT);
		uv_loop_close(&netd->loop);
	}
	netd_dial_free(netd);
	free(netd->closing.ids);
	free(netd->full.ids);
	free(netd->upgraded.ids);
	plane_free(netd->plane);
	netd_tls_free(netd);
	if (netd->spare >= 0)
		close(netd->spare);
	free(netd);
}
