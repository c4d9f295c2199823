/* Rooms: joining, leaving, history, and messages that come both ways. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoomText } from "../../../dataplane/page/rooms.mjs";
import { Fixture } from "./fixture.mjs";

const TEA = "ARRV 4/#tea/room s";
const BOB = "ARRV 2/bob/on s";
const SERVICE = "ARRV 9/rooms@s/creates and lists rooms: say /help";
const KEY = "#tea room s";

let numbers = 100;

/* The room says these texts, or user 'from' does. */
function says(f, ...texts) {
	for (const text of texts)
		f.chat.received("SEND " + ++numbers + "\r\n4\r\n" + text, f.now);
}

function answers(f, ...texts) {
	says(f, ...texts.map((text) => "#tea: " + text));
}

function past(f, id, author, text) {
	says(f, "[2026-01-01T00:00:" + String(id % 60).padStart(2, "0") +
		"Z #" + id + "] " + author + ": " + text);
}

/* Lines 'from' to 'to' of bob, and that they were that many. */
function pasts(f, from, to) {
	for (let id = from; id <= to; id++)
		past(f, id, "bob", "x" + id);
	answers(f, "history " + (to - from + 1) + " lines");
}

/* Answers OKAY to all that was written; returns it. */
function okay(f) {
	const wrote = f.wrote();

	for (const text of wrote)
		f.hear("OKAY " + text.split("/")[0].slice(5));
	return wrote.map((text) => text.split("/").slice(1).join("/"));
}

function join(f) {
	return f.chat.desk.join(f.chat.people.findRoom("#tea"), f.now);
}

/* In a room in which nothing has been said. */
function inTea() {
	const f = new Fixture();

	f.enter(BOB, TEA);
	join(f);
	answers(f, "joined; 2 of 2 members are here; say /help for more",
		"history 0 lines", "members here: ann, bob");
	okay(f);
	return [f, f.chat.talks.get(KEY)];
}

test("what rooms say is what it looks like", () => {
	const parse = (text) => parseRoomText("#t:%", text);

	assert.deepEqual(parse("b%3Ab%25: a: b"),
		{ kind: "said", author: "b:b%", text: "a: b" });
	assert.deepEqual(parse("#t%3A%25: error exists: so: it is"), {
		kind: "answer", word: "error", rest: "exists: so: it is",
		text: "error exists: so: it is" });
	assert.equal(parse("#t%3A%25: left; say /join").word, "left");
	assert.equal(parse("#t%3A%25: members away: a").word, "members away");
	assert.equal(parse("#t%3A%25: history 3 lines").rest, "3 lines");
	assert.deepEqual(parse("[2026-01-01T00:00:01Z #12] #t%3A%25: joined"), {
		kind: "past", time: Date.UTC(2026, 0, 1, 0, 0, 1), id: "12",
		author: "#t:%", text: "joined" });
	for (const text of ["", "nothing", "[2026-99-01T00:00:01Z #1] a: b",
		"[2026-01-01T00:00:01Z #12] nobody"])
		assert.notEqual(parse(text).kind, "past");
});

