/* Login, settings, creating a room, receipts. */

import { element, make, setText } from "./dom.mjs";
import { COMMANDS } from "./complete.mjs";
import { namesOf } from "./receipts.mjs";
import { roomName } from "./rooms.mjs";
import { lasting } from "./store.mjs";
import { nameProblem } from "./wire.mjs";

/* ---- login ---- */

export class Login {
	/* 'go(name, password, isKept)' is told. */
	constructor(go) {
		const form = element("login-form");

		setText(element("login-where"), location.host);
		form.addEventListener("submit", (event) => {
			const name = element("login-name").value.trim()
				.normalize("NFC");
			const problem = nameProblem(name);

			event.preventDefault();
			this.complain(problem);
			if (problem === "")
				go(name, element("login-password").value,
					element("login-keep").checked);
		});
	}

	show(name) {
		element("app").hidden = true;
		element("login").hidden = false;
		this.busy(false);
		if (name)
			element("login-name").value = name;
		element(element("login-name").value === "" ? "login-name" :
			"login-password").focus();
	}

	hide() {
		element("login-password").value = "";
		element("login").hidden = true;
		element("app").hidden = false;
	}

	complain(problem) {
		setText(element("login-problem"), problem);
	}

	/* The server has been asked. */
	busy(isBusy) {
		element("login-go").disabled = isBusy;
		setText(element("login-go"), isBusy ? "Logging in…" : "Log in");
	}
}

/* ---- settings ---- */

export function applyTheme(theme) {
	if (theme === "auto")
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = theme;
}

export class Settings {
	constructor(notify, logout) {
		const dialog = element("settings-dialog");
		const theme = lasting.get("theme") ?? "auto";

		applyTheme(theme);
		for (const input of dialog.querySelectorAll("[name=theme]")) {
			input.checked = input.value === theme;
			input.addEventListener("change", () => {
				lasting.set("theme", input.value);
				applyTheme(input.value);
			});
		}
		element("notify").checked = notify.isOn;
		element("notify").addEventListener("change", async ({ target }) => {
			setText(element("notify-problem"),
				await notify.want(target.checked));
			target.checked = notify.isOn;
		});
		element("commands").append(...COMMANDS.flatMap((command) => [
			make("dt", "", command.name + " " + command.takes),
			make("dd", "", command.does)]));
		element("logout").addEventListener("click", () => {
			dialog.close();
			logout();
		});
	}

	show() {
		element("settings-dialog").showModal();
	}
}

/* ---- rooms ---- */

export class RoomDialog {
	/* 'create(name, service)' returns why not, or "". */
	constructor(chat, create) {
		this.chat = chat;
		this.dialog = element("room-dialog");
		element("room-cancel").addEventListener("click", () =>
			this.dialog.close());
		this.dialog.querySelector("form").addEventListener("submit",
			(event) => {
				const services = chat.people.list("service");
				const why = create(roomName(element("room-name").value),
					services[element("room-node").selectedIndex]);

				if (why === "")
					return;
				event.preventDefault();
				setText(element("room-problem"), why);
			});
	}

	show() {
		const services = this.chat.people.list("service");
		const select = element("room-node");

		select.replaceChildren(...services.map((service) =>
			make("option", "", service.name.replace(/^rooms@/, ""))));
		select.hidden = element("room-node-label").hidden =
			services.length < 2;
		element("room-create").disabled = services.length === 0;
		setText(element("room-problem"), services.length > 0 ? "" :
			"This server announces no rooms@NODE, which creates rooms. " +
			"Its operator can create one with dnctl.");
		element("room-name").value = "";
		this.dialog.showModal();
	}
}

/* The members of a room; live while it is open. */
export class MembersDialog {
	constructor() {
		this.dialog = element("members-dialog");
		this.talk = null;
	}

	show(talk) {
		this.talk = talk;
		this.draw();
		this.dialog.showModal();
	}

	draw() {
		const members = this.talk?.members;

		if (!members)
			return;
		setText(element("members-title"), "Members of " +
			this.talk.title);
		listNames("members-here", members.here);
		listNames("members-away", members.away);
	}
}

/* Lists 'names', sorted, below their heading, or hides both. */
function listNames(id, names) {
	const list = element(id);

	list.hidden = list.previousElementSibling.hidden = names.length === 0;
	list.replaceChildren(...names.toSorted((a, b) => a.localeCompare(b))
		.map((name) => make("li", "", name)));
}

/* ---- receipts ---- */

export function showReceipts(message) {
	const names = namesOf(message);
	const missing = (message.recipients ?? names.length) - names.length;

	setText(element("receipts-text"), "“" + message.text.slice(0, 80) +
		(message.text.length > 80 ? "…" : "") + "” has reached " +
		(missing > 0 ? names.length + " of " + message.recipients :
			names.length === 1 ? "its receiver" : "all " +
			names.length) + ":");
	listNames("receipts-names", names);
	listNames("receipts-missing", (message.audience ?? []).filter((name) =>
		!names.includes(name)));
	element("receipts-dialog").showModal();
}
