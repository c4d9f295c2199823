/* Debian's Chromium, and the page in it as a person has it. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { until } from "./until.mjs";

const TOP = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const SHOTS = join(TOP, "build/page-shots");
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
	"--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];

const AXE = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");

mkdirSync(SHOTS, { recursive: true });

/* A browser on a new and empty profile, which goes with it. */
export async function launch() {
	const browser = await chromium.launch({ executablePath:
		process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

	return { browser, close: () => browser.close() };
}

/* Longer than anything takes. */
const LIMIT_MSEC = 30000;

const opened = new Set();

/* The page of one person. Whatever the page complains about is kept. */
export class Person {
	/* After a test: whoever is still there, as it failed, goes. */
	static async closeAll() {
		await Promise.all([...opened].map((person) => person.close()));
	}

	static async open(browser, server, options = {}) {
		const { path = "", ...context } = options;
		const person = new Person();

		person.context = await browser.newContext({
			viewport: { width: 1280, height: 800 }, locale: "en-GB",
			timezoneId: "Europe/Berlin", ...context });
		opened.add(person);
		person.context.setDefaultTimeout(LIMIT_MSEC);
		person.page = await person.context.newPage();
		person.complaints = [];
		person.requests = [];
		person.page.on("pageerror", (error) =>
			person.complaints.push(String(error)));
		person.page.on("console", (message) => {
			if (["error", "warning"].includes(message.type()))
				person.complaints.push(message.text());
		});
		person.page.on("request", (request) =>
			person.requests.push(request.url()));
		await person.page.goto(server.url + path);
		return person;
	}

	/* Logs in, and waits until that is done. */
	static async enter(browser, server, name, options = {}) {
		const person = await Person.open(browser, server, options);

		await person.login(name, options.password);
		await person.page.waitForSelector("#app:not([hidden])");
		return person;
	}

	async login(name, password = "") {
		this.name = name;
		await this.page.fill("#login-name", name);
		await this.page.fill("#login-password", password);
		await this.page.click("#login-go");
	}

	async say(text) {
		await this.page.fill("#text", text);
		await this.page.press("#text", "Enter");
	}

	/* Waits for a text of the open conversation. */
	async sees(text) {
		await this.page.locator("#log .text", { hasText: text }).last()
			.waitFor();
	}

	/* Opens what is called 'title' in the list. */
	async choose(title) {
		await this.page.locator("#list .entry", { hasText: title }).first()
			.click();
		await this.page.locator("#talk-title", { hasText: title }).waitFor();
	}

	/* Opens room 'name' by a click, which joins it. */
	async join(name) {
		await this.choose(name);
		await this.page.locator("#talk-join", { hasText: "Leave" })
			.waitFor();
	}

	/* Waits until the connection is lost, or given up. */
	async goesOffline() {
		await this.page.locator("#banner-text").filter({ hasText: /\S/ })
			.waitFor();
	}

	/* Waits until it is back; does not wait for the next attempt. */
	async comesBack() {
		const retry = this.page.locator("#banner-retry");

		await until(async () => {
			if (await retry.isVisible())
				await retry.click({ timeout: 500 }).catch(() => {});
			return this.page.locator("#banner").isHidden();
		}, "the connection");
	}

	/* Texts of the open conversation that somebody said. */
	said() {
		return this.page.locator("#log .message:not(.notice) .text")
			.allTextContents();
	}

	/* Texts of the open conversation that are in the document. */
	texts() {
		return this.page.locator("#log .text").allTextContents();
	}

	/* What stands beside the last message of ours. */
	async mark(label) {
		await this.page.locator("#log .mark[aria-label=\"" + label + "\"]")
			.last().waitFor();
	}

	/* No violation of what axe-core knows, at any impact. The policy lets
	 * no script in but ours: axe comes by the debugger. */
	async checkAxe(state) {
		const { violations } = await this.page.evaluate(AXE +
			"; axe.run(document, { resultTypes: ['violations'] })");

		assert.deepEqual(violations.map(({ id, nodes }) => [state, id,
			nodes.map(({ html, failureSummary }) => html +
				failureSummary)]), []);
	}

	async shot(name, fullPage = false) {
		await this.page.screenshot({ fullPage, path: join(SHOTS, name +
			".png") });
	}

	async close() {
		opened.delete(this);
		await this.context.close();
	}
}
