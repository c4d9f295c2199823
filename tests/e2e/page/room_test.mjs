/* Rooms on three linked servers: joining, leaving, creating by click and by
 * command; who is there; receipts; the past, and what was missed. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const shared = stage(["alpha", "beta", "gamma"].map((name) => ({ name,
	control: ["--rooms-service", "on"] })),
	async ({ servers: [alpha, beta, gamma] }) => {
		await alpha.connect(beta);
		await beta.connect(gamma);
	});

let ann;
let bob;
let cleo;
let count = 0;
let tea; /* a room of beta, new for each test */

beforeEach(async () => {
	tea = "#tea " + ++count;
	shared.servers[1].dnctl("room", "create", tea);
	[ann, bob, cleo] = await Promise.all(["ann", "bob", "cleo"].map(
		(name, at) => Person.enter(shared.browser, shared.servers[at], name,
			{ password: "secret of " + name })));
	await Promise.all([ann, bob, cleo].map((one) => one.page.locator(
		"#talk-about", { hasText: "3 people" }).waitFor()));
});
afterEach(async () => {
	try {
		for (const one of [ann, bob, cleo])
			assert.deepEqual(one.complaints, []);
		await Person.closeAll();
		await until(() => shared.servers.every((server) => server
			.dnctl("show", "users").every(({ name }) =>
				name.startsWith("#") || name.startsWith("rooms@"))),
		"everybody to leave");
	} finally {
		await Person.closeAll();
	}
});

function members(person, about) {
	return person.page.locator("#talk-members", { hasText: about }).waitFor();
}

function names(person, id) {
	return person.page.locator("#" + id + " li").allTextContents();
}

test("joining by click and command, talking, receipts, leaving", async () => {
	await ann.join(tea);
	await bob.say("/join " + tea);
	await bob.page.locator("#talk-join", { hasText: "Leave" }).waitFor();
	await members(bob, "2 members here");
	await cleo.join(tea);
	await members(cleo, "3 members here");
	await ann.say("milk?");
	await Promise.all([bob, cleo].map((one) => one.sees("milk?")));
	assert.equal(await bob.page.locator(".author").last().textContent(),
		"ann");
	await ann.mark("delivered to 2 of 2");
	await ann.page.locator("button.mark").last().click();
	assert.deepEqual(await names(ann, "receipts-names"), ["bob", "cleo"]);
	await ann.page.locator("#receipts-dialog button").click();
	await ann.say("//slash");
	await bob.sees("/slash");
	await cleo.say("/who");
	await cleo.sees("members here: ann, bob, cleo");
	await ann.say("/nonsense");
	await ann.page.locator("#composer-hint.problem", { hasText: "no command" })
		.waitFor();
	await bob.page.click("#talk-join");
	await bob.page.locator("#talk-join", { hasText: "Join" }).waitFor();
	await bob.say("still there?");
	await bob.page.locator("#composer-hint.problem", { hasText: "join it" })
		.waitFor();
	assert.deepEqual(shared.servers[1].dnctl("room", "members", tea)
		.map(({ name }) => name).sort(), ["ann", "cleo"]);
	await ann.say("without bob");
	await ann.mark("delivered");
	await cleo.sees("without bob");
	assert.deepEqual(await bob.said(), ["milk?", "/slash"]);
});

test("members: who is here, who is away, who has a message", async () => {
	await Promise.all([ann, bob].map((one) => one.join(tea)));
	await bob.say("hello");
	await members(ann, "2 members here");
	/* An account of the room's own server stays a member. */
	await bob.close();
	await members(ann, "1 of 2 members here");
	await ann.page.click("#talk-members");
	assert.deepEqual([await names(ann, "members-here"),
		await names(ann, "members-away")], [["ann"], ["bob"]]);
	await ann.checkAxe("members");
	await ann.shot("members");
	bob = await Person.enter(shared.browser, shared.servers[1], "bob",
		{ password: "secret of bob" });
	await until(async () => (await names(ann, "members-here")).length === 2,
		"bob in the list");
	await ann.page.locator("#members-dialog button").click();
	await ann.say("welcome back");
	/* bob's new page learns of its membership by hearing. */
	await bob.page.locator(".entry.unread", { hasText: tea }).waitFor();
	await ann.mark("delivered");
	await bob.choose(tea);
	await bob.sees("welcome back");
	await bob.page.locator("#talk-join", { hasText: "Leave" }).waitFor();
	await bob.say("thanks");
	await ann.sees("thanks");
});

