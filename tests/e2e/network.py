"""Networks of servers, and the truth about them: who is where and how far.
check_quiescent() compares every server's and every client's view with it, and
the books of all clients and relays with each other (the invariants)."""
import asyncio
import collections
import itertools
import time

from client import Client
from dnchat import AdminError, Server
from loop import start, wait_until
from peers import RipServer
from relay import Relay
from wire import fresh, message


class Link:
    """A link that 'a' dials to 'b', through a relay if it is to be cut."""

    def __init__(self, a, b, relay):
        self.a = a
        self.b = b
        self.relay = relay
        self.up = True

    @property
    def port(self):
        return self.relay.port if self.relay else self.b.port

    def cut(self, rst=True):
        self.up = False
        self.relay.cut(rst)

    def lose(self, *ways):
        self.up = False
        self.relay.lose(*ways)

    def heal(self):
        """Welcomes connections again, and has 'a' dial at once."""
        self.relay.heal()
        self.up = True
        self.redial()

    def redial(self):
        if isinstance(self.a, Server) and self.a.alive():
            try:
                self.a.connect(self.port)
            except AdminError as error:
                if error.code != "exists":
                    raise

    def __contains__(self, server):
        return server is self.a or server is self.b


class Network:
    """What one test starts. end() takes it down cleanly, with all checks."""

    ways = itertools.count()

    def __init__(self):
        self.servers = []
        self.rips = []
        self.clients = []
        self.peers = []
        self.links = []
        self.relays = []
        self.dead = set()       # servers that are not there now
        self.strict = True      # violations of clients fail the test
        self.patient = False    # the next test must wait for the end

    # ---- making ----

    def server(self, start=True, **options):
        server = Server(**options)
        self.servers.append(server)
        if start:
            server.start()
        return server

    def make(self, count, **options):
        """'count' servers, started side by side."""
        servers = [self.server(start=False, **options) for _ in range(count)]
        for server in servers:
            server.start(wait=False)
        for server in servers:
            server.wait_listening()
            server.wait_ready()
        return servers

    def rip(self, **options):
        rip = RipServer(**options)
        self.rips.append(rip)
        return rip

    def client(self, server, **options):
        client = Client(server, **options)
        self.clients.append(client)
        return client

    def relay(self, target, **options):
        relay = Relay(target, **options)
        self.relays.append(relay)
        return relay

    def keep(self, peer):
        """A peer to be closed at the end of the test."""
        self.peers.append(peer)
        return peer

    def link(self, a, b, relay=False, wait=True, tap=True):
        """Has 'a' dial 'b'."""
        through = self.relay(lambda: b.port, tap=tap) if relay else None
        link = Link(a, b, through)
        self.links.append(link)
        a.connect(link.port)
        if wait:
            self.wait_links()
        return link

    def wait_links(self, timeout=10):
        """Waits until every server has as many links as it should."""
        wanted = collections.Counter()
        for link in self.links:
            if link.up and not {link.a, link.b} & self.dead:
                wanted[link.a] += 1
                wanted[link.b] += 1

        def right():
            return all(len(s.up()) == wanted[s] for s in self.servers
                       if s not in self.dead and s.alive())

        wait_until(right, timeout, lambda: "links: %r" % {
            s.name: (wanted[s], [(p["name"], p["state"], p.get("why"))
                                 for p in s.peers()])
            for s in self.servers if s not in self.dead and s.alive()})

    def connect_all(self, servers, pairs, relay=False, tap=True):
        for i, j in pairs:
            self.link(servers[i], servers[j], relay, wait=False, tap=tap)
        self.wait_links()
        return servers

    def line(self, count, relay=False, **options):
        pairs = [(i, i + 1) for i in range(count - 1)]
        return self.connect_all(self.make(count, **options), pairs, relay)

    def ring(self, count, relay=False, **options):
        pairs = [(i, (i + 1) % count) for i in range(count)]
        return self.connect_all(self.make(count, **options), pairs, relay)

    def mesh(self, count, relay=False, **options):
        pairs = list(itertools.combinations(range(count), 2))
        return self.connect_all(self.make(count, **options), pairs, relay)

    def diamond(self, relay=False, **options):
        """0 and 3 with two equal ways, over 1 and over 2."""
        return self.connect_all(self.make(4, **options),
                                [(0, 1), (0, 2), (1, 3), (2, 3)], relay)

    def between(self, a, b):
        return [k for k in self.links if a in k and b in k][0]

    # ---- faults ----

    def kill_server(self, server):
        """kill -9 of both daemons: gone without a word."""
        self.dead.add(server)
        server.kill9()

    def revive(self, server):
        server.start()
        self.dead.discard(server)
        for link in self.links:
            if server in link and link.up:
                if server is link.a:
                    server.connect(link.port)
                else:
                    link.redial()

    # ---- truth ----

    def _alive_links(self):
        return [k for k in self.links
                if k.up and k.a not in self.dead and k.b not in self.dead]

    def distances(self, origin):
        """{server: links from 'origin'}."""
        found = {origin: 0}
        queue = collections.deque([origin])
        links = self._alive_links()
        while queue:
            at = queue.popleft()
            for link in links:
                if at not in link:
                    continue
                there = link.b if at is link.a else link.a
                if there not in found:
                    found[there] = found[at] + 1
                    queue.append(there)
        return found

    def alive_clients(self):
        return [c for c in self.clients
                if c.named and c.closed is None and
                c.server not in self.dead]

    def sessions(self):
        """(number, server) of everybody who is there."""
        return [(c.number, c.server) for c in self.alive_clients()] + \
            [(number, rip) for rip in self.rips for number in rip.users]

    def truth(self, server):
        """{user: hops} as 'server' should see it."""
        near = self.distances(server)
        return {number: near[home] for number, home in self.sessions()
                if home in near}

    def wrong_views(self):
        """Differences between truth and views; empty when all is right."""
        wrong = []
        for server in self.servers:
            if server in self.dead:
                continue
            wanted = self.truth(server)
            rows = server.users()
            seen = {n: row.get("hops") for n, row in rows.items()}
            if seen != wanted:
                wrong.append((server.name, "sees", seen, "not", wanted))
            for client in self.alive_clients():
                if client.server is server and \
                        set(client.users) != set(wanted) - {client.number}:
                    wrong.append((client.name, "sees", set(client.users),
                                  "not", set(wanted) - {client.number}))
        for rip in self.rips:
            seen = {n: rip.hops(n) for n in rip.known()}
            if seen != self.truth(rip):
                wrong.append(("rip sees", seen, "not", self.truth(rip)))
        return wrong

    def wait_right(self, timeout=10):
        """Waits until all lists and hop counts are right (I5)."""
        last = []

        def right():
            last[:] = self.wrong_views()
            return not last

        wait_until(right, timeout, lambda: "all views right: %r" % last)

    def check_quiescent(self, timeout=10):
        """All invariants that can be seen from outside."""
        self.wait_right(timeout)
        self.check_books()
        for server in self.servers:
            if server not in self.dead:
                assert server.alive(), server.name
                assert not server.reports(), server.reports()

    def check_books(self, clients=None):
        """I1, I2, I6, and what each client alone found wrong."""
        clients = self.clients if clients is None else clients
        by_number = {}
        for client in clients:
            by_number.setdefault(client.number, []).append(client)
            assert not client.repeated(), (client.name, client.repeated())
            if self.strict:
                assert not client.violations, (client.name,
                                               client.violations[:5])
            assert not client.garbage, client.garbage
        for relay in self.relays:
            assert not relay.repeated(), relay.repeated()[:5]
        for rip in self.rips:
            assert not rip.invalid and not rip.got_invalid
        for author in clients:
            for number, user, _ in author.acks:
                dest = author.sent.get(number, (None,))[0]
                if author.users.get(dest, ("",))[0].startswith("#"):
                    continue  # a room passed it on, by another number
                had = by_number.get(user)
                assert had is None or any(
                    (author.number, number) in c.texts for c in had), (
                    "ACKN of %d for %d, which it never got" % (user, number))

    # ---- the end ----

    def begin_end(self):
        """Asks all servers for a clean shutdown."""
        for server in self.servers:
            server.begin_stop(next(Network.ways) % 3)

    def finish_end(self):
        """Waits until all servers have ended; a list of faults."""
        faults = []
        for server in self.servers:
            faults += server.finish_stop()
        for thing in self.peers:
            thing.end()
        for thing in self.rips + self.relays:
            thing.close()
        for client in self.clients:
            client.close()
        for server in self.servers:
            server.destroy()
        return faults

    def end(self):
        self.begin_end()
        return self.finish_end()


