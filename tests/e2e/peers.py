"""Servers of other origin: RawPeer does only what a test tells it, Leaf
acknowledges LEFTs as servers of ours do, RipServer is a small server of the
classic kind, with all the habits that have to be survived."""
import asyncio
import http

import websockets

from loop import notify, run, wait_until
from wire import HOST, Endpoint, message, parse

ROUTING = ("dnchat-routing", "1")


class RawPeer(Endpoint):
    """A server-side peer whose every message is scripted."""

    def __init__(self):
        super().__init__()
        self.listener = None
        self.port = None
        self.request_headers = None
        self.accepted = 0
        self.users = {}      # number: (name, description, hops)
        self.presence = []   # ARRV and LEFT, in order
        self.answer_headers = ()

    @classmethod
    def dial(cls, server, routing=False, srvr="SRVR 0", headers=(), **more):
        """Dials 'server' and says SRVR (None: says nothing)."""
        self = cls()
        headers = list(headers) + ([ROUTING] if routing else [])
        more = {"port": server.port, **more}
        run(self._dial(server.host, headers=headers, **more))
        self.answer_headers = self.ws.response_headers
        if srvr is not None:
            self.tell(srvr)
        return self

    @classmethod
    def listen(cls, routing=False, refuse=False, headers=()):
        """Waits to be dialled, on .port; the newest connection is .ws."""
        self = cls()
        answer = list(headers) + ([ROUTING] if routing else [])

        async def accept(ws, path=None):
            self.ws = ws
            self.closed = None
            self.request_headers = ws.request_headers
            self.accepted += 1
            self._opened()
            notify()
            await self._read()

        async def process(path, request_headers):
            self.request_headers = request_headers
            if refuse:
                return http.HTTPStatus.FORBIDDEN, [], b""
            return None

        async def serve():
            self.listener = await websockets.serve(
                accept, HOST, 0, compression=None, ping_interval=None,
                max_size=None, max_queue=None, extra_headers=answer,
                process_request=process)
            self.port = self.listener.sockets[0].getsockname()[1]

        run(serve())
        return self

    def _opened(self):
        self.users.clear()

    def wait_dialled(self, count=1, timeout=5):
        wait_until(lambda: self.accepted >= count, timeout, "a dial")

    def _take(self, msg):
        if msg.kind == "ARRV":
            self.users[msg.number] = msg.rest
            self.presence.append(msg)
        elif msg.kind == "LEFT":
            self.users.pop(msg.number, None)
            self.presence.append(msg)

    def announce(self, number, name, hops=0, description="scripted"):
        self.tell("ARRV %d" % number, name, description, hops)

    def withdraw(self, number):
        self.tell("LEFT %d" % number)

    def knows(self, *users, timeout=5):
        """Waits until what we were told is exactly 'users'."""
        wanted = {getattr(u, "number", u) for u in users}
        wait_until(lambda: set(self.users) == wanted, timeout,
                   lambda: "peer knows %r, not %r" % (
                       sorted(self.users), sorted(wanted)))

    def end(self):
        """Closes the connection and stops listening."""
        async def stop():
            if self.listener is not None:
                self.listener.close()
            if self.ws is not None:
                await self.ws.close()

        run(stop())


class Leaf(RawPeer):
    """A peer of our kind without other links: it acknowledges each LEFT that
    changes something, by repeating its ARRV or by LEFT."""

    def __init__(self):
        super().__init__()
        self.own = {}

    def announce(self, number, name, hops=0, description="scripted"):
        self.own[number] = (name, description, hops)
        super().announce(number, name, hops, description)

    def withdraw(self, number):
        del self.own[number]
        super().withdraw(number)

    def _take(self, msg):
        known = msg.number in self.users
        super()._take(msg)
        if msg.kind != "LEFT" or not known:
            return
        if msg.number in self.own:
            lines = ("ARRV %d" % msg.number,) + self.own[msg.number]
        else:
            lines = ("LEFT %d" % msg.number,)
        asyncio.ensure_future(self._write(message(*lines)))


class RipUser:
    """A user of a RipServer: a socket of a client, or just a mailbox."""

    def __init__(self, number, name, ws=None):
        self.number = number
        self.name = name
        self.ws = ws
        self.texts = []  # (sender, n, text)
        self.acks = []   # (n, user)


