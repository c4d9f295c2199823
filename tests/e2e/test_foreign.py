"""Servers of other origin beside ours: they acknowledge nothing, forget, count
one more, poison, offer what they can't do, and die without a word."""
import pytest

from loop import never, wait_until
from network import Stream
from peers import RawPeer
from wire import fresh


def talk(net, user, rip_user, rip):
    """A message each way with its receipt."""
    n = user.send(rip_user.number, "from ours")
    wait_until(lambda: (user.number, n, "from ours") in rip_user.texts)
    rip.ack(rip_user, n)
    user.receipt(n, rip_user.number)
    n = fresh()
    rip.post(rip_user.number, n, user.number, "from rip")
    assert user.receive(rip_user.number, n) == "from rip"
    user.ack(n)
    wait_until(lambda: (n, user.number) in rip_user.acks)


def flood(net, users, rip_users, rip):
    for user in users:
        n = user.send("*", "all")
        for other in users:
            if other is not user:
                other.receive(user, n)
        for each in rip_users:
            wait_until(lambda: [t for t in each.texts if t[1] == n])
    for each in rip_users:
        n = fresh()
        rip.post(each.number, n, "*", "all of rip")
        for user in users:
            user.receive(each.number, n)
    for each in rip_users:
        assert len(each.texts) == len(set(each.texts))
    assert not rip.invalid and not rip.got_invalid
    assert not rip.repeated
    net.check_books()


@pytest.mark.parametrize("who_dials", ["we", "they"])
def test_line(net, who_dials):
    """rip - ours - ours"""
    one, two = net.line(2)
    rip = net.rip()
    old = rip.join(fresh(), "old")
    a, b = net.client(one), net.client(two)
    if who_dials == "we":
        one.connect(rip.port)
    else:
        rip.connect(one.port)
    rip.knows(a, b, old)
    a.sees(b, old.number)
    b.sees(a, old.number)
    assert one.users()[old.number]["hops"] == 1
    assert two.users()[old.number]["hops"] == 2
    assert rip.hops(a.number) == 1 and rip.hops(b.number) == 2
    talk(net, a, old, rip)
    talk(net, b, old, rip)
    flood(net, [a, b], [old], rip)
    new = rip.join(fresh(), "new")
    b.sees(a, old.number, new.number)
    rip.part(old.number)
    b.sees(a, new.number)
    a.close()
    rip.knows(b, new)
    # It ends without LEFT, and without a close frame.
    rip.close(rst=True)
    b.sees()


def test_between_two_of_ours(net):
    """ours - rip - ours: everything passes through it."""
    one, two = net.make(2)
    rip = net.rip()
    mid = rip.join(fresh(), "mid")
    one.connect(rip.port)
    rip.connect(two.port)
    a, b = net.client(one), net.client(two)
    a.sees(b, mid.number)
    b.sees(a, mid.number)
    assert one.users()[b.number]["hops"] == 2
    n = a.send(b, "through")
    assert b.receive(a, n) == "through"
    b.ack(n)
    a.receipt(n, b)
    talk(net, a, mid, rip)
    flood(net, [a, b], [mid], rip)
    b.close()
    a.sees(mid.number)
    c = net.client(two)
    a.sees(c, mid.number)


def triangle(net, **options):
    one, two = net.line(2, relay=True)
    rip = net.rip(**options)
    into_one = net.relay(lambda: one.port)
    rip.connect(into_one.port)
    rip.connect(two.port)
    a, b = net.client(one), net.client(two)
    third = rip.join(fresh(), "third")
    a.sees(b, third.number)
    b.sees(a, third.number)
    rip.knows(a, b, third)
    return one, two, rip, into_one, a, b, third


@pytest.mark.parametrize("plus_one", [False, True])
def test_triangle(net, plus_one):
    one, two, rip, into_one, a, b, third = triangle(net, plus_one=plus_one)
    far = 2 if plus_one else 1
    assert one.users()[third.number]["hops"] == far
    assert one.users()[b.number]["hops"] == 1
    for user in (a, b):
        talk(net, user, third, rip)
    flood(net, [a, b], [third], rip)
    before = [len(u.presence) for u in (a, b)]
    # The direct link between ours breaks: the way over rip takes its place.
    net.links[0].cut()
    wait_until(lambda: one.users()[b.number]["hops"] == far + 1 and
               two.users()[a.number]["hops"] == far + 1, 10)
    n = a.send(b, "round")
    b.receive(a, n)
    flood(net, [a, b], [third], rip)
    net.links[0].heal()
    wait_until(lambda: one.users()[b.number]["hops"] == 1, 15)
    # And a link of rip breaks; it forgets, and is taught again.
    into_one.cut()
    wait_until(lambda: one.users()[third.number]["hops"] == far + 1, 10)
    rip.knows(a, b, third)
    talk(net, a, third, rip)
    assert [len(u.presence) for u in (a, b)] == before


def test_a_forgetful_neighbour_is_taught_again(net):
    """LEFT for a user that we told: our ARRV is repeated."""
    server = net.server()
    a = net.client(server)
    peer = net.keep(RawPeer.dial(server))
    peer.knows(a)
    number = fresh()
    peer.announce(number, "r")
    a.sees(number)
    peer.announce(a.number, a.name, 2)
    peer.withdraw(a.number)
    wait_until(lambda: len(peer.got("ARRV", a.number)) == 2)


