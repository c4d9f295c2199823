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
	bool to_all = msg->to == DN_TO_ALL;
	struct table_entry *entry;

	/* Both tables are far away: one is on its way while the other is
	 * waited for. */
	msgtable_expect(forward->msgtable, msg->number);
	entry = to_all ? NULL : table_find(forward->table, msg->to);
	if (msgtable_is_used(forward->msgtable, msg->number,
	    forward->now_msec))
		return forward_fail(DN_REASON_NUMBER);
	if (msg->text.size > forward->text_bytes_max)
		return forward_fail(DN_REASON_LENGTH);
	if (!to_all && entry == NULL)
		return forward_fail(DN_REASON_NUMBER);
	/* Without memory for it it goes out all the same; only its receipts
	 * are lost. */
	(void)msgtable_send(forward->msgtable, msg->number, msg->from,
	    msg->to, forward->now_msec);
	return forward_to(entry);
}

/* Client 'user' confirms what a room of another server passed on. The room
 * will say so to the author, in the user's name and by the author's number:
 * that may come by here, and is not forged. */
static void
forward_owe(const struct forward *forward, uint64_t user)
{
	struct table_entry *entry = table_find(forward->table, user);

	if (entry != NULL && entry->receipts < UINT16_MAX)
		entry->receipts++;
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
	if (entry != NULL && entry->role == IPC_ROLE_USER &&
	    table_is_room(entry))
		forward_owe(forward, acker->user);
	verdict = entry != NULL ? forward_to(entry) :
	    forward_drop(IPC_COUNTER_unknown_dropped);
	verdict.author = author;
	return verdict;
}

/* What the message table says of 'msg', which 'sender' is to have said. */
static enum msgtable_verdict
forward_judge(const struct forward *forward, const struct dn_msg *msg,
    struct table_entry *sender)
{
	bool is_client = sender->role == IPC_ROLE_USER;
	/* Rooms and services have none, and acknowledge nothing. */
	uint32_t slot = is_client ? IPC_CONN_SLOT(sender->conn) : UINT32_MAX;
	enum msgtable_verdict verdict;

	if (is_client && !forward->is_ours(forward->context, sender->conn))
		return msgtable_transit(forward->msgtable, msg, NULL,
		    forward->now_msec);
	verdict = msgtable_transit(forward->msgtable, msg, &slot,
	    forward->now_msec);
	if (verdict != MSGTABLE_FORGED || msg->kind != DN_KIND_ACKN ||
	    sender->receipts == 0)
		return verdict;
	sender->receipts--;
	return msgtable_transit(forward->msgtable, msg, NULL,
	    forward->now_msec);
}

struct forward_verdict
forward_transit(const struct forward *forward, const struct dn_msg *msg)
{
	struct table_entry *sender, *entry = NULL;

	if (msg->kind == DN_KIND_SEND)
		msgtable_expect(forward->msgtable, msg->number);
	sender = table_find(forward->table, msg->from);
	if (sender == NULL)
		return (struct forward_verdict){.action = FORWARD_EARLY};
	if (msg->kind != DN_KIND_SEND || msg->to != DN_TO_ALL) {
		entry = table_find(forward->table, msg->to);
		if (entry == NULL)
			return forward_drop(IPC_COUNTER_unknown_dropped);
	}
	switch (forward_judge(forward, msg, sender)) {
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
