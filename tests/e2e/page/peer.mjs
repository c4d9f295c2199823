/*
 * A server of other origin, linked to one of ours: users that the test plays,
 * as many as it likes, and who acknowledge as it likes.
 */

import WebSocket from "ws";
import { until } from "./until.mjs";

const END = "\r\n";

export class Peer {
	/* Links to 'server'. */
	static async link(server) {
		const peer = new Peer();

		peer.socket = new WebSocket(server.url.replace("http", "ws"));
		peer.socket.on("message", (data) => peer.take(String(data)));
		await new Promise((go, fail) => {
			peer.socket.on("open", go);
			peer.socket.on("error", fail);
		});
		peer.tell("SRVR 0");
		await until(() => server.dnctl("show", "peers").some((row) =>
			row.state === "up"), "the peer's link");
		return peer;
	}

	constructor() {
		this.number = 1000;
		this.users = new Map(); /* number: { name, description }, theirs */
		this.heard = [];        /* { from, to, number, text } */
	}

	tell(...lines) {
		this.socket.send(lines.join(END));
	}

	fresh() {
		return String(++this.number);
	}

	/* A user of this server is there; returns its number. */
	arrive(name, description = "on peer") {
		const number = this.fresh();

		this.tell("ARRV " + number, name, description, "0");
		return number;
	}

	leave(number) {
		this.tell("LEFT " + number);
	}

	/* User 'from' says 'text' to 'to', "*" or a number. */
	say(from, to, text) {
		const number = this.fresh();

		this.tell("SEND " + number, to, from, text);
		return number;
	}

	close() {
		this.socket.close();
	}

	take(text) {
		const [head, ...lines] = text.split(END);
		const kind = head.slice(0, 4);
		const number = head.slice(5);

		if (kind === "ARRV")
			this.users.set(number, { name: lines[0],
				description: lines[1] });
		if (kind === "LEFT")
			this.users.delete(number);
		if (kind === "SEND")
			this.heard.push({ number, to: lines[0], from: lines[1],
				text: lines[2] });
	}
}
