/* Talking over three linked servers: to all, to one; receipts, counters,
 * completion, and texts that would like to be more than texts. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const shared = stage(["alpha", "beta", "gamma"].map(
	(name) => ({ name })), async ({ servers }) => {
	await servers[0].connect(servers[1]);
	await servers[1].connect(servers[2]);
});

let ann;
let bob;
let cleo;

beforeEach(async () => {
	[ann, bob, cleo] = await Promise.all(["ann", "bob", "cleo"].map(
		(name, at) => Person.enter(shared.browser, shared.servers[at], name)));
	await Promise.all([ann, bob, cleo].map((one) => one.page
		.locator("#talk-about", { hasText: "3 people" }).waitFor()));
});
afterEach(async () => {
	try {
		for (const one of [ann, bob, cleo])
			assert.deepEqual(one.complaints, []);
		await Person.closeAll();
		await until(() => shared.servers.every((server) =>
			server.dnctl("show", "users").length === 0),
		"everybody to leave");
	} finally {
		await Person.closeAll();
	}
});

test("to all: seen by all, with receipts of all, by name", async () => {
	await ann.say("hello all");
	await Promise.all([bob, cleo].map((one) => one.sees("hello all")));
	await ann.mark("delivered to 2 of 2");
	await ann.page.locator("button.mark").last().click();
	assert.deepEqual(await ann.page.locator("#receipts-names li")
		.allTextContents(), ["bob", "cleo"]);
	await ann.page.locator("#receipts-dialog button").click();
});

test("to one: seen by one, counted as unread, answered", async () => {
	await ann.choose("cleo");
	await ann.say("just for you");
	await ann.mark("delivered");
	await cleo.page.locator(".entry.unread", { hasText: "ann" }).waitFor();
	assert.match(await cleo.page.title(), /^\(1\) /);
	await cleo.choose("ann");
	await cleo.sees("just for you");
	await cleo.page.locator(".divider", { hasText: "New" }).waitFor();
	await until(async () => /^ann/.test(await cleo.page.title()),
		"the counter to go");
	await cleo.say("thanks");
	await ann.sees("thanks");
	/* Nobody else has heard of it, nor is there anything in public. */
	await bob.say("a last word to all");
	await ann.choose("Everyone");
	await ann.sees("a last word");
	assert.deepEqual(await ann.texts(), ["a last word to all"]);
	assert.deepEqual(await bob.texts(), ["a last word to all"]);
});

test("somebody who leaves is not here, and can be asked again", async () => {
	await ann.choose("cleo");
	await ann.say("one");
	await ann.mark("delivered");
	await cleo.page.click("#settings");
	await cleo.page.click("#logout");
	await ann.page.locator("#talk-about", { hasText: "not here" }).waitFor();
	await ann.say("two");
	await ann.page.locator(".failure", { hasText: "cleo is not here" })
		.waitFor();
	await cleo.login("cleo");
	await ann.page.locator("#talk-about", { hasText: "on gamma" }).waitFor();
	await ann.page.click(".again");
	await ann.mark("delivered");
	await cleo.page.locator(".entry.unread", { hasText: "ann" }).waitFor();
});

test("texts are texts, links are links to http alone", async () => {
	const evil = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>",
		"\"><svg onload=alert(1)>", "javascript:alert(1)",
		"[x](javascript:alert(1))", "<a href=javascript:alert(1)>x</a>",
		"{{constructor.constructor('alert(1)')()}}", "${alert(1)}",
		"http://a.example/\"onmouseover=\"alert(1)",
		"<iframe srcdoc=\"<script>parent.x=1</script>\">",
		"&lt;b&gt; &amp;", "%3Cscript%3E", "\u202eabc",
		"<math><mi/xlink:href=\"data:x\">",
		"<style>*{display:none}</style>", "data:text/html,<script>x</script>"];
	let dialogs = 0;

	bob.page.on("dialog", () => dialogs++);
	for (const text of evil)
		await ann.say(text);
	await bob.sees(evil.at(-1));
	assert.deepEqual(await bob.texts(), evil);
	assert.equal(dialogs, 0);
	assert.equal(await bob.page.locator(
		"#log img, #log script, #log svg, #log iframe, #log style, #log math")
		.count(), 0);
	assert.deepEqual(await bob.page.locator("#log a").evaluateAll((links) =>
		links.map(({ href, rel, target }) => [href, rel, target])),
	[["http://a.example/", "noopener noreferrer", "_blank"]]);
});

