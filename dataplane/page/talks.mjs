/* Conversations and what was said in them. One with everybody ("*"), one for
 * each room and each person that somebody talked with. */

import { compareNumbers } from "./wire.mjs";
import { FAILED } from "./receipts.mjs";
import { PAST_STEP, roomKey } from "./rooms.mjs";

/* Of a conversation the latest are kept; of conversations with people those
 * that were used last. */
export const MESSAGES_MAX = 10000;
export const TALKS_MAX = 500;

export const EVERYONE = "*";

let keys = 0;

/* A message on the screen. 'author' is a name; 'number' is that on the wire,
 * 'id' that in the history of a room. */
export function newMessage(fields) {
	return { key: "m" + ++keys, kind: "text", mine: false, author: "",
		time: 0, text: "", number: null, id: null, state: null,
		reason: "", recipients: null, audience: null, receipts: null,
		...fields };
}

export class Talk {
	constructor(key, kind, title, number) {
		this.key = key;
		this.kind = kind;       /* "all", "room" or "direct" */
		this.title = title;
		this.number = number;   /* of the other end, or null: not there */
		this.messages = [];
		this.ids = new Set();
		this.unread = 0;
		this.mentioned = false;
		this.divider = null;    /* key of the first unread message */
		this.draft = "";
		this.touched = 0;       /* when something was said last */
		/* Of a room; roomdesk.mjs keeps it. */
		this.joined = false;
		this.wait = null;        /* for which answer */
		this.members = null;     /* { here, away }: as far as known */
		this.membersAsked = -Infinity; /* when these were asked for */
		this.whos = [];          /* { asked, isTyped }: unanswered /who */
		this.whoAsked = -Infinity;
		this.whoDue = Infinity;  /* when it is to be asked again */
		this.missedAfter = null; /* id of the last line before a gap */
		this.past = { done: false, step: PAST_STEP };
	}

	/* What is said can be put on the wire. */
	get isReady() {
		return this.number !== null && (this.kind !== "room" ||
			(this.joined && !["past", "gap"].includes(
				this.wait?.what)));
	}

	/* The id of the oldest message whose id is known, or null. */
	get firstId() {
		return this.messages.find(({ id }) => id !== null)?.id ?? null;
	}

	/* The id of the newest message whose id is known, or null. */
	get lastId() {
		for (let at = this.messages.length - 1; at >= 0; at--)
			if (this.messages[at].id !== null)
				return this.messages[at].id;
		return null;
	}

	add(message) {
		this.messages.push(message);
		this.trim();
		return message;
	}

	trim() {
		const over = this.messages.length - MESSAGES_MAX;

		if (over <= 0)
			return;
		for (const message of this.messages.splice(0, over))
			this.ids.delete(message.id);
	}

	/* Takes a line of the room's history; returns { message, isNew }, or
	 * null if a line of this id was here already. */
	addPast(past, mine) {
		if (this.ids.has(past.id))
			return null;
		this.ids.add(past.id);
		const known = this.findLive(past);
		if (!known) {
			const message = this.insert(newMessage({ ...past,
				kind: "text", mine }));
			this.trim();
			return { message, isNew: true };
		}
		const before = known.id;
		const time = known.time;
		this.messages.splice(this.messages.indexOf(known), 1);
		known.id = past.id;
		known.time = past.time;
		this.insert(known);
		if (before === null)
			return { message: known, isNew: false };
		/* It had been taken for an older one of the same words. */
		return { message: this.insert(newMessage({ ...past, kind: "text",
			mine, time, id: before })), isNew: true };
	}

	/* The message that came without an id and is this line: the first that
	 * has none yet, else one that was taken for an older line. */
	findLive(past) {
		const same = this.messages.filter((message) => message.live &&
			message.author === past.author &&
			message.text === past.text && message.state !== FAILED &&
			(!message.mine || message.asked !== undefined));

		return same.find((message) => message.id === null) ??
			same.find((message) =>
				compareNumbers(message.id, past.id) < 0);
	}

	/* Behind the newest that is older; what has no id is newer. */
	insert(message) {
		let at = this.messages.length;

		while (at > 0 && (this.messages[at - 1].id === null ||
		    compareNumbers(this.messages[at - 1].id, message.id) > 0))
			at--;
		this.messages.splice(at, 0, message);
		return message;
	}
}

function keyOf(other) {
	return other.kind === "room" ? roomKey(other) : "@" + other.number;
}

export class Talks {
	constructor() {
		this.byKey = new Map();
		this.everyone = this.put(new Talk(EVERYONE, "all", "Everyone",
			EVERYONE));
	}

	put(talk) {
		this.byKey.set(talk.key, talk);
		return talk;
	}

	get(key) {
		return this.byKey.get(key);
	}

	/* The conversation with room or person 'other', made if need be. */
	with(other) {
		const key = keyOf(other);
		let talk = this.byKey.get(key);

		if (!talk) {
			this.makeRoom();
			talk = this.put(new Talk(key, other.kind === "room" ?
				"room" : "direct", other.name, other.number));
		}
		talk.number = other.number;
		talk.title = other.name;
		return talk;
	}

	makeRoom() {
		const directs = [...this.byKey.values()].filter(({ kind }) =>
			kind === "direct");

		if (directs.length >= TALKS_MAX)
			this.byKey.delete(directs.reduce((oldest, talk) =>
				talk.touched < oldest.touched ? talk : oldest).key);
	}

	/* 'other' is back: perhaps under another number. Conversations go by
	 * number, but people by name. */
	arrived(other) {
		const key = keyOf(other);
		let talk = this.byKey.get(key);

		if (!talk && other.kind === "person") {
			talk = [...this.byKey.values()].find((one) =>
				one.kind === "direct" && one.number === null &&
				one.title === other.name);
			if (talk) {
				this.byKey.delete(talk.key);
				talk.key = key;
				this.byKey.set(key, talk);
			}
		}
		/* Somebody else took the number: the old talk stays his. */
		if (talk && talk.kind === "direct" && talk.title !== other.name)
			talk.title = other.name;
		if (talk)
			talk.number = other.number;
		return talk;
	}

	left(other) {
		const talk = this.byKey.get(keyOf(other));

		if (talk && talk.number === other.number)
			talk.number = null;
		return talk;
	}

	close(key) {
		if (key !== EVERYONE)
			this.byKey.delete(key);
	}

	/* Everyone first, then people, latest first, then rooms by name. */
	sorted() {
		const rank = { all: 0, direct: 1, room: 2 };

		return [...this.byKey.values()].sort((a, b) =>
			rank[a.kind] - rank[b.kind] ||
			(a.kind === "room" ? (a.title < b.title ? -1 : 1) :
				b.touched - a.touched));
	}

	get unread() {
		let sum = 0;

		for (const talk of this.byKey.values())
			sum += talk.unread;
		return sum;
	}
}
