/* What was said in the open conversation. */

import { element, make, setAttributes } from "./dom.mjs";
import { clockOf, dayOf, exactTimeOf, hueOf, initialOf, mentions, partsOf }
	from "./text.mjs";
import { FAILED, markOf, UNSURE } from "./receipts.mjs";
import { Stack } from "./virtual.mjs";

/* Messages of one author closer together than this stand under one name. */
const GROUP_MSEC = 5 * 60 * 1000;

/* How near to the oldest message more is asked for. */
const OLDER_PIXELS = 300;

function makeText(text, name) {
	const line = make("p", "text");

	for (const part of partsOf(text, name)) {
		if (part.kind === "text") {
			line.append(part.text);
		} else if (part.kind === "mention") {
			line.append(make("mark", "", part.text));
		} else {
			const link = make("a", "", part.text);
			setAttributes(link, { href: part.href, target: "_blank",
				rel: "noopener noreferrer" });
			line.append(link);
		}
	}
	return line;
}

function isSameDay(a, b) {
	return new Date(a).toDateString() === new Date(b).toDateString();
}

/* True if 'message' stands under the name above 'before'. */
function isGrouped(message, before) {
	return before !== undefined && before.kind === "text" &&
		message.kind === "text" && before.author === message.author &&
		message.time - before.time < GROUP_MSEC &&
		isSameDay(before.time, message.time);
}

export class Timeline {
	/* 'retry(message)', 'explain(message)' and 'older(talk)' are asked for;
	 * 'moved(atEnd)' is told. */
	constructor(chat, handlers) {
		this.chat = chat;
		this.handlers = handlers;
		this.talk = null;
		this.frame = element("log");
		this.jump = element("jump");
		this.stack = new Stack(this.frame, {
			make: (message, before) => this.make(message, before),
			scrolled: () => this.onScroll(),
		});
		this.jump.addEventListener("click", () => this.toEnd());
		this.frame.addEventListener("click", (event) =>
			this.onClick(event));
		this.frame.addEventListener("keydown", (event) =>
			this.onKey(event));
	}

	/* Shows 'talk' from its first unread message, or from its end. */
	show(talk) {
		const divider = talk.divider;

		this.talk = talk;
		this.stack.reset(talk.messages, (...of) => this.markOf(...of));
		if (divider)
			this.stack.toItem(divider, 80);
		this.onScroll();
	}

	refresh() {
		this.stack.draw();
	}

	toEnd() {
		this.stack.toEnd();
		this.jump.hidden = true;
		this.handlers.moved(true);
	}

	/* Everything that an element depends on. */
	markOf(message, before) {
		return [message.state, message.receipts?.size, message.recipients,
			message.time, this.talk.divider === message.key,
			isGrouped(message, before),
			before && isSameDay(before.time, message.time)].join();
	}

	make(message, before) {
		const isFirst = !isGrouped(message, before);
		const isNew = this.talk.divider === message.key;
		const made = make("div", "message" + (message.mine ? " mine" : "") +
			(isFirst || isNew ? " first" : "") +
			(message.kind === "notice" ? " notice" : "") +
			(!message.mine && mentions(message.text, this.chat.name) ?
				" mention" : ""));

		made.dataset.key = message.key;
		if (!before || !isSameDay(before.time, message.time))
			made.append(make("h3", "day", dayOf(message.time)));
		if (isNew)
			made.append(make("div", "divider", make("span", "", "New")));
		made.append(message.kind === "notice" ?
			makeText(message.text, "") :
			this.makeBody(message, isFirst || isNew));
		made.tabIndex = -1;
		return setAttributes(made, { role: "article", "aria-label":
			message.kind === "notice" ? "Notice" : message.author +
			", " + clockOf(message.time) });
	}

	makeBody(message, isFirst) {
		const time = setAttributes(make("time", "", clockOf(message.time)),
			{ datetime: new Date(message.time).toISOString(),
				title: exactTimeOf(message.time) });
		const avatar = isFirst ? setAttributes(make("span",
			"avatar hue" + hueOf(message.author),
			initialOf(message.author)), { "aria-hidden": "true" }) : time;
		const said = make("div", "said");

		if (isFirst)
			said.append(make("div", "head", make("b", "author ink" +
				hueOf(message.author), message.author), time));
		said.append(makeText(message.text, this.chat.name));
		if (message.state === FAILED || message.state === UNSURE)
			said.append(this.makeFailure(message));
		return make("div", "body", avatar, said, message.mine ?
			this.makeMark(message) : null);
	}

	makeFailure(message) {
		const again = make("button", "small again", "Send again");

		again.dataset.act = "retry";
		return make("p", "failure", make("span", "", "Not sent: " +
			message.reason + "."), again);
	}

	makeMark(message) {
		const mark = markOf(message);
		const shows = message.receipts?.size > 0;
		const made = make(shows ? "button" : "span", "mark " +
			message.state, mark.symbol, mark.text ? " " + mark.text : "");

		if (shows)
			made.dataset.act = "explain";
		return setAttributes(made, { title: mark.title, "aria-label":
			mark.label, role: shows ? null : "img" });
	}

	/* ---- the person ---- */

	messageOf(target) {
		const key = target.closest(".message")?.dataset.key;

		return this.talk.messages.find((message) => message.key === key);
	}

	onClick({ target }) {
		const act = target.closest("button")?.dataset.act;

		if (act)
			this.handlers[act](this.messageOf(target));
	}

	onScroll() {
		this.jump.hidden = this.stack.atEnd;
		this.handlers.moved(this.stack.atEnd);
		if (!this.stack.atEnd && this.frame.scrollTop < OLDER_PIXELS)
			this.handlers.older(this.talk);
	}

	/* Arrows lead from message to message. */
	onKey(event) {
		const { messages } = this.talk;
		const at = messages.indexOf(this.messageOf(event.target));
		const to = { ArrowUp: at < 0 ? messages.length - 1 : at - 1,
			ArrowDown: at + 1 }[event.key];
		const message = messages[to];

		if (event.altKey || !message ||
		    (at < 0 && event.key === "ArrowDown"))
			return;
		event.preventDefault();
		const shown = this.stack.shown.get(message.key)?.element;
		if (shown) {
			shown.focus();
			shown.scrollIntoView({ block: "nearest" });
		} else {
			this.stack.toItem(message.key,
				this.frame.clientHeight / 2)?.focus();
		}
	}
}
