/* Logging in and out, accounts and guests, and what a browser remembers. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const shared = stage([{ name: "open" },
	{ name: "closed", control: ["--registration", "closed"] }]);

afterEach(async () => {
	await Person.closeAll();
	await until(() => shared.server.dnctl("show", "users").length === 0,
		"everybody to leave");
});

async function isIn(person) {
	await person.page.waitForSelector("#app:not([hidden])");
}

async function isTold(person, text) {
	await person.page.locator("#login-problem", { hasText: text }).waitFor();
	assert.ok(await person.page.locator("#login-go").isEnabled());
}

async function logout(person) {
	await person.page.click("#settings");
	await person.page.click("#logout");
	await person.page.waitForSelector("#login:not([hidden])");
}

test("the first to use a name keeps it, with its password", async () => {
	const ann = await Person.enter(shared.browser, shared.server, "ann",
		{ password: "sesame" });

	assert.equal(await ann.page.textContent("#me"), "ann");
	await logout(ann);
	const other = await Person.open(shared.browser, shared.server);
	await other.login("ann", "guess");
	await isTold(other, "not right for this name");
	await other.checkAxe("refused");
	await other.login("ann", "");
	await isTold(other, "not right for this name");
	await other.login("ann", "sesame");
	await isIn(other);
	assert.deepEqual(shared.server.dnctl("account", "list")
		.map(({ name }) => name), ["ann"]);
	assert.deepEqual([...ann.complaints, ...other.complaints], []);
});

test("a guest has no password, and keeps nothing", async () => {
	const visitor = await Person.enter(shared.browser, shared.server, "gus");

	await logout(visitor);
	await until(() => shared.server.dnctl("show", "users").length === 0,
		"the guest to leave");
	/* The name is as free as it was. */
	await Person.enter(shared.browser, shared.server, "gus",
		{ password: "mine now" });
	assert.deepEqual(visitor.complaints, []);
});

test("a name in use is told at once", async () => {
	const gil = await Person.enter(shared.browser, shared.server, "gil");
	const other = await Person.open(shared.browser, shared.server);

	await other.login("gil", "");
	await isTold(other, "is here already");
	await other.login("gil 2", "");
	await isIn(other);
	assert.deepEqual(gil.complaints, []);
});

test("after many wrong passwords none is looked at; it says so", async () => {
	const ann = await Person.open(shared.browser, shared.server);

	for (let at = 0; !(await ann.page.textContent("#login-problem"))
		.includes("too many wrong"); at++) {
		assert.ok(at < 30);
		await ann.login("ann", "guess " + at);
		await until(async () => await ann.page.textContent("#login-problem")
			!== "" && ann.page.locator("#login-go").isEnabled(),
		"an answer");
	}
	await isTold(ann, "Try again in a minute");
	/* Others are none the worse. */
	await ann.login("hal", "his own");
	await isIn(ann);
});

test("where registration is closed it says who opens", async () => {
	const [, closed] = shared.servers;
	const ida = await Person.open(shared.browser, closed);

	for (const password of ["", "new"]) {
		await ida.login("ida", password);
		await isTold(ida, "new accounts are closed");
	}
	await ida.close();
});

test("names that cannot be are refused without asking", async () => {
	const ann = await Person.open(shared.browser, shared.server);

	await ann.login("#ann", "sesame");
	await isTold(ann, "those of rooms");
	await ann.login("ann\u200b", "sesame");
	await isTold(ann, "cannot be seen");
});

test("who wishes is remembered, and comes back as the same user", async () => {
	const jo = await Person.open(shared.browser, shared.server);
	const numberOf = () => shared.server.dnctl("show", "users")
		.find(({ name }) => name === "jo")?.number;
	const stored = () => jo.page.evaluate(() => JSON.stringify(localStorage));

	await jo.login("jo", "sesame");
	await isIn(jo);
	const number = numberOf();
	assert.ok(!(await stored()).includes("sesame"));
	await jo.page.reload();
	await jo.page.waitForSelector("#login:not([hidden])");
	await jo.page.check("#login-keep");
	await jo.login("jo", "sesame");
	await isIn(jo);
	assert.equal(numberOf(), number);
	await jo.page.reload();
	await isIn(jo);
	assert.equal(numberOf(), number);
	await logout(jo);
	await until(() => numberOf() === undefined, "jo to leave");
	assert.ok(!(await stored()).includes("sesame"));
	assert.deepEqual(jo.complaints, []);
});

test("nothing is asked of anybody else, and little of us", async () => {
	const gil = await Person.enter(shared.browser, shared.server, "gil");
	const paths = gil.requests.map((url) => new URL(url));

	assert.ok(paths.every(({ origin }) => origin + "/" === shared.server.url));
	assert.ok(paths.every(({ search }) => search === ""));
	assert.ok(paths.length <= 6, gil.requests.join());
});
