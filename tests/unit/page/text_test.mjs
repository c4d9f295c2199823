/* What a text means: links, mentions, lines, completions, emoji, receipts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { completionsAt, parseCommand }
	from "../../../dataplane/page/complete.mjs";
import { EMOJI, findEmoji, replaceEmoji } from "../../../dataplane/page/emoji.mjs";
import { People } from "../../../dataplane/page/people.mjs";
import { markOf } from "../../../dataplane/page/receipts.mjs";
import { linesOf, mentions, partsOf } from "../../../dataplane/page/text.mjs";

function links(text) {
	return partsOf(text, "").filter(({ kind }) => kind === "link")
		.map(({ href }) => href);
}

test("links end before the sentence does", () => {
	assert.deepEqual(links("see https://a.example/x, or (http://b.example/y)."),
		["https://a.example/x", "http://b.example/y"]);
	assert.deepEqual(links("https://a.example/w_(x)"),
		["https://a.example/w_(x)"]);
	assert.deepEqual(links("<https://a.example/\"onclick=x>"),
		["https://a.example/"]);
});

test("nothing but http and https is a link", () => {
	for (const text of ["javascript:alert(1)", "data:text/html,x",
		"vbscript:x", "file:///etc/passwd", "https://", "http:// x",
		"JAVASCRIPT://%0aalert(1)", "blob:https"])
		assert.deepEqual(links(text), [], text);
});

test("parts are the whole text again", () => {
	for (const text of ["", "plain", "@ann", "a @ann b https://x.example/ c",
		"https://x.example/@ann", "İ@ann", "@ann@ann"])
		assert.equal(partsOf(text, "ann").map((part) => part.text).join(""),
			text);
});

test("mentions are whole names", () => {
	assert.ok(mentions("hi @Ann!", "ann"));
	assert.ok(mentions("@ann lee, hello", "ann lee"));
	for (const text of ["@anna", "x@ann", "ann", "@ an n", ""])
		assert.ok(!mentions(text, "ann"), text);
});

test("lines with nothing in them are none", () => {
	assert.deepEqual(linesOf("a\r\n\n  \nb \u2028c"), ["a", "b", "c"]);
});

test("emoji have unique names and one symbol each", () => {
	assert.equal(new Set(EMOJI.map(({ name }) => name)).size, EMOJI.length);
	assert.ok(EMOJI.length > 100);
	for (const { name, symbol } of EMOJI) {
		assert.match(name, /^[a-z_]+$/);
		assert.match(symbol, /\p{Extended_Pictographic}/u);
	}
	assert.equal(replaceEmoji(":fire: 12:30:45 :nonesuch:"),
		"🔥 12:30:45 :nonesuch:");
	assert.equal(findEmoji("hea", 1)[0].name, "heart");
});

test("completions are of the word before the cursor", () => {
	const people = new People();

	people.arrive("1", "Bob Lee", "on s");
	people.arrive("2", "bobby", "on s");
	people.arrive("3", "#tea", "room s");
	assert.deepEqual(completionsAt("hi @bob", 7, people).choices
		.map(({ insert }) => insert), ["@Bob Lee ", "@bobby "]);
	assert.equal(completionsAt("mail x@bob", 10, people), null);
	assert.equal(completionsAt("/join #t", 8, people).choices[0].insert,
		"#tea ");
	assert.equal(completionsAt("/jo", 3, people).choices[0].insert, "/join ");
	assert.equal(completionsAt("x /jo", 5, people), null);
	assert.equal(completionsAt("12:30", 5, people), null);
});

test("commands have a name and a rest", () => {
	assert.deepEqual(parseCommand("/msg  bob hi there"),
		{ name: "/msg", rest: "bob hi there" });
	assert.deepEqual(parseCommand("/who"), { name: "/who", rest: "" });
	for (const text of ["//who", "/", "/ who", "/etc/passwd", "who"])
		assert.equal(parseCommand(text), null, text);
});

test("receipts are told as one, some or all", () => {
	const of = (recipients, count, state = "sent") => markOf({ state,
		recipients, reason: "why", receipts: new Map(Array.from(
			{ length: count }, (_, at) => [at, "u" + at])) }).label;

	assert.equal(of(null, 0, "waiting"), "waiting");
	assert.equal(of(null, 0, "failed"), "not sent");
	assert.equal(of(5, 0), "sent");
	assert.equal(of(1, 1), "delivered");
	assert.equal(of(5, 3), "delivered to 3 of 5");
	assert.equal(of(2, 3), "delivered to 3 of 3");
	assert.equal(of(null, 3), "delivered to 3");
});

test("people are sorted, found, and gone", () => {
	const people = new People();
	const names = () => people.list("person").map(({ name }) => name);

	for (let at = 0; at < 200; at++)
		people.arrive(String(at), "u" + at % 100, "on s");
	assert.equal(people.count("person"), 200);
	assert.deepEqual(names(), [...names()].sort());
	people.arrive("500", "u50", "on s");
	people.arrive("500", "Zoe", "on s");
	assert.equal(names().at(-1), "Zoe");
	assert.equal(people.find("Zoe").number, "500");
	assert.deepEqual(people.search("person", "oe").map(({ name }) => name),
		["Zoe"]);
	for (let at = 0; at < 200; at++)
		people.leave(String(at));
	assert.deepEqual(names(), ["Zoe"]);
	assert.equal(people.leave("1"), undefined);
	assert.equal(people.find("u1"), undefined);
	people.arrive("9", "#x", "on s");
	people.arrive("10", "#y", "room s");
	assert.equal(people.list("room").length, 1);
});
