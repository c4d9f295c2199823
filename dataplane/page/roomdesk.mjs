/*
 * Our part in rooms: joining and leaving them, what they say, their past. A
 * room is told what to do by texts, which our server answers OKAY like any
 * other; the room's own answers are texts, too. Beside chat.mjs, which sends
 * and hears.
 *
 * A live line has no id, those of the history have. After a connection was
 * lost what was said since the last id that we know is asked for; a line of
 * it that is here already, by author and text, is not shown again but gets its
 * id (Talk.addPast). So each line is shown once, save that of the same words,
 * said twice by one author, both may not be told apart: they are as many as
 * there were, but one may bear the time of the other. Messages of ours that
 * nobody knows the fate of wait until it is clear whether they are in there.
 */

import { historyCommand, parseError, parseMembers, parseRoomText, PAST_BYTES,
	PAST_FIRST, PAST_MOST, PAST_STEP, roomKey } from "./rooms.mjs";
import { SENT, UNSURE } from "./receipts.mjs";
import { MESSAGES_MAX, newMessage } from "./talks.mjs";
import { compareNumbers, encodeSend } from "./wire.mjs";

/* A room that was asked for turns up sooner. */
const CREATE_MSEC = 15000;

/* A room answers sooner, or never. Joining is tried so often. */
const ROOM_MSEC = 8000;
const JOIN_TRIES = 3;

/* Members are asked for again after this long if there is a reason, after
 * that long as somebody looks: nobody tells who joins. */
const WHO_MSEC = 3000;
const WHO_IDLE_MSEC = 30000;

/* A list of so many members more is asked for half as often. */
const WHO_COUNT = 50;

/* A room says once a minute to somebody that it doesn't hear him. */
const DEAF_MSEC = 60000;

/* What ends a question for the past, rather than something else. */
const PAST_ERRORS = new Set(["offline", "timeout", "full", "state", "io",
	"usage"]);

export class RoomDesk {
	constructor(chat) {
		this.chat = chat;
		this.rooms = new Set();   /* keys of those that we are in */
		this.leaving = new Set(); /* keys */
		this.orders = new Map();  /* number: { talk }, unanswered */
		this.waits = new Set();   /* talks whose answer is awaited */
		this.created = null;      /* { name, deadline } */
	}

	/* The connection is gone. */
	forget() {
		this.orders.clear();
		this.leaving.clear();
		for (const talk of this.waits)
			talk.wait = null;
		this.waits.clear();
		this.created = null;
	}

	/* 'room' has been announced. */
	arrived(room, now) {
		const wasWanted = this.created?.name === room.name &&
			now < this.created.deadline;

		if (wasWanted || this.rooms.has(roomKey(room)))
			this.join(room, now);
		if (!wasWanted)
			return;
		this.created = null;
		this.chat.show(this.chat.talks.with(room), now);
	}

	/* 'talk' is of a room that has gone. */
	left(talk) {
		talk.joined = false;
		talk.whoDue = Infinity;
		this.stop(talk);
	}

	/* ---- waiting for answers ---- */

	get deadline() {
		let first = this.chat.watched ? this.chat.open.whoDue : Infinity;

		for (const { wait } of this.waits)
			first = Math.min(first, wait.deadline);
		return first;
	}

	wait(talk, what, now, more = {}) {
		talk.wait = { what, deadline: now + ROOM_MSEC, ...more };
		this.waits.add(talk);
	}

	stop(talk) {
		talk.wait = null;
		this.waits.delete(talk);
	}

	tick(now) {
		for (const talk of [...this.waits])
			if (talk.wait.deadline <= now)
				this.overdue(talk, now);
		if (this.chat.watched && this.chat.open.whoDue <= now)
			this.askWho(this.chat.open, now);
	}

	overdue(talk, now) {
		const { what, tries } = talk.wait;

		this.stop(talk);
		if (what !== "join")
			this.caughtUp(talk, false, now);
		else if (tries < JOIN_TRIES)
			this.tryJoin(talk, tries + 1, now);
		else
			this.chat.note(talk, talk.title + " does not answer: " +
				"try to join it later.", now);
	}

