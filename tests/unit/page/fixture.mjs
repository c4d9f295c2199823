/* A chat whose server is the test: what it writes is kept, what the test says
 * is heard. Messages are written as in shell.h: lines separated by '/'. */

import { Chat } from "../../../dataplane/page/chat.mjs";
import { numberOf } from "../../../dataplane/page/wire.mjs";

export class Fixture {
	constructor() {
		this.now = 1e12;
		this.count = 0;
		this.actions = [];
		this.chat = new Chat({ random: () => 0.5, number: (address) =>
			numberOf([1, 1000 * ++this.count], address) });
	}

	/* What is to be done since the last call, of type 'type'. */
	did(type) {
		this.actions.push(...this.chat.take());
		const found = this.actions.filter((action) => action.type === type);
		this.actions = this.actions.filter((action) =>
			action.type !== type);
		return found;
	}

	/* What was written since the last call, without ACKNs. */
	wrote() {
		return this.did("write").map(({ text }) =>
			text.replaceAll("\r\n", "/"))
			.filter((text) => !text.startsWith("ACKN"));
	}

	hear(...messages) {
		for (const message of messages)
			this.chat.received(message.split("/").length > 3 ?
				[...message.split("/").slice(0, 2),
					message.split("/").slice(2).join("/")]
					.join("\r\n") :
				message.replaceAll("/", "\r\n"), this.now);
	}

	pass(msec) {
		this.now += msec;
		this.chat.tick(this.now);
	}

	/* Logs in as ann, number 7, with these in the list. */
	enter(...others) {
		this.chat.login("ann", "sesame", "7", [], this.now);
		this.chat.opened(this.now);
		this.hear("OKAY 7", ...others);
		this.wrote();
	}

	/* The connection breaks and is back. */
	reconnect(...others) {
		this.chat.closed("lost", this.now);
		this.pass(30000);
		this.chat.opened(this.now);
		this.hear("OKAY 7", ...others);
	}

	/* Says 'text' and returns its number. */
	say(talk, text) {
		this.chat.say(talk, text, this.now);
		return talk.messages.at(-1).number;
	}

	texts(talk) {
		return talk.messages.map(({ text }) => text);
	}
}
