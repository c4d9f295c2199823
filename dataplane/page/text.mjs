/* What a text means to its reader: links, mentions, lines, times, colours. */

const LINK = /https?:\/\/[^\s<>"'`\u0000-\u001f]+/gi;
const TRAILING = /[.,;:!?'")\]}>]+$/;
const WORD = /[\p{L}\p{N}_]/u;

/* More lines than this are hardly meant to become as many messages. */
export const LINES_MAX = 20;

/* A link without the punctuation of the sentence around it; a bracket stays
 * if it was opened inside. */
function trimLink(link) {
	const trailing = TRAILING.exec(link);

	if (!trailing)
		return link;
	const bare = link.slice(0, trailing.index);
	return bare.includes("(") && trailing[0].startsWith(")") ?
		bare + ")" : bare;
}

function parseLink(link) {
	try {
		const url = new URL(link);
		return url.hostname === "" ? null : url.href;
	} catch {
		return null;
	}
}

/* Where 'text' mentions 'name' with an @ from 'from' on, or -1. */
function findMention(text, name, from) {
	const word = "@" + name.toLowerCase();
	const lower = text.toLowerCase();
	let at = lower.length === text.length ? lower.indexOf(word, from) : -1;

	while (at >= 0) {
		const before = text[at - 1] ?? " ";
		const after = text.slice(at + word.length, at + word.length + 2);
		if (!WORD.test(before) && !WORD.test(after[0] ?? " "))
			return at;
		at = lower.indexOf(word, at + 1);
	}
	return -1;
}

export function mentions(text, name) {
	return name !== "" && findMention(text, name, 0) >= 0;
}

function pushMentions(parts, text, name) {
	let from = 0;
	let at;

	while (name !== "" && (at = findMention(text, name, from)) >= 0) {
		if (at > from)
			parts.push({ kind: "text", text: text.slice(from, at) });
		from = at + 1 + name.length;
		parts.push({ kind: "mention", text: text.slice(at, from) });
	}
	if (from < text.length)
		parts.push({ kind: "text", text: text.slice(from) });
}

/* 'text' in parts: { kind: "text" | "link" | "mention", text, href }. Nothing
 * else in it has a meaning. */
export function partsOf(text, name) {
	const parts = [];
	let from = 0;

	for (const match of text.matchAll(LINK)) {
		const link = trimLink(match[0]);
		const href = parseLink(link);
		if (!href)
			continue;
		pushMentions(parts, text.slice(from, match.index), name);
		parts.push({ kind: "link", text: link, href });
		from = match.index + link.length;
	}
	pushMentions(parts, text.slice(from), name);
	return parts;
}

/* The lines of what was typed or pasted that have something in them. */
export function linesOf(text) {
	return text.split(/\r\n|\r|\n|\u2028|\u2029/)
		.map((line) => line.trimEnd()).filter((line) => line !== "");
}

/* One of 12 hues, the same for a name everywhere. */
export function hueOf(name) {
	let hash = 0;

	for (const character of name)
		hash = (hash * 31 + character.codePointAt(0)) >>> 0;
	return hash % 12;
}

export function initialOf(name) {
	const first = Array.from(name.replace(/^#/, ""))[0];

	return first ? first.toUpperCase() : "?";
}

const clock = new Intl.DateTimeFormat(undefined,
	{ hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined,
	{ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat(undefined,
	{ dateStyle: "full", timeStyle: "medium" });

export function clockOf(time) {
	return clock.format(time);
}

export function dayOf(time) {
	return day.format(time);
}

export function exactTimeOf(time) {
	return exact.format(time);
}

/* "1 person", "5 people". */
export function countOf(count, one, many) {
	return count + " " + (count === 1 ? one : many);
}