	/* ---- telling rooms ---- */

	/* Tells a room or service what to do. False if it can't be told. */
	order(to, text, talk) {
		const number = this.chat.newNumber("one");

		if (!this.chat.isOnline || to === null)
			return false;
		this.orders.set(number, { talk });
		this.chat.write(encodeSend(number, to, text));
		return true;
	}

	/* It is on its way. */
	taken(number) {
		this.orders.delete(number);
	}

	refused(number, now) {
		const { talk } = this.orders.get(number);

		this.orders.delete(number);
		if (talk?.wait)
			this.stop(talk);
		this.chat.note(talk ?? this.chat.open, (talk?.title ?? "That") +
			" is not here any more.", now);
	}

	/* Tells what somebody typed. Returns why not, or "". */
	type(talk, text, now) {
		if (talk.kind !== "room")
			return text.split(" ")[0] + " is for rooms.";
		const isPast = text.startsWith("/history");
		if (isPast && talk.wait)
			return "What was said before is being asked for already.";
		if (!this.order(talk.number, text, talk))
			return "The room is not here now.";
		if (isPast)
			this.wait(talk, "typed", now);
		if (text === "/who")
			talk.whos.push({ asked: now, isTyped: true });
		return "";
	}

	keepRooms() {
		this.chat.actions.push({ type: "keep", rooms: [...this.rooms] });
		this.chat.changed("talks");
	}

	/* Joins 'room'; returns its talk. */
	join(room, now) {
		const talk = this.chat.talks.with(room);

		this.leaving.delete(talk.key);
		if (!talk.joined && talk.wait?.what !== "join")
			this.tryJoin(talk, 1, now);
		this.chat.changed("talks");
		return talk;
	}

	tryJoin(talk, tries, now) {
		if (this.order(talk.number, "/join", talk))
			this.wait(talk, "join", now, { tries });
		this.chat.changed(talk.key);
	}

	/* We are a member. */
	entered(talk, now) {
		this.stop(talk);
		talk.joined = true;
		this.rooms.add(talk.key);
		this.keepRooms();
		if (talk.lastId !== null)
			this.askGap(talk, talk.lastId, now);
		else
			this.askPast(talk, talk.messages.some(({ live }) => live) ?
				PAST_MOST : PAST_FIRST, now);
		this.askWho(talk, now);
		this.chat.changed(talk.key);
	}

	/* Returns why not, or "". */
	leave(talk) {
		if (!this.order(talk.number, "/leave", talk))
			return "There is no connection to the room now.";
		this.leaving.add(talk.key);
		return "";
	}

	exited(talk) {
		this.leaving.delete(talk.key);
		this.rooms.delete(talk.key);
		talk.members = null;
		this.left(talk);
		this.keepRooms();
		this.chat.changed(talk.key);
	}

	/* Asks 'service' for a room; it is shown as soon as it is announced. */
	create(name, service, now) {
		this.created = { name, deadline: now + CREATE_MSEC };
		return this.order(service.number, "/create " + name.slice(1),
			null);
	}

	/* ---- members ---- */

	askWho(talk, now) {
		talk.whoDue = talk.joined ? this.whoDue(talk, now, WHO_IDLE_MSEC) :
			Infinity;
		if (!talk.joined || !this.order(talk.number, "/who", talk))
			return;
		talk.whoAsked = now;
		talk.whos.push({ asked: now, isTyped: false });
	}

	/* 'msec' after 'time', or later if the list is long. */
	whoDue(talk, time, msec) {
		const count = talk.members?.here.length ?? 0;

		return time + msec * (1 + count / WHO_COUNT);
	}

	/* Who is there may have changed, and somebody wants to know. */
	refreshWho(talk, now) {
		const due = this.whoDue(talk, talk.whoAsked, WHO_MSEC);

		if (talk.joined && due <= now)
			this.askWho(talk, now);
		else if (talk.joined)
			talk.whoDue = due;
	}

	/* Somebody called 'name' has come or gone. */
	passed(name, now) {
		const { members } = this.chat.open;

		if (members?.here.includes(name) || members?.away.includes(name))
			this.refreshWho(this.chat.open, now);
	}

