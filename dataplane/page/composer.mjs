/* The field in which one writes, and its completions. */

import { element, make, setAttributes, setText } from "./dom.mjs";
import { completionsAt } from "./complete.mjs";
import { replaceEmoji } from "./emoji.mjs";
import { LINES_MAX, linesOf } from "./text.mjs";
import { byteLength, TEXT_BYTES_MAX } from "./wire.mjs";
import { passing } from "./store.mjs";

/* Near the limit the rest is counted. */
const REST_BYTES = 200;

export class Composer {
	/* 'submit(lines)' returns why not, or "". */
	constructor(chat, { submit, latest }) {
		this.chat = chat;
		this.submit = submit;
		this.latest = latest;
		this.talk = chat.open;
		this.found = null;   /* completions, and which is marked */
		this.at = 0;
		this.field = element("text");
		this.choices = element("choices");
		this.hint = element("composer-hint");
		this.field.addEventListener("input", () => this.onInput());
		this.field.addEventListener("keydown", (event) =>
			this.onKey(event));
		this.field.addEventListener("blur", () => this.close());
		this.choices.addEventListener("mousedown", (event) => {
			const at = [...this.choices.children]
				.indexOf(event.target.closest("[role=option]"));
			event.preventDefault();
			if (at >= 0)
				this.choose(at);
		});
		element("composer").addEventListener("submit", (event) => {
			event.preventDefault();
			this.send();
		});
	}

	show(talk) {
		this.talk = talk;
		if (talk.draft === "")
			talk.draft = passing.get(this.draftKey()) ?? "";
		this.field.value = talk.draft;
		setAttributes(this.field, { "aria-label": "Message " + talk.title,
			placeholder: "Message " + talk.title });
		this.close();
		this.measure();
	}

	draftKey() {
		return "draft." + this.chat.name + "." + this.talk.key;
	}

	focus() {
		this.field.focus({ preventScroll: true });
	}

	/* ---- writing ---- */

	onInput() {
		this.talk.draft = this.field.value;
		passing.set(this.draftKey(), this.field.value || null);
		this.measure();
		this.complete();
	}

	/* As high as its text; how much it is. */
	measure() {
		const { field } = this;
		const problem = this.problem();

		field.style.height = "auto";
		field.style.height = field.scrollHeight + "px";
		setText(this.hint, problem || this.remark());
		this.hint.classList.toggle("problem", problem !== "");
	}

	problem() {
		const lines = linesOf(this.field.value);
		const longest = Math.max(0, ...lines.map(byteLength));

		if (lines.length > LINES_MAX)
			return lines.length + " lines are more than a chat should " +
				"take: " + LINES_MAX + " messages at a time are the most.";
		if (longest > TEXT_BYTES_MAX)
			return "Too long by " + (longest - TEXT_BYTES_MAX) +
				" bytes: break it into lines.";
		return "";
	}

	remark() {
		const lines = linesOf(this.field.value);
		const rest = TEXT_BYTES_MAX - byteLength(lines.at(-1) ?? "");

		if (lines.length > 1)
			return lines.length + " lines: they become " + lines.length +
				" messages.";
		return rest < REST_BYTES ? rest + " bytes left" : "";
	}

	send() {
		const lines = linesOf(replaceEmoji(this.field.value));

		if (lines.length === 0 || this.problem() !== "")
			return;
		const why = this.submit(this.talk, lines);
		this.explain(why);
		if (why !== "")
			return;
		this.talk.said = this.field.value;
		this.field.value = "";
		this.onInput();
		this.close();
	}

	/* Says why something was not done, unless 'why' is "". */
	explain(why) {
		setText(this.hint, why);
		this.hint.classList.toggle("problem", why !== "");
	}

	/* ---- completing ---- */

	complete() {
		const { field } = this;

		this.found = field.selectionStart === field.selectionEnd ?
			completionsAt(field.value, field.selectionStart,
				this.chat.people) : null;
		this.at = 0;
		this.draw();
	}

	close() {
		this.found = null;
		this.draw();
	}

	draw() {
		const { choices, field, found } = this;

		choices.hidden = found === null;
		choices.replaceChildren(...(found?.choices ?? []).map((choice, at) =>
			setAttributes(make("div", "choice", make("span", "",
				choice.label), make("span", "quiet", choice.note ?? "")),
			{ role: "option", id: "choice" + at,
				"aria-selected": String(at === this.at) })));
		setAttributes(field, { "aria-activedescendant":
			found ? "choice" + this.at : null });
	}

	choose(at) {
		const { field, found } = this;
		const { insert } = found.choices[at];

		field.setRangeText(insert, found.start, found.end, "end");
		this.onInput();
		this.close();
		this.focus();
	}

	/* ---- keys ---- */

	onKey(event) {
		if (event.isComposing || event.altKey || event.ctrlKey)
			return;
		if (this.found ? this.onChoiceKey(event) : this.onTextKey(event))
			event.preventDefault();
	}

	/* True if the key was for the completions. */
	onChoiceKey({ key, shiftKey }) {
		const { length } = this.found.choices;
		const step = { ArrowDown: 1, ArrowUp: length - 1 }[key];

		if (step) {
			this.at = (this.at + step) % length;
			this.draw();
		} else if (key === "Escape") {
			this.close();
		} else if (key === "Tab" && !shiftKey) {
			this.choose(this.at);
		} else if (key === "Enter" && !shiftKey) {
			if (this.isChosen())
				this.send();
			else
				this.choose(this.at);
		} else {
			return false;
		}
		return true;
	}

	/* True if what is there already is what would be put in. */
	isChosen() {
		const { start, end, choices } = this.found;

		return choices[this.at].insert.trim() ===
			this.field.value.slice(start, end);
	}

	onTextKey({ key, shiftKey }) {
		if (key === "Enter" && !shiftKey) {
			this.send();
		} else if (key === "ArrowUp" && this.field.value === "" &&
		    this.talk.said) {
			this.field.value = this.talk.said;
			this.onInput();
			this.close();
		} else if (key === "Escape") {
			this.latest();
		} else {
			return false;
		}
		return true;
	}
}
