/*
 * The life of the connection: dialling, logging in, back-off, dialling again.
 * Pure: what happens is told with the time, what is to be done is pushed to
 * 'actions'.
 */

import { encodeAuth } from "./wire.mjs";

/* States. */
export const IDLE = "idle";             /* nobody has logged in */
export const DIALLING = "dialling";
export const JOINING = "joining";       /* AUTH is unanswered */
export const ONLINE = "online";
export const RESTING = "resting";       /* until the next attempt */

/* Back-off between attempts, doubled each time. */
const REST_MSEC_FIRST = 500;
const REST_MSEC_MOST = 30000;

/* A dial or a login that takes longer has failed. */
const PATIENCE_MSEC = 12000;

/* Our own last connection may still be there: the server finds out within
 * two seconds that it is dead. So often, and so far apart, we ask again. */
const GHOST_TRIES = 8;
const GHOST_MSEC = 600;

/* Why a login was refused, in words. */
const REFUSALS = {
	NAME: "Somebody of that name is here already, or it cannot be a name. " +
		"Choose another, unless it is you who is logged in elsewhere.",
	PASSWORD: "That password is not right for this name. If you have not " +
		"used the name before, somebody else has it: choose another. " +
		"Where new accounts are closed, the operator of this server has " +
		"to make you one.",
	BUSY: "The server has not looked at your password: it is busy, or there " +
		"were too many wrong ones. Try again in a minute.",
	NUMBER: "That user number is taken. Try again.",
};

export class Session {
	/* 'random' yields numbers from 0 to 1, 'number' a fresh number. */
	constructor(actions, { random, number }) {
		this.actions = actions;
		this.random = random;
		this.newNumber = number;
		this.state = IDLE;
		this.name = "";
		this.password = "";
		this.number = null;
		this.isKept = false;    /* that number was ours before */
		this.wasOnline = false; /* since the login */
		this.attempts = 0;
		this.ghosts = 0;
		this.deadline = Infinity;
		this.why = "";
	}

	/* 'number' is the one that this name had here before, or null. */
	login(name, password, number, now) {
		this.name = name;
		this.password = password;
		this.number = number ?? this.newNumber();
		this.isKept = number !== null;
		this.wasOnline = false;
		this.attempts = 0;
		this.ghosts = 0;
		this.dial(now);
	}

	logout() {
		const wasThere = this.state !== IDLE;

		this.state = IDLE;
		this.deadline = Infinity;
		this.password = "";
		if (wasThere)
			this.actions.push({ type: "hangup" });
	}

	dial(now) {
		this.state = DIALLING;
		this.deadline = now + PATIENCE_MSEC;
		this.actions.push({ type: "dial" });
	}

	opened(now) {
		if (this.state === DIALLING)
			this.ask(now);
	}

	ask(now) {
		this.state = JOINING;
		this.deadline = now + PATIENCE_MSEC;
		this.actions.push({ type: "write", text: encodeAuth(this.number,
			this.name, this.password) });
	}

	/* AUTH was answered OKAY. */
	accepted() {
		this.state = ONLINE;
		this.deadline = Infinity;
		this.attempts = 0;
		this.ghosts = 0;
		this.isKept = true;
		this.wasOnline = true;
		this.why = "";
	}

	/* AUTH was answered FAIL. */
	refused(reason, now) {
		const mayBeOurs = reason === "NUMBER" ? this.isKept :
			reason === "NAME" && this.wasOnline;

		if (mayBeOurs && ++this.ghosts <= GHOST_TRIES) {
			this.deadline = now + GHOST_MSEC;
			this.why = "Your last connection is being closed.";
			return;
		}
		if (reason === "NUMBER" && ++this.ghosts <= GHOST_TRIES + 3) {
			this.number = this.newNumber();
			this.isKept = false;
			this.ask(now);
			return;
		}
		if (reason === "BUSY" && this.wasOnline) {
			this.drop("The server is too busy to log you in.", now);
			return;
		}
		this.logout();
		this.actions.push({ type: "refused", reason,
			why: REFUSALS[reason] ?? "The server refused: " + reason });
	}

	/* The connection is gone. */
	closed(why, now) {
		if (this.state === IDLE)
			return;
		const most = Math.min(REST_MSEC_MOST,
			REST_MSEC_FIRST * 2 ** this.attempts++);
		this.state = RESTING;
		this.why = why;
		this.deadline = now + most * (0.5 + this.random() / 2);
	}

	/* Somebody clicked, or the network is back. */
	retry(now) {
		if (this.state === RESTING)
			this.dial(now);
	}

	/* The connection is to be given up. */
	drop(why, now) {
		this.actions.push({ type: "hangup" });
		this.closed(why, now);
	}

	tick(now) {
		if (now < this.deadline)
			return;
		this.deadline = Infinity;
		if (this.state === RESTING)
			this.dial(now);
		else if (this.state === JOINING && this.ghosts > 0)
			this.ask(now);
		else if (this.state === DIALLING || this.state === JOINING)
			this.drop("The server does not answer.", now);
	}
}
