/* The title's counter, and notifications of the desktop. */

import { lasting } from "./store.mjs";

export class Notify {
	/* 'show' is called with a talk when its notification is clicked. */
	constructor(show) {
		this.show = show;
		this.wanted = lasting.get("notify") === true;
	}

	get isOn() {
		return this.wanted && "Notification" in window &&
			Notification.permission === "granted";
	}

	/* On a click: browsers ask the person only then. Returns a problem, or
	 * "". */
	async want(wanted) {
		this.wanted = wanted;
		lasting.set("notify", wanted ? true : null);
		if (!wanted)
			return "";
		if (!("Notification" in window))
			return "This browser shows no notifications here.";
		if (await Notification.requestPermission() === "granted")
			return "";
		this.wanted = false;
		lasting.set("notify", null);
		return "The browser forbids it: allow notifications for this " +
			"page in its settings.";
	}

	tell(talk, message) {
		if (!this.isOn || document.hasFocus())
			return;
		const shown = new Notification(talk.kind === "direct" ?
			message.author : message.author + " in " + talk.title,
		{ body: message.text, tag: talk.key, icon: "/icon.svg" });
		shown.onclick = () => {
			window.focus();
			this.show(talk);
			shown.close();
		};
	}

	count(unread, title) {
		document.title = (unread > 0 ? "(" + unread + ") " : "") +
			(title ? title + " · " : "") + "dnchat";
	}
}
