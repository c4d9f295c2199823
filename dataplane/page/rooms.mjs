/* How rooms speak: they are users, and what they send is text. */

const PAST = /^\[(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) #(\d+)\] (.*)$/s;
const SAID = /^([^:]+): (.*)$/s;
const MEMBERS = /^(?:members|here|who)[^:]*: (.*)$/is;

/* How much of the past is asked for at a time, and in all. */
export const PAST_STEP = 50;
export const PAST_GAP = 200;
export const PAST_MAX = 2000;

function parseSaid(text) {
	const match = SAID.exec(text);

	return match ? { author: match[1].replace(/%3A/gi, ":"),
		text: match[2] } : null;
}

/*
 * What a room's text is: { kind: "past", time, id, author, text }, a line of
 * its history; { kind: "said", author, text }; or { kind: "notice", text }.
 */
export function parseRoomText(text) {
	const past = PAST.exec(text);
	const said = parseSaid(past ? past[3] : text);

	if (past && said && !Number.isNaN(Date.parse(past[1])))
		return { kind: "past", time: Date.parse(past[1]), id: past[2],
			...said };
	return said && !past ? { kind: "said", ...said } :
		{ kind: "notice", text };
}

/* The names in an answer to /who, or null if it is none. */
export function parseMembers(text) {
	const match = MEMBERS.exec(text);

	return match ? match[1].split(/, */).filter((name) => name !== "") :
		null;
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
