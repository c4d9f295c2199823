/* The page: the chat (chat.mjs) between the WebSocket and what is seen. */

import { element, make, onceAFrame, setText } from "./dom.mjs";
import { Chat } from "./chat.mjs";
import { parseCommand } from "./complete.mjs";
import { Composer } from "./composer.mjs";
import { Login, MembersDialog, RoomDialog, Settings, showReceipts }
	from "./dialogs.mjs";
import { Link } from "./link.mjs";
import { Notify } from "./notify.mjs";
import { roomName } from "./rooms.mjs";
import { DIALLING, IDLE, ONLINE, RESTING } from "./session.mjs";
import { Sidebar } from "./sidebar.mjs";
import { lasting } from "./store.mjs";
import { countOf, initialOf } from "./text.mjs";
import { Timeline } from "./timeline.mjs";
import { nameProblem, numberOf } from "./wire.mjs";

/* What is read aloud at most in one go; the rest is counted. */
const SPOKEN_MAX = 3;

const chat = new Chat({
	random: () => crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32,
	number: (address) => numberOf(crypto.getRandomValues(
		new Uint32Array(2)), address),
});
const link = new Link({
	opened: () => tell(() => chat.opened(Date.now())),
	received: (text) => tell(() => chat.received(text, Date.now())),
	closed: (why) => tell(() => chat.closed(why, Date.now())),
});
const notify = new Notify((talk) => show(talk));
const login = new Login(logIn);
const settings = new Settings(notify, logOut);
const roomDialog = new RoomDialog(chat, createRoom);
const membersDialog = new MembersDialog();
const sidebar = new Sidebar(chat, choose);
const timeline = new Timeline(chat, {
	retry: (message) => tell(() => chat.sendFirst(message, Date.now())),
	explain: showReceipts,
	older: (talk) => tell(() => chat.desk.askOlder(talk, Date.now())),
	moved: () => watch(),
});
const composer = new Composer(chat, { submit, latest: () =>
	timeline.toEnd() });

let timer = 0;
let wished = null; /* { name, password }: to be remembered once it is right */
let spoken = [];

/* ---- in and out ---- */

/* Does 'what' to the chat, then what follows from it. */
function tell(what) {
	const result = what();

	for (const action of chat.take())
		act[action.type](action);
	clearTimeout(timer);
	if (chat.deadline < Infinity)
		timer = setTimeout(() => tell(() => chat.tick(Date.now())),
			Math.max(0, chat.deadline - Date.now()));
	return result;
}

const act = {
	dial: () => link.dial(),
	hangup: () => link.hangup(),
	write: ({ text }) => link.write(text),
	refused({ why, reason }) {
		if (reason === "PASSWORD")
			lasting.set("login", null);
		login.show(chat.name);
		login.complain(why);
	},
	online() {
		lasting.set("number." + chat.name, chat.session.number);
		if (wished)
			lasting.set("login", wished.isKept ? wished : null);
		wished = null;
		if (element("app").hidden)
			enter();
	},
	heard({ talk, message }) {
		notify.tell(talk, message);
	},
	read({ message }) {
		spoken.push(message);
		speak();
	},
	tell({ text }) {
		chat.note(chat.open, text, Date.now());
	},
	keep({ rooms }) {
		lasting.set("rooms." + chat.name, rooms.length > 0 ? rooms : null);
	},
	changed({ what }) {
		if (what === "open")
			shown = null;
		if (what === "people" || what === "talks")
			drawList();
		if (what === "session" || what === "talks" || what === "open")
			drawTitle();
		draw();
	},
};

/* ---- logging in and out ---- */

function logIn(name, password, isKept) {
	wished = { name, password, isKept };
	login.busy(true);
	start(name, password);
}

function start(name, password) {
	tell(() => chat.login(name, password, lasting.get("number." + name),
		lasting.get("rooms." + name) ?? [], Date.now()));
}

