/*
 * The chat, without a browser: what the server says and what the person does
 * go in, what is to be done comes out of take(). Pure: the time is passed in.
 * It is Session (the connection), People and Talks, tied together.
 *
 * Actions: dial; hangup; write (text); refused (why); online; heard
 * (talk, message: worth a notification); read (talk, message: seen at once);
 * tell (text: a word to the person); keep (rooms: to be remembered); changed
 * (what: "session", "people", "talks", "open", or a talk's key).
 */

import { addressOf, cleanText, decode, encodeAckn, encodeSend }
	from "./wire.mjs";
import { mentions } from "./text.mjs";
import { People } from "./people.mjs";
import { acknowledge, FAILED, SENDING, SENT, UNSURE, WAITING }
	from "./receipts.mjs";
import { RoomDesk } from "./roomdesk.mjs";
import { escapeRoomText, parseError, parseRoomText } from "./rooms.mjs";
import { EVERYONE, newMessage, Talks } from "./talks.mjs";
import { JOINING, ONLINE, Session } from "./session.mjs";

/* A SEND is answered sooner, or the connection is dead. */
const ANSWER_MSEC = 10000;

/* The server knows a message's number for five minutes: so long it can tell
 * that it had it before the connection broke. */
const RESEND_MSEC = 240000;

/* After a reconnect others may be on their way back, too: so long a message
 * waits for its receiver. */
const RETURN_MSEC = 15000;

/* Messages that may wait for a connection. */
const WAITING_MAX = 200;

/* Latest messages of a room that a new list of members may concern. */
const RECOUNTED_MAX = 100;

/* Numbers of messages of others, to know doubles by. */
const SEEN_MAX = 20000;

export class Chat {
	constructor({ random, number }) {
		this.actions = [];
		this.newNumber = number;
		this.session = new Session(this.actions, { random, number });
		this.people = new People();
		this.talks = new Talks();
		this.open = this.talks.everyone;
		this.watched = true;      /* the open talk is being looked at */
		this.pending = new Map(); /* number: message without an answer */
		this.sent = new Map();    /* number: message of ours */
		this.seen = new Set();
		this.desk = new RoomDesk(this);
		this.returnEnd = 0;       /* until when others may come back */
	}

	get name() {
		return this.session.name;
	}

	get isOnline() {
		return this.session.state === ONLINE;
	}

	/* When tick() wants to be called. */
	get deadline() {
		let first = Math.min(this.session.deadline, this.desk.deadline);

		if (this.isOnline)
			for (const message of this.pending.values())
				first = Math.min(first, this.endOf(message));
		return first;
	}

	/* When 'message' will have waited long enough. */
	endOf(message) {
		if (message.state === SENDING)
			return message.asked + ANSWER_MSEC;
		/* While a room answers it is there. */
		return message.talk.wait ? Infinity : this.returnEnd;
	}

	/* What is to be done since the last call. */
	take() {
		return this.actions.splice(0);
	}

	changed(what) {
		this.actions.push({ type: "changed", what });
	}

	/* ---- the connection ---- */

	login(name, password, number, rooms, now) {
		this.desk.rooms = new Set(rooms);
		this.session.login(name, password, number, now);
		this.changed("session");
	}

	logout() {
		this.session.logout();
		this.people.clear();
		this.talks = new Talks();
		this.open = this.talks.everyone;
		this.desk.forget();
		for (const map of [this.pending, this.sent, this.seen])
			map.clear();
		this.changed("session");
		this.changed("people");
		this.changed("talks");
	}

	opened(now) {
		this.session.opened(now);
		this.changed("session");
	}

	closed(why, now) {
		this.session.closed(why, now);
		this.desk.forget();
		for (const talk of this.talks.byKey.values())
			Object.assign(talk, { whos: [], whoDue: Infinity });
		for (const message of this.pending.values())
			if (message.state === SENDING) {
				message.state = WAITING;
				this.changed(message.talk.key);
			}
		this.changed("session");
	}

	retry(now) {
		this.session.retry(now);
		this.changed("session");
	}

	tick(now) {
		const before = this.session.state;

		this.session.tick(now);
		this.desk.tick(now);
		if (this.isOnline)
			for (const message of [...this.pending.values()])
				if (this.endOf(message) <= now)
					this.expire(message, now);
		if (before !== this.session.state)
			this.changed("session");
	}

	/* 'message' has waited long enough. */
	expire(message, now) {
		if (message.state !== SENDING) {
			this.settle(message.number, FAILED,
				message.talk.title + " is not here");
		} else if (this.isOnline) {
			this.actions.push({ type: "hangup" });
			this.closed("The server does not answer.", now);
		}
	}

	/* ---- what the server says ---- */

	received(text, now) {
		const message = decode(text);
		const handler = message && this["on" + message.kind];

		if (handler)
			handler.call(this, message, now);
	}

	onOKAY({ number }, now) {
		if (this.session.state === JOINING &&
		    number === this.session.number)
			this.begin(now);
		else if (this.desk.orders.has(number))
			this.desk.taken(number);
		else
			this.settle(number, SENT, "");
	}

