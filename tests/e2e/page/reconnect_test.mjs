/* Servers die and come back; nothing is lost, doubled or forgotten. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { stage } from "./stage.mjs";
import { until } from "./until.mjs";

const shared = stage([{}]);

afterEach(() => Person.closeAll());

function own(person) {
	return person.page.locator("#log .message.mine .text").allTextContents();
}

test("a server that was killed and is back", async () => {
	const ann = await Person.enter(shared.browser, shared.server, "ann");
	const bob = await Person.enter(shared.browser, shared.server, "bob");

	await ann.choose("bob");
	await ann.say("before");
	await bob.choose("ann");
	await bob.sees("before");
	await shared.server.kill();
	for (const one of [ann, bob])
		await one.page.locator("#banner-text", { hasText: "lost" }).waitFor();
	await ann.shot("offline");
	await ann.say("said in the dark");
	await ann.mark("waiting");
	await ann.page.fill("#text", "still typing");
	shared.server.startData();
	shared.server.startControl();
	await shared.server.ready();
	for (const one of [ann, bob])
		await one.page.locator("#banner").waitFor({ state: "hidden" });
	await bob.sees("said in the dark");
	await ann.mark("delivered");
	await ann.say("after");
	await bob.sees("after");
	assert.deepEqual(await own(ann), ["before", "said in the dark", "after"]);
	assert.deepEqual(await bob.texts(), ["before", "said in the dark",
		"after"]);
	await ann.close();
	await bob.close();
});

test("the control process dies and is back: nobody sees anything", async () => {
	const ann = await Person.enter(shared.browser, shared.server, "ann");
	const bob = await Person.enter(shared.browser, shared.server, "bob");

	shared.server.control.kill("SIGKILL");
	await shared.server.control.ended;
	await ann.say("without control");
	await bob.sees("without control");
	shared.server.startControl();
	await shared.server.ready();
	await bob.say("with control");
	await ann.sees("with control");
	for (const one of [ann, bob])
		assert.ok(await one.page.locator("#banner").isHidden());
	await ann.close();
	await bob.close();
});

/* The page's WebSocket goes through this: connections can be cut at any
 * byte. */
test("cut in the middle of talking: each message once, in order", async () => {
	const ann = await Person.open(shared.browser, shared.server);
	const bob = await Person.enter(shared.browser, shared.server, "bob");
	const rounds = 8;
	const wanted = [];
	let cut = () => {};

	await ann.page.routeWebSocket(/.*/, (route) => {
		const far = route.connectToServer();
		let isCut = false;
		let answers = 0;
		cut = (after) => {
			answers = after;
		};
		route.onMessage((data) => {
			if (!isCut)
				far.send(data);
		});
		far.onMessage((data) => {
			if (isCut)
				return;
			/* The server had it, but its OKAY is never heard. */
			if (answers > 0 && String(data).startsWith("OKAY") &&
			    --answers === 0) {
				isCut = true;
				far.close();
				route.close({ code: 1001 });
				return;
			}
			route.send(data);
		});
	});
	await ann.page.reload();
	await ann.login("ann");
	await ann.page.waitForSelector("#app:not([hidden])");
	for (let round = 0; round < rounds; round++) {
		cut(2);
		for (let at = 0; at < 4; at++) {
			wanted.push("round " + round + " message " + at);
			await ann.say(wanted.at(-1));
		}
		await ann.page.locator("#banner-text").filter({ hasText: /\S/ })
			.waitFor();
		await until(async () => {
			const retry = ann.page.locator("#banner-retry");
			if (await retry.isVisible())
				await retry.click().catch(() => {});
			return ann.page.locator("#banner").isHidden();
		}, "the connection");
		await bob.sees(wanted.at(-1));
	}
	assert.deepEqual(await own(ann), wanted);
	assert.deepEqual(await bob.texts(), wanted);
	await until(async () => await ann.page.locator(
		".mark.sent").count() === wanted.length, "all to be taken");
	await ann.close();
	await bob.close();
});
