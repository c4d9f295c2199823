/* Servers of ours as real processes, each on a run directory of its own. */

import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync }
	from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const TOP = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const BUILD = process.env.DNCHAT_BUILD ?? join(TOP, "build/asan");
const HOST = "127.0.0.1";

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Server {
	static async start(options = {}) {
		const server = new Server(options);

		server.startData();
		server.startControl();
		await server.ready();
		return server;
	}

	constructor({ data = [], control = [], name = "s" }) {
		this.options = { data, control, name };
		this.dir = mkdtempSync(join(tmpdir(), "dnchat-page-"));
		this.port = 0;
	}

	get url() {
		return "http://" + HOST + ":" + this.port + "/";
	}

	spawn(program, args) {
		const log = openSync(join(this.dir, program + ".log"), "a");
		const child = spawn(join(BUILD, program), ["--run-dir",
			join(this.dir, "run"), ...args], {
			stdio: ["pipe", log, log],
			env: { ...process.env, ASAN_OPTIONS: "exitcode=99:log_path=" +
				join(this.dir, "report") },
		});

		closeSync(log);
		running.add(child);
		child.ended = new Promise((end) => child.on("exit", (code) => {
			running.delete(child);
			end(code);
		}));
		return child;
	}

	log(program) {
		return readFileSync(join(this.dir, program + ".log"), "utf8");
	}

	startData() {
		this.data = this.spawn("dnchatd", ["--listen", HOST + ":" +
			this.port, ...this.options.data]);
	}

	startControl() {
		this.readyCount = this.countReady() + 1;
		this.control = this.spawn("dncontrol", ["--name",
			this.options.name, "--state-dir", join(this.dir, "state"),
			...this.options.control]);
	}

	countReady() {
		try {
			return this.log("dncontrol").split("event=ready").length - 1;
		} catch {
			return 0;
		}
	}

	async ready() {
		await until(() => this.countReady() >= this.readyCount,
			() => "ready:\n" + this.log("dncontrol"));
		if (this.port === 0)
			this.port = Number(/event=listening .*:(\d+)/.exec(
				this.log("dnchatd"))[1]);
	}

	dnctl(...words) {
		const done = spawnSync(join(BUILD, "dnctl"), ["--run-dir",
			join(this.dir, "run"), "--json", ...words],
		{ encoding: "utf8" });

		if (done.status !== 0)
			throw new Error(words.join(" ") + ": " + done.stdout +
				done.stderr);
		return JSON.parse(done.stdout).data;
	}

	/* Links to 'other' and waits for it. */
	async connect(other) {
		this.dnctl("connect", HOST, String(other.port));
		await until(() => this.dnctl("show", "peers").some((peer) =>
			peer.state === "up" && peer.name.endsWith(":" + other.port)),
		() => "a link: " + JSON.stringify(this.dnctl("show", "peers")));
	}

	/* Comes back under its old address, links by itself. */
	async revive() {
		this.startData();
		this.startControl();
		await this.ready();
	}

	/* Ends the connection of the user called 'name'. */
	kick(name) {
		this.dnctl("kick", this.dnctl("show", "users").find((user) =>
			user.name === name).number);
	}

	/* Dies without a word, both of it. */
	async kill() {
		this.data.kill("SIGKILL");
		this.control.kill("SIGKILL");
		await Promise.all([this.data.ended, this.control.ended]);
	}

	/* Ends in good order; what sanitizers wrote fails the test. */
	async stop() {
		this.control.kill("SIGTERM");
		const codes = await Promise.all([this.data.ended,
			this.control.ended]);
		const reports = readdirSync(this.dir).filter((name) =>
			name.startsWith("report"));
		const text = reports.map((name) =>
			readFileSync(join(this.dir, name), "utf8")).join("\n");

		rmSync(this.dir, { recursive: true, force: true });
		if (text !== "")
			throw new Error("sanitizer report\n" + text);
		return codes;
	}
}
