"""The life of links: who may be a peer, dialling and dialling again, double
links, links to oneself, and ending them in good order."""
import time

import pytest

from dnchat import AdminError
from loop import never, wait_until
from peers import ROUTING, Leaf, RawPeer
from wire import HOST, RawSocket, fresh


def refused(peer, code=1008):
    """INVD 0 and the end of the connection."""
    peer.expect("INVD", 0)
    peer.expect_close(code)


# ---- handshake ----

def test_tables_are_exchanged_both_ways(one, client):
    a = client()
    peer = RawPeer.dial(one)
    peer.knows(a)
    assert peer.users[a.number] == (a.name, "on " + one.name, "0")
    number = fresh()
    peer.announce(number, "remote", 3, "elsewhere")
    a.sees(number)
    assert a.users[number] == ("remote", "elsewhere")
    assert one.users()[number]["hops"] == 4
    peer.close()
    a.sees()


def test_routing_header_is_answered_only_if_asked(one):
    with_header = RawPeer.dial(one, routing=True)
    without = RawPeer.dial(one)
    assert with_header.answer_headers.get("dnchat-routing") == "1"
    assert "dnchat-routing" not in without.answer_headers
    wait_until(lambda: len(one.up()) == 2)
    assert sorted(bool(p["foreign"]) for p in one.up()) == [False, True]
    with_header.end()
    without.end()
    other = RawPeer.dial(one, headers=[("dnchat-routing", "2")])
    wait_until(lambda: len(one.up()) == 1 and one.up()[0]["foreign"])
    other.end()
    wait_until(lambda: not one.peers())


def test_what_we_say_when_we_dial(one):
    peer = RawPeer.listen(routing=True)
    one.connect(peer.port)
    peer.wait_dialled()
    peer.expect("SRVR", 0)
    assert peer.log[0].kind == "SRVR"
    head = peer.request_headers
    assert "Origin" not in head
    assert "Sec-WebSocket-Extensions" not in head
    assert head["dnchat-routing"] == "1"
    names = [name for name, _ in head.raw_items()]
    for name in ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key",
                 "Sec-WebSocket-Version"):
        assert name in names, names
    one.admin("disconnect %s:%d" % (HOST, peer.port))
    peer.end()


def test_srvr_number(one, net):
    refused(RawPeer.dial(one, srvr="SRVR 7"), 1002)
    server = net.server(control=["--srvr-number", "any"])
    for srvr in ("SRVR 7", "SRVR 0", "SRVR 9007199254740993",
                 "SRVR 18446744073709551616"):
        peer = RawPeer.dial(server, srvr=srvr)
        wait_until(lambda: len(server.up()) == 1)
        peer.end()
        wait_until(lambda: not server.peers())


# ---- who may ----

@pytest.mark.parametrize("header", [
    "Origin", "Forwarded", "X-Forwarded-For", "Via"])
def test_a_web_page_or_a_proxy_is_no_peer(one, header):
    value = "http://evil.example" if header == "Origin" else "for=1.2.3.4"
    peer = RawPeer.dial(one, headers=[(header, value)])
    refused(peer)
    wait_until(lambda: one.logged("accept-peers"))
    assert not one.peers()


def test_accept_peers(net):
    server = net.server(control=["--accept-peers", "none"])
    watcher = net.client(server)
    refused(RawPeer.dial(server))
    wait_until(lambda: server.logged("level=warn", "accept-peers"))
    # What we dial ourselves is welcome.
    peer = RawPeer.listen()
    server.connect(peer.port)
    peer.wait_dialled()
    number = fresh()
    peer.announce(number, "fine")
    watcher.sees(number)
    # And so is its address, from now on.
    back = RawPeer.dial(server)
    wait_until(lambda: len(server.up()) == 2)
    back.end()
    server.admin("disconnect %s:%d" % (HOST, peer.port))
    peer.end()


@pytest.mark.parametrize("rule, taken", [
    ("any", True), ("loopback", True), ("private", False),
    ("10.0.0.0/8", False), ("127.0.0.0/8", True), ("10.0.0.0/8 127.0.0.1",
                                                   True)])
def test_accept_rules(net, rule, taken):
    server = net.server(control=["--accept-peers", rule])
    peer = RawPeer.dial(server)
    if taken:
        wait_until(lambda: len(server.up()) == 1)
    else:
        refused(peer)
    peer.end()


def test_a_link_to_oneself_is_refused(one, client):
    a = client()
    one.connect(one.port)
    wait_until(lambda: one.logged("self"))
    wait_until(lambda: not one.up())
    never(lambda: one.up(), 1.5, "a link to oneself")
    a.ping()
    assert not a.presence
    try:
        one.admin("disconnect %s:%d" % (HOST, one.port))
    except AdminError:
        pass


# ---- double links ----

def test_double_links(net):
    one, two = net.make(2)
    net.link(one, two, relay=True)
    net.link(one, two, relay=True)
    net.link(two, one, relay=True)
    a, b = net.client(one), net.client(two)
    net.check_quiescent()
    n = a.send("*", "once")
    b.receive(a, n)
    b.ack(n)
    a.receipt(n, b)
    b.ping()
    net.check_books()
    for link in net.links[:2]:
        link.cut()
        n = a.send(b, "still")
        b.receive(a, n)
    net.wait_right()
    assert not b.presence[1:]


