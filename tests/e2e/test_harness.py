"""The tools of these tests, tested on each other: no program of ours runs."""
import time

import pytest

from client import Client
from loop import wait_until
from peers import Leaf, RawPeer, RipServer
from relay import BACK, FORTH, Relay
from wire import HOST, RawSocket, close_code, fresh


class Place:
    """Where a Client or a RawPeer can dial."""

    def __init__(self, port):
        self.host = HOST
        self.port = port


@pytest.fixture
def rips():
    made = []

    def make(**options):
        made.append(RipServer(**options))
        return made[-1]

    yield make
    for rip in made:
        rip.close()


def test_clients_of_one_rip_server(rips):
    rip = rips()
    a, b = Client(Place(rip.port)), Client(Place(rip.port))
    a.sees(b)
    b.sees(a)
    n = a.send(b, "hello")
    assert b.receive(a, n) == "hello"
    b.ack(n)
    a.receipt(n, b)
    b.rst()
    a.sees()
    assert not a.violations
    a.close()


def test_rip_triangle_routes_and_floods(rips):
    one, two, three = rips(), rips(plus_one=True), rips()
    one.connect(two.port)
    two.connect(three.port)
    three.connect(one.port)
    anna = one.join(fresh(), "anna")
    bert = three.join(fresh(), "bert")
    for rip in (one, two, three):
        rip.knows(anna, bert)
    assert three.hops(anna.number) == 1
    n = fresh()
    one.post(anna.number, n, "*")
    wait_until(lambda: bert.texts)
    three.ack(bert, n)
    wait_until(lambda: anna.acks == [(n, bert.number)])
    one.part(anna.number)
    three.knows(bert)
    assert len(bert.texts) == 1


def test_relay_taps_stalls_and_cuts(rips):
    rip = rips()
    relay = Relay(rip.port)
    a, b = Client(Place(relay.port)), Client(Place(rip.port))
    n = a.send("*", "x" * 300)
    b.receive(a, n)
    assert relay.count("SEND", n, "*") == 1
    assert relay.log[FORTH][0].kind == "AUTH"
    assert relay.log[BACK][0].kind == "OKAY"
    relay.stall(BACK)
    n = a.post(b)
    b.receive(a, n)
    assert n not in a.okays
    relay.resume()
    assert a.answer(n) is None
    relay.delay(0.2)
    begun = time.monotonic()
    a.send(b)
    assert time.monotonic() - begun >= 0.4
    relay.delay(0)
    relay.lose(FORTH)
    n = a.post(b)
    b.ping()
    assert not b.got("SEND", n)
    relay.cut()
    a.expect_close()
    with pytest.raises(Exception):
        Client(Place(relay.port))
    relay.heal()
    Client(Place(relay.port)).close()
    b.close()
    relay.close()


def test_scripted_peers(rips):
    rip = rips()
    leaf = Leaf.dial(Place(rip.port), routing=True)
    anna = rip.join(fresh(), "anna")
    leaf.knows(anna)
    number = fresh()
    leaf.announce(number, "leafy")
    rip.knows(anna, number)
    rip.part(anna.number)
    leaf.knows()
    wait_until(lambda: rip.received[-1].kind == "LEFT")
    leaf.end()
    rip.knows()
    peer = RawPeer.listen()
    rip.connect(peer.port)
    peer.wait_dialled()
    peer.expect("SRVR", 0)
    peer.end()


def test_raw_frames(rips):
    rip = rips()
    sock = RawSocket(rip.port)
    assert b" 101 " in sock.upgrade()
    sock.send(sock.frame("AUTH 77\r\n", fin=False))
    sock.send(sock.frame("raw\r\n", opcode=0))
    assert sock.read_text() == ["OKAY 77"]
    sock.send(sock.frame("x", rsv=4))
    assert close_code(sock.until_end()) == 1002
    sock.close()
