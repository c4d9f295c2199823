"""The goals in numbers that a test can hold the network to: small counts by
default, the full ones with DNCHAT_SOAK=1."""
import asyncio
import random
import time

from dnchat import SANITIZED
from loop import SLOWNESS, SOAK, loop, percentile, run, wait_until
from network import Stream
from peers import Leaf
from wire import RawSocket, fresh, message

# A sanitizer costs time that the goals don't grant.
SLACK = SLOWNESS * (3 if SANITIZED else 1)


def way(net, server, user):
    """The links on which a message of 'server' travels to 'user'."""
    links = []
    while server is not user.server:
        via = server.users()[user.number]["via"]
        found = [k for k in net.links if server in k and (
            str(k.port) in via if k.a is server else
            any(str(port) in via for port in _sources(k)))]
        links.append(found[0])
        server = found[0].b if found[0].a is server else found[0].a
    return links


def _sources(link):
    """Ports from which a relay is connected to its target."""
    return [pair[1].get_extra_info("sockname")[1]
            for pair in list(link.relay.pairs)]


def reroute(net, a, b, fault):
    """Does 'fault' under a stream from a to b. Returns the longest time that
    a message sent after the fault took, and the number of lost ones."""
    stream = Stream(a, [b], 100)
    wait_until(lambda: len(b.texts) > 5)
    begun = time.monotonic()
    fault()
    at = len(stream.sent)
    wait_until(lambda: len(stream.sent) > at + 60)
    stream.stop()
    last = stream.sent[-1][0]
    b.receive(a, last)
    worst = 0
    lost = stream.lost(b)
    for n, _ in stream.sent:
        key = (a.number, n)
        if key in b.texts and a.sent[n][2] >= begun:
            worst = max(worst, b.texts[key][0].time - a.sent[n][2])
    return worst, lost