# ---- dialling again ----

def test_connect_to_nobody_goes_on(net):
    server = net.server()
    first = RawPeer.listen()
    port = first.port
    first.end()
    server.connect(port)
    wait_until(lambda: server.peers()[0]["state"] == "waiting")
    with pytest.raises(AdminError) as error:
        server.admin("connect %s 99999" % HOST)
    assert error.value.code in ("range", "usage", "malformed")
    server.admin("disconnect %s:%d" % (HOST, port))
    assert not server.peers()


def test_back_off_grows(net):
    """A dialled peer that hangs up is dialled again, ever more slowly."""
    server = net.server()
    peer = RawPeer.listen(refuse=True)
    dials = []
    server.connect(peer.port)

    def tried():
        rows = server.peers()
        if rows and rows[0]["failures"] > len(dials):
            dials.append(time.monotonic())
        return len(dials) >= 4

    wait_until(tried, 15)
    gaps = [b - a for a, b in zip(dials, dials[1:])]
    assert gaps[-1] > gaps[0]
    assert 0.25 < gaps[0] < 2.5, gaps
    server.admin("disconnect %s:%d" % (HOST, peer.port))
    peer.end()


def test_a_lost_link_is_dialled_again(net):
    server = net.server()
    peer = RawPeer.listen()
    server.connect(peer.port)
    peer.wait_dialled()
    peer.rst()
    peer.wait_dialled(2)
    peer.expect("SRVR", 0)
    peer.end()


def test_connect_twice(net):
    server = net.server()
    peer = RawPeer.listen()
    server.connect(peer.port)
    peer.wait_dialled()
    with pytest.raises(AdminError) as error:
        server.connect(peer.port)
    assert error.value.code == "exists"
    server.admin("disconnect %s:%d" % (HOST, peer.port))
    peer.end()


def test_connect_option_and_host_names(net):
    two = net.server()
    one = net.server(control=["--connect", "localhost:%d" % two.port])
    wait_until(lambda: one.up() and two.up())
    assert one.up()[0]["name"] == "localhost:%d" % two.port
    three = net.server()
    three.connect(1, host="no-such-host.invalid")
    wait_until(lambda: three.peers()[0]["state"] == "waiting", 15)
    assert three.peers()[0]["why"]
    a = net.client(three)
    a.ping()


# ---- the end of a link ----

def test_disconnect_in_good_order(net):
    server = net.server()
    users = [net.client(server) for _ in range(5)]
    peer = RawPeer.listen(routing=True)
    leaf_user = fresh()
    server.connect(peer.port)
    peer.wait_dialled()
    peer.announce(leaf_user, "over there")
    peer.knows(*users)
    users[0].sees(leaf_user, *users[1:])
    begun = time.monotonic()
    server.admin("disconnect %s:%d" % (HOST, peer.port))
    peer.knows()
    assert time.monotonic() - begun < 1
    assert peer.closed is None
    peer.expect_close(1000)
    assert 1 <= time.monotonic() - begun <= 2.5
    users[0].sees(*users[1:])
    assert not server.peers()
    never(lambda: peer.accepted > 1, 1.5, "dialled after disconnect")
    peer.end()


def test_disconnect_keeps_other_ways(net):
    """A ring is cut in good order: nobody sees anybody leave."""
    servers = net.ring(3)
    users = [net.client(s) for s in servers]
    net.check_quiescent()
    before = [len(u.presence) for u in users]
    link = net.links[0]
    link.up = False
    link.a.admin("disconnect %s:%d" % (HOST, link.port))
    net.wait_links()
    net.check_quiescent()
    n = users[0].send(users[1], "the long way")
    users[1].receive(users[0], n)
    assert [len(u.presence) for u in users] == before


def test_disconnect_of_an_accepted_peer(net):
    one, two = net.line(2)
    a = net.client(two)
    net.wait_right()
    name = two.peers()[0]["name"]
    two.admin("disconnect " + name)
    wait_until(lambda: not two.up())
    # The other side dials again: it was told to keep that link up.
    wait_until(lambda: two.up(), 10)
    net.check_quiescent()
    a.ping()


def test_disconnect_of_nobody(one):
    with pytest.raises(AdminError) as error:
        one.admin("disconnect nowhere:1")
    assert error.value.code == "unknown"


@pytest.mark.parametrize("how", ["exit", "shutdown", "SIGTERM control",
                                 "SIGTERM data", "typed"])
