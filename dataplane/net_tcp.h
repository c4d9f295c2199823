/*
 * What only the kernel knows of a TCP connection. For net.c.
 */
#ifndef DATAPLANE_NET_TCP_H
#define DATAPLANE_NET_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the other end of 'fd' has acknowledged so far. */
uint64_t netd_tcp_acked(int fd);

/* How many bytes of the other end have been read on 'fd' so far, or UINT64_MAX
 * where that is not known. */
uint64_t netd_tcp_taken(int fd);

/* Lets 'fd' be readable when so many bytes wait, or an end; false on error. */
bool netd_tcp_await(int fd, size_t bytes);

/* Lets the kernel find out that the other end has gone without a word, where
 * the protocol has none for it. */
void netd_tcp_keep(int fd);

/* Sets the options of a server link. */
void netd_tcp_tune(int fd);

#endif