function enter() {
	login.hide();
	setText(element("me-avatar"), initialOf(chat.name));
	setText(element("me"), chat.name);
	show(chat.open);
	element("app").dataset.view = "talk";
	composer.focus();
}

function logOut() {
	lasting.set("login", null);
	tell(() => chat.logout());
	shown = null;
	login.complain("");
	login.show("");
}

/* ---- choosing ---- */

function show(talk) {
	tell(() => chat.show(talk, Date.now()));
	element("app").dataset.view = "talk";
	draw();
	drawList();
}

function choose({ talk, person }) {
	const other = talk ?? chat.talks.with(person);

	/* A room may have gone since it was drawn. */
	if (person?.kind === "room" && chat.people.get(person.number))
		tell(() => chat.desk.join(person, Date.now()));
	show(other);
	composer.focus();
}

/* Is the open conversation being looked at? */
function watch() {
	const isSeen = document.visibilityState === "visible" &&
		timeline.stack.atEnd && !element("app").hidden;

	tell(() => chat.watch(isSeen));
}

/* ---- saying ---- */

const commands = {
	"/join"(talk, rest) {
		const room = rest === "" && talk.number !== null ?
			chat.people.get(talk.number) :
			chat.people.findRoom(roomName(rest));

		if (room?.kind !== "room")
			return "There is no room " + roomName(rest) +
				"; /create makes one.";
		show(tell(() => chat.desk.join(room, Date.now())));
		return "";
	},
	"/leave"(talk) {
		if (talk.kind !== "room")
			return "This is no room: /close closes a conversation.";
		return tell(() => chat.desk.leave(talk));
	},
	"/create": (talk, rest) => createRoom(roomName(rest),
		chat.people.list("service")[0]),
	"/msg"(talk, rest) {
		const person = chat.people.list("person").filter(({ name }) =>
			rest === name || rest.startsWith(name + " "))
			.sort((a, b) => b.name.length - a.name.length)[0];

		if (!person)
			return "Nobody of that name is here.";
		const text = rest.slice(person.name.length).trim();
		const other = chat.talks.with(person);
		show(other);
		return text === "" ? "" : tell(() => chat.say(other, text,
			Date.now()));
	},
	"/close"(talk) {
		tell(() => chat.close(talk, Date.now()));
		show(chat.open);
		return "";
	},
	"/help"() {
		settings.show();
		return "";
	},
};

function createRoom(name, service) {
	const problem = name === "#" ? "Give the room a name." :
		nameProblem(name.slice(1)) && "That is no name for a room.";

	if (problem)
		return problem;
	if (chat.people.findRoom(name))
		return name + " is there already: /join " + name;
	if (!service)
		return "This server announces no rooms@NODE, which creates rooms.";
	return tell(() => chat.desk.create(name, service, Date.now())) ? "" :
		"There is no connection now.";
}