def test_poisoned_reverse_is_not_answered(net):
    server = net.server()
    a = net.client(server)
    peer = net.keep(RawPeer.dial(server))
    peer.knows(a)
    for _ in range(5):
        peer.withdraw(a.number)
    peer.tell("SEND %d" % fresh(), a.number, a.number, "marker")
    marker = fresh()
    peer.announce(marker, "marker")
    a.sees(marker)
    assert [m.kind for m in peer.log] == ["ARRV"]
    assert peer.closed is None


def test_foreign_peers_get_no_left_for_strangers(net):
    """A LEFT only for a user that we had announced to this very peer."""
    servers = net.ring(3)
    peers = [net.keep(RawPeer.dial(s)) for s in servers]
    users = [net.client(s) for s in servers for _ in range(3)]
    net.check_quiescent()
    for peer in peers:
        peer.knows(*users)
    for user in users[::2]:
        user.close()
    net.kill_server(servers[2])
    net.check_quiescent()
    alive = net.alive_clients()
    for peer in peers[:2]:
        peer.knows(*alive, timeout=10)
        told = set()
        for msg in peer.presence:
            if msg.kind == "ARRV":
                told.add(msg.number)
            else:
                assert msg.number in told, (msg, "never announced")
                told.discard(msg.number)


def test_sixteen_is_infinity_for_foreign_peers(net):
    server = net.server()
    far = net.keep(RawPeer.dial(server, routing=True))
    foreign = net.keep(RawPeer.dial(server))
    user = net.client(server)
    near_one, far_one = fresh(), fresh()
    far.announce(near_one, "near", 14)
    far.announce(far_one, "far", 15)
    user.sees(near_one, far_one)
    foreign.knows(user, near_one)
    assert foreign.users[near_one][2] == "15"
    assert server.users()[far_one]["hops"] == 16
    # The near one moves away: it is withdrawn.
    far.announce(near_one, "near", 40)
    foreign.knows(user)
    wait_until(lambda: server.users()[near_one]["hops"] == 41)
    assert foreign.closed is None and far.closed is None


def test_a_higher_count_without_left(net):
    server = net.server()
    a = net.client(server)
    peer = net.keep(RawPeer.dial(server))
    number = fresh()
    for hops in (2, 7, 3, 9):
        peer.announce(number, "mover", hops)
        wait_until(lambda: server.users().get(number, {}).get("hops") ==
                   hops + 1)
    assert [m.kind for m in a.presence] == ["ARRV"]
    n = a.send(number, "hi")
    peer.expect("SEND", n)


def test_deflate_is_declined(net):
    server = net.server()
    rip = net.rip(deflate=True)
    ws = rip.connect(server.port)
    assert ws.extensions == []
    a = net.client(server)
    user = rip.join(fresh(), "deflated")
    a.sees(user.number)
    talk(net, a, user, rip)


def test_srvr_number_of_later_sheets(net):
    server = net.server(control=["--srvr-number", "any"])
    rip = net.rip(srvr="SRVR 17446744073709551615")
    rip.connect(server.port)
    a = net.client(server)
    rip.knows(a)


def test_invd_of_a_peer(net):
    """It gives up on us: the link ends, and what it told is withdrawn."""
    server = net.server()
    a = net.client(server)
    peer = RawPeer.dial(server)
    number = fresh()
    peer.announce(number, "r")
    a.sees(number)
    peer.tell("INVD 0")
    peer.expect_close()
    assert not peer.got("INVD")
    a.sees()


def test_a_slow_foreign_server(net):
    """50 ms for each message: others don't wait for it."""
    one, two = net.line(2)
    rip = net.rip(slow=0.05)
    rip.connect(one.port)
    a, b = net.client(one), net.client(two)
    net.check_quiescent()
    stream = Stream(a, ["*"], 300)
    wait_until(lambda: len(b.texts) > 300)
    stream.stop()
    stream.wait_delivered(b)
    n = a.send(b, "quick")
    b.receive(a, n, timeout=1)
    assert not rip.invalid


def test_many_users_of_a_foreign_server(net):
    server = net.server()
    rip = net.rip()
    users = [rip.join(fresh(), "r%d" % i) for i in range(200)]
    a = net.client(server)
    rip.connect(server.port)
    a.sees(*users)
    rip.close(rst=True)
    a.sees()
    assert len(a.presence) == 400


def test_two_foreign_servers_in_a_ring(net):
    """ours - rip - rip - ours - ours: counting to infinity ends."""
    one, two = net.line(2)
    left, right = net.rip(), net.rip(plus_one=True)
    left.connect(one.port)
    left.connect(right.port)
    right.connect(two.port)
    a, b = net.client(one), net.client(two)
    x = right.join(fresh(), "x")
    a.sees(b, x.number)
    left.knows(a, b, x)
    talk(net, a, x, right)
    flood(net, [a, b], [x], right)
    right.part(x.number)
    a.sees(b, timeout=15)
    b.sees(a, timeout=15)
    left.knows(a, b, timeout=15)
    never(lambda: x.number in a.users, 1, "a ghost came back")
