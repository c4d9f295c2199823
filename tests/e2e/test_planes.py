"""Death and return of either plane: who is connected notices nothing."""
import contextlib
import random
import time

import pytest

from dnchat import Admin
from loop import SLOWNESS, SOAK, never, wait_until
from network import Stream
from peers import Leaf, RawPeer
from wire import fresh


class Scene:
    """Two linked servers with two users each, and a peer of our kind with a
    user of its own on the first; all of them write down what they see."""

    def __init__(self, net, rate=200):
        self.net = net
        self.one, self.two = net.line(2)
        self.a, self.a2 = net.client(self.one), net.client(self.one)
        self.b, self.b2 = net.client(self.two), net.client(self.two)
        self.users = [self.a, self.a2, self.b, self.b2]
        self.leaf = net.keep(Leaf.dial(self.one, routing=True))
        self.remote = fresh()
        self.leaf.announce(self.remote, "leafy")
        self.leaf.knows(*self.users)
        for user in self.users:
            user.sees(self.remote, *[u for u in self.users if u is not user])
        self.before = self.presence()
        self.streams = [Stream(self.a, [self.a2, self.b], rate / 2),
                        Stream(self.b, [self.b2, self.a], rate / 2)]

    def presence(self):
        return [len(x.presence) for x in self.users + [self.leaf]]

    def traffic(self, count):
        """Waits until 'count' more messages have arrived at both ends."""
        marks = [(u, len(u.texts)) for u in (self.a2, self.b)]
        wait_until(lambda: all(len(u.texts) >= mark + count
                               for u, mark in marks), 10, "traffic")

    def finish(self):
        """Ends the streams and compares all books. Returns (lost, repeated,
        false presence)."""
        for stream in self.streams:
            stream.stop()
        try:
            self.streams[0].wait_delivered(self.a2, self.b)
            self.streams[1].wait_delivered(self.b2, self.a)
        except AssertionError:
            pass
        lost = self.streams[0].lost(self.a2, self.b) + \
            self.streams[1].lost(self.b2, self.a)
        fails = [f for u in self.users for f in u.fails]
        repeated = [r for u in self.users for r in u.repeated()]
        for user in self.users:
            assert user.closed is None, user.closed
        assert self.leaf.closed is None, self.leaf.closed
        assert not fails, fails[:5]
        changed = [x for x, was, now in zip(
            self.users + [self.leaf], self.before, self.presence())
            if was != now]
        return lost, repeated, [x.presence[-5:] for x in changed]

    def nothing_happened(self):
        assert self.finish() == ([], [], [])
        wait_until(lambda: set(self.one.users()) ==
                   {u.number for u in self.users} | {self.remote})


def test_kill_of_dncontrol_under_load(net):
    scene = Scene(net)
    for i in range(40 if SOAK else 4):
        scene.traffic(30)
        server = scene.one if i % 4 != 3 else scene.two
        server.control.kill9()
        scene.traffic(30)
        server.start_control()
    scene.traffic(30)
    scene.nothing_happened()


def test_ten_restarts_at_a_thousand_a_second(net, measured):
    scene = Scene(net, rate=1000)
    took = []
    for i in range(10):
        scene.traffic(50)
        scene.one.control.kill9()
        scene.traffic(50)
        begun = time.monotonic()
        scene.one.start_control()
        took.append(time.monotonic() - begun)
    scene.traffic(50)
    lost, repeated, presence = scene.finish()
    sent = sum(len(s.sent) for s in scene.streams)
    measured["messages lost during ten restarts of dncontrol"] = \
        "%d of %d at 1,000/s" % (len(lost), sent)
    measured["dncontrol ready again, worst of ten"] = "%.0f ms" % (
        1000 * max(took))
    assert (lost, repeated, presence) == ([], [], [])


@pytest.mark.parametrize("order", ["restart at once", "restart later",
                                   "two restarts"])
def test_dnctl_restart(net, order):
    scene = Scene(net)
    for _ in range(2 if order == "two restarts" else 1):
        scene.traffic(20)
        assert scene.one.dnctl("restart").returncode == 0
        assert scene.one.control.wait_end() == 0
        if order == "restart later":
            scene.traffic(100)
        scene.one.start_control()
    scene.traffic(20)
    scene.nothing_happened()


def test_kill_while_it_starts(net):
    """It dies again and again before it is ready."""
    scene = Scene(net)
    chance = random.Random(7)
    scene.one.control.kill9()
    for _ in range(6):
        scene.one.start_control(wait=False)
        begun = time.monotonic()
        span = chance.uniform(0, 0.3)
        wait_until(lambda: time.monotonic() - begun > span)
        scene.one.control.kill9()
    scene.one.start_control()
    scene.traffic(20)
    scene.nothing_happened()


