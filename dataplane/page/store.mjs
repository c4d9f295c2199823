/* What a browser keeps: over visits only what the person wished, and numbers
 * of users and rooms by name. Without storage everything still works. */

function keep(storage, key, value) {
	try {
		if (value === null)
			storage.removeItem("dnchat." + key);
		else
			storage.setItem("dnchat." + key, JSON.stringify(value));
	} catch {
		/* Full, or forbidden: then it is forgotten. */
	}
}

function recall(storage, key) {
	try {
		return JSON.parse(storage.getItem("dnchat." + key));
	} catch {
		return null;
	}
}

/* Over visits. A value of null removes. */
export const lasting = {
	set: (key, value) => keep(localStorage, key, value),
	get: (key) => recall(localStorage, key),
};

/* As long as this tab. */
export const passing = {
	set: (key, value) => keep(sessionStorage, key, value),
	get: (key) => recall(sessionStorage, key),
};
