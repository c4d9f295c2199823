/*
 * Where a message goes. Rules: protocol page, and sections 2 to 4 of the
 * design (message table, forged messages, hold).
 */
#include "forward.h"

static struct forward_verdict
forward_fail(enum dn_reason reason)
{
	return (struct forward_verdict){.action = FORWARD_FAIL,
	    .reason = reason};
}

static struct forward_verdict
forward_drop(enum ipc_counter counter)
{
	return (struct forward_verdict){.action = FORWARD_DROP,
	    .counter = counter};
}

static struct forward_verdict
forward_to(struct table_entry *entry)
{
	if (entry == NULL)
		return (struct forward_verdict){.action = FORWARD_ALL};
	return (struct forward_verdict){.action = FORWARD_ONE,
	    .entry = entry};
}

struct forward_verdict
forward_send(const struct forward *forward, const struct dn_msg *msg)
{
	struct table_entry *entry = NULL;

	if (msgtable_is_used(forward->msgtable, msg->number,
	    forward->now_msec))
		return forward_fail(DN_REASON_NUMBER);
	if (msg->text.size > forward->text_bytes_max)
		return forward_fail(DN_REASON_LENGTH);
	if (msg->to != DN_TO_ALL) {
		entry = table_find(forward->table, msg->to);
		if (entry == NULL)
			return forward_fail(DN_REASON_NUMBER);
	}
	/* Without memory for it it goes out all the same; only its receipts
	 * are lost. */
	(void)msgtable_send(forward->msgtable, msg->number, msg->from,
	    msg->to, forward->now_msec);
	return forward_to(entry);
}

struct forward_verdict
forward_ackn(const struct forward *forward, uint64_t number,
    const struct msgtable_acker *acker)
{
	struct forward_verdict verdict = {.action = FORWARD_SWALLOW};
	struct table_entry *entry;
	uint64_t author = 0;

	switch (msgtable_acknowledge(forward->msgtable, number, acker,
	    forward->now_msec, &author)) {
	case MSGTABLE_NEVER_SENT:
		return forward_fail(DN_REASON_NUMBER);
	case MSGTABLE_SWALLOWED:
		return verdict;
	case MSGTABLE_ACKED:
		break;
	}
	entry = table_find(forward->table, author);
	verdict = entry != NULL ? forward_to(entry) :
	    forward_drop(IPC_COUNTER_unknown_dropped);
	verdict.author = author;
	return verdict;
}

struct forward_verdict
forward_transit(const struct forward *forward, const struct dn_msg *msg)
{
	struct table_entry *sender, *entry = NULL;
	uint32_t slot;

	sender = table_find(forward->table, msg->from);
	if (sender == NULL)
		return (struct forward_verdict){.action = FORWARD_EARLY};
	if (msg->kind != DN_KIND_SEND || msg->to != DN_TO_ALL) {
		entry = table_find(forward->table, msg->to);
		if (entry == NULL)
			return forward_drop(IPC_COUNTER_unknown_dropped);
	}
	/* Rooms and services have none, and acknowledge nothing. */
	slot = sender->role != IPC_ROLE_USER ? UINT32_MAX :
	    IPC_CONN_SLOT(sender->conn);
	switch (msgtable_transit(forward->msgtable, msg,
	    sender->role != IPC_ROLE_USER ||
	    forward->is_ours(forward->context, sender->conn) ? &slot : NULL,
	    forward->now_msec)) {
	case MSGTABLE_NEW:
		break;
	case MSGTABLE_AGAIN:
		/* Its way ends here: this is no detour, but the same. */
		if (entry != NULL && entry->role != IPC_ROLE_USER)
			return forward_drop(IPC_COUNTER_duplicates);
		break;
	case MSGTABLE_DUPLICATE:
		return forward_drop(IPC_COUNTER_duplicates);
	case MSGTABLE_SPENT:
		return forward_drop(IPC_COUNTER_transit_dropped);
	case MSGTABLE_FORGED:
		return forward_drop(IPC_COUNTER_forged_dropped);
	}
	return forward_to(entry);
}
