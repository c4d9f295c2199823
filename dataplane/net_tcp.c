/*
 * What the kernel knows of a TCP connection, in its own words: its header and
 * the C library's cannot be included together.
 */
#include "net_tcp.h"

#include <linux/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

/* No more than this is kept unsent of a link, so that PINGs come through; and
 * it is given up after so long. */
#define NET_LINK_NOTSENT_BYTES (64 << 10)
#define NET_LINK_TIMEOUT_MSEC 20000

/* Of <netinet/in.h>, which goes with the other header. */
#define NET_LEVEL_TCP 6

uint64_t
netd_tcp_acked(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(fd, NET_LEVEL_TCP, TCP_INFO, &info, &size) != 0)
		return 0;
	return info.tcpi_bytes_acked;
}

void
netd_tcp_tune(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{NET_LEVEL_TCP, TCP_NODELAY, 1},
		{NET_LEVEL_TCP, TCP_NOTSENT_LOWAT, NET_LINK_NOTSENT_BYTES},
		{NET_LEVEL_TCP, TCP_USER_TIMEOUT, NET_LINK_TIMEOUT_MSEC},
	};
	size_t i;

	/* Without one of them the link still works. */
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
}