test("unread, mentioned, marked", async () => {
	await Promise.all([ann, cleo].map((one) => one.join(tea)));
	await cleo.choose("Everyone");
	await ann.say("one");
	await ann.say("@cleo two");
	const entry = cleo.page.locator(".entry.unread", { hasText: tea });
	await entry.locator(".badge.strong", { hasText: "2" }).waitFor();
	assert.match(await cleo.page.title(), /^\(2\) /);
	await cleo.choose(tea);
	await cleo.page.locator(".divider", { hasText: "New" }).waitFor();
	await until(async () => !/^\(/.test(await cleo.page.title()),
		"the counter to go");
	await cleo.page.locator("#log mark", { hasText: "@cleo" }).waitFor();
	/* What was counted has been delivered long since. */
	await ann.mark("delivered");
});

test("creating by click and by command, on any server", async () => {
	await ann.page.click("#new-room");
	await ann.page.fill("#room-name", "made by click " + count);
	await ann.page.selectOption("#room-node", "gamma");
	await ann.page.click("#room-create");
	await ann.page.locator("#talk-title", { hasText: "#made by click" })
		.waitFor();
	await ann.page.locator("#talk-join", { hasText: "Leave" }).waitFor();
	await ann.page.locator("#talk-about", { hasText: "gamma" }).waitFor();
	await cleo.join("made by click " + count);
	await cleo.say("found it");
	await ann.sees("found it");
	await bob.say("/create #second " + count);
	await bob.page.locator("#talk-title", { hasText: "#second" }).waitFor();
	await ann.page.locator(".entry", { hasText: "second " + count })
		.waitFor();
	await ann.say("/create second " + count);
	await ann.page.locator("#composer-hint.problem", { hasText: "/join" })
		.waitFor();
	await ann.say("/join #nowhere");
	await ann.page.locator("#composer-hint.problem", { hasText: "no room" })
		.waitFor();
	await ann.say("/create #x\u2028y");
	await ann.page.locator("#talk-title", { hasText: "#x" }).waitFor();
	await ann.say("/close");
	await ann.page.locator("#talk-title", { hasText: "Everyone" }).waitFor();
});

test("the past on joining; older lines come without a jump", async () => {
	/* Another room of the server takes ids in between. */
	shared.servers[1].dnctl("room", "create", "other " + count);
	await Promise.all([bob, cleo].map((one) => one.join(tea)));
	for (let at = 1; at <= 620; at += 20)
		await bob.say(Array.from({ length: 20 }, (_, line) => "line " +
			(at + line)).join("\n"));
	await cleo.sees("line 620");
	await ann.join(tea);
	await ann.sees("line 620");
	const log = ann.page.locator("#log");
	/* Goes up, and looks where a line on the screen stands before and
	 * after older ones come in above it. */
	await log.hover();
	for (let loads = 0; loads < 3; loads++) {
		const before = await countOf(ann);
		await scrollTo(log, 250);
		const seen = await placeOf(log);
		await until(async () => await countOf(ann) > before,
			"older lines");
		const now = await placeOf(log, seen.text);
		assert.ok(Math.abs(now.top - seen.top) <= 1,
			seen.text + " moved by " + (now.top - seen.top));
	}
	await until(async () => {
		await scrollTo(log, 0);
		return (await ann.said())[0] === "line 1";
	}, async () => "the first line, before " + (await ann.said())[0]);
	await ann.page.click("#jump");
	await ann.sees("line 620");
	await ann.page.locator("#jump").waitFor({ state: "hidden" });
});

/* Scrolls, and waits until that has been drawn. */
function scrollTo(log, top) {
	return log.evaluate((frame, wanted) => new Promise((drawn) => {
		frame.scrollTop = wanted;
		requestAnimationFrame(() => requestAnimationFrame(drawn));
	}), top);
}

/* How much there is to scroll through. */
function countOf(person) {
	return person.page.locator("#log").evaluate((frame) =>
		frame.scrollHeight);
}

/* Where the first line that can be seen whole (or that with 'text') is. */
function placeOf(log, text) {
	return log.evaluate((frame, wanted) => {
		const { top } = frame.getBoundingClientRect();
		const line = [...frame.querySelectorAll(".text")].find((one) =>
			wanted ? one.textContent === wanted :
				one.getBoundingClientRect().top > top + 20);
		return { text: line.textContent,
			top: line.getBoundingClientRect().top };
	}, text);
}

test("what was missed is filled in once, in order, and marked", async () => {
	const wanted = ["first"];

	await Promise.all([ann, bob].map((one) => one.join(tea)));
	await bob.say("first");
	await ann.sees("first");
	for (let round = 0; round < 4; round++) {
		const missed = Array.from({ length: round === 1 ? 240 : 3 },
			(_, at) => "missed " + round + "." + at);
		await bob.say("live " + round);
		await ann.sees("live " + round);
		await ann.page.evaluate(() => {
			window.WebSocketOfPage ??= window.WebSocket;
			window.WebSocket = class {
				constructor() {
					setTimeout(() => this.onclose({}));
				}
				close() {}
			};
		});
		shared.server.kick("ann");
		await ann.goesOffline();
		await ann.say("in the dark " + round);
		for (let at = 0; at < missed.length; at += 20)
			await bob.say(missed.slice(at, at + 20).join("\n"));
		await until(() => shared.servers[1].dnctl("room", "members", tea)
			.length === 1, "ann's membership to end");
		await bob.mark("sent");
		await ann.page.evaluate(() => {
			window.WebSocket = window.WebSocketOfPage;
		});
		await ann.comesBack();
		await bob.sees("in the dark " + round);
		await ann.mark("delivered");
		wanted.push("live " + round, ...missed, "in the dark " + round);
	}
	await ann.page.locator(".message.mine").last().waitFor();
	assert.deepEqual(await everythingOf(ann), wanted);
	assert.deepEqual(await everythingOf(bob), wanted);
});

/* All that was said in the open conversation, whether it is in the document
 * or not: scrolls through it. */
async function everythingOf(person) {
	const log = person.page.locator("#log");
	const found = [];
	let top = 0;

	for (;;) {
		await scrollTo(log, top);
		const lines = await person.said();
		const at = found.lastIndexOf(lines[0]);
		found.splice(at < 0 ? found.length : at, Infinity, ...lines);
		const { height, all } = await log.evaluate((frame) => ({
			height: frame.clientHeight, all: frame.scrollHeight }));
		if (top + height >= all)
			return found;
		top += height / 2;
	}
}

test("the room's server dies and is back: nothing lost or doubled", async () => {
	const [, beta, gamma] = shared.servers;

	await Promise.all([ann, cleo].map((one) => one.join(tea)));
	await ann.say("before");
	await cleo.sees("before");
	await beta.kill();
	await Promise.all([ann, cleo].map((one) => one.page.locator("#talk-about",
		{ hasText: "not here now" }).waitFor()));
	await ann.say("is anybody there?");
	await ann.page.locator(".failure", { hasText: "is not here" }).waitFor();
	await beta.revive();
	await gamma.connect(beta);
	await Promise.all([ann, cleo].map((one) => one.page.locator("#talk-join",
		{ hasText: "Leave" }).waitFor()));
	await members(ann, "2 members here");
	await ann.page.click(".again");
	await cleo.sees("is anybody there?");
	await cleo.say("now there is");
	await ann.sees("now there is");
	for (const one of [ann, cleo])
		assert.deepEqual(await one.said(), ["before",
			"is anybody there?", "now there is"]);
	await bob.comesBack();
	/* His page has tried while nobody was there, if that was long. */
	bob.complaints = bob.complaints.filter((text) =>
		!text.includes("net::ERR_CONNECTION_"));
});