def test_exit_in_good_order(net, how):
    """LEFT for every user, a pause of 1 to 2 s, then the close."""
    server = net.server()
    users = [net.client(server) for _ in range(5)]
    peer = RawPeer.listen(routing=True)
    server.connect(peer.port)
    peer.wait_dialled()
    peer.knows(*users)
    begun = time.monotonic()
    if how == "SIGTERM control":
        server.control.term()
    elif how == "SIGTERM data":
        server.data.term()
    elif how == "typed":
        server.type("exit")
    else:
        server.admin(how)
    peer.knows()
    left_after = time.monotonic() - begun
    assert left_after < 0.8
    assert peer.closed is None
    assert peer.expect_close()[0] in (1000, 1001)
    assert 1 <= time.monotonic() - begun <= 2.8
    for user in users:
        user.expect_close(1001)
    assert not server.finish_stop()
    peer.end()


def test_exit_without_links_is_quick(net):
    server = net.server()
    user = net.client(server)
    begun = time.monotonic()
    server.begin_stop()
    user.expect_close(1001)
    assert not server.finish_stop()
    assert time.monotonic() - begun < 1.5


# ---- trust and its limits ----

def test_messages_in_the_name_of_local_users_are_dropped(one, client):
    a, b = client(), client()
    peer = RawPeer.dial(one)
    peer.knows(a, b)
    before = one.counter("forged_dropped")
    peer.tell("SEND %d" % fresh(), b.number, a.number, "forged")
    peer.tell("ACKN %d" % fresh(), b.number, a.number)
    wait_until(lambda: one.counter("forged_dropped") == before + 2)
    b.ping()
    assert not b.texts and not a.acks
    assert peer.closed is None
    peer.end()


def test_crossing_messages_are_no_error(one, client):
    a = client()
    peer = RawPeer.dial(one)
    peer.knows(a)
    peer.tell("LEFT %d" % a.number)
    peer.announce(a.number, a.name, 1)
    peer.tell("LEFT %d" % fresh())
    peer.tell("SEND %d" % fresh(), fresh(), fresh(), "to and of nobody")
    peer.tell("ACKN %d" % fresh(), fresh(), a.number)
    number = fresh()
    peer.announce(number, "still here")
    a.sees(number)
    assert peer.closed is None
    assert one.users()[a.number]["local"]
    peer.end()
    a.sees()


def test_a_message_that_is_faster_than_its_author(one, client):
    """Its author's ARRV comes within a second; then so does the message."""
    a = client()
    peer = RawPeer.dial(one)
    peer.knows(a)
    number, n = fresh(), fresh()
    peer.tell("SEND %d" % n, a.number, number, "early")
    peer.announce(number, "late")
    assert a.receive(number, n) == "early"
    assert not a.violations
    peer.end()


def test_wide_announcements_of_peers(one, client):
    a = client()
    peer = RawPeer.dial(one)
    names = ["n" * 255, "#room", " blank ", "e\u0301", "tab?\u200b"]
    numbers = [fresh() for _ in names]
    for number, name in zip(numbers, names):
        peer.announce(number, name, 0, "d" * 1024)
    empty = fresh()
    peer.announce(empty, "no description", 0, "")
    a.sees(empty, *numbers)
    assert [a.users[n][0] for n in numbers] == names
    n = fresh()
    peer.tell("SEND %d" % n, a.number, numbers[0], "t" * 65536)
    assert len(a.receive(numbers[0], n)) == 65536
    before = one.counter("long_dropped")
    peer.tell("SEND %d" % fresh(), a.number, numbers[0], "t" * 70000)
    peer.tell("SEND %d" % fresh(), a.number, numbers[0], "t" * 700000)
    wait_until(lambda: one.counter("long_dropped") == before + 2)
    assert peer.closed is None
    peer.end()


def test_one_name_twice_and_one_number_twice(one, client):
    a = client(name="double")
    left, right = RawPeer.dial(one), RawPeer.dial(one)
    number = fresh()
    left.announce(number, "double")
    a.sees(number)
    right.announce(number, "other", 5)
    left.expect("ARRV", a.number)
    wait_until(lambda: len(one.admin("show route %d" % number)) >= 2)
    rows = one.users()
    assert rows[number]["hops"] == 1
    assert rows[number]["name"] == "double"
    left.close()
    # The other announcer of this number had another name: LEFT, then ARRV.
    wait_until(lambda: a.users.get(number, ("",))[0] == "other")
    assert [m.kind for m in a.presence] == ["ARRV", "LEFT", "ARRV"]
    right.end()


def test_a_leave_over_another_link_changes_nothing(one, client):
    a = client()
    left, right = (Leaf.dial(one, routing=True) for _ in range(2))
    number = fresh()
    left.announce(number, "twice", 0)
    a.sees(number)
    right.announce(number, "twice", 4)
    wait_until(lambda: len([r for r in one.admin("show route %d" % number)
                            if r["hops"] is not None]) == 2)
    right.withdraw(number)
    a.ping()
    left.close()
    a.sees()
    assert [m.kind for m in a.presence] == ["ARRV", "LEFT"]
    right.end()


def test_raw_header_spelling(one):
    sock = RawSocket(one.port)
    answer = sock.upgrade(headers=["%s: %s" % (ROUTING[0].title(), "1")])
    assert b"dnchat-routing: 1" in answer.lower()
    sock.tell("SRVR 0")
    wait_until(lambda: len(one.up()) == 1)
    sock.close()
    wait_until(lambda: not one.peers())