test("names are texts, too", async () => {
	const name = "<b onclick=alert(1)>eve";
	const eve = await Person.enter(shared.browser, shared.servers[0], name);

	await eve.say("hi");
	await bob.sees("hi");
	assert.equal(await bob.page.locator(".author").last().textContent(), name);
	await bob.page.locator("#list .entry .name", { hasText: name }).waitFor();
	assert.equal(await bob.page.locator("#app b b").count(), 0);
	await eve.close();
});

test("mentions and emoji are completed by TAB", async () => {
	await ann.page.locator("#text").pressSequentially("hi @bo");
	await ann.page.locator("#choices [role=option]", { hasText: "bob" })
		.waitFor();
	await ann.page.press("#text", "Tab");
	await ann.page.locator("#text").pressSequentially(":rock");
	await ann.page.press("#text", "Tab");
	assert.equal(await ann.page.inputValue("#text"), "hi @bob 🚀 ");
	await bob.choose("cleo");
	await ann.page.press("#text", "Enter");
	await bob.page.locator(".badge.strong", { hasText: "1" }).waitFor();
	await bob.choose("Everyone");
	await bob.page.locator("#log mark", { hasText: "@bob" }).waitFor();
});

test("pasted lines become messages, but not too many", async () => {
	const lines = ["one", "", "two", "three"];

	await ann.page.fill("#text", lines.join("\n"));
	await ann.page.locator("#composer-hint", { hasText: "3 messages" })
		.waitFor();
	await ann.page.press("#text", "Enter");
	await bob.sees("three");
	assert.deepEqual(await bob.texts(), ["one", "two", "three"]);
	await ann.page.fill("#text", "x\n".repeat(21));
	await ann.page.press("#text", "Enter");
	await ann.page.locator("#composer-hint.problem", { hasText: "21 lines" })
		.waitFor();
	assert.equal((await ann.page.inputValue("#text")).length, 42);
	await ann.page.fill("#text", "ü".repeat(2049));
	await ann.page.press("#text", "Enter");
	await ann.page.locator("#composer-hint", { hasText: "Too long by 2" })
		.waitFor();
	await ann.page.fill("#text", "ü".repeat(2048));
	await ann.page.press("#text", "Enter");
	await bob.sees("ü".repeat(2048));
});

test("commands: those that are, and those that are not", async () => {
	await ann.say("/msg bob by command");
	await ann.page.locator("#talk-title", { hasText: "bob" }).waitFor();
	await ann.mark("delivered");
	await ann.say("/close");
	await ann.page.locator("#talk-title", { hasText: "Everyone" }).waitFor();
	await ann.say("/nonsense");
	await ann.page.locator("#composer-hint.problem", { hasText: "no command" })
		.waitFor();
	await ann.say("//etc is no command");
	await cleo.sees("/etc is no command");
	assert.deepEqual(await cleo.texts(), ["/etc is no command"]);
});

test("what was typed is kept for each conversation, over a reload", async () => {
	await ann.page.fill("#text", "half a thou");
	await ann.choose("bob");
	assert.equal(await ann.page.inputValue("#text"), "");
	await ann.page.fill("#text", "for bob");
	await ann.choose("Everyone");
	assert.equal(await ann.page.inputValue("#text"), "half a thou");
	await ann.page.reload();
	await ann.login("ann");
	await until(async () => await ann.page.inputValue("#text") ===
		"half a thou", "the draft");
	await ann.page.fill("#text", "");
});
