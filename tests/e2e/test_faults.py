"""Things that break: servers killed and frozen, clients torn off, links cut,
stalled, one-way and swallowed, networks parted and healed."""
import shutil
import subprocess
import time

import pytest

from islands import ip
from loop import SLOWNESS, wait_until
from network import Stream
from relay import BACK, FORTH

# A silent peer is noticed within 3 s; the wheel and a busy machine add a bit.
SILENCE = 3.0
MARGIN = 0.7 * SLOWNESS


def presence(users):
    return [len(user.presence) for user in users]


def test_kill_of_a_server_in_a_ring(net, measured):
    servers = net.ring(5)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    begun = time.monotonic()
    net.kill_server(servers[2])
    net.wait_right()
    took = time.monotonic() - begun
    measured["kill -9 of a server in a five-ring, all lists right"] = \
        "%.0f ms" % (1000 * took)
    net.check_quiescent()
    alive = [u for u in users if u.server is not servers[2]]
    for a in alive:
        n = a.send("*", "who is left?")
        for b in alive:
            if b is not a:
                b.receive(a, n)
    for user in alive:
        kinds = [(m.kind, m.number) for m in user.presence
                 if m.kind == "LEFT"]
        assert kinds == [("LEFT", users[2].number)]
    net.revive(servers[2])
    net.client(servers[2])
    net.check_quiescent(15)


def test_kill_of_one_plane_kills_the_links(net):
    """dnchatd alone dies: everything behind it is gone; it comes back."""
    servers = net.line(3)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    servers[1].data.kill9()
    users[1].expect_close()
    for user in (users[0], users[2]):
        user.sees()
    servers[1].start_data()
    net.wait_links(20)
    net.client(servers[1])
    net.check_quiescent(15)


def test_clients_torn_off(net):
    servers = net.ring(3)
    users = [net.client(s) for s in servers for _ in range(8)]
    net.check_quiescent()
    for user in users[::2]:
        user.rst()
    net.check_quiescent()


def test_frozen_server_in_a_ring(net, measured):
    """SIGSTOP: every neighbour notices, the others go on over other ways,
    and the frozen one finds back."""
    servers = net.ring(4)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    frozen = servers[1]
    begun = time.monotonic()
    frozen.data.stop()
    net.dead.add(frozen)
    noticed = {}

    def all_noticed():
        for server in (servers[0], servers[2]):
            if server not in noticed and len(server.up()) == 1:
                noticed[server] = time.monotonic() - begun
        return len(noticed) == 2

    wait_until(all_noticed, SILENCE + 2, "the silence is noticed")
    worst = max(noticed.values())
    measured["silence of a frozen server noticed after"] = "%.2f s" % worst
    assert worst <= SILENCE + MARGIN
    net.wait_right()
    n = users[0].send(users[2], "around him")
    users[2].receive(users[0], n)
    assert [m.number for m in users[0].presence if m.kind == "LEFT"] == \
        [users[1].number]
    frozen.data.cont()
    net.dead.discard(frozen)
    net.wait_links(20)
    net.check_quiescent(15)


def test_frozen_control_plane_harms_nobody(net):
    servers = net.line(2)
    a, b = net.client(servers[0]), net.client(servers[1])
    net.check_quiescent()
    before = presence([a, b])
    stream = Stream(a, [b], 200)
    servers[0].control.stop()
    wait_until(lambda: len(stream.sent) > 600, 10)
    servers[0].control.cont()
    stream.stop()
    stream.wait_delivered(b)
    net.check_quiescent()
    assert presence([a, b]) == before


@pytest.mark.parametrize("ways", [(FORTH,), (BACK,), (FORTH, BACK)],
                         ids=lambda w: "+".join(w))
def test_black_hole(net, ways, measured):
    """Bytes vanish in one direction or both, on one side of a triangle."""
    servers = net.ring(3, relay=True)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    before = presence(users)
    link = net.links[0]
    begun = time.monotonic()
    link.lose(*ways)
    wait_until(lambda: len(link.a.up()) == 1 and len(link.b.up()) == 1,
               SILENCE + 2, "the silence is noticed")
    took = time.monotonic() - begun
    measured["black hole %s noticed after" % "+".join(ways)] = \
        "%.2f s" % took
    # The second end hears of it from the first, or by its own silence.
    assert took <= SILENCE + MARGIN
    n = users[0].send(users[1], "around")
    users[1].receive(users[0], n)
    net.check_quiescent()
    assert presence(users) == before
    link.heal()
    net.wait_links(15)
    net.check_quiescent()
    assert presence(users) == before


def test_link_cut_with_another_way(net):
    servers = net.diamond(relay=True)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    before = presence(users)
    stream = Stream(users[0], [users[3]], 200)
    wait_until(lambda: len(stream.sent) > 40)
    via = servers[0].users()[users[3].number]["via"]
    link = [k for k in net.links if str(k.port) in via][0]
    for rst in (True, False):
        link.cut(rst)
        wait_until(lambda: len(link.a.up()) == 1)
        net.wait_right()
        link.heal()
        net.wait_links()
    stream.stop()
    net.check_quiescent()
    assert presence(users) == before
    # What was in the cut link's buffers is gone; everything else is there.
    assert len(stream.lost(users[3])) < 20


