/* Rooms: joining, leaving, history, and messages that come both ways. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Fixture } from "./fixture.mjs";

const TEA = "ARRV 4/#tea/room s";
const BOB = "ARRV 2/bob/on s";

let numbers = 100;

/* The room says 'text'. */
function says(f, text) {
	f.chat.received("SEND " + ++numbers + "\r\n4\r\n" + text, f.now);
}

function past(f, id, author, text) {
	says(f, "[2026-01-01T00:00:" + String(id % 60).padStart(2, "0") +
		"Z #" + id + "] " + author + ": " + text);
}

/* Answers OKAY to all that was written; returns it. */
function okay(f) {
	const wrote = f.wrote();

	for (const text of wrote)
		f.hear("OKAY " + text.split("/")[0].slice(5));
	return wrote.map((text) => text.split("/").slice(1).join("/"));
}

function inTea() {
	const f = new Fixture();

	f.enter(BOB, TEA);
	f.chat.desk.join("#tea");
	okay(f);
	okay(f);
	return [f, f.chat.talks.get("#tea")];
}

test("joining asks for the past and for members; leaving forgets", () => {
	const f = new Fixture();

	f.enter(BOB, TEA);
	const talk = f.chat.desk.join("#tea");
	assert.deepEqual(okay(f), ["4//join"]);
	assert.ok(talk.joined);
	assert.deepEqual(f.did("keep").at(-1).rooms, ["#tea"]);
	assert.deepEqual(okay(f), ["4//history 50", "4//who"]);
	says(f, "members: ann, bob");
	assert.deepEqual(talk.members, ["ann", "bob"]);
	assert.deepEqual(f.texts(talk), []);
	f.chat.desk.leave(talk);
	assert.deepEqual(okay(f), ["4//leave"]);
	assert.ok(!talk.joined);
	assert.deepEqual(f.did("keep").at(-1).rooms, []);
	assert.equal(f.chat.desk.join("#none"), null);
});

test("rooms that one was in are joined again", () => {
	const f = new Fixture();

	f.chat.login("ann", "", "7", ["#tea"], f.now);
	f.chat.opened(f.now);
	f.hear("OKAY 7", BOB, TEA);
	assert.deepEqual(okay(f).slice(1), ["4//join"]);
});

test("what members say, what we say, and what the room says", () => {
	const [f, talk] = inTea();

	says(f, "bob: hi");
	says(f, "To join, send /join: it is easy");
	assert.deepEqual(talk.messages.map(({ author, kind }) => [author, kind]),
		[["bob", "text"], ["", "notice"]]);
	f.chat.say(talk, "/etc is a folder", f.now);
	assert.deepEqual(okay(f), ["4///etc is a folder"]);
	says(f, "ann: /etc is a folder");
	assert.equal(talk.messages.length, 3, "an echo is not doubled");
	assert.equal(talk.messages[2].mine, true);
	assert.equal(talk.messages[2].state, "sent");
});

test("what was said meanwhile waits until the room is joined", () => {
	const [f, talk] = inTea();

	f.chat.closed("lost", f.now);
	f.chat.say(talk, "later", f.now);
	f.reconnect(BOB, TEA);
	assert.deepEqual(okay(f).slice(1), ["4//join"]);
	assert.equal(okay(f)[0], "4/later");
	assert.equal(talk.messages.at(-1).state, "sent");
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
	assert.deepEqual(okay(f).slice(1), ["4//join"]);
	assert.deepEqual(okay(f), ["4//history 200 after 5", "4//who"]);
	for (let id = 6; id <= 205; id++)
		past(f, id, "bob", "x" + id);
	assert.deepEqual(okay(f), ["4//history 200 after 205"]);
	past(f, 206, "bob", "last");
	assert.deepEqual(okay(f), []);
	assert.equal(talk.messages.length, 202);
	assert.equal(talk.unread, 201, "they were missed");
	assert.equal(talk.divider, talk.messages[1].key);
	assert.equal(talk.lastId, "206");
});

test("what came live before the gap has an id after it", () => {
	const [f, talk] = inTea();

	past(f, 5, "bob", "before");
	says(f, "bob: live");
	f.reconnect(BOB, TEA);
	okay(f);
	okay(f);
	past(f, 6, "bob", "live");
	past(f, 7, "bob", "missed");
	assert.deepEqual(talk.messages.map(({ id, text }) => [id, text]),
		[["5", "before"], ["6", "live"], ["7", "missed"]]);
});

test("scrolling back asks for more until there is no more", () => {
	const [f, talk] = inTea();

	for (let id = 51; id <= 100; id++)
		past(f, id, "bob", "x" + id);
	assert.ok(f.chat.desk.askOlder(talk));
	assert.deepEqual(okay(f), ["4//history 100"]);
	for (let id = 1; id <= 100; id++)
		past(f, id, "bob", "x" + id);
	assert.deepEqual(f.texts(talk), Array.from({ length: 100 },
		(_, at) => "x" + (at + 1)));
	assert.ok(f.chat.desk.askOlder(talk));
	okay(f);
	assert.ok(!f.chat.desk.askOlder(talk));
	assert.deepEqual(okay(f), []);
});

test("a room that was asked for is shown when it is there", () => {
	const f = new Fixture();

	f.enter(BOB, "ARRV 9/rooms@s/service s");
	f.chat.desk.create("#new", f.chat.people.find("rooms@s"), f.now);
	assert.deepEqual(okay(f), ["9//create new"]);
	f.hear("ARRV 12/#new/room s");
	assert.equal(f.chat.open.key, "#new");
	assert.deepEqual(okay(f), ["12//join"]);
	f.chat.received("SEND 77\r\n9\r\n#new: is there", f.now);
	assert.equal(f.chat.open.messages.at(-1).kind, "notice");
});

test("a room that is gone says so", () => {
	const [f, talk] = inTea();

	f.chat.desk.order(talk.number, "/who", { type: "typed", talk });
	const [wrote] = f.wrote();
	f.hear("LEFT 4", "FAIL " + wrote.split("/")[0].slice(5) + "/NUMBER");
	assert.equal(talk.messages.at(-1).kind, "notice");
	assert.ok(!talk.joined);
});
