/* How rooms speak, as dnchat(7) says: they are users, and what they send is
 * text. So are the services that create them. */

const PAST = /^\[(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) #(\d+)\] (.*)$/s;
const SAID = /^([^:]+): (.*)$/s;
const LEFT_OUT = /^and \d+ more$/;

/* How many lines of the past are asked for: at first, at a time from there
 * on, and where we don't know from which one on. */
export const PAST_FIRST = 50;
export const PAST_STEP = 200;
export const PAST_MOST = 500;

/* An answer is cut off at 256 KiB: one of more than this may have been. */
export const PAST_BYTES = 128 * 1024;

/* A name as it was before it was written into a line. */
function readName(name) {
	return name.replace(/%([0-9a-f]{2})/gi, (_, digits) =>
		String.fromCharCode(parseInt(digits, 16)));
}

function parseSaid(text) {
	const match = SAID.exec(text);

	return match ? { author: readName(match[1]), text: match[2] } : null;
}

/* "joined; 2 of 3 ..." as { word: "joined", rest: "2 of 3 ..." }. */
function parseAnswer(text) {
	const [, word, rest] = /^((?:members )?[\w-]*)[:;]? ?(.*)$/s.exec(text);

	return { kind: "answer", word, rest, text };
}

/*
 * What the text of room or service 'name' is: { kind: "past", time, id, author,
 * text }, a line of its history; { kind: "said", author, text }; { kind:
 * "answer", word, rest, text }, its own words; or { kind: "notice", text }.
 */
export function parseRoomText(name, text) {
	const past = PAST.exec(text);
	const said = parseSaid(past ? past[3] : text);

	if (past && said && !Number.isNaN(Date.parse(past[1])))
		return { kind: "past", time: Date.parse(past[1]), id: past[2],
			...said };
	if (past || !said)
		return { kind: "notice", text };
	return said.author === name ? parseAnswer(said.text) :
		{ kind: "said", ...said };
}

/* The names in "a, b" of an answer to /who, where some may be left out. */
export function parseMembers(rest) {
	return rest.split(", ").filter((name) => name !== "" &&
		!LEFT_OUT.test(name)).map(readName);
}

/* "code: why" of an answer that begins with "error". */
export function parseError(rest) {
	const [, code, why] = /^([\w-]+):? ?(.*)$/s.exec(rest) ??
		["", "", rest];

	return { code, why: why[0] ? why[0].toUpperCase() + why.slice(1) + "." :
		"That did not work: " + code + "." };
}

export function historyCommand(count, after) {
	return "/history " + count + (after ? " after " + after : "");
}

/* What goes to a room so that it says 'text' and does not obey it. */
export function escapeRoomText(text) {
	return text.startsWith("/") ? "/" + text : text;
}

/* "#name" of what somebody typed. */
export function roomName(text) {
	const name = text.trim();

	return name.startsWith("#") ? name : "#" + name;
}

/* What a room is known by: two servers may have one of the same name. */
export function roomKey(room) {
	return room.name + " " + room.description;
}
