/* What has become of a message of ours: on its way, taken by the server,
 * delivered to some or all of those whom it was for. */

export const WAITING = "waiting"; /* for a connection */
export const SENDING = "sending"; /* the server has not answered */
export const SENT = "sent";
export const FAILED = "failed";
export const UNSURE = "unsure";   /* the connection broke: nobody knows */

/* 'number' has it on the screen; the name is kept, as people leave. */
export function acknowledge(message, number, name) {
	message.receipts ??= new Map();
	if (message.receipts.has(number))
		return false;
	message.receipts.set(number, name);
	return true;
}

/* { label, title, isFinal } for the mark beside 'message'. */
export function markOf(message) {
	const count = message.receipts?.size ?? 0;

	switch (message.state) {
	case WAITING:
		return { label: "waiting", symbol: "◌",
			title: "Waits for the connection" };
	case SENDING:
		return { label: "sending", symbol: "◌",
			title: "On its way to the server" };
	case FAILED:
	case UNSURE:
		return { label: "not sent", symbol: "!", title: message.reason };
	}
	if (message.state === null)
		return { label: "sent", symbol: "✓",
			title: "The room has it" };
	if (count === 0)
		return { label: "sent", symbol: "✓",
			title: "The server has it; no receipt yet" };
	if (message.recipients === 1)
		return { label: "delivered", symbol: "✓✓", title: "Delivered" };
	if (message.recipients === null)
		return { label: "delivered to " + count, symbol: "✓✓",
			text: String(count), title: "Delivered: who?" };
	/* Somebody may have come in between. */
	const all = Math.max(message.recipients, count);
	return { label: "delivered to " + count + " of " + all,
		symbol: count === all ? "✓✓" : "✓",
		text: count + " of " + all, title: "Delivered: who?" };
}

/* Names of those who have it, sorted. */
export function namesOf(message) {
	return [...(message.receipts?.values() ?? [])].sort((a, b) =>
		a.localeCompare(b));
}
