/* Ten thousand people in the list, ten thousand messages: few elements, and no
 * long pauses. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { Peer } from "./peer.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const MANY = 10000;

/* A picture that takes longer is a pause. The machine of a test is slower than
 * a person's and does other things, hence the part of those that may. */
const PAUSE_MSEC = 50;
const PAUSES_MAX = 0.25;
const WORST_MSEC = 400;

let peer;

const shared = stage([{}], async ({ server }) => {
	peer = await Peer.link(server);
}, () => peer.close());

afterEach(() => Person.closeAll());

/* How long the pictures take while 'frame' scrolls through all of it. */
function scrollThrough(locator) {
	return locator.evaluate((frame) => new Promise((done) => {
		const steps = 60;
		const times = [];
		let step = 0;
		let last = performance.now();
		const next = (now) => {
			times.push(now - last);
			last = now;
			frame.scrollTop = frame.scrollHeight * (step++ / steps);
			if (step <= steps)
				requestAnimationFrame(next);
			else
				done(times.slice(1));
		};
		requestAnimationFrame(next);
	}));
}

function checkSmooth(times, what) {
	const slow = times.filter((time) => time > PAUSE_MSEC).length;
	const sorted = times.toSorted?.((a, b) => a - b) ??
		[...times].sort((a, b) => a - b);

	console.log(what + ": median " + sorted[times.length >> 1].toFixed(1) +
		" ms, worst " + sorted.at(-1).toFixed(1) + " ms, " + slow + " of " +
		times.length + " over " + PAUSE_MSEC + " ms");
	assert.ok(slow <= times.length * PAUSES_MAX, what + ": " + slow +
		" of " + times.length);
	assert.ok(sorted.at(-1) < WORST_MSEC, what);
}

test("ten thousand people", async () => {
	for (let at = 0; at < MANY; at++)
		peer.arrive("user " + String(at).padStart(5, "0"));
	await until(() => shared.server.dnctl("show", "status")[0].users === MANY,
		"all users", 30000);
	const ann = await Person.enter(shared.browser, shared.server, "ann");
	await ann.page.locator("#talk-about", { hasText: MANY + 1 +
		" people" }).waitFor();
	const list = ann.page.locator("#list");
	checkSmooth(await scrollThrough(list), "people");
	assert.ok(await list.locator(".row").count() < 60);
	await ann.page.locator(".entry", { hasText: "user 09999" }).waitFor();
	/* Found by typing, while others come and go. */
	await ann.page.fill("#search", "4321");
	await ann.page.locator(".entry", { hasText: "user 04321" }).waitFor();
	assert.equal(await list.locator(".entry").count(), 1);
	const begun = Date.now();
	const comers = Array.from({ length: 500 }, (_, at) =>
		peer.arrive("visitor " + at));
	comers.forEach((number) => peer.leave(number));
	peer.arrive("the last of 4321");
	await ann.page.locator(".entry", { hasText: "the last" }).waitFor();
	assert.ok(Date.now() - begun < 5000);
	await ann.page.press("#search", "Enter");
	await ann.page.locator("#talk-title", { hasText: /4321/ }).waitFor();
	await ann.shot("crowd");
	assert.deepEqual(ann.complaints, []);
	await ann.close();
});

test("ten thousand messages", async () => {
	const ann = await Person.enter(shared.browser, shared.server, "ann");
	const eve = peer.arrive("eve");
	const log = ann.page.locator("#log");

	await ann.page.locator("#talk-about", { hasText: "people" }).waitFor();
	for (let at = 1; at <= MANY; at++)
		peer.say(eve, "*", "message " + at + " ".repeat(at % 7) +
			"words ".repeat(at % 40));
	await ann.sees("message " + MANY);
	assert.ok(await log.locator(".message").count() < 200);
	checkSmooth(await scrollThrough(log), "messages");
	await log.evaluate((frame) => {
		frame.scrollTop = 0;
	});
	await ann.sees("message 1 ");
	/* The newest do not pull one away from where one reads. */
	const top = await log.evaluate((frame) => frame.scrollTop);
	peer.say(eve, "*", "one more");
	await ann.page.locator(".entry.unread", { hasText: "Everyone" }).waitFor();
	assert.equal(await log.evaluate((frame) => frame.scrollTop), top);
	await ann.page.click("#jump");
	await ann.sees("one more");
	/* What is said is seen as fast as ever. */
	const times = [];
	for (let at = 0; at < 10; at++) {
		const begun = Date.now();
		await ann.say("mine " + at);
		await ann.sees("mine " + at);
		times.push(Date.now() - begun);
	}
	times.sort((a, b) => a - b);
	console.log("said and seen: median " + times[5] + " ms");
	assert.ok(times[5] < 300);
	assert.deepEqual(ann.complaints, []);
	await ann.close();
});