	onFAIL({ number, reason }, now) {
		const message = this.pending.get(number);

		if (this.session.state === JOINING) {
			this.session.refused(reason, now);
			this.changed("session");
		} else if (this.desk.orders.has(number)) {
			this.desk.refused(number, now);
		} else if (message) {
			this.refuse(message, reason);
		}
	}

	refuse(message, reason) {
		const talk = message.talk;
		const isThere = talk.key === EVERYONE || (talk.number !== null &&
			this.people.get(talk.number));

		/* Its number is in use: the server had it the first time. */
		if (reason === "NUMBER" && message.isAgain && isThere)
			this.settle(message.number, SENT, "");
		else if (reason === "LENGTH")
			this.settle(message.number, FAILED,
				"Too long for this server");
		else
			this.settle(message.number, FAILED,
				talk.title + " is not here");
	}

	onARRV({ number, name, description }, now) {
		const person = this.people.arrive(number, name, description);
		const talk = this.talks.arrived(person);

		this.changed("people");
		if (talk) {
			this.changed(talk.key);
			this.sendWaiting(talk, now);
		}
		if (person.kind === "room")
			this.desk.arrived(person, now);
		else
			this.desk.passed(name, now);
	}

	onLEFT({ number }, now) {
		const person = this.people.leave(number);
		const talk = person && this.talks.left(person);

		if (!person)
			return;
		this.changed("people");
		this.desk.passed(person.name, now);
		if (!talk)
			return;
		this.desk.left(talk);
		this.changed(talk.key);
	}

	onACKN({ number, from }) {
		const message = this.sent.get(number);
		const person = this.people.get(from);

		if (message && acknowledge(message, from,
		    person?.name ?? "somebody who left"))
			this.changed(message.talk.key);
	}

	onSEND({ number, from, text }, now) {
		const sender = this.people.get(from);
		const double = from + ":" + number;

		this.write(encodeAckn(number));
		if (this.seen.has(double))
			return;
		this.seen.add(double);
		if (this.seen.size > SEEN_MAX)
			this.seen.delete(this.seen.values().next().value);
		if (sender?.kind === "room")
			this.desk.hear(sender, number, text, now);
		else if (sender?.kind === "service")
			this.hearService(sender, text, now);
		else
			this.hearPerson(sender, from, number, text, now);
	}

	onINVD() {
		this.actions.push({ type: "tell",
			text: "The server did not understand us, and hangs up." });
	}

	/* The client's list is being told from here on. */
	begin(now) {
		const isFirst = !this.session.wasOnline;

		this.session.accepted();
		this.actions.push({ type: "online" });
		this.people.clear();
		for (const talk of this.talks.byKey.values()) {
			talk.joined = false;
			if (talk.key !== EVERYONE)
				talk.number = null;
		}
		/* Others wait for their ARRV, or until the room is joined. */
		this.returnEnd = isFirst ? 0 : now + RETURN_MSEC;
		this.sendWaiting(this.talks.everyone, now);
		this.changed("people");
		this.changed("session");
	}

	/* ---- hearing ---- */

	hearPerson(sender, from, number, text, now) {
		const other = sender ?? { kind: "person", number: from,
			name: "user " + from };
		const isOurs = this.isForUs(number, other);
		const talk = isOurs ? this.talks.with(other) :
			this.talks.everyone;

		this.add(talk, newMessage({ author: other.name, text, number,
			time: now }), now);
	}

	/* A room that was created shows itself. */
	hearService(service, text, now) {
		const { word, rest } = parseRoomText(service.name, text);

		if (word === "error")
			this.note(this.open, parseError(rest).why, now);
		else if (word !== "created")
			this.note(this.open, text, now);
	}

	/* Other clients do not say to whom a message is. What comes from
	 * somebody whom we wrote last is an answer; the rest is for all. */
	isForUs(number, other) {
		const address = addressOf(number);
		const talk = this.talks.get("@" + other.number);

		if (address !== null)
			return address === "one";
		return talk?.messages.at(-1)?.mine === true;
	}

	/* A line that nobody said. */
	note(talk, text, now) {
		talk.add(newMessage({ kind: "notice", text, time: now }));
		this.changed(talk.key);
	}

	add(talk, message, now) {
		message.talk = talk;
		talk.add(message);
		talk.touched = now;
		this.changed(talk.key);
		this.changed("talks");
		if (!message.mine)
			this.notice(talk, message);
	}

	/* 'message' of somebody else is new: it is seen, or counted. */
	notice(talk, message) {
		const isMention = mentions(message.text, this.name);

		if (talk === this.open && this.watched) {
			this.actions.push({ type: "read", talk, message });
			return;
		}
		talk.unread++;
		talk.divider ??= message.key;
		talk.mentioned ||= isMention;
		this.changed("talks");
		if (talk.kind === "direct" || isMention)
			this.actions.push({ type: "heard", talk, message });
	}

	/* ---- saying ---- */

