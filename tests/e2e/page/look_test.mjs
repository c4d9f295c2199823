/* How it looks, and for whom: accessibility in every state, narrow screens,
 * both themes, the keyboard alone. Pictures go to build/page-shots. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { Peer } from "./peer.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

let peer;
let people;

const shared = stage([{ name: "harbour", control: ["--rooms-service", "on"] }],
	async ({ server }) => {
	for (const name of ["garden", "engine room", "tea"])
		server.dnctl("room", "create", name);
	peer = await Peer.link(server);
	people = Object.fromEntries(["Amal", "Bjørn", "Chiara", "Dmitri",
		"Esperanza", "Fumiko"].map((name) => [name, peer.arrive(name)]));
}, () => peer.close());

afterEach(() => Person.closeAll());

/* A conversation with a bit of everything, as it would be. */
async function converse(person) {
	const { Amal, Chiara, Esperanza } = people;

	await person.say("Good morning! The new pump arrives at nine, see " +
		"https://example.org/pump");
	await until(() => peer.heard.some(({ text }) => text.includes("pump")),
		"the message");
	const { number, from } = peer.heard.find(({ text }) =>
		text.includes("pump"));
	for (const acker of [Amal, Chiara, Esperanza])
		peer.tell("ACKN " + number, acker, from);
	peer.say(Amal, "*", "Finally!");
	peer.say(Amal, "*", "I'll meet the boat. Who has the key to the shed?");
	peer.say(Chiara, "*", "@" + person.name + " has it, I think");
	await person.sees("has it, I think");
	await person.say("Right here in my pocket.");
	await person.mark("sent");
	/* Of a page of ours the number tells that it is for one. */
	peer.tell("SEND 4294968222", from, Esperanza, "Lunch?");
	await person.page.locator(".entry.unread", { hasText: "Esperanza" })
		.waitFor();
	await person.mark("delivered to 3 of 6");
}

for (const colorScheme of ["light", "dark"])
	for (const width of [320, 768, 1280])
		test("looks: " + colorScheme + ", " + width + " pixels", async () => {
			const person = await Person.open(shared.browser, shared.server, {
				colorScheme, viewport: { width, height: width < 700 ?
					640 : 720 }, hasTouch: width < 700 });
			const shot = (name) => person.shot(["look", name, width,
				colorScheme].join("-"));

			await person.checkAxe("login");
			await shot("login");
			await person.login("Mara");
			await person.page.waitForSelector("#app:not([hidden])")
				.catch(() => {});
			await person.checkAxe("entered");
			if (width < 700) {
				await person.page.click("#back");
				await person.page.locator(".entry").first().waitFor();
				await person.checkAxe("list");
				await shot("list");
				await person.choose("Everyone");
			}
			if (width < 700)
				assert.ok(await person.page.locator("#side")
					.isHidden());
			await talkAtWidth(person, width);
			await person.checkAxe("talk");
			await shot("talk");
			/* Nothing is wider than the screen. */
			assert.ok(await person.page.evaluate(() =>
				document.documentElement.scrollWidth <= innerWidth));
			await person.page.fill("#text", ":hea");
			await person.page.locator("#choices [role=option]").first()
				.waitFor();
			await person.checkAxe("completing");
			await shot("completing");
			await person.page.fill("#text", "");
			await dialogsOf(person, shot, width);
			assert.deepEqual(person.complaints, []);
			await person.close();
			await until(() => !shared.server.dnctl("show", "users").some(
				({ name }) => name === "Mara"), "Mara to leave");
			peer.heard.length = 0;
		});

async function talkAtWidth(person, width) {
	if (width >= 700)
		return converse(person);
	peer.say(people.Amal, "*", "A rather long message that does not fit " +
		"into one line of a telephone, with a word like " + "w".repeat(90));
	await person.sees("A rather long message");
	await person.say("Short answer");
	await person.mark("sent");
}

async function dialogsOf(person, shot, width) {
	if (width < 700)
		await person.page.click("#back");
	await person.page.click("#settings");
	await person.checkAxe("settings");
	await shot("settings");
	await person.page.keyboard.press("Escape");
	await person.page.click("#new-room");
	await person.checkAxe("new room");
	await person.page.keyboard.press("Escape");
	if (width < 700)
		return;
	await person.page.locator("button.mark").last().click();
	await person.checkAxe("receipts");
	await shot("receipts");
	await person.page.keyboard.press("Escape");
}

test("the theme is chosen, and kept", async () => {
	const person = await Person.enter(shared.browser, shared.server, "Mara");
	const ground = () => person.page.evaluate(() =>
		getComputedStyle(document.body).backgroundColor);
	const light = await ground();

	await person.page.click("#settings");
	await person.page.check("input[value=dark]");
	const dark = await ground();
	assert.notEqual(dark, light);
	await person.page.reload();
	await person.page.waitForSelector("#login:not([hidden])");
	assert.equal(await ground(), dark);
	await person.close();
});