def test_short_stall_is_no_fault(net):
    """Less than the silence limit: nothing is lost, nobody leaves."""
    servers = net.line(2, relay=True)
    a, b = net.client(servers[0]), net.client(servers[1])
    net.check_quiescent()
    before = presence([a, b])
    stream = Stream(a, [b], 100)
    for ways in ((FORTH,), (BACK,), ()):
        at = len(stream.sent)
        net.relays[0].stall(*ways)
        wait_until(lambda: len(stream.sent) > at + 130)
        net.relays[0].resume()
        wait_until(lambda: len(b.texts) > at + 100)
        # Both ways, or one would be as silent in the next round.
        n = b.send(a, "back")
        a.receive(b, n)
    stream.stop()
    stream.wait_delivered(b)
    net.check_quiescent()
    assert presence([a, b]) == before
    assert net.relays[0].connections == 1


def test_partition_and_heal(net, measured):
    servers = net.ring(4, relay=True)
    users = [net.client(s) for s in servers for _ in range(5)]
    net.check_quiescent()
    begun = time.monotonic()
    for link in (net.links[0], net.links[2]):
        link.cut()
    net.wait_right()
    measured["a ring of 4 parted, lists right"] = "%.0f ms" % (
        1000 * (time.monotonic() - begun))
    for a in users[::5]:
        n = a.send("*", "my half")
        for b in users:
            if b.number in a.users:
                b.receive(a, n)
    net.check_quiescent()
    begun = time.monotonic()
    for link in (net.links[0], net.links[2]):
        link.heal()
    net.wait_right(15)
    measured["a ring of 4 healed, lists right"] = "%.0f ms" % (
        1000 * (time.monotonic() - begun))
    n = users[0].send("*", "all of you")
    for b in users[1:]:
        b.receive(users[0], n)
    net.check_quiescent()


def test_links_flap(net):
    servers = net.ring(3, relay=True)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    for i in range(6):
        link = net.links[i % 3]
        link.cut()
        link.heal()
        link.relay.drop(rst=False)
    net.wait_links(20)
    net.check_quiescent(15)
    for a in users:
        a.send("*", "calm")
    net.check_quiescent()


def test_a_delayed_link(net):
    """100 ms each way: slower ways, the same truth."""
    servers = net.ring(3, relay=True)
    net.relays[0].delay(0.1)
    users = [net.client(server) for server in servers]
    net.check_quiescent()
    net.links[1].cut()
    net.check_quiescent()
    users[2].close()
    net.check_quiescent()
    net.links[1].heal()
    net.wait_links()
    net.check_quiescent()


def test_nothing_leaks_over_many_faults(net):
    """File descriptors after a row of cuts are as many as before."""
    servers = net.line(2, relay=True)
    for server in servers:
        net.client(server)
    net.check_quiescent()

    def counts():
        return [p.fds() for s in servers for p in s.planes()]

    before = counts()
    for i in range(10):
        other = net.client(servers[i % 2])
        net.links[0].cut(rst=bool(i % 2))
        wait_until(lambda: not servers[0].up() and not servers[1].up())
        other.rst()
        net.links[0].heal()
        net.wait_links()
    net.check_quiescent()
    # One connection to the admin socket may be in its last moment.
    wait_until(lambda: all(now <= was for now, was in
                           zip(counts(), before)), 5,
               lambda: "as many files as before, %r: %r" % (before,
                                                            counts()))


# ---- network namespaces ----

ONE_WAY = b"""
table inet t {
    chain c {
        type filter hook input priority 0;
        iifname wire drop;
    }
}
"""


@pytest.mark.parametrize("how", ["wire down", "one-way loss"])
def test_a_cut_between_namespaces(islands, net, how, measured):
    if how == "one-way loss" and shutil.which("nft") is None:
        pytest.skip("needs nft")
    net.patient = True
    servers = [net.server(listen="0.0.0.0:0", host=address,
                          prefix=["ip", "netns", "exec", name])
               for name, address, _ in islands]
    users = [net.client(server) for server in servers]
    servers[0].connect(servers[1].port, host=islands[1][2])
    wait_until(lambda: all(len(s.up()) == 1 for s in servers))
    users[0].sees(users[1])
    users[1].sees(users[0])
    begun = time.monotonic()
    there = islands[1][0]
    if how == "wire down":
        ip("-n", there, "link", "set", "wire", "down")
    else:
        subprocess.run(["ip", "netns", "exec", there, "nft", "-f", "-"],
                       check=True, input=ONE_WAY)
    wait_until(lambda: not servers[0].up() and not servers[1].up(),
               SILENCE + 2, "the cut is noticed")
    took = time.monotonic() - begun
    measured["namespaces, %s, noticed after" % how] = "%.2f s" % took
    assert took <= SILENCE + MARGIN
    for user in users:
        user.sees()
    if how == "wire down":
        ip("-n", there, "link", "set", "wire", "up")
    else:
        subprocess.run(["ip", "netns", "exec", there, "nft", "delete",
                        "table", "inet", "t"], check=True)
    wait_until(lambda: all(len(s.up()) == 1 for s in servers), 30)
    users[0].sees(users[1], timeout=10)
    users[1].sees(users[0])
    n = users[0].send(users[1], "again")
    users[1].receive(users[0], n)