	/* A line of an answer to /who: those who are here come first. */
	hearMembers(talk, isHere, names, text, now) {
		if (isHere && talk.whos.length > 0) {
			talk.who = talk.whos.shift();
			talk.members = { here: [], away: [] };
			talk.membersAsked = talk.who.asked;
		}
		talk.members ??= { here: [], away: [] };
		const list = isHere ? talk.members.here : talk.members.away;
		list.push(...names.filter((name) => !list.includes(name)));
		if (talk.who?.isTyped)
			this.chat.note(talk, text, now);
		this.chat.recount(talk);
		this.chat.changed(talk.key);
	}

	/* ---- the past ---- */

	askPast(talk, count, now) {
		if (this.order(talk.number, historyCommand(count), talk))
			this.wait(talk, "past", now, { count, bytes: 0, fresh: 0 });
	}

	/* What was said while we were away, from line 'after' on. */
	askGap(talk, after, now) {
		talk.missedAfter ??= after;
		if (this.order(talk.number, historyCommand(PAST_STEP, after), talk))
			this.wait(talk, "gap", now, { count: PAST_STEP, bytes: 0,
				last: after });
	}

	/* Somebody scrolled to the top. Ids are those of all rooms of a server:
	 * the further they are apart, the further back we have to ask. */
	askOlder(talk, now) {
		const first = talk.firstId;

		if (talk.kind !== "room" || !talk.joined || talk.wait ||
		    talk.past.done)
			return false;
		if (first === null || talk.messages.length >= MESSAGES_MAX) {
			talk.past.done = true;
			return false;
		}
		const back = BigInt(first) - BigInt(talk.past.step);
		return this.askBack(talk, back > 1n ? String(back) : "1", first,
			now);
	}

	/* Lines from 'after' to 'upTo', which we have; 'begun' is { from, fresh }
	 * of the question that this one goes on with. */
	askBack(talk, after, upTo, now, begun = { from: after, fresh: 0 }) {
		if (!this.order(talk.number, historyCommand(PAST_STEP, after), talk))
			return false;
		this.wait(talk, "older", now, { count: PAST_STEP, bytes: 0,
			last: after, upTo, ...begun });
		return true;
	}

	/* An answer is complete. */
	hearEnd(talk, count, now) {
		const { wait } = talk;

		if (!wait || wait.what === "join")
			return;
		const isCut = count >= wait.count || wait.bytes > PAST_BYTES;
		this.stop(talk);
		if (wait.what === "gap" && isCut) {
			this.askGap(talk, wait.last, now);
		} else if (wait.what === "older") {
			this.hearOlderEnd(talk, wait, isCut, now);
		} else {
			/* Whoever has less than he asked for has it all. */
			if (wait.what === "past" && !isCut)
				talk.past.done = true;
			this.caughtUp(talk, true, now);
		}
	}

	hearOlderEnd(talk, wait, isCut, now) {
		if (isCut && compareNumbers(wait.last, wait.upTo) < 0) {
			this.askBack(talk, wait.last, wait.upTo, now,
				{ from: wait.from, fresh: wait.fresh });
			return;
		}
		talk.past.done = wait.from === "1";
		talk.past.step = wait.fresh > 0 ? PAST_STEP : talk.past.step * 2;
		if (wait.fresh === 0)
			this.askOlder(talk, now);
	}

	/* What can be known of the past is known: what has waited may go. */
	caughtUp(talk, isKnown, now) {
		const after = talk.missedAfter;

		talk.missedAfter = null;
		if (after && talk.divider)
			talk.divider = talk.messages.find(({ id, mine }) => !mine &&
				id !== null && compareNumbers(id, after) > 0)?.key ??
				talk.divider;
		this.chat.sendWaiting(talk, now, isKnown);
		this.chat.changed(talk.key);
	}

	/* ---- hearing rooms ---- */

