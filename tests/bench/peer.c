/*
 * The conditions are those of ours: one core, which server.c sees to; no TLS;
 * nothing written to a disk; no look-up of names; and no limit on what one
 * client may say in a second, how many there are, or how much waits for them,
 * that a run could meet. Apart from that they are as they come.
 */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct peer {
	enum bench_system system;
	const struct dialect *dialect;
	const char *ready;
	void (*write)(FILE *file, const char *work, uint16_t port);
	const char *options[PEER_WORDS_MAX]; /* before --config FILE */
};

/* It logs no messages and no clients unless asked to. */
static void
nats_write(FILE *file, const char *work, uint16_t port)
{
	(void)work;
	(void)fprintf(file, "listen: \"127.0.0.1:%u\"\n"
	    "max_connections: 1000000\n"
	    "max_pending: 1GB\n"
	    "ping_interval: \"10m\"\n", port);
}

/*
 * commandrate and fakelag, threshold: it takes lines as fast as they come.
 * softsendq: above it, it stops reading from a client. useconnectban and
 * useconnflood: thousands may come from one address. nouserdns, useident: it
 * asks nobody who they are. netbuffersize: the most that it reads at once.
 */
static void
inspircd_write(FILE *file, const char *work, uint16_t port)
{
	(void)fprintf(file, "<config format=\"xml\">\n"
	    "<path configdir=\"%s\" datadir=\"%s\" logdir=\"%s\" "
	    "runtimedir=\"%s\">\n"
	    "<server name=\"bench.invalid\" description=\"bench\" "
	    "network=\"bench\">\n"
	    "<admin name=\"bench\" nick=\"bench\" "
	    "email=\"bench@bench.invalid\">\n"
	    "<bind address=\"127.0.0.1\" port=\"%u\" type=\"clients\">\n"
	    "<connect name=\"all\" allow=\"*\" timeout=\"60\" "
	    "pingfreq=\"10m\" softsendq=\"512M\" hardsendq=\"1G\" "
	    "recvq=\"1M\" threshold=\"1000000\" commandrate=\"1000000000\" "
	    "fakelag=\"no\" localmax=\"1000000\" globalmax=\"1000000\" "
	    "limit=\"1000000\" maxconnwarn=\"no\" maxchans=\"100\" "
	    "resolvehostnames=\"no\" useident=\"no\" useconnectban=\"no\" "
	    "useconnflood=\"no\">\n"
	    "<performance netbuffersize=\"65534\" somaxconn=\"4096\" "
	    "softlimit=\"1000000\" clonesonconnect=\"no\" "
	    "nouserdns=\"yes\" quietbursts=\"yes\">\n",
	    work, work, work, work, port);
}

static const struct peer peers[] = {
	{BENCH_NATS, &dialect_nats, "Server is ready", nats_write, {NULL}},
	/* Root may run it, too: it only listens here. */
	{BENCH_INSPIRCD, &dialect_irc, "is now running as",
	    inspircd_write, {"--nofork", "--nopid", "--nolog", "--runasroot", NULL}},
};

static const struct peer *
peer_of(enum bench_system system)
{
	unsigned i;

	for (i = 0; peers[i].system != system; i++)
		if (i + 1 == sizeof(peers) / sizeof(peers[0]))
			abort();
	return &peers[i];
}

const struct dialect *
peer_dialect(enum bench_system system)
{
	return peer_of(system)->dialect;
}

const char *
peer_ready(enum bench_system system)
{
	return peer_of(system)->ready;
}

bool
peer_find(enum bench_system system, char *path, size_t size)
{
	const char *package = bench_shape(system)->package;
	const char *at = getenv("PATH");
	char folders[4096];
	size_t length;

	/* Not everybody's PATH has what Debian puts there. */
	(void)snprintf(folders, sizeof(folders), "%s:/usr/sbin",
	    at != NULL ? at : "/usr/bin");
	for (at = folders; *at != '\0'; at += length + (at[length] == ':')) {
		length = strcspn(at, ":");
		(void)snprintf(path, size, "%.*s/%s", (int)length, at,
		    bench_name(system));
		if (access(path, X_OK) == 0)
			return true;
	}
	(void)fprintf(stderr, "bench: no %s here, it is left out; to measure "
	    "it: apt-get install %s\n", bench_name(system), package);
	return false;
}

bool
peer_configure(enum bench_system system, const char *program,
    const char *work, const char *config, uint16_t port,
    const char *words[PEER_WORDS_MAX])
{
	const struct peer *peer = peer_of(system);
	FILE *file = fopen(config, "w");
	unsigned count = 0, i;
	bool written;

	words[count++] = program;
	for (i = 0; peer->options[i] != NULL; i++)
		words[count++] = peer->options[i];
	words[count++] = "--config";
	words[count++] = config;
	words[count] = NULL;
	if (file != NULL) {
		peer->write(file, work, port);
		written = ferror(file) == 0;
		if (fclose(file) == 0 && written)
			return true;
	}
	(void)fprintf(stderr, "bench: %s: %s\n", config, strerror(errno));
	return false;
}