def test_r3_visible_death_with_another_way(net, measured):
    """A link or a server on the way dies visibly. Each time the receiver is
    a new user: one who was re-routed just before is held down longer."""
    count, size = (200, 8) if SOAK else (4, 5)
    chance = random.Random(3)
    servers = net.ring(size, relay=True)
    if size > 5:
        for i, j in ((0, 4), (2, 6)):
            net.link(servers[i], servers[j], relay=True)
    a = net.client(servers[0])
    worst, lost = [], 0
    for i in range(count):
        b = net.client(servers[size // 2])
        net.check_quiescent()
        before = len(a.presence), len(b.presence)
        links = way(net, servers[0], b)
        link = chance.choice(links)
        victim = None
        if i % 2 == 1:
            ends = [s for s in (link.a, link.b)
                    if s not in (a.server, b.server)]
            victim = ends[0] if ends else None
        if victim is None:
            took, gone = reroute(net, a, b, link.cut)
            net.wait_right()
            link.heal()
        else:
            took, gone = reroute(net, a, b,
                                 lambda: net.kill_server(victim))
            net.wait_right()
            net.revive(victim)
        net.wait_links(20)
        net.check_quiescent(15)
        assert (len(a.presence), len(b.presence)) == before
        worst.append(took)
        lost += len(gone)
        b.close()
    measured["R3 visible death, reroute p99 of %d" % count] = \
        "%.0f ms, %d in flight lost" % (1000 * percentile(worst, .99), lost)
    assert percentile(worst, 0.99) <= 0.25 * SLACK


def test_r4_silent_death(net, measured):
    """Black hole, one-way, freeze; detected, then another way is taken."""
    count = 100 if SOAK else 3
    chance = random.Random(4)
    servers = net.ring(4, relay=True)
    a, b = net.client(servers[0]), net.client(servers[2])
    net.check_quiescent()
    noticed = []
    for i in range(count):
        before = len(a.presence), len(b.presence)
        link = chance.choice(way(net, servers[0], b))
        ways = [("forth",), ("back",), ("forth", "back")][i % 3]
        stream = Stream(a, [b], 50)
        begun = time.monotonic()
        link.lose(*ways)
        wait_until(lambda: len(link.a.up()) == 1 and len(link.b.up()) == 1,
                   6, "the silence is noticed")
        noticed.append(time.monotonic() - begun)
        at = time.monotonic()
        n = a.send(b, "after")
        b.receive(a, n)
        assert time.monotonic() - at <= 0.25 * SLACK
        stream.stop()
        link.heal()
        net.wait_links(20)
        net.check_quiescent(15)
        assert (len(a.presence), len(b.presence)) == before
    measured["R4 silence noticed, worst of %d" % count] = \
        "%.2f s" % max(noticed)
    assert max(noticed) <= 3.0 + 0.7 * SLOWNESS


def test_r6_a_flood_in_a_full_mesh(net, measured):
    size, count = (8, 10000) if SOAK else (4, 300)
    servers = net.mesh(size, relay=True)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    bound = 2 * len(net.links) - (size - 1)
    # As many as the relays of this test can read.
    rate = 3600 / bound
    streams = [Stream(u, ["*"], rate / size) for u in users]
    wait_until(lambda: sum(len(s.sent) for s in streams) >= count,
               2 * count / rate + 10)
    for stream in streams:
        stream.stop()
    for stream in streams:
        stream.wait_delivered(*[u for u in users
                                if u is not stream.client])
    begun = time.monotonic()
    for user in users:
        user.ping()
    sent = sum(len(s.sent) for s in streams)
    crossed = sum(r.count("SEND", None, "*") for r in net.relays)
    net.check_quiescent()
    assert crossed == sum(r.count("SEND", None, "*") for r in net.relays)
    measured["R6 transmissions of a broadcast in K%d" % size] = \
        "%.1f (bound %d), idle after %.0f ms" % (
            crossed / sent, bound, 1000 * (time.monotonic() - begun))
    assert crossed <= bound * sent


class Visit(asyncio.Protocol):
    """A user who logs in and reads nothing more: cheap enough for a hundred
    of them a second."""

    def __init__(self):
        self.data = b""
        self.heard = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")

    def data_received(self, data):
        self.data += data
        self.heard.set()

    async def wait_for(self, word):
        while word not in self.data:
            self.heard.clear()
            await self.heard.wait()

    async def visit(self, number, joined, left):
        await self.wait_for(b"\r\n\r\n")
        joined[number] = time.monotonic()
        self.transport.write(RawSocket.frame(message(
            "AUTH %d" % number, "v%d" % number, "")))
        await self.wait_for(b"OKAY %d" % number)
        self.transport.pause_reading()
        await asyncio.sleep(1)
        left[number] = time.monotonic()
        self.transport.abort()


def test_r8_churn(net, measured):
    """Users come and go; everybody's list follows."""
    size, rate, seconds = (8, 200, 60) if SOAK else (3, 30, 4)
    servers = net.ring(size) if SOAK else net.line(size)
    watchers = [net.client(server) for server in servers]
    net.check_quiescent()
    chance = random.Random(8)
    joined, left = {}, {}

    async def session(server):
        _, visit = await loop().create_connection(Visit, server.host,
                                                  server.port)
        await visit.visit(fresh(), joined, left)

    async def churn():
        tasks = []
        begun = loop().time()
        for i in range(int(rate / 2 * seconds)):
            early = begun + 2 * i / rate - loop().time()
            if early > 0:
                await asyncio.sleep(early)
            tasks.append(asyncio.ensure_future(
                session(chance.choice(servers))))
        await asyncio.gather(*tasks)

    run(churn(), seconds * 4 + 30)
    net.check_quiescent(15)
    joins, leaves = [], []
    for watcher in watchers:
        for msg in watcher.presence:
            if msg.number in joined:
                times, start = (joins, joined) if msg.kind == "ARRV" \
                    else (leaves, left)
                times.append(msg.time - start[msg.number])
    assert len(joins) == len(leaves) == len(joined) * size
    measured["R8 join p99, leave p99 at %d/s" % rate] = "%.0f ms, %.0f ms" % (
        1000 * percentile(joins, .99), 1000 * percentile(leaves, .99))
    assert percentile(joins, 0.99) <= 0.3 * SLACK
    assert percentile(leaves, 0.99) <= 1.0 * SLACK


def test_r25_start_and_stop(net, measured):
    count = 200 if SOAK else 3
    ready, stopped = [], []
    for i in range(count):
        server = net.server(start=False)
        begun = time.monotonic()
        server.start()
        ready.append(time.monotonic() - begun)
        users = [net.client(server) for _ in range(2)]
        peer = Leaf.dial(server, routing=True)
        peer.knows(*users)
        begun = time.monotonic()
        server.begin_stop(i % 3)
        peer.knows()
        faults = server.finish_stop()
        stopped.append(time.monotonic() - begun)
        assert not faults, "\n".join(faults)
        for user in users:
            user.expect_close(1001)
        server.destroy()
        net.servers.remove(server)
    measured["R25 ready, worst of %d" % count] = "%.0f ms" % (
        1000 * max(ready))
    measured["R25 stopped, worst of %d" % count] = "%.2f s" % max(stopped)
    assert max(ready) <= 0.3 * SLACK
    assert max(stopped) <= 3.0 * SLOWNESS