class Stream:
    """Messages at a steady pace from one client to others, numbered from a
    range of their own."""

    def __init__(self, client, dests, rate):
        self.client = client
        self.dests = [getattr(d, "number", d) for d in dests]
        self.rate = rate
        self.sent = []   # (n, dest)
        self.running = True
        self._task = start(self._run())

    async def _run(self):
        begun = time.monotonic()
        turn = itertools.cycle(self.dests)
        while self.running:
            due = int((time.monotonic() - begun) * self.rate)
            while len(self.sent) < due and self.running:
                n, dest = fresh(), next(turn)
                self.client.sent[n] = (dest, "", time.monotonic())
                self.sent.append((n, dest))
                await self.client._write(message("SEND %d" % n, dest,
                                                 "s%d" % n))
            await asyncio.sleep(0.005)

    def stop(self, timeout=10):
        """Ends the stream and waits until every message was answered."""
        self.running = False
        wait_until(lambda: self._task.done(), timeout, "end of a stream")
        self._task.result()
        wait_until(lambda: self.unanswered() == [], timeout,
                   lambda: "%d answers" % len(self.unanswered()))

    def unanswered(self):
        failed = {n for n, _ in self.client.fails}
        return [n for n, _ in self.sent
                if n not in self.client.okays and n not in failed]

    def lost(self, *receivers):
        """(n, receiver) of messages that were OKAY and did not arrive."""
        missing = []
        for n, dest in list(self.sent):
            for receiver in receivers:
                if dest in ("*", receiver.number) and \
                        n in self.client.okays and \
                        (self.client.number, n) not in receiver.texts:
                    missing.append((n, receiver.name))
        return missing

    def wait_delivered(self, *receivers, timeout=10):
        wait_until(lambda: not self.lost(*receivers), timeout,
                   lambda: "messages: %d missing, the first %r" % (
                       len(self.lost(*receivers)),
                       self.lost(*receivers)[:5]))
