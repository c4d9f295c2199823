/* Logging in and out, and what a browser remembers. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const shared = stage([{ control: ["--auth", "password:sesame"] }]);

afterEach(() => Person.closeAll());

function problem(person) {
	return person.page.locator("#login-problem");
}

test("a wrong password, then the right one", async () => {
	const ann = await Person.open(shared.browser, shared.server);

	await ann.login("ann", "guess");
	await problem(ann).filter({ hasText: "password is not right" }).waitFor();
	await ann.login("ann", "sesame");
	await ann.page.waitForSelector("#app:not([hidden])");
	assert.equal(await ann.page.textContent("#me"), "ann");
	assert.deepEqual(ann.complaints, []);
	await ann.close();
});

test("a name in use is told at once", async () => {
	const ann = await Person.enter(shared.browser, shared.server, "ann",
		{ password: "sesame" });
	const other = await Person.open(shared.browser, shared.server);

	await other.login("ann", "sesame");
	await problem(other).filter({ hasText: "is here already" }).waitFor();
	await other.login("ann2", "sesame");
	await other.page.waitForSelector("#app:not([hidden])");
	await other.close();
	await ann.close();
});

test("names that cannot be are refused without asking", async () => {
	const ann = await Person.open(shared.browser, shared.server);

	await ann.login("#ann", "sesame");
	await problem(ann).filter({ hasText: "those of rooms" }).waitFor();
	await ann.close();
});

test("who wishes is remembered, and comes back as the same user", async () => {
	const ann = await Person.open(shared.browser, shared.server);
	const numberOf = () => shared.server.dnctl("show", "users")
		.find(({ name }) => name === "ann")?.number;

	await ann.login("ann", "sesame");
	await ann.page.waitForSelector("#app:not([hidden])");
	const number = numberOf();
	assert.ok(!(await ann.page.evaluate(() => JSON.stringify(localStorage)))
		.includes("sesame"));
	await ann.page.reload();
	await ann.page.waitForSelector("#login:not([hidden])");
	await ann.page.check("#login-keep");
	await ann.login("ann", "sesame");
	await ann.page.waitForSelector("#app:not([hidden])");
	assert.equal(numberOf(), number);
	await ann.page.reload();
	await ann.page.waitForSelector("#app:not([hidden])");
	assert.equal(numberOf(), number);
	await ann.page.click("#settings");
	await ann.page.click("#logout");
	await ann.page.waitForSelector("#login:not([hidden])");
	await until(() => numberOf() === undefined, "ann to leave");
	assert.ok(!(await ann.page.evaluate(() => JSON.stringify(localStorage)))
		.includes("sesame"));
	assert.deepEqual(ann.complaints, []);
	await ann.close();
});

test("nothing is asked of anybody else, and little of us", async () => {
	const ann = await Person.enter(shared.browser, shared.server, "ann",
		{ password: "sesame" });
	const paths = ann.requests.map((url) => new URL(url));

	assert.ok(paths.every(({ origin }) => origin + "/" === shared.server.url));
	assert.ok(paths.every(({ search }) => search === ""));
	assert.ok(paths.length <= 6, ann.requests.join());
	await ann.close();
});