test("joining asks for the past and for members; leaving forgets", () => {
	const f = new Fixture();

	f.enter(BOB, TEA);
	const talk = join(f);
	assert.deepEqual(okay(f), ["4//join"]);
	assert.ok(!talk.joined, "OKAY is the word of our server alone");
	answers(f, "joined; 2 of 3 members are here");
	assert.ok(talk.joined);
	assert.deepEqual(f.did("keep").at(-1).rooms, [KEY]);
	assert.deepEqual(okay(f), ["4//history 50", "4//who"]);
	answers(f, "members here: ann, b%2Cob", "members here: and 7 more",
		"members away: cleo");
	assert.deepEqual(talk.members, { here: ["ann", "b,ob"],
		away: ["cleo"] });
	assert.deepEqual(f.texts(talk), []);
	assert.equal(f.chat.desk.leave(talk), "");
	assert.deepEqual(okay(f), ["4//leave"]);
	answers(f, "left; say /join to come back");
	assert.ok(!talk.joined);
	assert.deepEqual(f.did("keep").at(-1).rooms, []);
	assert.match(f.chat.say(talk, "hello?", f.now), /not in #tea/);
	assert.deepEqual(f.texts(talk), []);
});

test("rooms that one was in are joined again", () => {
	const f = new Fixture();

	f.chat.login("ann", "", "7", [KEY], f.now);
	f.chat.opened(f.now);
	f.hear("OKAY 7", BOB, TEA, "ARRV 5/#tea/room t");
	assert.deepEqual(okay(f).slice(1), ["4//join"]);
	answers(f, "error exists: you are a member already");
	assert.deepEqual(okay(f), ["4//history 50", "4//who"]);
	assert.ok(f.chat.talks.get(KEY).joined);
});

test("two rooms of one name are two conversations", () => {
	const f = new Fixture();

	f.enter(TEA, "ARRV 5/#tea/room t");
	assert.equal(f.chat.people.findRoom("#tea t").number, "5");
	assert.equal(f.chat.people.findRoom("#tea u"), undefined);
	says(f, "bob: one");
	f.chat.received("SEND 9\r\n5\r\nbob: two", f.now);
	assert.deepEqual(f.texts(f.chat.talks.get(KEY)), ["one"]);
	assert.deepEqual(f.texts(f.chat.talks.get("#tea room t")), ["two"]);
});

test("a membership that the server has kept is noticed", () => {
	const f = new Fixture();

	f.enter(BOB, TEA);
	says(f, "bob: hi");
	const talk = f.chat.talks.get(KEY);
	assert.ok(talk.joined);
	assert.deepEqual(okay(f), ["4//history 50", "4//who"]);
	assert.equal(talk.unread, 1);
	/* Nothing has an id: there may be much that was missed. */
	answers(f, "history 0 lines");
	f.reconnect(BOB, TEA);
	okay(f);
	answers(f, "joined; 1 of 1");
	assert.deepEqual(okay(f), ["4//history 500", "4//who"]);
});

test("a room that does not answer is asked again, then given up", () => {
	const f = new Fixture();

	f.enter(TEA);
	const talk = join(f);
	f.chat.say(talk, "hello", f.now);
	for (let at = 0; at < 3; at++) {
		assert.deepEqual(okay(f), ["4//join"]);
		f.pass(f.chat.deadline - f.now);
	}
	assert.deepEqual(okay(f), []);
	assert.equal(talk.messages.at(-1).kind, "notice");
	assert.equal(talk.wait, null);
	f.pass(1);
	assert.equal(talk.messages[0].state, "failed");
});

test("what members say, what we say, and what the room says", () => {
	const [f, talk] = inTea();

	says(f, "bob: hi", "nobody%3A we know: hi");
	answers(f, "error state: wait");
	assert.deepEqual(talk.messages.map(({ author, kind }) => [author, kind]),
		[["bob", "text"], ["nobody: we know", "text"], ["", "notice"]]);
	f.chat.say(talk, "/etc is a folder", f.now);
	assert.deepEqual(okay(f).at(-1), "4///etc is a folder");
	assert.equal(talk.messages[3].state, "sent");
	says(f, "ann: I bear the name, too");
	assert.equal(talk.messages[4].mine, false);
});

test("receipts count the members who are here", () => {
	const [f, talk] = inTea();

	f.now += 60000;
	const number = f.say(talk, "x");
	assert.deepEqual(okay(f), ["4//who", "4/x"]);
	f.hear("ACKN " + number + "/2");
	assert.equal(talk.messages[0].recipients, 1);
	answers(f, "members here: ann, bob, cleo", "members away: dan");
	assert.equal(talk.messages[0].recipients, 2);
	assert.deepEqual(talk.messages[0].audience, ["bob", "cleo"]);
	f.chat.show(talk, f.now);
	f.hear("LEFT 2");
	f.pass(f.chat.deadline - f.now);
	assert.deepEqual(okay(f), ["4//who"]);
	answers(f, "members here: ann, cleo");
	assert.deepEqual(talk.messages[0].audience, ["bob", "cleo"],
		"it was for those who were here then");
});

test("what was said meanwhile waits until what was missed is known", () => {
	const [f, talk] = inTea();

	past(f, 5, "bob", "before");
	f.now += 1000;
	const number = f.say(talk, "did it arrive?");
	f.say(talk, "did this?");
	f.wrote();
	f.chat.closed("lost", f.now);
	f.chat.say(talk, "later", f.now);
	f.reconnect(BOB, TEA);
	assert.deepEqual(okay(f).slice(1), ["4//join"]);
	answers(f, "joined; 1 of 1");
	assert.deepEqual(okay(f), ["4//history 200 after 5", "4//who"]);
	past(f, 6, "ann", "did it arrive?");
	past(f, 7, "bob", "missed");
	assert.deepEqual(okay(f), []);
	answers(f, "history 2 lines");
	assert.deepEqual(okay(f), ["4/did this?", "4/later"]);
	assert.deepEqual(f.texts(talk), ["before", "did it arrive?", "missed",
		"did this?", "later"]);
	assert.ok(talk.messages.slice(3).every(({ state }) => state === "sent"));
	assert.equal(talk.messages[1].state, "sent");
	f.hear("ACKN " + number + "/2");
	assert.equal(talk.messages[1].receipts.size, 1);
	assert.equal(talk.divider, talk.messages[2].key);
});

test("without an answer about the past what waits goes all the same", () => {
	const [f, talk] = inTea();

	past(f, 5, "bob", "before");
	f.chat.closed("lost", f.now);
	f.chat.say(talk, "later", f.now);
	f.reconnect(BOB, TEA);
	okay(f);
	answers(f, "joined; 1 of 1");
	okay(f);
	f.pass(8000);
	assert.deepEqual(okay(f), ["4/later"]);
});

test("history is merged by id, without doubles, in order", () => {
	const [f, talk] = inTea();

	says(f, "bob: live one");
	f.chat.say(talk, "mine", f.now);
	okay(f);
	for (const [id, author, text] of [[5, "bob", "old"], [6, "eve", "older"],
		[7, "bob", "live one"], [8, "ann", "mine"]])
		past(f, id, author, text);
	assert.deepEqual(talk.messages.map(({ id, text }) => [id, text]),
		[["5", "old"], ["6", "older"], ["7", "live one"], ["8", "mine"]]);
	past(f, 6, "eve", "older");
	assert.equal(talk.messages.length, 4);
});

test("the same words again and again are as many messages", () => {
	const [f, talk] = inTea();

	says(f, "bob: hi");
	const [live] = talk.messages;
	past(f, 5, "bob", "hi");
	past(f, 6, "bob", "there");
	past(f, 9, "bob", "hi");
	assert.deepEqual(talk.messages.map(({ id, text }) => [id, text]),
		[["5", "hi"], ["6", "there"], ["9", "hi"]]);
	assert.equal(talk.messages[2], live, "the newest is the one that came");
});

test("a gap is filled after a reconnect, however long it is", () => {
	const [f, talk] = inTea();

	past(f, 5, "bob", "before");
	f.reconnect(BOB, TEA);
	okay(f);
	answers(f, "joined; 1 of 1");
	/* The room tells the last ones by itself. */
	for (let id = 256; id <= 305; id++)
		past(f, id, "bob", "x" + id);
	assert.deepEqual(okay(f), ["4//history 200 after 5", "4//who"]);
	pasts(f, 6, 205);
	assert.deepEqual(okay(f), ["4//history 200 after 205"]);
	pasts(f, 206, 305);
	assert.deepEqual(okay(f), []);
	assert.deepEqual(talk.messages.map(({ id }) => id),
		Array.from({ length: 301 }, (_, at) => String(at + 5)));
	assert.equal(talk.unread, 300, "they were missed");
	assert.equal(talk.divider, talk.messages[1].key);
	assert.equal(talk.lastId, "305");
});

test("what came live before the gap has an id after it", () => {
	const [f, talk] = inTea();

	past(f, 5, "bob", "before");
	says(f, "bob: live");
	f.reconnect(BOB, TEA);
	okay(f);
	answers(f, "joined; 1 of 1");
	okay(f);
	past(f, 6, "bob", "live");
	past(f, 7, "bob", "missed");
	assert.deepEqual(talk.messages.map(({ id, text }) => [id, text]),
		[["5", "before"], ["6", "live"], ["7", "missed"]]);
	assert.equal(talk.unread, 2);
});

test("scrolling back asks for more until there is no more", () => {
	const f = new Fixture();

	f.enter(BOB, TEA);
	const talk = join(f);
	answers(f, "joined; 1 of 1");
	okay(f);
	const older = () => f.chat.desk.askOlder(talk, f.now);
	assert.ok(!older(), "one answer after the other");
	pasts(f, 951, 1000);
	assert.ok(older());
	assert.deepEqual(okay(f), ["4//history 200 after 751"]);
	/* Another room was talkative: nothing new so far back. */
	pasts(f, 951, 1000);
	assert.deepEqual(okay(f), ["4//history 200 after 551"]);
	/* More than fit into an answer. */
	pasts(f, 560, 759);
	assert.deepEqual(okay(f), ["4//history 200 after 759"]);
	pasts(f, 951, 1000);
	assert.deepEqual(okay(f), []);
	assert.ok(older());
	assert.deepEqual(okay(f), ["4//history 200 after 360"]);
	pasts(f, 560, 759);
	assert.deepEqual(okay(f), ["4//history 200 after 160"]);
	pasts(f, 560, 759);
	assert.deepEqual(okay(f), ["4//history 200 after 1"]);
	pasts(f, 560, 759);
	assert.ok(!older());
	assert.deepEqual(talk.messages.map(({ id }) => Number(id)), [
		...Array.from({ length: 200 }, (_, at) => at + 560),
		...Array.from({ length: 50 }, (_, at) => at + 951)]);
});

test("a room whose history is elsewhere is as good", () => {
	const f = new Fixture();

	f.enter("ARRV 4/#tea/via example.org");
	const talk = join(f);
	answers(f, "joined; 1 of 1");
	f.chat.say(talk, "hello", f.now);
	okay(f);
	answers(f, "error offline: what was said in this room is kept by its " +
		"own server");
	assert.deepEqual(okay(f), ["4/hello"]);
	assert.deepEqual(f.texts(talk), ["hello"]);
	assert.ok(!f.chat.desk.askOlder(talk, f.now));
});

test("not to be a member any more is repaired, and said", () => {
	const [f, talk] = inTea();

	f.now += 1000;
	f.chat.say(talk, "hello?", f.now);
	okay(f);
	answers(f, "error not-member: nobody has heard that; say /join to join");
	assert.equal(talk.messages[0].state, "unsure");
	assert.deepEqual(okay(f), ["4//join"]);
	answers(f, "joined; 1 of 1", "history 0 lines");
	assert.ok(talk.joined);
	past(f, 3, "ann", "hello?");
	assert.equal(talk.messages[0].state, "sent", "it was heard after all");
});

test("what somebody types to a room is answered to him", () => {
	const [f, talk] = inTea();

	assert.equal(f.chat.desk.type(talk, "/who", f.now), "");
	answers(f, "members here: ann");
	assert.equal(talk.messages[0].text, "members here: ann");
	assert.equal(f.chat.desk.type(talk, "/history 3", f.now), "");
	assert.match(f.chat.desk.type(talk, "/history", f.now), /already/);
	answers(f, "error state: wait for what you asked for before");
	assert.equal(talk.messages[1].text,
		"Wait for what you asked for before.");
	assert.match(f.chat.desk.type(f.chat.talks.everyone, "/who", f.now),
		/for rooms/);
});

test("a room that was asked for is shown when it is there", () => {
	const f = new Fixture();
	const service = (text) => f.chat.received("SEND " + ++numbers +
		"\r\n9\r\nrooms@s: " + text, f.now);

	f.enter(BOB, SERVICE, "ARRV 3/rooms@me/on s");
	assert.equal(f.chat.people.find("rooms@me").kind, "person");
	f.chat.desk.create("#tea", f.chat.people.find("rooms@s"), f.now);
	assert.deepEqual(okay(f), ["9//create tea"]);
	service("error full: no room can be created now; try again later");
	assert.equal(f.chat.open.messages[0].text,
		"No room can be created now; try again later.");
	f.hear(TEA);
	service("created #tea; say /join to it to join");
	assert.equal(f.chat.open.key, KEY);
	assert.deepEqual(f.texts(f.chat.open), []);
	assert.deepEqual(okay(f), ["4//join"]);
});

test("a conversation that was closed stays closed", () => {
	const [f, talk] = inTea();

	f.chat.close(talk, f.now);
	assert.deepEqual(okay(f), ["4//leave"]);
	says(f, "bob: too late");
	answers(f, "left; say /join to come back");
	assert.equal(f.chat.talks.get(KEY), undefined);
	says(f, "bob: for somebody who is back");
	assert.ok(f.chat.talks.get(KEY).joined);
});

test("a room that is gone says so", () => {
	const [f, talk] = inTea();

	f.chat.desk.type(talk, "/who", f.now);
	const [wrote] = f.wrote();
	f.hear("LEFT 4", "FAIL " + wrote.split("/")[0].slice(5) + "/NUMBER");
	assert.equal(talk.messages.at(-1).kind, "notice");
	assert.ok(!talk.joined);
	f.hear(TEA);
	assert.deepEqual(okay(f), ["4//join"]);
});
