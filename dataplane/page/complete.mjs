/* What TAB completes: "@name", ":emoji", "/command". Pure. */

import { findEmoji } from "./emoji.mjs";

const CHOICES_MAX = 8;

/* What each takes and does, for people; page.mjs does it. */
export const COMMANDS = [
	{ name: "/join", takes: "#room", does: "join a room" },
	{ name: "/leave", takes: "", does: "leave this room" },
	{ name: "/create", takes: "#room", does: "create a room" },
	{ name: "/msg", takes: "name text", does: "say something to one person" },
	{ name: "/who", takes: "", does: "who is in this room" },
	{ name: "/history", takes: "[count]", does: "what was said in this room" },
	{ name: "/close", takes: "", does: "close this conversation" },
	{ name: "/help", takes: "", does: "list the commands" },
];

/* The word that ends at 'at' in 'text' and could be completed. */
function wordBefore(text, at) {
	const match = /(?:^|\s)([@:#][^\s@:]*|\/[a-z]*)$/u
		.exec(text.slice(0, at));

	if (!match || (match[1][0] === "/" && match[1].length !== at))
		return null;
	return { start: at - match[1].length, word: match[1] };
}

function choicesOf(word, people) {
	const rest = word.slice(1);

	switch (word[0]) {
	case "@":
		return people.search("person", rest, CHOICES_MAX).map(({ name }) =>
			({ label: name, insert: "@" + name + " " }));
	case "#":
		return people.search("room", rest, CHOICES_MAX).map(({ name }) =>
			({ label: name, insert: name + " " }));
	case ":":
		return rest.length < 2 ? [] : findEmoji(rest.toLowerCase(),
			CHOICES_MAX).map(({ name, symbol }) => ({ label: symbol +
			" " + name, insert: symbol + " " }));
	default:
		return COMMANDS.filter(({ name }) => name.startsWith(word))
			.map(({ name, does }) => ({ label: name, note: does,
				insert: name + " " }));
	}
}

/* { start, end, choices } for the cursor at 'at' in 'text', or null. A choice
 * is { label, note, insert }. */
export function completionsAt(text, at, people) {
	const found = wordBefore(text, at);
	const choices = found ? choicesOf(found.word, people) : [];

	return choices.length === 0 ? null : { start: found.start, end: at,
		choices };
}

/* "/join #tea" as { name: "/join", rest: "#tea" }, or null if 'text' is none.
 * A second slash says that the text only begins with one. */
export function parseCommand(text) {
	const match = /^\/([a-z]+)(?:\s+(.*))?$/s.exec(text);

	return match ? { name: "/" + match[1], rest: (match[2] ?? "").trim() } :
		null;
}
