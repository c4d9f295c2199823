/* Pictures for the operator's page: lines over time, bars, the network. Each
 * is an <svg> made anew from what it shows. */

function draw(tag, attributes, ...children) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", tag);

	for (const [name, value] of Object.entries(attributes))
		made.setAttribute(name, value);
	made.append(...children);
	return made;
}

function picture(width, height, label, ...children) {
	return draw("svg", { viewBox: "0 0 " + width + " " + height,
		role: "img", "aria-label": label }, ...children);
}

/* The least of 1, 2, 5, 10, 20 ... that is not below 'value'. */
export function roundUp(value) {
	let unit = 1;

	while (unit * 10 <= value)
		unit *= 10;
	return [1, 2, 5, 10].map((times) => times * unit)
		.find((round) => round >= value);
}

const PLOT = { width: 480, height: 150, left: 44, bottom: 20, top: 8 };

/* 'series' are { name, values }, oldest first; 'most' values fit. */
export function plotLines(series, most) {
	const { width, height, left, bottom, top } = PLOT;
	const high = roundUp(Math.max(1, ...series.flatMap(({ values }) =>
		values)));
	const x = (at, count) => left + (width - left) *
		(1 - (count - 1 - at) / (most - 1));
	const y = (value) => height - bottom - (height - bottom - top) *
		value / high;
	const grid = [0, 0.5, 1].flatMap((part) => [
		draw("line", { class: "grid", x1: left, x2: width,
			y1: y(high * part), y2: y(high * part) }),
		draw("text", { class: "quiet", x: left - 8,
			y: y(high * part) + 4, "text-anchor": "end" },
		String(high * part))]);
	const lines = series.map(({ name, values }) => draw("polyline", {
		class: "line " + name, points: values.map((value, at) =>
			x(at, values.length).toFixed(1) + "," +
			y(value).toFixed(1)).join(" ") }));

	return picture(width, height, series.map(({ name, values }) => name +
		" " + (values.at(-1) ?? 0)).join(", ") + " messages a second now",
	...grid, ...lines,
	draw("text", { class: "quiet", x: left, y: height - 4 }, "−5 min"),
	draw("text", { class: "quiet", x: width, y: height - 4,
		"text-anchor": "end" }, "now"));
}

const BAR_PIXELS = 26;

/* 'rows' are { label, count }. */
export function plotBars(rows) {
	const width = 480;
	const left = 96;
	const high = Math.max(1, ...rows.map(({ count }) => count));

	return picture(width, Math.max(1, rows.length) * BAR_PIXELS,
		rows.map(({ label, count }) => label + ": " + count).join(", ") ||
		"nobody", ...rows.flatMap(({ label, count }, at) => {
			const size = (width - left - 64) * count / high;
			const y = at * BAR_PIXELS;
			return [
				draw("text", { x: 0, y: y + 17 }, label),
				draw("rect", { class: "bar-fill", x: left, y: y + 4,
					rx: 3, width: Math.max(2, size).toFixed(1),
					height: BAR_PIXELS - 9 }),
				draw("text", { class: "quiet", x: left + size + 8,
					y: y + 17 }, String(count))];
		}));
}

const MAP = { width: 960, radiusX: 340, radiusY: 110, row: 40 };

/* Above so many servers they stand in two columns, not in a ring. */
const RING_MAX = 14;

function placesOf(count, height) {
	const { width, radiusX, radiusY, row } = MAP;

	return Array.from({ length: count }, (_, at) => {
		/* The first to the left, where reading begins. */
		const angle = (at / count + 0.5) * 2 * Math.PI;
		return count <= RING_MAX ?
			{ x: width / 2 + radiusX * Math.cos(angle),
				y: height / 2 + radiusY * Math.sin(angle) } :
			{ x: width / 2 + (at % 2 ? 1 : -1) * radiusX,
				y: row * (Math.floor(at / 2) + 0.75) };
	});
}

function users(count) {
	return count + (count === 1 ? " user" : " users");
}

/* 'name' is this server with 'local' users of its own; 'peers' are { name,
 * state, rtt, users }. */
export function plotMap(name, local, peers) {
	const { width, row } = MAP;
	const height = peers.length <= 2 ? 90 : peers.length <= RING_MAX ? 300 :
		row * (Math.ceil(peers.length / 2) + 1);
	const center = { x: width / 2, y: height / 2 };
	const edges = [];
	const nodes = [];

	placesOf(peers.length, height).forEach(({ x, y }, at) => {
		const peer = peers[at];
		const state = peer.state === "up" ? " up" : "";
		const middle = { x: (center.x + x) / 2, y: (center.y + y) / 2 };
		edges.push(draw("line", { class: "edge" + state, x1: center.x,
			y1: center.y, x2: x, y2: y }),
		draw("text", { class: "quiet halo", x: middle.x, y: middle.y + 4,
			"text-anchor": "middle" }, peer.state === "up" ?
			peer.rtt === null ? "" : (peer.rtt * 1000).toFixed(1) +
			" ms" : peer.state));
		nodes.push(draw("rect", { class: "node" + state, x: x - 92,
			y: y - 17, width: 184, height: 34, rx: 10 }),
		draw("text", { x, y: y - 1, "text-anchor": "middle" },
			peer.name.length > 27 ? peer.name.slice(0, 26) + "…" :
				peer.name),
		draw("text", { class: "quiet", x, y: y + 12,
			"text-anchor": "middle" }, users(peer.users)));
	});
	nodes.push(draw("rect", { class: "node self", x: center.x - 92,
		y: center.y - 22, width: 184, height: 44, rx: 12 }),
	draw("text", { class: "inside", x: center.x, y: center.y - 2,
		"text-anchor": "middle" }, name),
	draw("text", { class: "inside", x: center.x, y: center.y + 14,
		"text-anchor": "middle" }, users(local) + " here"));
	return picture(width, height, name + " with " + peers.length + " links: " +
		peers.map((peer) => peer.name + " " + peer.state).join(", "),
	...edges, ...nodes);
}
