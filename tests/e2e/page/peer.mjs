/*
 * A server of other origin, linked to one of ours: users that the test plays,
 * and rooms that behave as ours do.
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
		this.rooms = new Map(); /* number: Room */
		this.heard = [];        /* { from, to, number, text } */
		this.acks = [];         /* { number, acker, author } */
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

	room(name) {
		const number = this.arrive("#" + name, "room peer");

		this.rooms.set(number, new Room(this, number));
		return this.rooms.get(number);
	}

	/* A service that creates rooms. */
	service() {
		this.maker = this.arrive("rooms@peer", "rooms of peer");
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
			this.forget(number);
		if (kind === "SEND")
			this.hear({ number, to: lines[0], from: lines[1],
				text: lines[2] });
		if (kind === "ACKN")
			this.acknowledged({ number, acker: lines[0],
				author: lines[1] });
	}

	forget(number) {
		this.users.delete(number);
		for (const room of this.rooms.values())
			room.members.delete(number);
	}

	hear(message) {
		this.heard.push(message);
		this.rooms.get(message.to)?.hear(message);
		if (message.to === this.maker && message.text.startsWith("/create "))
			this.room(message.text.slice(8));
	}

	acknowledged(ack) {
		this.acks.push(ack);
		this.rooms.get(ack.author)?.acknowledged(ack);
	}
}

class Room {
	constructor(peer, number) {
		this.peer = peer;
		this.number = number;
		this.members = new Set();
		this.own = new Map();    /* members of the peer's own, by number */
		this.past = [];       /* { id, author, text } */
		this.fanned = new Map(); /* number to a member: { number, author } */
	}

	answer(to, text) {
		this.peer.say(this.number, to, text);
	}

	/* User 'name' of this server is here and joins. */
	enter(name) {
		this.own.set(this.peer.arrive(name), name);
	}

	nameOf(number) {
		return this.own.get(number) ?? this.peer.users.get(number)?.name ??
			"nobody";
	}

	hear({ number, from, text }) {
		const [word, ...rest] = text.split(" ");
		const command = { "/join": () => this.members.add(from),
			"/leave": () => this.members.delete(from),
			"/who": () => this.answer(from, "members: " +
				[...this.members, ...this.own.keys()].map((one) =>
					this.nameOf(one)).join(", ")),
			"/history": () => this.tellPast(from, rest),
			"/help": () => this.answer(from, "/join and /leave") }[word];

		if (command)
			command();
		else if (this.members.has(from))
			this.say(from, text.replace(/^\/\//, "/"), number);
		else
			this.answer(from, "You are not in this room: send /join");
	}

	/* 'from', a number or a name, says 'text' to all members. */
	say(from, text, number = null) {
		const author = this.peer.users.has(from) ? this.nameOf(from) : from;

		this.past.push({ id: this.past.length + 1, author, text });
		for (const member of this.own.keys())
			if (number)
				this.peer.tell("ACKN " + number, member, from);
		for (const member of this.members)
			if (member !== from)
				this.fanned.set(this.peer.say(this.number, member,
					author.replaceAll(":", "%3A") + ": " + text),
				{ number, author: from });
	}

	tellPast(to, [count, , after]) {
		const lines = after ? this.past.filter(({ id }) =>
			id > Number(after)).slice(0, Number(count)) :
			this.past.slice(-Number(count));

		for (const { id, author, text } of lines)
			this.answer(to, "[" + new Date(Date.UTC(2026, 0, 1) + id *
				60000).toISOString() + " #" + id + "] " + author +
				": " + text);
	}

	acknowledged({ number, acker }) {
		const fanned = this.fanned.get(number);

		if (fanned?.number)
			this.peer.tell("ACKN " + fanned.number, acker,
				fanned.author);
	}
}