	write(text) {
		if (this.isOnline)
			this.actions.push({ type: "write", text });
	}

	/* Says 'text' in 'talk'. Returns why not, or "". */
	say(talk, text, now) {
		const waiting = [...this.pending.values()]
			.filter((message) => message.state === WAITING).length;

		if (!this.isOnline && waiting >= WAITING_MAX)
			return "Too many messages wait for the connection.";
		if (talk.kind === "room" && !this.desk.rooms.has(talk.key) &&
		    !talk.wait)
			return "You are not in " + talk.title + ": join it first.";
		talk.divider = null;
		const message = newMessage({ author: this.name, mine: true,
			text: cleanText(text), time: now, state: WAITING,
			live: talk.kind === "room" });
		this.desk.refreshWho(talk, now);
		this.add(talk, message, now);
		this.sendFirst(message, now);
		return "";
	}

	sendFirst(message, now) {
		const talk = message.talk;

		this.sent.delete(message.number);
		message.number = this.newNumber(talk.kind === "all" ? "all" :
			"one");
		message.asked = undefined;
		message.isAgain = false;
		message.state = WAITING;
		message.reason = "";
		message.receipts = null;
		this.pending.set(message.number, message);
		this.sent.set(message.number, message);
		if (this.sent.size > SEEN_MAX)
			this.sent.delete(this.sent.keys().next().value);
		if (this.isOnline && talk.number === null &&
		    now >= this.returnEnd)
			this.settle(message.number, FAILED,
				talk.title + " is not here");
		else
			this.put(message, now);
	}

	/* What waits in 'talk' can be sent now. 'isKnown': what the room has
	 * of it has been settled. */
	sendWaiting(talk, now, isKnown = false) {
		if (!talk.isReady)
			return;
		for (const message of [...this.pending.values()])
			if (message.talk === talk && message.state === WAITING)
				this.sendAgain(message, isKnown, now);
	}

	/* After a new login: under the same number, so that it is not doubled
	 * if the server had it. */
	sendAgain(message, isKnown, now) {
		message.isAgain = message.asked !== undefined;
		const isOld = message.isAgain && now - message.asked > RESEND_MSEC;
		if (isOld && isKnown)
			this.sendFirst(message, now);
		else if (isOld)
			this.settle(message.number, UNSURE, "The connection " +
				"broke; nobody knows whether it arrived");
		else
			this.put(message, now);
	}

	/* Puts 'message' on the wire, if there is one. */
	put(message, now) {
		const talk = message.talk;

		if (!this.isOnline || !talk.isReady)
			return;
		message.state = SENDING;
		message.asked = now;
		this.write(encodeSend(message.number, talk.number,
			talk.kind === "room" ? escapeRoomText(message.text) :
			message.text));
		this.changed(talk.key);
	}

	/* The server has answered. */
	settle(number, state, reason) {
		const message = this.pending.get(number);

		if (!message)
			return;
		this.pending.delete(number);
		message.state = state;
		message.reason = reason;
		this.count(message);
		this.changed(message.talk.key);
	}

	/* For how many 'message' is, as far as that is known. */
	count(message) {
		const { talk } = message;

		message.audience = talk.members && talk.members.here.filter(
			(name) => name !== this.name);
		message.recipients = this.countRecipients(talk);
		message.counted = talk.membersAsked;
	}

	/* Members of a room have become known: they are those for whom messages
	 * are that were counted by an older list than they are themselves. */
	recount(talk) {
		for (const message of talk.messages.slice(-RECOUNTED_MAX))
			if (message.mine && message.state === SENT &&
			    (message.counted < message.asked ||
			    message.counted === talk.membersAsked))
				this.count(message);
	}

	/* The history has a message of ours, which may have been in doubt. */
	heardOurs(message) {
		if (![WAITING, SENDING, UNSURE].includes(message.state))
			return;
		this.pending.delete(message.number);
		message.state = SENT;
		message.reason = "";
		this.count(message);
	}

	/* Null if it is not known. */
	countRecipients(talk) {
		if (talk.kind === "direct")
			return 1;
		if (talk.kind === "all")
			return this.people.count("person");
		return talk.members && talk.members.here.filter((name) =>
			name !== this.name).length;
	}

	/* ---- looking ---- */

	show(talk, now) {
		if (talk === this.open)
			return this.watch(this.watched);
		this.open.divider = null;
		this.open = talk;
		this.changed("open");
		this.desk.refreshWho(talk, now);
		return this.watch(this.watched);
	}

	/* The open talk is being looked at, or not. */
	watch(isWatched) {
		const talk = this.open;

		this.watched = isWatched;
		if (!isWatched || (talk.unread === 0 && !talk.mentioned))
			return;
		talk.unread = 0;
		talk.mentioned = false;
		this.changed("talks");
	}

	/* The conversation is of no further interest. */
	close(talk, now) {
		if (talk.kind === "room" && talk.joined)
			this.desk.leave(talk);
		this.talks.close(talk.key);
		if (talk === this.open)
			this.show(this.talks.everyone, now);
		this.changed("talks");
	}
}
