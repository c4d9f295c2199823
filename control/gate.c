/*
 * Who may dial us: between SRVR and peer.c. What a refused server would need
 * to get in is said to the operator, as a command.
 */
#include "gate.h"

#include <stdio.h>

#include "dial.h"
#include "down.h"
#include "link.h"
#include "memory.h"
#include "peer.h"

/* Why a server must not be one of ours, or NULL. */
static const char *
gate_why_not(const struct core *core, const struct ipc_srvr *body)
{
	struct accept_address address;
	bool is_proxied = body->flags & IPC_LINK_PROXIED;

	if (body->door >= IPC_DOOR_COUNT)
		return "a door that is not known";
	if (body->number != 0 && !core->settings.srvr_any)
		return "SRVR with a number that is not 0";
	if (!accept_address(&address, accept_source_host(body->source)))
		return "no address";
	if (accept_allows(&core->settings.admissions[body->door].list,
	    &address, is_proxied) || (!is_proxied &&
	    dial_knows(core, (enum ipc_door)body->door, &address, NULL) !=
	    NULL))
		return NULL;
	if (is_proxied)
		return "it came through a proxy or from a web page";
	return body->door == IPC_DOOR_DNCHAT ?
	    "its address is not in accept-peers" :
	    "its address is not in accept-federation";
}

static void
gate_refuse(struct core *core, const struct ipc_srvr *body, const char *why)
{
	struct dn_str host = accept_source_host(body->source);
	const struct admission *admission = &core->settings.admissions[
	    body->door < IPC_DOOR_COUNT ? body->door : IPC_DOOR_DNCHAT];
	char hint[NOTICE_BYTES_MAX / 2];
	struct notice *notice;

	DOWN(core, refuse, .conn = body->conn, .why = dn_str_of(why));
	notice = updates_notice(core->updates, DN_LOG_WARN, "link_refused");
	notice_add(notice, "peer", body->source);
	notice_add(notice, "why", dn_str_of(why));
	if (body->number != 0 && !core->settings.srvr_any)
		(void)snprintf(hint, sizeof(hint),
		    "dncontrol --srvr-number any");
	else
		(void)snprintf(hint, sizeof(hint),
		    "dncontrol --accept-%s '%s %.*s%s'",
		    body->door == IPC_DOOR_DNCHAT ? "peers" : "federation",
		    admission->list.configured ? admission->text :
		    ACCEPT_DEFAULT, (int)host.size, host.data,
		    body->flags & IPC_LINK_PROXIED ? " proxied" : "");
	notice_add(notice, "allow", dn_str_of(hint));
}

enum dn_err
gate_srvr(struct core *core, const struct event *event)
{
	const struct ipc_srvr *body = &event->body.srvr;
	const char *why;
	struct peer *peer;

	if (body->conn == IPC_CONN_NONE ||
	    link_find(core, body->conn) != NULL)
		return DN_OK;
	if (core->shutting_down) {
		DOWN(core, close, .conn = body->conn, .code = 1001,
		    .why = dn_str_of("shutting down"));
		return DN_OK;
	}
	if (body->flags & IPC_LINK_SELF) {
		DOWN(core, close, .conn = body->conn, .code = 1000,
		    .why = dn_str_of("this is the same server"));
		return DN_OK;
	}
	why = gate_why_not(core, body);
	if (why != NULL) {
		gate_refuse(core, body, why);
		return DN_OK;
	}
	peer = peer_new(core, (enum ipc_door)body->door);
	peer->name = memory_string(body->source);
	peer->host = memory_string(accept_source_host(body->source));
	peer->foreign = peer->door == IPC_DOOR_DNCHAT &&
	    !(body->flags & IPC_LINK_ROUTING);
	peer_up(core, peer, body->conn);
	return DN_OK;
}
