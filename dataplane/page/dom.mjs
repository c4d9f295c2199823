/* Small helpers for elements. Text always goes in as text. */

export function element(id) {
	return document.getElementById(id);
}

/* <tag class="..."> with children: elements, or strings as text. */
export function make(tag, className, ...children) {
	const made = document.createElement(tag);

	if (className)
		made.className = className;
	made.append(...children.filter((child) => child !== null));
	return made;
}

export function setAttributes(target, attributes) {
	for (const [name, value] of Object.entries(attributes))
		if (value === null)
			target.removeAttribute(name);
		else
			target.setAttribute(name, value);
	return target;
}

/* Sets what changed, so that nothing is read aloud twice. */
export function setText(target, text) {
	if (target.textContent !== text)
		target.textContent = text;
}

/* Calls 'draw' once before the next picture, however often it is asked. */
export function onceAFrame(draw) {
	let asked = false;

	return () => {
		if (asked)
			return;
		asked = true;
		requestAnimationFrame(() => {
			asked = false;
			draw();
		});
	};
}
