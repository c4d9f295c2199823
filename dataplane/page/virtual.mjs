/*
 * Lists of which only what can be seen is in the document. FixedList has rows
 * of one height; Stack, below, has items whose heights are known only once
 * they were shown.
 */

import { onceAFrame, setAttributes } from "./dom.mjs";

/* Rows above and below what can be seen. */
const MARGIN_ROWS = 6;

export class FixedList {
	/* 'rowOf(item)' makes an element, 'update(element, item)' fills it. */
	constructor(frame, height, { rowOf, update }) {
		this.frame = frame;
		this.height = height;
		this.rowOf = rowOf;
		this.update = update;
		this.items = [];
		this.shown = new Map(); /* key: element */
		this.sizer = document.createElement("div");
		setAttributes(this.sizer, { class: "sizer", role: "presentation" });
		frame.append(this.sizer);
		this.draw = onceAFrame(() => this.drawNow());
		frame.addEventListener("scroll", this.draw, { passive: true });
		new ResizeObserver(this.draw).observe(frame);
	}

	/* 'items' have a unique 'key'. */
	set(items) {
		this.items = items;
		this.draw();
	}

	drawNow() {
		const { frame, height, items } = this;
		const first = Math.max(0, Math.floor(frame.scrollTop / height) -
			MARGIN_ROWS);
		const last = Math.min(items.length, Math.ceil((frame.scrollTop +
			frame.clientHeight) / height) + MARGIN_ROWS);
		const wanted = new Map();

		for (let at = first; at < last; at++)
			wanted.set(items[at].key, at);
		this.keepFocused(wanted);
		for (const [key, row] of this.shown)
			if (!wanted.has(key)) {
				row.remove();
				this.shown.delete(key);
			}
		for (const [key, at] of wanted)
			this.place(key, at);
		this.sizer.style.height = items.length * height + "px";
	}

	/* The focus must not vanish with a row that scrolls away. */
	keepFocused(wanted) {
		for (const [key, row] of this.shown) {
			if (wanted.has(key) || !row.contains(document.activeElement))
				continue;
			const at = this.items.findIndex((item) => item.key === key);
			if (at >= 0)
				wanted.set(key, at);
		}
	}

	place(key, at) {
		const item = this.items[at];
		let row = this.shown.get(key);

		if (!row) {
			row = this.rowOf(item);
			this.shown.set(key, row);
			this.sizer.append(row);
		}
		row.style.top = at * this.height + "px";
		setAttributes(row, { "aria-setsize": this.items.length,
			"aria-posinset": at + 1 });
		this.update(row, item);
	}

	/* Scrolls to row 'at' and returns its element. */
	reveal(at) {
		const top = at * this.height;
		const { frame } = this;

		if (top < frame.scrollTop)
			frame.scrollTop = top;
		else if (top + this.height > frame.scrollTop + frame.clientHeight)
			frame.scrollTop = top + this.height - frame.clientHeight;
		this.drawNow();
		return this.shown.get(this.items[at].key);
	}
}

/* What an item is taken to measure before it was shown, and how much above and
 * below what can be seen is drawn. */
const GUESS_PIXELS = 48;
const MARGIN_PIXELS = 400;

/* Heights that may be kept of items that are not there any more. */
const GONE_MAX = 1000;

/* This close to the end is at the end. */
const END_PIXELS = 40;

/*
 * Items from old to new. What is looked at stays where it is when older ones
 * are put in above or heights turn out different; at the end, it follows the
 * newest.
 */
export class Stack {
	/* 'make(item, before)' makes an element; 'scrolled()' is told. */
	constructor(frame, { make, scrolled }) {
		this.frame = frame;
		this.make = make;
		this.scrolled = scrolled;
		this.items = [];
		this.heights = new Map(); /* key: pixels */
		this.shown = new Map();   /* key: { element, mark } */
		this.atEnd = true;
		this.anchor = null;       /* { key, offset } else */
		this.width = 0;
		this.top = 0;             /* where the frame was scrolled to last */
		this.above = document.createElement("div");
		this.below = document.createElement("div");
		frame.append(this.above, this.below);
		this.draw = onceAFrame(() => this.drawNow());
		frame.addEventListener("scroll", () => this.onScroll(),
			{ passive: true });
		new ResizeObserver(() => this.onResize()).observe(frame);
	}

	/* Shows 'items' from now on. Each has a 'key', and mark(item, before)
	 * tells whether its element must be made anew. */
	set(items, mark) {
		this.items = items;
		this.mark = mark;
		this.draw();
	}

	/* Another set of items, looked at from the end. */
	reset(items, mark) {
		for (const { element } of this.shown.values())
			element.remove();
		this.shown.clear();
		this.heights.clear();
		this.look(true, null);
		this.set(items, mark);
	}

	/* Where to look, whatever was scrolled to. */
	look(atEnd, anchor) {
		this.atEnd = atEnd;
		this.anchor = anchor;
		this.top = this.frame.scrollTop;
	}

	toEnd() {
		this.look(true, null);
		this.draw();
	}

