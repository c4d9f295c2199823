/* The WebSocket. What comes of one that was given up is not heard. */

const WHY = {
	1001: "The server is shutting down.",
	1008: "The server closed the connection.",
	1013: "The server is busy.",
};

export class Link {
	constructor({ opened, received, closed }) {
		this.handlers = { opened, received, closed };
		this.socket = null;
	}

	dial() {
		const socket = new WebSocket(location.origin.replace(/^http/, "ws") +
			"/");
		const heard = (handler) => (event) => {
			if (this.socket === socket)
				handler(event);
		};

		this.hangup();
		this.socket = socket;
		socket.onopen = heard(() => this.handlers.opened());
		socket.onmessage = heard(({ data }) =>
			this.handlers.received(String(data)));
		socket.onclose = heard((event) => {
			this.socket = null;
			this.handlers.closed(WHY[event.code] ??
				"The connection is lost.");
		});
	}

	write(text) {
		if (this.socket?.readyState === WebSocket.OPEN)
			this.socket.send(text);
	}

	hangup() {
		const socket = this.socket;

		this.socket = null;
		socket?.close();
	}
}
