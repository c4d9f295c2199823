/*
 * What only the kernel knows of a TCP connection. For net.c.
 */
#ifndef DATAPLANE_NET_TCP_H
#define DATAPLANE_NET_TCP_H

#include <stdint.h>

/* How many bytes the other end of 'fd' has acknowledged so far. */
uint64_t netd_tcp_acked(int fd);

/* Lets the kernel find out that the other end has gone without a word, where
 * the protocol has none for it. */
void netd_tcp_keep(int fd);

/* Sets the options of a server link. */
void netd_tcp_tune(int fd);

#endif
