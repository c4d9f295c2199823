/* The dnchat protocol as a client speaks it: messages to and from text.
 * Numbers are strings of digits everywhere, as they exceed 2^53. */

const END = "\r\n";
const NUMBER = /^[1-9][0-9]{0,18}$/;

/* How many lines a message has, by its kind. */
const LINES = { OKAY: 1, FAIL: 2, SEND: 3, ACKN: 2, ARRV: 3, LEFT: 1, INVD: 1 };

/* What a text, a name may hold at most, in bytes of UTF-8. */
export const TEXT_BYTES_MAX = 4096;
export const NAME_BYTES_MAX = 64;

const encoder = new TextEncoder();

export function byteLength(text) {
	return encoder.encode(text).length;
}

/* One message of the server, or null if it is none. */
export function decode(text) {
	const lines = text.split(END);
	const kind = lines[0].slice(0, 4);
	const number = lines[0].slice(5);

	if (LINES[kind] !== lines.length || lines[0][4] !== " ")
		return null;
	if (!NUMBER.test(number) && !(kind === "INVD" && number === "0"))
		return null;
	switch (kind) {
	case "FAIL":
		return { kind, number, reason: lines[1] };
	case "SEND":
		return { kind, number, from: lines[1], text: lines[2] };
	case "ACKN":
		return { kind, number, from: lines[1] };
	case "ARRV":
		return { kind, number, name: lines[1], description: lines[2] };
	default:
		return { kind, number };
	}
}

export function encodeAuth(number, name, password) {
	return ["AUTH " + number, name, password].join(END);
}

export function encodeSend(number, to, text) {
	return ["SEND " + number, to, text].join(END);
}

export function encodeAckn(number) {
	return "ACKN " + number;
}

/* 'text' without what a message cannot carry: control characters but TAB. */
export function cleanText(text) {
	return text.replace(/[\u0000-\u0008\u000a-\u001f]/g, "");
}

/* Why nobody may be called 'name', or "" if it will do. */
export function nameProblem(name) {
	if (name === "")
		return "Say who you are.";
	if (byteLength(name) > NAME_BYTES_MAX)
		return "That name is too long: " + NAME_BYTES_MAX +
			" bytes are the most.";
	if (name.startsWith("#"))
		return "Names that begin with # are those of rooms.";
	if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name))
		return "That name holds a character that cannot be seen.";
	return "";
}

/*
 * A SEND that arrives does not say whether it was for all. Our numbers do, by
 * their last three digits, as dnchat(7) says; other clients' may be anything.
 */
const ADDRESSED = { all: 111, one: 222 };
const ADDRESSED_LEAST = 2 ** 32;

/* A number that nobody can foresee, below 2^53. 'words' are two random numbers
 * of 32 bits, 'address' is "all", "one", or nothing in particular. */
export function numberOf(words, address) {
	const number = (words[0] & 0x0fffff) * 2 ** 32 + (words[1] >>> 0) +
		ADDRESSED_LEAST;

	return String(number - number % 1000 + (ADDRESSED[address] ?? 0) + 1000);
}

/* For whom the author of message 'number' meant it: "all", "one", or null if
 * his client doesn't say. */
export function addressOf(number) {
	const value = BigInt(number);

	if (value < BigInt(ADDRESSED_LEAST))
		return null;
	return Object.keys(ADDRESSED).find((address) =>
		value % 1000n === BigInt(ADDRESSED[address])) ?? null;
}

/* Orders numbers as numbers. */
export function compareNumbers(a, b) {
	if (a.length !== b.length)
		return a.length - b.length;
	return a < b ? -1 : a > b ? 1 : 0;
}