	/* Looks at item 'key', 'offset' pixels below the top. */
	toItem(key, offset) {
		this.look(false, { key, offset });
		this.drawNow();
		return this.shown.get(key)?.element;
	}

	onResize() {
		if (this.frame.clientWidth !== this.width)
			this.heights.clear();
		this.width = this.frame.clientWidth;
		this.draw();
	}

	onScroll() {
		if (!this.follow())
			return;
		this.draw();
		this.scrolled();
	}

	/* Looks where somebody has scrolled to. Our own doing comes back as an
	 * event, too: false for that. */
	follow() {
		const { frame } = this;

		if (Math.abs(frame.scrollTop - this.top) < 1)
			return false;
		const atEnd = frame.scrollHeight - frame.clientHeight -
			frame.scrollTop < END_PIXELS;
		this.look(atEnd, atEnd ? null : this.findAnchor());
		return true;
	}

	heightOf(item) {
		return this.heights.get(item.key) ?? GUESS_PIXELS;
	}

	/* The item at the top of what can be seen. */
	findAnchor() {
		let top = 0;

		for (const item of this.items) {
			const bottom = top + this.heightOf(item);
			if (bottom > this.frame.scrollTop)
				return { key: item.key,
					offset: top - this.frame.scrollTop };
			top = bottom;
		}
		return null;
	}

	/* Where item 'key' begins, by what is known of heights. */
	topOf(key) {
		let top = 0;

		for (const item of this.items) {
			if (item.key === key)
				return top;
			top += this.heightOf(item);
		}
		return null;
	}

	wantedTop() {
		let height = 0;

		if (this.anchor) {
			const top = this.topOf(this.anchor.key);
			/* One that has gone was the oldest. */
			return top === null ? 0 :
				Math.max(0, top - this.anchor.offset);
		}
		for (const item of this.items)
			height += this.heightOf(item);
		return Math.max(0, height - this.frame.clientHeight);
	}

	/* The first and last item to be drawn, and the room above and below. */
	windowAt(scrollTop) {
		const from = scrollTop - MARGIN_PIXELS;
		const to = scrollTop + this.frame.clientHeight + MARGIN_PIXELS;
		const window = { first: this.items.length, last: 0, above: 0,
			below: 0 };
		let top = 0;

		this.items.forEach((item, at) => {
			const height = this.heightOf(item);
			if (top + height < from) {
				window.above += height;
			} else if (top > to) {
				window.below += height;
			} else {
				window.first = Math.min(window.first, at);
				window.last = at + 1;
			}
			top += height;
		});
		return window;
	}

	/* Heights of what has gone are forgotten now and then. */
	prune() {
		if (this.heights.size < 2 * this.items.length + GONE_MAX)
			return;
		const known = new Set(this.items.map(({ key }) => key));
		for (const key of this.heights.keys())
			if (!known.has(key))
				this.heights.delete(key);
	}

	drawNow() {
		/* The event of it may be still to come. */
		if (this.follow())
			this.scrolled();
		this.prune();
		/* Heights are learned by drawing; a second round places what
		 * the first has measured. */
		for (let round = 0; round < 3; round++) {
			const window = this.windowAt(this.wantedTop());
			this.fill(window);
			if (!this.measure(window))
				break;
		}
		this.top = this.atEnd ? this.frame.scrollHeight :
			this.wantedTop();
		this.frame.scrollTop = this.top;
		this.top = this.frame.scrollTop;
	}

	fill(window) {
		const wanted = new Set();
		let place = this.above;

		for (let at = window.first; at < window.last; at++) {
			const item = this.items[at];
			const before = this.items[at - 1];
			const mark = this.mark(item, before);
			let shown = this.shown.get(item.key);
			wanted.add(item.key);
			if (!shown || shown.mark !== mark)
				shown = this.renew(item, before, mark, shown);
			if (place.nextSibling !== shown.element)
				place.after(shown.element);
			place = shown.element;
		}
		for (const [key, { element }] of this.shown)
			if (!wanted.has(key)) {
				element.remove();
				this.shown.delete(key);
			}
		this.above.style.height = window.above + "px";
		this.below.style.height = window.below + "px";
	}

	renew(item, before, mark, old) {
		const shown = { element: this.make(item, before), mark };
		const hadFocus = old?.element.contains(document.activeElement);

		if (old)
			old.element.replaceWith(shown.element);
		if (hadFocus)
			(shown.element.querySelector("button") ??
				shown.element).focus({ preventScroll: true });
		this.shown.set(item.key, shown);
		return shown;
	}

	/* True if a height was not what it had been taken for. */
	measure(window) {
		let isNew = false;

		for (let at = window.first; at < window.last; at++) {
			const { key } = this.items[at];
			const { height } = this.shown.get(key).element
				.getBoundingClientRect();
			if (Math.abs((this.heights.get(key) ?? -1) - height) < 0.5)
				continue;
			this.heights.set(key, height);
			isNew = true;
		}
		return isNew;
	}
}
