/* Waiting for a condition, never for a time. */

const STEP_MSEC = 20;
const LIMIT_MSEC = 30000;

/* Waits until 'condition()' holds, and returns what it yields; 'what()' tells
 * what was waited for. */
export async function until(condition, what, limit = LIMIT_MSEC) {
	const end = Date.now() + limit;

	for (;;) {
		const value = await condition();
		if (value)
			return value;
		if (Date.now() > end)
			throw new Error("waited in vain for " + (typeof what ===
				"function" ? await what() : what));
		await new Promise((go) => setTimeout(go, STEP_MSEC));
	}
}
