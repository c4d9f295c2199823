/*
 * Our part in rooms: joining and leaving them, what they say, their past. A
 * room is told what to do by texts, which it answers OKAY like any other; its
 * answers come as messages of its own. Beside chat.mjs, which sends and hears.
 */

import { historyCommand, parseMembers, parseRoomText, PAST_GAP, PAST_MAX,
	PAST_STEP } from "./rooms.mjs";
import { newMessage } from "./talks.mjs";
import { compareNumbers, encodeSend } from "./wire.mjs";

/* A room that was asked for turns up sooner. */
const CREATE_MSEC = 15000;

export class RoomDesk {
	constructor(chat) {
		this.chat = chat;
		this.rooms = new Set();  /* names of those that we are in */
		this.orders = new Map(); /* number: { type, talk }, unanswered */
		this.created = null;     /* { name, deadline } */
	}

	/* The connection is gone. */
	forget() {
		this.orders.clear();
		this.created = null;
	}

	/* 'room' has been announced. */
	arrived(room, now) {
		const wasWanted = this.created?.name === room.name &&
			now < this.created.deadline;

		if (wasWanted || this.rooms.has(room.name))
			this.join(room.name);
		if (!wasWanted)
			return;
		this.created = null;
		this.chat.show(this.chat.talks.with(room));
	}

	/* ---- telling rooms ---- */

	/* Tells a room or service what to do; OKAY is followed by obeyed(). */
	order(to, text, what) {
		const number = this.chat.newNumber("one");

		if (!this.chat.isOnline || to === null)
			return false;
		this.orders.set(number, what);
		this.chat.write(encodeSend(number, to, text));
		return true;
	}

	obeyed(number, now) {
		const { talk, type } = this.orders.get(number);

		this.orders.delete(number);
		if (type === "join")
			this.joined(talk, now);
		if (type === "leave") {
			talk.joined = false;
			this.rooms.delete(talk.key);
			this.keepRooms();
			this.chat.changed(talk.key);
		}
	}

	disobeyed(number, now) {
		const { talk } = this.orders.get(number);

		this.orders.delete(number);
		this.chat.note(talk ?? this.chat.open, (talk?.title ?? "That") +
			" is not here any more.", now);
	}

	keepRooms() {
		this.chat.actions.push({ type: "keep", rooms: [...this.rooms] });
		this.chat.changed("talks");
	}

	/* Joins '#name', which somebody has announced. */
	join(name) {
		const room = this.chat.people.find(name);

		if (room?.kind !== "room")
			return null;
		const talk = this.chat.talks.with(room);
		this.order(room.number, "/join", { type: "join", talk });
		this.chat.changed("talks");
		return talk;
	}

	joined(talk, now) {
		talk.joined = true;
		this.chat.sendWaiting(talk, now);
		this.rooms.add(talk.key);
		this.keepRooms();
		if (talk.lastId !== null)
			this.askGap(talk);
		else
			this.askPast(talk, PAST_STEP);
		talk.asked++;
		this.order(talk.number, "/who", { type: "who", talk });
		this.chat.changed(talk.key);
	}

	leave(talk) {
		this.order(talk.number, "/leave", { type: "leave", talk });
	}

	/* What was said while we were away. */
	askGap(talk) {
		talk.gap = { after: talk.lastId, left: PAST_GAP };
		this.order(talk.number, historyCommand(PAST_GAP, talk.lastId),
			{ type: "history", talk });
	}

	askPast(talk, count) {
		talk.past = { asked: true, fresh: 0, done: count >= PAST_MAX };
		this.order(talk.number, historyCommand(count), { type: "history",
			talk });
	}

	/* Somebody scrolled to the top. An answer has no end, so that nothing
	 * new since the last question means that there was nothing. */
	askOlder(talk) {
		if (talk.kind !== "room" || !talk.joined || talk.past.done)
			return false;
		if (talk.past.asked && talk.past.fresh === 0) {
			talk.past.done = true;
			return false;
		}
		this.askPast(talk, Math.min(PAST_MAX, talk.ids.size + PAST_STEP));
		return true;
	}

	/* Asks 'service' for a room; it is shown as soon as it is announced. */
	create(name, service, now) {
		this.created = { name, deadline: now + CREATE_MSEC };
		return this.order(service.number, "/create " + name.slice(1),
			{ type: "create", talk: null });
	}

	/* ---- hearing rooms ---- */

	hear(talk, number, text, now) {
		const said = parseRoomText(text);

		if (said.kind === "past") {
			this.hearPast(talk, said);
		} else if (said.kind === "said" && (said.author === this.chat.name ||
		    this.chat.people.find(said.author))) {
			this.hearSaid(talk, number, said, now);
		} else {
			this.hearNotice(talk, text, now);
		}
	}

	hearPast(talk, past) {
		const isMine = past.author === this.chat.name;
		const message = talk.addPast(past, isMine);
		const isMissed = talk.gap.left > 0 &&
			compareNumbers(past.id, talk.gap.after) > 0;

		if (message)
			talk.past.fresh++;
		if (message && isMissed && !isMine)
			this.chat.notice(talk, message);
		/* A full answer: there may be more behind it. */
		if (isMissed && --talk.gap.left === 0)
			this.askGap(talk);
		this.chat.changed(talk.key);
	}

	hearSaid(talk, number, { author, text }, now) {
		const isMine = author === this.chat.name;
		const echo = isMine && talk.messages.findLast((message) =>
			message.live && message.mine && !message.isEchoed &&
			message.text === text);

		if (echo)
			echo.isEchoed = true;
		else
			this.chat.add(talk, newMessage({ author, text, number,
				time: now, mine: isMine, live: true,
				isEchoed: isMine }), now);
	}

	hearNotice(talk, text, now) {
		const members = parseMembers(text);

		if (members)
			talk.members = members;
		if (members && talk.asked > 0) {
			talk.asked--;
			this.chat.changed(talk.key);
		} else {
			this.chat.note(talk, text, now);
		}
	}
}
