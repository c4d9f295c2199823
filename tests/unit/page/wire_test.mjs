/* Messages to and from text, numbers, names. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, byteLength, cleanText, compareNumbers, decode, encodeAuth,
	encodeSend, nameProblem, numberOf } from "../../../dataplane/page/wire.mjs";

test("each kind of message is read", () => {
	assert.deepEqual(decode("OKAY 9223372036854775807"),
		{ kind: "OKAY", number: "9223372036854775807" });
	assert.deepEqual(decode("FAIL 1\r\nNAME"),
		{ kind: "FAIL", number: "1", reason: "NAME" });
	assert.deepEqual(decode("SEND 1\r\n2\r\n"),
		{ kind: "SEND", number: "1", from: "2", text: "" });
	assert.deepEqual(decode("ARRV 5\r\nbob\r\non s1"),
		{ kind: "ARRV", number: "5", name: "bob", description: "on s1" });
	assert.deepEqual(decode("INVD 0"), { kind: "INVD", number: "0" });
});

test("what is no message is none", () => {
	for (const text of ["", "OKAY", "OKAY ", "OKAY 0", "OKAY 01", "OKAY 1 ",
		"OKAY 1\r\n", "OKAY 1\n", "SEND 1\r\n2", "SEND 1\r\n2\r\na\r\nb",
		"okay 1", "OKAY  1", "OKAY\t1", "LEFT 12345678901234567890",
		"AUTH 1\r\na\r\nb", "toString 1", "INVD 1\r\n"])
		assert.equal(decode(text), null, JSON.stringify(text));
});

test("numbers are below 2^53 and tell for whom they are", () => {
	for (const words of [[0, 0], [2 ** 32 - 1, 2 ** 32 - 1], [5, 7]])
		for (const address of ["all", "one", undefined]) {
			const number = numberOf(words, address);
			assert.match(number, /^[1-9][0-9]*$/);
			assert.ok(Number(number) > 2 ** 32);
			assert.ok(Number(number) <= 2 ** 53 - 2);
			assert.equal(addressOf(number), address ?? null);
		}
	assert.equal(addressOf("111"), null);
	assert.equal(addressOf("222"), null);
	assert.equal(addressOf("9223372036854775222"), "one");
});

test("numbers are compared as numbers", () => {
	assert.ok(compareNumbers("9", "10") < 0);
	assert.ok(compareNumbers("9007199254740993", "9007199254740992") > 0);
	assert.equal(compareNumbers("5", "5"), 0);
});

test("texts lose what a message cannot carry", () => {
	assert.equal(cleanText("a\r\nb\u0000c\td"), "abc\td");
	assert.equal(encodeSend("1", "*", "x"), "SEND 1\r\n*\r\nx");
	assert.equal(encodeAuth("7", "ann", "pw"), "AUTH 7\r\nann\r\npw");
	assert.equal(byteLength("ü€😀"), 9);
});

test("names are those that the server takes", () => {
	for (const name of ["ann", "Ann Lee", "Ünal", "a".repeat(64), "李"])
		assert.equal(nameProblem(name), "", name);
	for (const name of ["", "#ann", "a\u200bb", "a\u2028b", "a\tb",
		"ü".repeat(33)])
		assert.notEqual(nameProblem(name), "", JSON.stringify(name));
});
