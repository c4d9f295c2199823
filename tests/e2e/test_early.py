"""Servers that we dial and that speak at once: what they say stands right
behind their answer, or in the middle of the packet that ends it, and not a
byte of it may be lost."""
import base64
import hashlib
import socket

import pytest

from loop import wait_until
from wire import HOST, RawSocket, fresh

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class EarlyPeer:
    """Answers one upgrade with the bytes it is told."""

    def __init__(self, routing):
        self.routing = routing
        self.listener = socket.create_server((HOST, 0))
        self.listener.settimeout(10)
        self.port = self.listener.getsockname()[1]
        self.sock = None

    def accept(self):
        """The head of the answer to who dials next."""
        self.sock, _ = self.listener.accept()
        self.sock.settimeout(10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b""
        while b"\r\n\r\n" not in request:
            request += self.sock.recv(4096)
        key = next(line.split(b":")[1].strip()
                   for line in request.split(b"\r\n")
                   if line.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept +
                (b"\r\nDnchat-Routing: 1" if self.routing else b"") +
                b"\r\n\r\n")

    def until_end(self):
        """All bytes that come until we are parted from."""
        return b"".join(iter(lambda: self.sock.recv(4096), b""))

    def close(self):
        for sock in (self.listener, self.sock):
            if sock is not None:
                sock.close()


@pytest.fixture(params=[True, False], ids=["ours", "foreign"])
def peer(request):
    made = EarlyPeer(request.param)
    yield made
    made.close()


def arrv(number, size=20):
    return RawSocket.frame("ARRV %d\r\nearly\r\n%s\r\n1" % (
        number, "x" * size), mask=False)


def behind(number):
    """An announcement in two packets, cut at each interesting place."""
    data = arrv(number)
    return [(data[:cut], data[cut:])
            for cut in (0, 1, 2, 3, len(data) - 1, len(data))]


@pytest.mark.parametrize("cut", range(6))
def test_what_stands_behind_an_answer(one, client, peer, cut):
    a = client()
    number, other = fresh(), fresh()
    one.connect(peer.port)
    head = peer.accept()
    first, rest = behind(number)[cut]
    peer.sock.sendall(head + arrv(other) + first)
    a.sees(*[other] + [number] * (rest == b""))
    peer.sock.sendall(rest)
    a.sees(other, number)
    peer.close()
    one.admin("disconnect %s:%d" % (HOST, peer.port))
    a.sees()


def test_an_answer_in_many_pieces(one, client, peer):
    a = client()
    number = fresh()
    one.connect(peer.port)
    data = peer.accept() + arrv(number)
    for at in range(len(data)):
        peer.sock.sendall(data[at:at + 1])
    a.sees(number)
    peer.close()
    one.admin("disconnect %s:%d" % (HOST, peer.port))
    a.sees()


def test_more_behind_an_answer_than_is_read_at_once(one, client, peer):
    """Descriptions of 200 bytes for 300 users: some 70 KB."""
    a = client()
    numbers = [fresh() for _ in range(300)]
    one.connect(peer.port)
    head = peer.accept()
    peer.sock.sendall(head + b"".join(arrv(n, 200) for n in numbers))
    a.sees(*numbers, timeout=10)
    peer.close()
    one.admin("disconnect %s:%d" % (HOST, peer.port))
    a.sees()


@pytest.mark.parametrize("answer", [
    b"", b"HTTP/1.1 101 Switching", b"HTTP/1.1 403 Forbidden\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x06SRVR 0",
    b"SSH-2.0-x\r\n", b"A" * 20000, b"HTTP/1.1 101\r\n" + b"a: b\r\n" * 9000,
], ids=lambda a: repr(a[:12]))
def test_answers_that_are_none(one, client, peer, answer):
    """The dial fails, and is told of; others go on."""
    a = client()
    one.connect(peer.port)
    peer.accept()
    try:
        peer.sock.sendall(answer)
        peer.sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    name = "%s:%d" % (HOST, peer.port)
    wait_until(lambda: [row for row in one.peers() if row["name"] == name and
                        row["state"] == "waiting"], 10, "a dial that failed")
    a.ping()
    one.admin("disconnect " + name)
    wait_until(lambda: not one.peers())


def test_a_close_frame_behind_an_answer(one, client, peer):
    one.connect(peer.port)
    head = peer.accept()
    peer.sock.sendall(head + RawSocket.frame(b"\x03\xe8", opcode=8,
                                             mask=False))
    # Its own, masked, is the last: head, key and code.
    assert peer.until_end()[-8:-6] == b"\x88\x82"
    one.admin("disconnect %s:%d" % (HOST, peer.port))
