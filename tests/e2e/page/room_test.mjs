/* Rooms: joining, leaving, creating by click and by command; who is there;
 * receipts; the past, and what was missed. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { Peer } from "./peer.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const shared = stage([{}]);

let peer;
let ann;
let bob;

beforeEach(async () => {
	peer = await Peer.link(shared.server);
	peer.service();
	[ann, bob] = await Promise.all(["ann", "bob"].map((name) =>
		Person.enter(shared.browser, shared.server, name)));
});
afterEach(async () => {
	try {
		for (const one of [ann, bob])
			assert.deepEqual(one.complaints, []);
		await Person.closeAll();
		peer.close();
		await until(() => shared.server.dnctl("show", "users").length === 0,
			"everybody to leave");
	} finally {
		await Person.closeAll();
	}
});

/* Joins by a click in the list. */
async function join(person, name) {
	await person.choose(name);
	await person.page.locator("#talk-join", { hasText: "Leave" }).waitFor();
}

test("joining by click, talking, receipts, leaving", async () => {
	const tea = peer.room("tea");

	tea.enter("carl");
	await join(ann, "tea");
	await ann.page.locator("#talk-about", { hasText: "2 members" }).waitFor();
	await bob.say("/join tea");
	await bob.page.locator("#talk-join", { hasText: "Leave" }).waitFor();
	await ann.say("/who");
	await ann.sees("members: ann, bob, carl");
	await ann.say("milk?");
	await bob.sees("milk?");
	assert.equal(await bob.page.locator(".author").last().textContent(),
		"ann");
	await ann.mark("delivered to 1 of 2");
	await ann.page.locator("button.mark").last().click();
	assert.deepEqual(await ann.page.locator("#receipts-names li")
		.allTextContents(), ["carl"]);
	await ann.page.locator("#receipts-dialog button").click();
	await ann.say("//slash");
	await bob.sees("/slash");
	tea.say("Mr: Tea", "somebody whom nobody knows");
	await ann.page.locator(".notice", { hasText: "Mr%3A Tea: somebody" })
		.waitFor();
	await bob.page.click("#talk-join");
	await bob.page.locator("#talk-join", { hasText: "Join" }).waitFor();
	assert.equal(tea.members.size, 1);
	await bob.say("still there?");
	await bob.sees("You are not in this room");
});

test("creating by click and by command", async () => {
	await ann.page.click("#new-room");
	await ann.page.fill("#room-name", "made by click");
	await ann.page.click("#room-create");
	await ann.page.locator("#talk-title", { hasText: "#made by click" })
		.waitFor();
	await ann.page.locator("#talk-join", { hasText: "Leave" }).waitFor();
	await bob.say("/create #second");
	await bob.page.locator("#talk-title", { hasText: "#second" }).waitFor();
	await ann.page.locator(".entry", { hasText: "second" }).waitFor();
	await ann.say("/create second");
	await ann.page.locator("#composer-hint.problem", { hasText: "/join" })
		.waitFor();
	await ann.say("/join #nowhere");
	await ann.page.locator("#composer-hint.problem", { hasText: "no room" })
		.waitFor();
});

test("the past on joining; older lines come without a jump", async () => {
	const tea = peer.room("tea");

	for (let at = 1; at <= 180; at++)
		tea.say("eve", "line " + at);
	await join(ann, "tea");
	await ann.sees("line 180");
	const log = ann.page.locator("#log");
	/* Goes up by the wheel, and looks where a line on the screen stands
	 * before and after older ones come in above it. */
	await log.hover();
	for (let loads = 0; loads < 3; loads++) {
		const before = await countOf(ann);
		await scrollTo(log, 250);
		const seen = await placeOf(log);
		await until(async () => await countOf(ann) > before ||
			loads === 2, "older lines");
		const now = await placeOf(log, seen.text);
		assert.ok(Math.abs(now.top - seen.top) <= 1,
			seen.text + " moved by " + (now.top - seen.top));
	}
	await scrollTo(log, 0);
	await ann.sees("line 1");
	await ann.page.click("#jump");
	await ann.sees("line 180");
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
	const tea = peer.room("tea");

	tea.say("eve", "first");
	await join(ann, "tea");
	await ann.sees("first");
	await join(bob, "tea");
	for (let round = 0; round < 3; round++) {
		await bob.say("live " + round);
		await ann.sees("live " + round);
		/* ann's link dies; the server sees it at once. */
		await ann.page.evaluate(() => dispatchEvent(new Event("offline")));
		const [row] = shared.server.dnctl("show", "users").filter(({ name }) =>
			name === "ann");
		shared.server.dnctl("kick", row.number);
		await ann.page.locator("#banner-text").filter({ hasText: /\S/ })
			.waitFor();
		await bob.say("missed " + round);
		await until(() => tea.past.at(-1).text === "missed " + round,
			"the room to hear it");
		await until(async () => {
			if (await ann.page.locator("#banner-retry").isVisible())
				await ann.page.locator("#banner-retry").click()
					.catch(() => {});
			return ann.page.locator("#banner").isHidden();
		}, "the connection");
		await ann.sees("missed " + round);
	}
	assert.deepEqual(await ann.page.locator(
		"#log .message:not(.notice) .text").allTextContents(),
	["first", ...[0, 1, 2].flatMap((round) =>
		["live " + round, "missed " + round])]);
});
