/*
 * Names to addresses, for net.h: libevent's resolver. Each lookup has a
 * resolver of its own, so that what resolv.conf and hosts say now counts, and
 * no server is skipped because it was away an hour ago.
 */
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dnchat/limits.h"
#include "memory.h"
#include "net.h"

/* The most addresses of one name that are tried. */
#define NET_LOOKUP_ADDRESSES_MAX 16

struct net_lookup_job {
	struct net *net;
	struct evdns_base *dns;
	struct evdns_getaddrinfo_request *request; /* NULL: not under way */
	struct event *timer; /* the limit, then the answer */
	bool answered;
	uint32_t id;
	net_looked_up *looked_up;
	void *context;
	char addresses[NET_LOOKUP_ADDRESSES_MAX * (DN_ADDRESS_BYTES_MAX + 1)];
	char why[160];
	struct net_lookup_job *next;
};

/* All jobs; there is one loop in a process. */
static struct net_lookup_job *net_lookup_jobs;

static void
net_lookup_free(struct net_lookup_job *job)
{
	struct net_lookup_job **at = &net_lookup_jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	event_free(job->timer);
	if (job->dns != NULL)
		evdns_base_free(job->dns, 0);
	free(job);
}

/* Writes the addresses of 'info' to 'job', each once. */
static void
net_lookup_collect(struct net_lookup_job *job,
    const struct evutil_addrinfo *info)
{
	char text[DN_ADDRESS_BYTES_MAX + 1], *found;
	size_t size = 0, count = 0, length;

	for (; info != NULL && count < NET_LOOKUP_ADDRESSES_MAX;
	    info = info->ai_next) {
		if (getnameinfo(info->ai_addr, (socklen_t)info->ai_addrlen,
		    text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		length = strlen(text);
		found = strstr(job->addresses, text);
		if (found != NULL && (found[length] == ' ' ||
		    found[length] == '\0') &&
		    (found == job->addresses || found[-1] == ' '))
			continue;
		size += (size_t)snprintf(job->addresses + size,
		    sizeof(job->addresses) - size, "%s%s",
		    count > 0 ? " " : "", text);
		count++;
	}
}

/* The answer goes out in the next turn. */
static void
net_lookup_answer(struct net_lookup_job *job)
{
	struct timeval now = {0, 0};

	job->answered = true;
	event_add(job->timer, &now);
}

static void
net_lookup_done(int result, struct evutil_addrinfo *info, void *context)
{
	struct net_lookup_job *job = context;

	job->request = NULL;
	if (result == 0)
		net_lookup_collect(job, info);
	if (info != NULL)
		evutil_freeaddrinfo(info);
	if (job->addresses[0] == '\0' && job->why[0] == '\0')
		snprintf(job->why, sizeof(job->why), "%s", result == 0 ?
		    "it has no address" : result == EVUTIL_EAI_NONAME ?
		    "no such host is known" : evutil_gai_strerror(result));
	net_lookup_answer(job);
}

static void
net_lookup_fire(evutil_socket_t fd, short what, void *context)
{
	struct net_lookup_job *job = context;

	(void)fd;
	(void)what;
	if (!job->answered) {
		snprintf(job->why, sizeof(job->why),
		    "no name server answered within %d seconds",
		    NET_LOOKUP_MSEC / 1000);
		/* Calls net_lookup_done() some time. */
		evdns_getaddrinfo_cancel(job->request);
		return;
	}
	job->looked_up(job->context, job->id, job->addresses, job->why);
	net_lookup_free(job);
}

static bool
net_lookup_is_numeric(struct net_lookup_job *job, const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM}, *info = NULL;

	if (getaddrinfo(host, NULL, &hints, &info) != 0)
		return false;
	if (getnameinfo(info->ai_addr, info->ai_addrlen, job->addresses,
	    DN_ADDRESS_BYTES_MAX, NULL, 0, NI_NUMERICHOST) != 0)
		job->addresses[0] = '\0';
	freeaddrinfo(info);
	return job->addresses[0] != '\0';
}

static void
net_lookup_ask(struct net_lookup_job *job, const char *host)
{
	struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM, .ai_flags = EVUTIL_AI_ADDRCONFIG};
	struct timeval limit = {NET_LOOKUP_MSEC / 1000, 0};

	event_add(job->timer, &limit);
	job->dns = evdns_base_new(net_base(job->net),
	    EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (job->dns == NULL) {
		snprintf(job->why, sizeof(job->why), "no resolver");
		net_lookup_answer(job);
		return;
	}
	/* Without resolv.conf, or with none that names a server, it asks
	 * 127.0.0.1, as the C library does; and reads hosts in any case. */
	if (evdns_base_resolv_conf_parse(job->dns, DNS_OPTIONS_ALL,
	    "/etc/resolv.conf") != 0 &&
	    evdns_base_count_nameservers(job->dns) == 0)
		evdns_base_nameserver_ip_add(job->dns, "127.0.0.1");
	job->request = evdns_getaddrinfo(job->dns, host, NULL, &hints,
	    net_lookup_done, job);
	if (job->answered)
		job->request = NULL;
}

void
net_lookup(struct net *net, const char *host, uint32_t id,
    net_looked_up *looked_up, void *context)
{
	struct net_lookup_job *job = memory_new(sizeof(*job));

	job->net = net;
	job->id = id;
	job->looked_up = looked_up;
	job->context = context;
	job->timer = net_event(net, -1, 0, net_lookup_fire, job);
	job->next = net_lookup_jobs;
	net_lookup_jobs = job;
	if (net_lookup_is_numeric(job, host))
		net_lookup_answer(job);
	else
		net_lookup_ask(job, host);
}

/* Who asked is gone. */
static void
net_lookup_unheard(void *context, uint32_t id, const char *addresses,
    const char *why)
{
	(void)context;
	(void)id;
	(void)addresses;
	(void)why;
}

void
net_lookups_end(struct net *net)
{
	struct net_lookup_job *job;
	unsigned turns;

	for (job = net_lookup_jobs; job != NULL; job = job->next) {
		job->looked_up = net_lookup_unheard;
		if (job->request != NULL)
			evdns_getaddrinfo_cancel(job->request);
	}
	/* A cancelled request says so in a later turn. */
	for (turns = 0; turns < 4; turns++)
		net_turn(net, false);
	while (net_lookup_jobs != NULL)
		net_lookup_free(net_lookup_jobs);
}
