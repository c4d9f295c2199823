/* The chat without a browser: logging in, saying, hearing, reconnecting. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { numberOf } from "../../../dataplane/page/wire.mjs";
import { MESSAGES_MAX, TALKS_MAX } from "../../../dataplane/page/talks.mjs";
import { Fixture } from "./fixture.mjs";

const BOB = "ARRV 2/bob/on s";
const TO_ALL = numberOf([9, 9], "all");
const TO_ONE = numberOf([9, 9], "one");

function stateOf(talk) {
	return talk.messages.at(-1).state;
}

test("logging in: AUTH, OKAY, the list", () => {
	const f = new Fixture();

	f.chat.login("ann", "sesame", null, [], f.now);
	assert.equal(f.did("dial").length, 1);
	f.chat.opened(f.now);
	const number = f.chat.session.number;
	assert.deepEqual(f.wrote(), ["AUTH " + number + "/ann/sesame"]);
	f.hear("OKAY " + number, BOB);
	assert.ok(f.chat.isOnline);
	assert.equal(f.did("online").length, 1);
	assert.equal(f.chat.people.find("bob").number, "2");
});

test("a wrong password and a name in use end the attempt", () => {
	for (const reason of ["PASSWORD", "NAME"]) {
		const f = new Fixture();
		f.chat.login("ann", "no", null, [], f.now);
		f.chat.opened(f.now);
		f.hear("FAIL " + f.chat.session.number + "/" + reason);
		assert.equal(f.did("refused")[0].reason, reason);
		assert.equal(f.did("hangup").length, 1);
		f.pass(60000);
		assert.equal(f.wrote().length, 1);
	}
});

test("a fresh number that is taken is exchanged", () => {
	const f = new Fixture();

	f.chat.login("ann", "x", null, [], f.now);
	f.chat.opened(f.now);
	const first = f.chat.session.number;
	f.hear("FAIL " + first + "/NUMBER");
	assert.notEqual(f.chat.session.number, first);
	assert.equal(f.wrote().length, 2);
});

test("our own dead connection is waited for, then given up", () => {
	const f = new Fixture();
	let tries = 0;

	f.chat.login("ann", "x", "7", [], f.now);
	f.chat.opened(f.now);
	for (; f.chat.session.number === "7"; tries++) {
		assert.ok(tries < 20);
		f.hear("FAIL 7/NUMBER");
		f.pass(600);
	}
	assert.ok(tries * 600 > 3000, "longer than a server needs to see it");
	f.hear("FAIL " + f.chat.session.number + "/NAME");
	assert.equal(f.did("refused").length, 1);
});

test("a server that does not answer is left, with back-off", () => {
	const f = new Fixture();
	let last = 0;

	f.chat.login("ann", "x", null, [], f.now);
	f.pass(13000);
	assert.equal(f.did("hangup").length, 1);
	for (let at = 0; at < 12; at++) {
		const rest = f.chat.session.deadline - f.now;
		assert.ok(rest >= last && rest <= 30000);
		last = rest;
		f.pass(rest);
		assert.equal(f.chat.session.state, "dialling");
		f.chat.closed("refused", f.now);
	}
	assert.ok(last > 20000);
	f.chat.retry(f.now);
	assert.equal(f.chat.session.state, "dialling");
});

test("a message is sent, taken, delivered", () => {
	const f = new Fixture();

	f.enter(BOB, "ARRV 3/cleo/on t", "ARRV 4/#tea/room s");
	const all = f.chat.talks.everyone;
	const number = f.say(all, "hi");
	assert.deepEqual(f.wrote(), ["SEND " + number + "/*/hi"]);
	assert.equal(stateOf(all), "sending");
	f.hear("OKAY " + number);
	assert.equal(stateOf(all), "sent");
	assert.equal(all.messages[0].recipients, 2, "rooms do not count");
	f.hear("ACKN " + number + "/2", "ACKN " + number + "/2",
		"ACKN " + number + "/99");
	assert.deepEqual([...all.messages[0].receipts.values()],
		["bob", "somebody who left"]);
});

