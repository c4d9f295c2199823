/* The operator's page: the network as it is, live, and without dncontrol. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Person } from "./browser.mjs";
import { stage } from "./stage.mjs";

const shared = stage(["harbour", "lighthouse", "island"].map(
	(name) => ({ name })), async ({ servers }) => {
	await servers[0].connect(servers[1]);
	await servers[1].connect(servers[2]);
});

afterEach(() => Person.closeAll());

function tile(page, name) {
	return page.locator("#tiles div", { hasText: name }).locator("dd");
}

test("links, users by distance, rates, live", async () => {
	const [harbour, lighthouse, island] = shared.servers;
	const names = ["ann", "bob", "cleo"];
	const people = await Promise.all([harbour, lighthouse, island].map(
		(server, at) => Person.enter(shared.browser, server, names[at])));
	const status = await Person.open(shared.browser, harbour,
		{ path: "status" });
	const { page } = status;

	await page.locator("#name", { hasText: "harbour" }).waitFor();
	await page.locator("#links tr", { hasText: ":" + lighthouse.port })
		.locator(".state.up").waitFor();
	await tile(page, "users in the network").filter({ hasText: "3" })
		.waitFor();
	await page.locator("#hops svg[aria-label=" +
		"\"here: 1, 1 server: 1, 2 servers: 1\"]").waitFor();
	await page.locator("#map svg[aria-label*=\"with 1 links\"]").waitFor();
	for (let at = 0; at < 30; at++)
		await people[0].say("message " + at);
	await page.locator("#rates svg[aria-label]").waitFor();
	await page.waitForFunction(() => [...document.querySelectorAll(
		"#rates polyline")].some((line) => new Set(line.getAttribute("points")
		.split(" ").map((point) => point.split(",")[1])).size > 1));
	await status.checkAxe("status");
	await status.shot("status-1280", true);
	await page.setViewportSize({ width: 320, height: 640 });
	await page.emulateMedia({ colorScheme: "dark" });
	await status.checkAxe("status");
	await status.shot("status-320", true);
	assert.ok(await page.evaluate(() =>
		document.documentElement.scrollWidth <= innerWidth));
	/* A link is lost: the page says so within the second that it polls. */
	await lighthouse.kill();
	shared.servers[1] = null;
	await page.locator("#links .state:not(.up)").first().waitFor();
	await tile(page, "users in the network").filter({ hasText: "1" })
		.waitFor();
	assert.deepEqual(status.complaints, []);
	for (const person of people)
		await person.close();
	await status.close();
});

test("without dncontrol it says so, and shows what it knows", async () => {
	const [harbour] = shared.servers;
	const { page, complaints, context } = await Person.open(shared.browser,
		harbour, { path: "status" });

	await page.locator("#links tr").first().waitFor();
	harbour.control.kill("SIGKILL");
	await harbour.control.ended;
	await page.locator("#warning", { hasText: "dncontrol, is not running" })
		.waitFor();
	assert.ok(await page.locator("#links tr").count() > 0);
	harbour.startControl();
	await harbour.ready();
	await page.locator("#warning").waitFor({ state: "hidden" });
	assert.deepEqual(complaints, []);
	await context.close();
});