function submitLine(talk, line) {
	const command = parseCommand(line);

	if (command && commands[command.name])
		return commands[command.name](talk, command.rest);
	if (command && ["/who", "/history"].includes(command.name))
		return tell(() => chat.desk.type(talk, line, Date.now()));
	if (command)
		return command.name + " is no command: /help lists them, and // " +
			"begins a text with a slash.";
	return tell(() => chat.say(talk, line.replace(/^\/\//, "/"),
		Date.now()));
}

function submit(talk, lines) {
	timeline.toEnd();
	for (const line of lines) {
		const why = submitLine(talk, line);
		if (why !== "")
			return why;
	}
	return "";
}

/* ---- what is seen ---- */

let shown = null; /* the talk that is on the screen */

const drawList = onceAFrame(() => {
	if (!element("app").hidden)
		sidebar.refresh();
});

const draw = onceAFrame(() => {
	const talk = chat.open;

	if (element("app").hidden)
		return;
	drawHeading(talk);
	drawBanner();
	membersDialog.draw();
	if (shown === talk) {
		timeline.refresh();
		return;
	}
	shown = talk;
	timeline.show(talk);
	composer.show(talk);
	watch();
});

function drawTitle() {
	notify.count(chat.talks.unread, element("app").hidden ? "" :
		chat.open.title);
}

function aboutTalk(talk) {
	if (talk.kind === "all")
		return countOf(chat.people.count("person") + 1, "person",
			"people") + " here";
	const person = talk.number === null ? null : chat.people.get(talk.number);
	if (!person)
		return "not here now";
	return person.description;
}

/* "2 of 3 members here". */
function aboutMembers({ here, away }) {
	const all = here.length + away.length;

	return (away.length > 0 ? here.length + " of " : "") +
		countOf(all, "member", "members") + " here";
}

function drawHeading(talk) {
	const join = element("talk-join");
	const members = element("talk-members");

	setText(element("talk-title"), talk.title);
	setText(element("talk-about"), chat.isOnline ? aboutTalk(talk) : "");
	join.hidden = talk.kind !== "room" || talk.number === null;
	setText(join, talk.joined ? "Leave" : "Join");
	members.hidden = !talk.joined || !talk.members;
	setText(members, talk.members ? aboutMembers(talk.members) : "");
	element("talk-close").hidden = talk.kind === "all";
}

function drawBanner() {
	const { state, why, deadline } = chat.session;
	const banner = element("banner");

	banner.hidden = state === ONLINE || state === IDLE;
	setText(element("banner-text"), state === RESTING ? why +
		" What you write is sent when it is back." : state === DIALLING ?
		"Connecting…" : why || "Logging in…");
	setText(element("banner-count"), state === RESTING ? "Next try in " +
		Math.max(0, Math.ceil((deadline - Date.now()) / 1000)) + " s" : "");
	element("banner-retry").hidden = state !== RESTING;
}

/* Reads new messages aloud, but not all of a flood. */
const speak = onceAFrame(() => {
	const said = spoken.slice(-SPOKEN_MAX).map(({ author, text }) =>
		make("p", "", author + ": " + text));
	const more = spoken.length - said.length;

	if (more > 0)
		said.unshift(make("p", "", more + " more messages"));
	spoken = [];
	element("voice").replaceChildren(...said);
});

/* ---- the person and the browser ---- */

function onKey(event) {
	if (element("app").hidden || document.querySelector("dialog[open]"))
		return;
	const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
	if (event.altKey && step) {
		show(sidebar.neighbour(step));
		composer.focus();
	} else if ((event.ctrlKey || event.metaKey) && event.key === "k") {
		element("app").dataset.view = "side";
		sidebar.search.focus();
	} else {
		return;
	}
	event.preventDefault();
}

document.addEventListener("keydown", onKey);
document.addEventListener("visibilitychange", () => {
	watch();
	if (document.visibilityState === "visible")
		tell(() => chat.retry(Date.now()));
});
addEventListener("online", () => tell(() => chat.retry(Date.now())));
addEventListener("focus", watch);
setInterval(drawBanner, 1000);

element("back").addEventListener("click", () => {
	element("app").dataset.view = "side";
});
element("banner-retry").addEventListener("click", () =>
	tell(() => chat.retry(Date.now())));
element("settings").addEventListener("click", () => settings.show());
element("new-room").addEventListener("click", () => roomDialog.show());
element("talk-close").addEventListener("click", () =>
	commands["/close"](chat.open));
element("talk-members").addEventListener("click", () => {
	tell(() => chat.desk.refreshWho(chat.open, Date.now()));
	membersDialog.show(chat.open);
});
element("talk-join").addEventListener("click", () => composer.explain(
	commands[chat.open.joined ? "/leave" : "/join"](chat.open, "")));

const remembered = lasting.get("login");
login.show(remembered?.name ?? "");
if (remembered) {
	element("login-keep").checked = true;
	login.busy(true);
	start(remembered.name, remembered.password);
}