test("what fails says why, and can be sent again", () => {
	const f = new Fixture();

	f.enter(BOB);
	const talk = f.chat.talks.with(f.chat.people.find("bob"));
	let number = f.say(talk, "x");
	f.hear("FAIL " + number + "/LENGTH");
	assert.match(talk.messages[0].reason, /[Tt]oo long/);
	number = f.say(talk, "y");
	f.hear("LEFT 2", "FAIL " + number + "/NUMBER");
	assert.match(talk.messages[1].reason, /bob is not here/);
	f.wrote();
	assert.equal(f.say(talk, "z") === undefined, false);
	assert.equal(stateOf(talk), "failed");
	assert.deepEqual(f.wrote(), []);
	f.hear("ARRV 22/bob/on s");
	assert.equal(f.chat.talks.get("@22"), talk, "people go by name");
	f.chat.sendFirst(talk.messages[1], f.now);
	assert.notEqual(talk.messages[1].number, number);
	assert.deepEqual(f.wrote(), ["SEND " + talk.messages[1].number +
		"/22/y"]);
});

test("a SEND goes where its number says, acknowledged, shown once", () => {
	const f = new Fixture();

	f.enter(BOB);
	f.hear("SEND " + TO_ALL + "/2/to all", "SEND " + TO_ONE + "/2/to one",
		"SEND 5/2/unsaid", "SEND 5/2/unsaid", "SEND 6/77/stranger");
	assert.deepEqual(f.did("write").map(({ text }) => text),
		[TO_ALL, TO_ONE, "5", "5", "6"].map((n) => "ACKN " + n));
	assert.deepEqual(f.texts(f.chat.talks.everyone),
		["to all", "unsaid", "stranger"]);
	assert.deepEqual(f.texts(f.chat.talks.get("@2")), ["to one"]);
	f.say(f.chat.talks.get("@2"), "what?");
	f.hear("SEND 8/2/an answer");
	assert.deepEqual(f.texts(f.chat.talks.get("@2")),
		["to one", "what?", "an answer"]);
});

test("unread messages are counted until they are looked at", () => {
	const f = new Fixture();

	f.enter(BOB);
	f.hear("SEND " + TO_ONE + "/2/hey");
	const talk = f.chat.talks.get("@2");
	assert.equal(talk.unread, 1);
	assert.equal(f.did("heard").length, 1);
	f.chat.watch(false);
	f.hear("SEND " + TO_ALL + "/2/hey all", "SEND 9/2/hey @ann");
	assert.equal(f.chat.talks.unread, 3);
	assert.equal(f.did("heard").length, 1, "only the mention");
	assert.ok(f.chat.talks.everyone.mentioned);
	assert.equal(f.chat.talks.everyone.divider,
		f.chat.talks.everyone.messages[0].key);
	f.chat.watch(true);
	f.chat.show(talk);
	assert.equal(f.chat.talks.unread, 0);
	assert.equal(talk.divider, talk.messages[0].key);
	f.chat.show(f.chat.talks.everyone);
	assert.equal(talk.divider, null);
});

test("a message that was not answered is neither lost nor doubled", () => {
	const f = new Fixture();

	f.enter(BOB);
	const talk = f.chat.talks.with(f.chat.people.find("bob"));
	const had = f.say(talk, "the server had it");
	const not = f.say(talk, "it had not");
	f.wrote();
	f.chat.closed("lost", f.now);
	assert.equal(stateOf(talk), "waiting");
	f.chat.say(talk, "typed meanwhile", f.now);
	const later = talk.messages[2].number;
	f.pass(30000);
	f.chat.opened(f.now);
	f.hear("OKAY 7");
	assert.deepEqual(f.wrote(), ["AUTH 7/ann/sesame"]);
	f.hear(BOB);
	assert.deepEqual(f.wrote(), ["SEND " + had + "/2/the server had it",
		"SEND " + not + "/2/it had not",
		"SEND " + later + "/2/typed meanwhile"]);
	f.hear("FAIL " + had + "/NUMBER", "OKAY " + not, "OKAY " + later);
	assert.deepEqual(talk.messages.map(({ state }) => state),
		["sent", "sent", "sent"]);
	f.reconnect(BOB);
	assert.deepEqual(f.wrote(), ["AUTH 7/ann/sesame"]);
});

