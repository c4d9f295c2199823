/* The operator's page: asks /status.json again and again, and shows it. */

import { element, make, setText } from "./dom.mjs";
import { plotBars, plotLines, plotMap } from "./plot.mjs";

/* Between two questions; at first, until dncontrol has answered; while nothing
 * answers; and how many samples of rates the server keeps. */
const ASK_MSEC = 1000;
const ASK_MSEC_FIRST = 150;
const ASK_MSEC_LOST = 2000;
const SAMPLES_MAX = 300;

/* A view that is older is told to be old. */
const STALE_MSEC = 5000;

function span(seconds) {
	const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
	const at = Math.max(0, units.findIndex(([, size]) => seconds >= size));
	const [unit, size] = seconds < 1 ? units[3] : units[at];

	return Math.floor(seconds / size) + " " + unit;
}

function pairs(into, rows) {
	into.replaceChildren(...rows.map(([name, value]) => make("div", "",
		make("dt", "", name), make("dd", "", String(value)))));
}

/* ---- parts ---- */

function showRates(rates) {
	const received = rates.map(([count]) => count);
	const sent = rates.map(([, count]) => count);

	setText(element("rate-received"), String(received.at(-1) ?? 0));
	setText(element("rate-sent"), String(sent.at(-1) ?? 0));
	element("rates").replaceChildren(plotLines([
		{ name: "received", values: received },
		{ name: "sent", values: sent }], SAMPLES_MAX));
}

function showHops(users) {
	const byHops = new Map();

	for (const { hops, users: count } of users)
		byHops.set(hops, (byHops.get(hops) ?? 0) + count);
	element("hops").replaceChildren(plotBars([...byHops]
		.sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity))
		.map(([hops, count]) => ({ count, label: hops === null ?
			"no way" : hops === 0 ? "here" : hops === 1 ? "1 server" :
			hops + " servers" }))));
}

function rowOf(peer) {
	const remark = [peer.foreign ? "of other origin" : "",
		peer.failures > 0 ? peer.failures + " failures" : "",
		peer.retry !== null ? "tries again in " + span(peer.retry) : "",
		peer.state === "up" ? "" : peer.why ?? ""]
		.filter((part) => part !== "").join(", ");

	return make("tr", "", make("td", "", peer.name), make("td", "",
		make("span", "state " + peer.state, peer.state)),
	make("td", "", peer.rtt === null ? "–" : (peer.rtt * 1000).toFixed(1) +
		" ms"), make("td", "", String(peer.users)),
	make("td", "", span(peer.since)), make("td", "quiet", remark));
}

function showView({ status, peers, users, omitted }) {
	setText(element("name"), status.name);
	showHops(users);
	element("links").replaceChildren(...peers.map(rowOf));
	element("no-links").hidden = peers.length > 0;
	element("map").replaceChildren(plotMap(status.name, status.users_local,
		peers));
	if (omitted > 0)
		element("links").append(make("tr", "", make("td", "quiet",
			"and " + omitted + " more rows: dnctl show peers")));
}

function showTiles(told) {
	const { counters, view } = told;

	pairs(element("tiles"), [
		["users in the network", counters.entries],
		["users here", counters.clients],
		["links up", view ? view.status.peers_up + " of " +
			view.status.peers : counters.links],
		["connections", counters.connections],
		["up for", span(told.uptime)]]);
}

function show(told) {
	const isStale = told.view_age !== null && told.view_age > STALE_MSEC;

	setText(element("about"), "dnchat " + told.version + " on " +
		told.listening);
	showTiles(told);
	showRates(told.rates);
	pairs(element("counters"), Object.entries(told.counters).map(
		([name, value]) => [name.replaceAll("_", " "),
			value.toLocaleString()]));
	if (told.view)
		showView(told.view);
	warn(!told.control ? "The control daemon, dncontrol, is not running. " +
		"Users go on talking; logins and new links wait for it." +
		(told.view ? " Links and distances are as of " +
		span(told.view_age / 1000) + " ago." : "") :
		isStale ? "dncontrol is slow: links and distances are " +
		span(told.view_age / 1000) + " old." : "");
}

function warn(text) {
	element("warning").hidden = text === "";
	setText(element("warning"), text);
}

/* ---- asking ---- */

async function ask() {
	let next = ASK_MSEC;

	try {
		const answer = await fetch("/status.json", { cache: "no-store" });
		if (!answer.ok)
			throw new Error(await answer.text());
		const told = await answer.json();
		show(told);
		if (told.view === null && told.control)
			next = ASK_MSEC_FIRST;
	} catch (error) {
		warn(error instanceof TypeError ? "The server does not answer. " +
			"This is what it said last." : String(error.message));
		next = ASK_MSEC_LOST;
	}
	setTimeout(ask, document.visibilityState === "hidden" ?
		ASK_MSEC_LOST : next);
}

ask();
