/* What the tests of a file share: Chromium, and servers of ours. */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch } from "./browser.mjs";
import { Server } from "./servers.mjs";

/*
 * Starts a server for each of 'options' before the first test, and awaits
 * 'prepare(shared)'; after the last test 'finish()' is called, and all servers
 * end in good order, unless a test has set one to null.
 */
export function stage(options, prepare = () => {}, finish = () => {}) {
	const made = {};

	before(async () => {
		made.chromium = await launch();
		made.browser = made.chromium.browser;
		made.servers = await Promise.all(options.map((one) =>
			Server.start(one)));
		[made.server] = made.servers;
		await prepare(made);
	});
	after(async () => {
		await made.chromium.close();
		finish();
		for (const server of made.servers.filter((one) => one !== null))
			assert.deepEqual(await server.stop(), [0, 0]);
	});
	return made;
}