	hear(room, number, text, now) {
		const said = parseRoomText(room.name, text);
		const talk = said.kind === "said" && !this.leaving.has(roomKey(room)) ?
			this.chat.talks.with(room) :
			this.chat.talks.get(roomKey(room));

		/* Words for somebody who has closed the conversation. */
		if (!talk)
			this.hearUnseen(room, said);
		else if (said.kind === "past")
			this.hearPast(talk, said, text.length);
		else if (said.kind === "said")
			this.hearSaid(talk, number, said, now);
		else if (said.kind === "answer")
			this.hearAnswer(talk, said, now);
		else
			this.chat.note(talk, text, now);
	}

	hearUnseen(room, { kind, word }) {
		if (kind === "answer" && ["left", "error"].includes(word))
			this.leaving.delete(roomKey(room));
	}

	hearPast(talk, past, length) {
		const isMine = past.author === this.chat.name;
		const taken = talk.addPast(past, isMine);
		const isMissed = talk.missedAfter !== null &&
			compareNumbers(past.id, talk.missedAfter) > 0;

		if (talk.wait?.bytes !== undefined) {
			talk.wait.bytes += length;
			talk.wait.last = past.id;
		}
		if (taken?.isNew && talk.wait?.what === "older")
			talk.wait.fresh++;
		if (taken?.isNew && isMissed && !isMine)
			this.chat.notice(talk, taken.message);
		if (taken && isMine)
			this.chat.heardOurs(taken.message);
		this.chat.changed(talk.key);
	}

	/* Who bears our name is somebody else: rooms don't tell us what we say. */
	hearSaid(talk, number, { author, text }, now) {
		/* A membership that the server has kept for us. */
		if (!talk.joined && talk.wait === null &&
		    !this.leaving.has(talk.key))
			this.entered(talk, now);
		this.chat.add(talk, newMessage({ author, text, number, time: now,
			live: true }), now);
		if (talk.members && !talk.members.here.includes(author))
			this.refreshWho(talk, now);
	}

	hearAnswer(talk, { word, rest, text }, now) {
		const answer = this.answers[word];

		if (answer)
			answer.call(this, talk, rest, now, text);
		else
			this.chat.note(talk, word === "help" ? rest : text, now);
	}

	answers = {
		joined(talk, rest, now) {
			this.entered(talk, now);
		},
		left(talk) {
			this.exited(talk);
		},
		"members here"(talk, rest, now, text) {
			this.hearMembers(talk, true, parseMembers(rest), text, now);
		},
		"members away"(talk, rest, now, text) {
			this.hearMembers(talk, false, parseMembers(rest), text, now);
		},
		history(talk, rest, now, text) {
			if (talk.wait?.what === "typed")
				this.chat.note(talk, text, now);
			this.hearEnd(talk, parseInt(rest, 10) || 0, now);
		},
		error(talk, rest, now) {
			this.hearError(talk, parseError(rest), now);
		},
	};

	hearError(talk, { code, why }, now) {
		const what = talk.wait?.what;

		if (code === "not-member") {
			this.outside(talk, why, now);
		} else if (code === "exists" && what === "join") {
			this.entered(talk, now);
		} else if (what === "join") {
			this.stop(talk);
			this.chat.note(talk, why, now);
		} else if (what && PAST_ERRORS.has(code)) {
			this.stop(talk);
			talk.past.done = code === "offline";
			if (what === "typed")
				this.chat.note(talk, why, now);
			this.caughtUp(talk, false, now);
		} else {
			this.chat.note(talk, why, now);
		}
	}

	/* The room does not know us, though we thought so: our server was out of
	 * its sight for a moment. */
	outside(talk, why, now) {
		const isNews = talk.joined;

		if (this.leaving.has(talk.key) || !this.rooms.has(talk.key)) {
			this.exited(talk);
			if (!isNews)
				this.chat.note(talk, why, now);
			return;
		}
		if (!isNews)
			return;
		for (const message of talk.messages)
			if (message.mine && message.state === SENT &&
			    message.id === null && !message.receipts &&
			    now - message.asked < DEAF_MSEC) {
				message.state = UNSURE;
				message.reason = "You were not in the room any more";
			}
		this.left(talk);
		this.tryJoin(talk, 1, now);
	}
}
