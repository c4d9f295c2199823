/* Who is there: people, rooms, services, as ARRV and LEFT say. */

/* A batch larger than this is sorted rather than inserted one by one. */
const INSERT_MAX = 64;

/* How rooms of the network, and of other networks, are described. */
const ROOM = /^(?:room|via) /;

/* Anybody may be called rooms@something, but not be described so. */
const SERVICE = /^creates and lists rooms/;

export function kindOf(name, description) {
	if (name.startsWith("#") && ROOM.test(description))
		return "room";
	return name.startsWith("rooms@") && SERVICE.test(description) ?
		"service" : "person";
}

function compare(a, b) {
	if (a.key !== b.key)
		return a.key < b.key ? -1 : 1;
	return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
}

/* Where 'item' stands, or would, in sorted 'items'. */
function placeOf(items, item) {
	let low = 0;
	let high = items.length;

	while (low < high) {
		const middle = (low + high) >> 1;
		if (compare(items[middle], item) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Things of one kind, sorted by name whenever somebody looks. */
class Sorted {
	constructor() {
		this.items = [];
		this.fresh = [];
	}

	add(item) {
		this.fresh.push(item);
	}

	remove(item) {
		const items = this.all();
		const at = placeOf(items, item);

		if (items[at] === item)
			items.splice(at, 1);
	}

	all() {
		if (this.fresh.length > INSERT_MAX)
			this.items = this.items.concat(this.fresh).sort(compare);
		else
			for (const item of this.fresh)
				this.items.splice(placeOf(this.items, item), 0,
					item);
		this.fresh = [];
		return this.items;
	}

	get size() {
		return this.items.length + this.fresh.length;
	}
}

export class People {
	constructor() {
		this.clear();
	}

	clear() {
		this.byNumber = new Map();
		this.byName = new Map();
		this.sorted = { person: new Sorted(), room: new Sorted(),
			service: new Sorted() };
	}

	/* Takes an ARRV; the same number again replaces what it was. */
	arrive(number, name, description) {
		const person = { number, name, description,
			kind: kindOf(name, description),
			key: name.toLowerCase() };

		this.leave(number);
		this.byNumber.set(number, person);
		this.byName.set(name,
			[...(this.byName.get(name) ?? []), person]);
		this.sorted[person.kind].add(person);
		return person;
	}

	/* Takes a LEFT; returns who it was, or undefined. */
	leave(number) {
		const person = this.byNumber.get(number);

		if (!person)
			return undefined;
		const others = this.byName.get(person.name)
			.filter((other) => other !== person);
		if (others.length > 0)
			this.byName.set(person.name, others);
		else
			this.byName.delete(person.name);
		this.byNumber.delete(number);
		this.sorted[person.kind].remove(person);
		return person;
	}

	get(number) {
		return this.byNumber.get(number);
	}

	/* The first of that name who is there, or undefined. */
	find(name) {
		return this.byName.get(name)?.[0];
	}

	isAmbiguous(name) {
		return this.byName.get(name)?.length > 1;
	}

	/* The room that "#name" or, if there are several, "#name server" is. */
	findRoom(text) {
		const at = text.lastIndexOf(" ");
		const roomsOf = (name) => (this.byName.get(name) ?? []).filter(
			({ kind }) => kind === "room");

		return roomsOf(text)[0] ?? roomsOf(text.slice(0, at)).find(
			({ description }) => description.split(" ").at(-1) ===
				text.slice(at + 1));
	}

	list(kind) {
		return this.sorted[kind].all();
	}

	count(kind) {
		return this.sorted[kind].size;
	}

	/* Those of 'kind' whose name holds 'query', first those that begin
	 * with it; at most 'most' of them. */
	search(kind, query, most = Infinity) {
		const key = query.trim().toLowerCase();
		const all = this.list(kind);
		const first = [];
		const later = [];

		if (key === "")
			return most < all.length ? all.slice(0, most) : all;
		for (const person of all) {
			const at = person.key.replace(/^#/, "")
				.indexOf(key.replace(/^#/, ""));
			if (at === 0)
				first.push(person);
			else if (at > 0)
				later.push(person);
			if (first.length >= most)
				break;
		}
		return first.concat(later).slice(0, most);
	}
}
