/* The list at the side: conversations, other rooms, people; and finding. */

import { element, make, setAttributes, setText } from "./dom.mjs";
import { roomKey } from "./rooms.mjs";
import { hueOf, initialOf } from "./text.mjs";
import { FixedList } from "./virtual.mjs";

const ROW_PIXELS = 44;

/* So many are found before a heading for others would be out of sight. */
const FOUND_MAX = 500;

export class Sidebar {
	/* 'choose(row)' is told of { talk } or { person }. */
	constructor(chat, choose) {
		this.chat = chat;
		this.choose = choose;
		this.query = "";
		this.rows = [];
		this.frame = element("list");
		this.search = element("search");
		this.list = new FixedList(this.frame, ROW_PIXELS, {
			rowOf: (row) => this.make(row),
			update: (shown, row) => this.update(shown, row),
		});
		this.search.addEventListener("input", () => {
			this.query = this.search.value;
			this.frame.scrollTop = 0;
			this.refresh();
		});
		this.search.addEventListener("keydown", (event) =>
			this.onSearchKey(event));
		this.frame.addEventListener("keydown", (event) =>
			this.onKey(event));
		this.frame.addEventListener("click", (event) =>
			this.onClick(event));
	}

	/* ---- rows ---- */

	refresh() {
		const { chat, query } = this;
		const talks = chat.talks.sorted().filter((talk) => query === "" ||
			talk.title.toLowerCase().includes(query.toLowerCase()));
		const others = chat.people.search("room", query, FOUND_MAX)
			.filter((room) => !chat.talks.get(roomKey(room)));
		const people = chat.people.search("person", query);
		const ofTalk = (talk) => ({ key: "t" + talk.key, talk });
		const ofPerson = (person) => ({ key: "p" + person.number, person });

		this.rows = [
			...this.section("Conversations", talks.filter(({ kind }) =>
				kind !== "room").map(ofTalk)),
			...this.section("Rooms", talks.filter(({ kind }) =>
				kind === "room").map(ofTalk).concat(
				others.map(ofPerson))),
			...this.section("People", people.map(ofPerson)),
		];
		if (this.rows.length === 0)
			this.rows = [{ key: "none", heading: "Nobody of that name" }];
		this.list.set(this.rows);
	}

	section(heading, rows) {
		return rows.length === 0 ? [] : [{ key: "h" + heading, heading,
			count: rows.length }, ...rows];
	}

	make(row) {
		if (row.heading)
			return setAttributes(make("div", "row heading-row",
				make("h2", ""), make("span", "count")),
			{ role: "listitem" });
		const button = make("button", "entry", make("span", "avatar"),
			make("span", "name"), make("span", "unseen"),
			make("span", "badge"), make("span", "unseen"));
		button.firstChild.setAttribute("aria-hidden", "true");
		button.tabIndex = -1;
		return setAttributes(make("div", "row", button),
			{ role: "listitem" });
	}

	update(shown, row) {
		if (row.heading) {
			setText(shown.firstChild, row.heading);
			setText(shown.lastChild, row.count === undefined ? "" :
				String(row.count));
			return;
		}
		const button = shown.firstChild;
		const [avatar, name, where, badge, what] = button.children;
		const { talk, person } = row;
		const title = this.titleOf(talk ?? person);
		const isRoom = (talk?.kind ?? person.kind) === "room";
		const isAll = talk?.kind === "all";
		const isHere = talk ? isAll || talk.number !== null :
			true;
		const unread = talk?.unread ?? 0;

		button.dataset.key = row.key;
		setText(avatar, isAll ? "✳" : initialOf(title));
		setAttributes(avatar, { class: "avatar " + (isAll ? "all square" :
			"hue" + hueOf(title)) + (isRoom ? " square" : "") +
			(isHere ? "" : " away") });
		setText(name, title);
		setText(badge, unread > 99 ? "99+" : unread > 0 ?
			String(unread) : "");
		setAttributes(badge, { class: "badge" + (talk?.mentioned ||
			talk?.kind === "direct" ? " strong" : "") });
		const isOpen = talk === this.chat.open;
		setAttributes(button, { "aria-current": isOpen ? "true" : null,
			title: person?.description || null,
			class: "entry" + (unread > 0 ? " unread" : "") +
				(isHere ? "" : " away") });
		setText(where, (isHere ? "" : " (not here)") + " ");
		setText(what, unread > 0 ? " unread" : "");
		/* One of them is reached by Tab; arrows lead on. */
		button.tabIndex = row.key === this.tabKey() ? 0 : -1;
	}

	/* Of several rooms of one name the server is said, too. */
	titleOf({ title, name, number }) {
		const about = this.chat.people.get(number);

		return about?.kind === "room" &&
			this.chat.people.isAmbiguous(about.name) ?
			about.name + " " + about.description : title ?? name;
	}

	tabKey() {
		const open = "t" + this.chat.open.key;

		if (this.focusKey && this.rows.some((row) =>
			row.key === this.focusKey))
			return this.focusKey;
		return this.rows.some((row) => row.key === open) ? open :
			this.rows.find((row) => !row.heading)?.key;
	}

	/* ---- choosing ---- */

	rowOf(target) {
		const key = target.closest("button")?.dataset.key;

		return this.rows.find((row) => row.key === key);
	}

	onClick({ target }) {
		const row = this.rowOf(target);

		if (row)
			this.pick(row);
	}

	pick(row) {
		this.focusKey = null;
		if (this.query !== "") {
			this.search.value = this.query = "";
			this.refresh();
		}
		this.choose(row);
	}

	focusRow(at, step) {
		while (this.rows[at]?.heading)
			at += step;
		if (!this.rows[at] || this.rows[at].heading)
			return;
		this.focusKey = this.rows[at].key;
		this.list.reveal(at).firstChild.focus();
		this.list.drawNow();
	}

	onKey(event) {
		const at = this.rows.indexOf(this.rowOf(event.target));
		const page = Math.floor(this.frame.clientHeight / ROW_PIXELS);
		const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0,
			End: this.rows.length - 1,
			PageDown: Math.min(this.rows.length - 1, at + page),
			PageUp: Math.max(0, at - page) }[event.key];

		if (to === undefined || event.altKey || event.ctrlKey)
			return;
		event.preventDefault();
		if (to < 1 && event.key === "ArrowUp")
			this.search.focus();
		else
			this.focusRow(to, to < at && event.key !== "Home" ? -1 : 1);
	}

	onSearchKey(event) {
		if (event.key === "ArrowDown") {
			event.preventDefault();
			this.focusRow(0, 1);
		} else if (event.key === "Enter") {
			const row = this.rows.find((one) => !one.heading);
			event.preventDefault();
			if (row)
				this.pick(row);
		} else if (event.key === "Escape") {
			this.search.value = this.query = "";
			this.refresh();
			this.search.blur();
		}
	}

	/* The conversation 'step' further on, or back. */
	neighbour(step) {
		const talks = this.rows.filter(({ talk }) => talk)
			.map(({ talk }) => talk);
		const at = talks.indexOf(this.chat.open);

		return talks[(at + step + talks.length) % talks.length] ??
			this.chat.open;
	}
}