def test_kill_at_any_instant_while_users_come_and_go(net):
    """No ARRV or LEFT is lost or repeated, on a link or to a client."""
    one, two = net.line(2)
    watchers = [net.client(one), net.client(two)]
    leaf = net.keep(Leaf.dial(one, routing=True))
    leaf.knows(*watchers)
    chance = random.Random(11)
    crowd, gone = [], []
    for i in range(120 if SOAK else 24):
        server = chance.choice((one, two))
        user = net.client(server, login=False)
        user.auth()
        crowd.append(user)
        if len(crowd) > 4:
            leaver = crowd.pop(chance.randrange(4))
            leaver.rst() if chance.random() < 0.5 else leaver.close()
            gone.append(leaver)
        if i % 4 == 3:
            one.control.kill9()
            one.start_control(wait=chance.random() < 0.5)
    one.wait_ready()
    for user in crowd:
        wait_until(lambda: user.named, 10)
    net.dead.clear()
    for watcher in watchers:
        watcher.sees(*crowd, *[w for w in watchers if w is not watcher],
                     timeout=15)
        assert not watcher.violations, watcher.violations
    leaf.knows(*watchers, *crowd, timeout=15)
    state = {}
    for msg in leaf.presence:
        before = state.get(msg.number, "LEFT")
        assert before != msg.kind, (msg, "twice")
        state[msg.number] = msg.kind
    assert leaf.closed is None


def test_leaving_while_dncontrol_is_away(net):
    one, two = net.line(2)
    a, b, c = net.client(one), net.client(one), net.client(two)
    net.check_quiescent()
    one.control.kill9()
    b.close()
    n = a.send(c, "in between")
    c.receive(a, n)
    c.ack(n)
    a.receipt(n, c)
    one.start_control()
    net.check_quiescent()
    assert [m.kind for m in a.presence if m.number == b.number] == [
        "ARRV", "LEFT"]


def test_remote_changes_while_dncontrol_is_away(net):
    one, two = net.line(2)
    a, b = net.client(one), net.client(two)
    net.check_quiescent()
    one.control.kill9()
    late = net.client(two)
    b.close()
    late.ping()
    one.start_control()
    net.check_quiescent()
    n = late.send(a, "hello")
    a.receive(late, n)


def test_a_link_dies_while_dncontrol_is_away(net):
    servers = net.ring(3, relay=True)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    servers[0].control.kill9()
    net.links[0].cut()
    wait_until(lambda: not [p for p in servers[1].up()
                            if str(net.links[0].port) in p["name"]] and
               len(servers[1].up()) == 1)
    servers[0].start_control()
    net.wait_links()
    net.check_quiescent()
    n = users[0].send(users[1], "around")
    users[1].receive(users[0], n)
    net.links[0].heal()
    net.wait_links(15)
    net.check_quiescent()


def test_login_waits_for_dncontrol(net):
    server = net.server()
    a = net.client(server)
    server.control.kill9()
    b, c = (net.client(server, login=False) for _ in range(2))
    b.auth()
    c.auth(name=b.name)
    never(lambda: b.log or c.log, 0.5, "an answer without dncontrol")
    server.start_control()
    wait_until(lambda: b.named)
    wait_until(lambda: c.fails == [(c.number, "NAME")])
    a.sees(b)


def test_login_is_refused_after_ten_seconds(net):
    server = net.server()
    a = net.client(server)
    server.control.kill9()
    b = net.client(server, login=False)
    begun = time.monotonic()
    b.auth()
    b.expect_close(1013, timeout=13)
    assert 9 < time.monotonic() - begun < 12 * SLOWNESS
    server.start_control()
    again = net.client(server, number=b.number, name=b.name)
    a.sees(again)
    assert [m.kind for m in a.presence] == ["ARRV"]


def test_dnchatd_first(net):
    server = net.server(start=False)
    server.start_data()
    early = net.client(server, login=False)
    early.auth()
    server.start_control()
    wait_until(lambda: early.named)
    net.check_quiescent()


def test_dncontrol_first(net):
    server = net.server(start=False)
    server.start_control(wait=False)
    wait_until(lambda: server.socket.exists())
    server.start_data()
    server.wait_ready()
    user = net.client(server)
    net.check_quiescent()
    user.ping()


def test_dncontrol_first_with_peers(net):
    other = net.server()
    server = net.server(start=False,
                        control=["--connect", "127.0.0.1:%d" % other.port])
    server.start_control(wait=False)
    wait_until(lambda: server.socket.exists())
    server.start_data()
    wait_until(lambda: other.up(), 10)


def test_dnchatd_killed(net):
    """Its connections are gone; dncontrol waits, and dials again."""
    one, two = net.make(2)
    net.link(one, two)
    a, b = net.client(one), net.client(two)
    net.check_quiescent()
    for _ in range(2):
        one.data.kill9()
        a.expect_close()
        b.sees()
        assert one.control.alive()
        one.start_data()
        net.wait_links(15)
        a = net.client(one)
        net.check_quiescent()
    n = a.send(b, "back")
    b.receive(a, n)