class RipServer:
    """Keeps one route a user, ignores worse counts, forgets a user on LEFT
    of his next hop, tells a LEFT right after an ARRV towards the next hop
    (split horizon with poisoned reverse), takes 16 for infinity, never
    answers a LEFT, never says LEFT when it ends."""

    INFINITY = 16

    def __init__(self, plus_one=False, deflate=False, srvr="SRVR 0",
                 slow=0.0):
        self.plus = 1 if plus_one else 0
        self.compression = "deflate" if deflate else None
        self.srvr = srvr
        self.slow = slow        # seconds that each message of a link takes
        self.users = {}         # number: RipUser, of our own
        self.routes = {}        # number: (ws, hops, name, description)
        self.links = set()
        self.seen = set()       # broadcasts: (sender, n)
        self.invalid = []       # reasons for which we said INVD
        self.got_invalid = 0    # INVD that we were told
        self.received = []      # Msg of all links, in order
        self.repeated = []      # broadcasts that came twice over one link
        self.per_link = {}
        run(self._listen())

    async def _listen(self):
        self.listener = await websockets.serve(
            self._accept, HOST, 0, compression=None, ping_interval=None,
            max_size=None, max_queue=None)
        self.port = self.listener.sockets[0].getsockname()[1]

    # ---- links and clients ----

    async def _accept(self, ws, path=None):
        try:
            first = parse(await ws.recv())
        except (websockets.ConnectionClosed, ValueError):
            return
        if first.kind == "SRVR":
            await self._link(ws)
        else:
            await self._client(ws, first)

    def connect(self, port, host=HOST):
        async def dial():
            ws = await websockets.connect(
                "ws://%s:%d/" % (host, port), compression=self.compression,
                ping_interval=None, max_size=None, max_queue=None,
                user_agent_header=None)
            await ws.send(self.srvr)
            asyncio.ensure_future(self._link(ws))
            return ws

        return run(dial())

    async def _link(self, ws):
        self.links.add(ws)
        self.per_link[ws] = set()
        notify()
        for number in list(self.users):
            await self._tell_user(ws, number)
        for number in list(self.routes):
            await self._tell_user(ws, number)
        try:
            async for data in ws:
                if self.slow:
                    await asyncio.sleep(self.slow)
                msg = parse(data)
                self.received.append(msg)
                if msg.kind == "INVD":
                    self.got_invalid += 1
                    break
                if not await self._from_link(ws, msg):
                    self.invalid.append(msg)
                    await self._put(ws, "INVD 0")
                    await ws.close(1002)
                    break
                notify()
        except websockets.ConnectionClosed:
            pass
        self.links.discard(ws)
        for number, route in list(self.routes.items()):
            if route[0] is ws:
                await self._forget(number)
        notify()

    async def _client(self, ws, auth):
        user = RipUser(auth.number, auth.rest[0], ws)
        await self._put(ws, "OKAY %d" % auth.number)
        for number, name, description in self._everybody():
            await self._put(ws, "ARRV %d" % number, name, description)
        await self._join(user)
        try:
            async for data in ws:
                msg = parse(data)
                if msg.kind == "SEND":
                    await self._put(ws, "OKAY %d" % msg.number)
                    await self._post(user.number, msg.number, *msg.rest)
                elif msg.kind == "ACKN":
                    for sender, n, _ in reversed(user.texts):
                        if n == msg.number:
                            await self._ack(n, user.number, sender)
                            break
        except websockets.ConnectionClosed:
            pass
        await self._part(user.number)

    @staticmethod
    async def _put(ws, *lines):
        try:
            await ws.send(message(*lines))
        except websockets.ConnectionClosed:
            pass

    # ---- routes ----

    def _everybody(self):
        for user in self.users.values():
            yield user.number, user.name, "rip"
        for number, route in self.routes.items():
            yield number, route[2], route[3]

    async def _tell_user(self, ws, number):
        """ARRV of 'number' to 'ws'; to his next hop, a LEFT right after."""
        if number in self.users:
            await self._put(ws, "ARRV %d" % number,
                            self.users[number].name, "rip", self.plus)
            return
        via, hops, name, description = self.routes[number]
        if via is ws:
            await self._put(ws, "LEFT %d" % number)
        elif hops < self.INFINITY:
            await self._put(ws, "ARRV %d" % number, name, description,
                            hops + self.plus)

    async def _spread(self, number):
        for ws in list(self.links):
            await self._tell_user(ws, number)

    async def _clients(self, *lines, but=None):
        for user in list(self.users.values()):
            if user.ws is not None and user.number != but:
                await self._put(user.ws, *lines)

    async def _forget(self, number):
        del self.routes[number]
        for ws in list(self.links):
            await self._put(ws, "LEFT %d" % number)
        await self._clients("LEFT %d" % number)

    async def _from_link(self, ws, msg):
        handler = getattr(self, "_on_" + msg.kind, None)
        return handler is not None and await handler(ws, msg) is not False

    async def _on_ARRV(self, ws, msg):
        if len(msg.rest) != 3:
            return False
        name, description, hops = msg.rest
        hops = int(hops) + 1
        if msg.number in self.users:
            return True
        route = self.routes.get(msg.number)
        if route is not None and route[0] is not ws and hops >= route[1]:
            return True
        if hops >= self.INFINITY:
            if route is not None and route[0] is ws:
                await self._forget(msg.number)
            return True
        if route is not None and route[0] is ws and route[1] == hops:
            return True
        self.routes[msg.number] = (ws, hops, name, description)
        if route is None:
            await self._clients("ARRV %d" % msg.number, name, description)
        await self._spread(msg.number)
        return True

    async def _on_LEFT(self, ws, msg):
        if msg.rest:
            return False
        route = self.routes.get(msg.number)
        if route is not None and route[0] is ws:
            await self._forget(msg.number)
        return True

    # ---- messages ----

    async def _on_SEND(self, ws, msg):
        if len(msg.rest) != 3:
            return False
        dest, sender, text = msg.rest
        if dest == "*":
            if (sender, msg.number) in self.per_link[ws]:
                self.repeated.append(msg)
            self.per_link[ws].add((sender, msg.number))
        await self._carry(int(sender), msg.number, dest, text, ws)
        return True

    async def _on_ACKN(self, ws, msg):
        if len(msg.rest) != 2:
            return False
        await self._ack(msg.number, int(msg.rest[0]), int(msg.rest[1]))
        return True

    async def _post(self, sender, number, dest, text):
        await self._carry(sender, number, dest, text, None)

    async def _carry(self, sender, number, dest, text, source):
        if dest == "*":
            if (sender, number) in self.seen:
                return
            self.seen.add((sender, number))
            for user in list(self.users.values()):
                if user.number != sender:
                    await self._give(user, sender, number, text)
            for ws in list(self.links):
                if ws is not source:
                    await self._put(ws, "SEND %d" % number, "*", sender, text)
        elif int(dest) in self.users:
            await self._give(self.users[int(dest)], sender, number, text)
        elif int(dest) in self.routes:
            await self._put(self.routes[int(dest)][0], "SEND %d" % number,
                            dest, sender, text)

    async def _give(self, user, sender, number, text):
        user.texts.append((sender, number, text))
        if user.ws is not None:
            await self._put(user.ws, "SEND %d" % number, sender, text)
        notify()

    async def _ack(self, number, acker, author):
        if author in self.users:
            user = self.users[author]
            user.acks.append((number, acker))
            if user.ws is not None:
                await self._put(user.ws, "ACKN %d" % number, acker)
            notify()
        elif author in self.routes:
            await self._put(self.routes[author][0], "ACKN %d" % number, acker,
                            author)

    # ---- what tests do ----

    async def _join(self, user):
        self.users[user.number] = user
        self.routes.pop(user.number, None)
        await self._clients("ARRV %d" % user.number, user.name, "rip",
                            but=user.number)
        await self._spread(user.number)

    async def _part(self, number):
        if self.users.pop(number, None) is None:
            return
        for ws in list(self.links):
            await self._put(ws, "LEFT %d" % number)
        await self._clients("LEFT %d" % number)

    def join(self, number, name):
        user = RipUser(number, name)
        run(self._join(user))
        return user

    def part(self, number):
        run(self._part(number))

    def post(self, sender, number, dest, text="x"):
        run(self._post(sender, number, str(dest), text))

    def ack(self, user, number):
        """'user' of ours confirms message 'number' that he has got."""
        author = [s for s, n, _ in user.texts if n == number][-1]
        run(self._ack(number, user.number, author))

    def to_links(self, *lines):
        """Any message to all links."""
        async def put():
            for ws in list(self.links):
                await self._put(ws, *lines)

        run(put())

    def known(self):
        return set(self.users) | set(self.routes)

    def hops(self, number):
        return 0 if number in self.users else self.routes[number][1]

    def knows(self, *users, timeout=5):
        wanted = {getattr(u, "number", u) for u in users}
        wait_until(lambda: self.known() == wanted, timeout,
                   lambda: "rip knows %r, not %r" % (
                       sorted(self.known()), sorted(wanted)))

    def close(self, rst=False):
        """Ends without LEFT."""
        async def end():
            self.listener.close()
            for ws in list(self.links):
                if rst:
                    ws.transport.abort()
                else:
                    await ws.close()

        run(end())