test("after a reconnect somebody is waited for, but not for ever", () => {
	const f = new Fixture();

	f.enter(BOB);
	const talk = f.chat.talks.with(f.chat.people.find("bob"));
	f.say(talk, "are you there?");
	f.reconnect();
	assert.equal(stateOf(talk), "waiting");
	assert.equal(talk.number, null);
	f.say(talk, "hello?");
	assert.equal(stateOf(talk), "waiting");
	assert.ok(f.chat.deadline <= f.now + 15000);
	f.pass(15000);
	assert.deepEqual(talk.messages.map(({ state }) => state),
		["failed", "failed"]);
	f.say(talk, "no");
	assert.equal(stateOf(talk), "failed");
});

test("after four minutes nobody knows", () => {
	const f = new Fixture();

	f.enter(BOB);
	f.say(f.chat.talks.everyone, "x");
	f.chat.closed("lost", f.now);
	f.now += 241000;
	f.chat.retry(f.now);
	f.chat.opened(f.now);
	f.wrote();
	f.hear("OKAY 7", BOB);
	assert.equal(stateOf(f.chat.talks.everyone), "unsure");
	assert.deepEqual(f.wrote(), []);
});

test("a connection that answers nothing is dead", () => {
	const f = new Fixture();

	f.enter(BOB);
	f.say(f.chat.talks.everyone, "x");
	assert.ok(f.chat.deadline <= f.now + 10000);
	f.pass(10000);
	assert.equal(f.did("hangup").length, 1);
	assert.equal(f.chat.session.state, "resting");
	assert.equal(stateOf(f.chat.talks.everyone), "waiting");
});

test("what waits for a connection is bounded", () => {
	const f = new Fixture();
	let why = "";
	let count = 0;

	f.enter();
	f.chat.closed("lost", f.now);
	for (; why === "" && count < 1000; count++)
		why = f.chat.say(f.chat.talks.everyone, "x", f.now);
	assert.equal(count, 201);
	assert.notEqual(why, "");
});

test("of a conversation the latest are kept", () => {
	const f = new Fixture();

	f.enter(BOB);
	for (let at = 0; at < MESSAGES_MAX + 10; at++)
		f.hear("SEND " + (at + 1) + "/2/x" + at);
	const { messages } = f.chat.talks.everyone;
	assert.equal(messages.length, MESSAGES_MAX);
	assert.equal(messages[0].text, "x10");
});

test("of conversations those that were used last are kept", () => {
	const f = new Fixture();

	f.enter();
	for (let at = 0; at < TALKS_MAX + 5; at++) {
		f.now += 1000;
		f.hear("ARRV 1" + (1000 + at) + "/u" + at + "/on s",
			"SEND " + TO_ONE + "/1" + (1000 + at) + "/hi");
	}
	assert.equal(f.chat.talks.byKey.size, TALKS_MAX + 1);
	assert.equal(f.chat.talks.get("@11004"), undefined);
	assert.ok(f.chat.talks.get("@11005"));
});

test("nonsense of a server changes nothing", () => {
	const f = new Fixture();

	f.enter(BOB);
	for (const text of ["", "OKAY 5", "FAIL 5\r\nNUMBER", "ACKN 5\r\n2",
		"LEFT 99", "constructor 1", "SEND 1", "INVD 0"])
		f.chat.received(text, f.now);
	assert.ok(f.chat.isOnline);
	assert.equal(f.chat.people.count("person"), 1);
});