def test_both_killed(net):
    """The journal of the dead dnchatd is void."""
    one, two = net.line(2)
    b = net.client(two)
    net.client(one)
    net.check_quiescent()
    net.kill_server(one)
    net.wait_right()
    net.revive(one)
    net.client(one)
    net.wait_links(15)
    net.check_quiescent()
    assert [m.kind for m in b.presence] == ["ARRV", "LEFT", "ARRV"]


def test_a_torn_journal(net):
    """Half a record at the end, as a crash would leave it."""
    scene = Scene(net)
    scene.one.control.kill9()
    with open(scene.one.run / "journal", "ab") as journal:
        journal.write(b"\x40\x00\x00\x00\x01")
    scene.one.start_control()
    scene.traffic(20)
    scene.nothing_happened()


@pytest.mark.parametrize("damage", ["gone", "empty", "junk"])
def test_no_journal(net, damage):
    """Clients are kept, links are learned again, nobody sees a change."""
    one, two = net.line(2)
    a, b = net.client(one), net.client(two)
    c = net.client(one)
    net.check_quiescent()
    before = [len(u.presence) for u in (a, c)]
    one.control.kill9()
    path = one.run / "journal"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"junk" * 100)
    one.start_control()
    if not one.peers():
        one.connect(two.port)
    net.wait_links(15)
    net.check_quiescent(15)
    assert [len(u.presence) for u in (a, c)] == before
    n = a.send(b, "known")
    b.receive(a, n)


def test_requests_survive(net):
    """A peer that is being dialled stays wanted over a kill."""
    one, two = net.make(2)
    port = two.port
    two.data.kill9()
    one.connect(port)
    wait_until(lambda: one.peers()[0]["state"] == "waiting")
    one.control.kill9()
    one.start_control()
    assert one.peers()
    two.start_data()
    # What is up on one side may be unknown to the other's dncontrol yet.
    wait_until(lambda: one.up() and two.up(), 20)


def test_disconnect_survives(net):
    """A link that is being taken down ends, and is not dialled again."""
    server = net.server()
    user = net.client(server)
    peer = net.keep(RawPeer.listen(routing=True))
    server.connect(peer.port)
    peer.wait_dialled()
    peer.knows(user)
    server.admin("disconnect 127.0.0.1:%d" % peer.port)
    server.control.kill9()
    server.start_control()
    peer.knows()
    peer.expect_close(1000)
    never(lambda: peer.accepted > 1, 1.5, "dialled after disconnect")
    assert not server.peers()


def test_shutdown_survives(net):
    """dncontrol is killed in the pause of a shutdown; the next one goes on."""
    one, two = net.line(2)
    user = net.client(one)
    net.check_quiescent()
    one.admin("shutdown")
    wait_until(lambda: not two.users())
    one.control.kill9()
    one.start_control(wait=False)
    user.expect_close(1001)
    assert one.control.wait_end() == 0
    assert one.data.wait_end() == 0
    net.dead.add(one)


def test_dnchatd_does_not_wait_for_a_frozen_dncontrol(net):
    server = net.server()
    user = net.client(server)
    server.control.stop()
    begun = time.monotonic()
    server.data.term()
    user.expect_close(1001)
    assert server.data.wait_end() == 0
    assert 2 < time.monotonic() - begun < 5
    server.control.cont()


def test_both_ends_of_a_link_without_dncontrol(net):
    """Messages pass, nobody leaves; both come back."""
    scene = Scene(net)
    for server in (scene.one, scene.two):
        server.control.kill9()
    scene.traffic(50)
    for server in (scene.two, scene.one):
        server.start_control()
        scene.traffic(50)
    scene.nothing_happened()


def test_watch_ends_with_dncontrol(net):
    server = net.server()
    with Admin(server.socket) as admin:
        admin.write("watch")
        server.control.kill9()
        with contextlib.suppress(ConnectionResetError):
            assert admin.row() is None
    server.start_control()


def test_r19_killed_frozen_restarted(net, measured):
    """dncontrol killed, frozen and restarted under load; users talk on."""
    scene = Scene(net, rate=300)
    chance = random.Random(19)
    worst = 0
    for i in range(200 if SOAK else 6):
        scene.traffic(10)
        control = scene.one.control
        if i % 3 == 0:
            control.kill9()
        elif i % 3 == 1:
            scene.one.admin("restart")
            assert control.wait_end() == 0
        if i % 3 == 2:
            control.stop()
            scene.traffic(int(chance.uniform(5, 60)))
            control.cont()
            begun = time.monotonic()
        else:
            begun = time.monotonic()
            scene.one.start_control()
        assert scene.one.admin("show status")
        worst = max(worst, time.monotonic() - begun)
    scene.traffic(10)
    measured["R19 worst resync"] = "%.0f ms" % (1000 * worst)
    assert worst <= 1.0 * SLOWNESS
    scene.nothing_happened()