test("by keyboard alone", async () => {
	const person = await Person.open(shared.browser, shared.server);
	const { keyboard } = person.page;
	const focus = () => person.page.evaluate(() => document.activeElement.id ||
		document.activeElement.className);
	const tabTo = async (wanted) => {
		for (let at = 0; at < 40 && !(await focus()).includes(wanted); at++)
			await keyboard.press("Tab");
		assert.ok((await focus()).includes(wanted), wanted);
	};

	await until(async () => await focus() === "login-name", "the focus");
	await keyboard.type("Kay");
	await keyboard.press("Tab");
	await keyboard.type("x");
	await keyboard.press("Enter");
	await until(async () => await focus() === "text", "the field");
	await keyboard.type("hello");
	await keyboard.press("Enter");
	await person.sees("hello");
	/* Finds a person, and talks with him. */
	await keyboard.press("Control+k");
	await keyboard.type("dmi");
	await person.page.locator(".entry", { hasText: "Dmitri" }).waitFor();
	await keyboard.press("ArrowDown");
	assert.match(await focus(), /entry/);
	await keyboard.press("Enter");
	await person.page.locator("#talk-title", { hasText: "Dmitri" }).waitFor();
	await keyboard.type("hi");
	await keyboard.press("Enter");
	await person.sees("hi");
	await until(() => peer.heard.some(({ to, text }) =>
		to === people.Dmitri && text === "hi"), "the message");
	/* Through conversations; what was said last comes back. */
	await keyboard.press("Alt+ArrowUp");
	await person.page.locator("#talk-title", { hasText: "Everyone" }).waitFor();
	await until(async () => await focus() === "text", "the field");
	await keyboard.press("ArrowUp");
	assert.equal(await person.page.inputValue("#text"), "hello");
	await keyboard.press("Control+a");
	await keyboard.press("Delete");
	/* Receipts, by Tab; messages, by arrows. */
	const { number, from } = peer.heard.find(({ text }) => text === "hello");
	peer.tell("ACKN " + number, people.Amal, from);
	await person.mark("delivered to 1 of 6");
	await tabTo("log");
	await keyboard.press("ArrowUp");
	assert.match(await focus(), /message/);
	await tabTo("mark");
	await keyboard.press("Enter");
	await person.page.locator("#receipts-names li", { hasText: "Amal" })
		.waitFor();
	await keyboard.press("Escape");
	/* The list is one stop; arrows lead through it. */
	await tabTo("settings");
	await keyboard.press("Enter");
	await person.page.locator("#settings-dialog[open]").waitFor();
	await keyboard.press("Escape");
	await tabTo("entry");
	await keyboard.press("End");
	await keyboard.press("Enter");
	await person.page.locator("#talk-title", { hasText: "Fumiko" }).waitFor();
	await person.close();
});

test("new messages are read aloud, old ones are not", async () => {
	const person = await Person.enter(shared.browser, shared.server, "Mara");
	const voice = person.page.locator("#voice");

	peer.say(people.Amal, "*", "can you hear me?");
	await voice.filter({ hasText: "Amal: can you hear me?" }).waitFor();
	await person.say("yes");
	await person.sees("yes");
	assert.ok(!(await voice.textContent()).includes("yes"));
	await person.close();
});

test("notifications: only when asked for, hidden, and for us", async () => {
	const person = await Person.open(shared.browser, shared.server, {
		permissions: ["notifications"] });
	const shown = () => person.page.evaluate(() => window.shown);

	await person.page.evaluate(() => {
		window.shown = [];
		window.Notification = class {
			static permission = "granted";
			static requestPermission = async () => "granted";
			constructor(title, { body }) {
				window.shown.push(title + ": " + body);
			}
			close() {}
		};
		Object.defineProperty(document, "visibilityState",
			{ get: () => window.isHidden ? "hidden" : "visible" });
		document.hasFocus = () => !window.isHidden;
	});
	const hide = (isHidden) => person.page.evaluate((value) => {
		window.isHidden = value;
		document.dispatchEvent(new Event("visibilitychange"));
	}, isHidden);
	await person.login("Mara");
	await person.page.waitForSelector("#app:not([hidden])");
	await hide(true);
	peer.say(people.Amal, "*", "@Mara before");
	await until(async () => /^\(1\)/.test(await person.page.title()),
		"the counter");
	assert.deepEqual(await shown(), []);
	await hide(false);
	await until(async () => !/^\(/.test(await person.page.title()),
		"the counter to go");
	await person.page.click("#settings");
	await person.page.check("#notify");
	await person.page.keyboard.press("Escape");
	await hide(true);
	peer.say(people.Amal, "*", "to all");
	peer.say(people.Amal, "*", "@Mara look");
	await until(async () => /^\(2\)/.test(await person.page.title()),
		"the counter");
	assert.deepEqual(await shown(), ["Amal in Everyone: @Mara look"]);
	await person.close();
});
