"""What must not be: every kind of malformed input, in every state. Whoever
sends it is closed; nobody else notices more than his LEFT."""
import socket
import time

import pytest

from loop import wait_until
from peers import RawPeer
from wire import CLOSE, PING, PONG, TEXT, RawSocket, close_code, fresh

CLIENT_TABLE = [
    "", " ", "AUTH", "AUTH ", "\r\n", "AUTH\r\n1\r\na\r\n",
    "QUIT 1", "HELP 1\r\na", "GET / HTTP/1.1", "{}", "SENDS 1\r\n*\r\nx",
    "OKAY 1", "FAIL 1\r\nNUMBER", "INVD 0", "INVD 1", "SRVR", "SRVR 1",
    "SRVR 0\r\n", "SRVR 00", "ARRV 5\r\na\r\nb", "ARRV 5\r\na\r\nb\r\n0",
    "LEFT 5", "SEND 5\r\n*\r\n6\r\nx", "ACKN 5\r\n6\r\n7", "\ufeffACKN 5",
]
FRESH_TABLE = CLIENT_TABLE + [
    "SEND 5\r\n*\r\nx", "ACKN 5", "AUTH 0\r\na\r\nb", "AUTH 01\r\na\r\nb",
    "AUTH -1\r\na\r\nb", "AUTH +1\r\na\r\nb", "AUTH 1.0\r\na\r\nb",
    "AUTH 1 \r\na\r\nb", "AUTH  1\r\na\r\nb", "AUTH\t1\r\na\r\nb",
    " AUTH 1\r\na\r\nb", "auth 1\r\na\r\nb", "Auth 1\r\na\r\nb",
    "AUTH 9223372036854775808\r\na\r\nb",
    "AUTH 18446744073709551617\r\na\r\nb", "AUTH 1" + "0" * 400 +
    "\r\na\r\nb", "AUTH x\r\na\r\nb", "AUTH 1", "AUTH 1\r\na",
    "AUTH 1\r\na\r\nb\r\n", "AUTH 1\r\na\r\nb\r\nc", "AUTH 1\r\n\r\nb",
    "AUTH 1\na\nb", "AUTH 1\ra\rb", "AUTH 1\r\na\nb\r\nc",
    "AUTH 1\r\na\rb\r\nc", "AUTH 1\r\na\tb\r\nc", "AUTH 1\r\na\x1bb\r\nc",
    "AUTH 1\r\na\x00\r\nb", "AUTH \u0661\r\na\r\nb",
    "AUTH 1\r\n\r\na\r\nb",
]
NAMED_TABLE = CLIENT_TABLE + [
    "SRVR 0", "AUTH 987654\r\nother\r\n", "SEND 0\r\n*\r\nx",
    "SEND 05\r\n*\r\nx", "SEND -5\r\n*\r\nx", "SEND x\r\n*\r\nx",
    "SEND 9223372036854775808\r\n*\r\nx", "SEND 5\r\n0\r\nx",
    "SEND 5\r\n07\r\nx", "SEND 5\r\nabc\r\nx", "SEND 5\r\n\r\nx",
    "SEND 5\r\n**\r\nx", "SEND 5\r\n* \r\nx", "SEND 5\r\n-7\r\nx",
    "SEND 5\r\n9223372036854775808\r\nx", "SEND 5", "SEND 5\r\n*",
    "SEND 5\r\n*\r\nx\r\n", "SEND 5\r\n*\r\nx\r\ny", "SEND 5\r\n*\r\nx\ny",
    "SEND 5\r\n*\r\nx\ry", "SEND 5\r\n*\r\n\x00", "SEND 5\r\n*\r\n\x1b[2J",
    "SEND 5\n*\nx", "send 5\r\n*\r\nx", "ACKN 0", "ACKN 05", "ACKN x",
    "ACKN", "ACKN 5 ", "ACKN 5\r\n", "ACKN 5\r\n6", "ackn 5",
]
PEER_TABLE = [
    "", "SRVR 0", "SRVR 1", "AUTH 5\r\na\r\nb", "OKAY 5", "FAIL 5\r\nNUMBER",
    "INVD 1", "PING 5", "ARRV 5", "ARRV 5\r\na\r\nb",
    "ARRV 5\r\na\r\nb\r\n0\r\n", "ARRV 0\r\na\r\nb\r\n0",
    "ARRV 05\r\na\r\nb\r\n0", "ARRV 5\r\na\r\nb\r\n01",
    "ARRV 5\r\na\r\nb\r\n-1", "ARRV 5\r\na\r\nb\r\nx", "ARRV 5\r\na\r\nb\r\n",
    "ARRV 5\r\n\r\nb\r\n0", "ARRV 5\r\na\nb\r\nb\r\n0",
    "arrv 5\r\na\r\nb\r\n0", "LEFT", "LEFT 0", "LEFT x", "LEFT 5\r\n",
    "LEFT 5\r\n6", "LEFT 9223372036854775808", "SEND 5\r\n*\r\nx",
    "SEND 0\r\n*\r\n6\r\nx", "SEND 5\r\n*\r\n0\r\nx", "SEND 5\r\n*\r\n*\r\nx",
    "SEND 5\r\n0\r\n6\r\nx", "SEND 5\r\nall\r\n6\r\nx",
    "SEND 5\r\n*\r\n6\r\nx\r\ny", "SEND 5\r\n*\r\n6\r\nx\ny",
    "ACKN 5", "ACKN 5\r\n6", "ACKN 5\r\n6\r\n7\r\n8", "ACKN 5\r\n0\r\n7",
    "ACKN 5\r\n6\r\n0", "ACKN 0\r\n6\r\n7", "ACKN 5\r\n*\r\n7",
]


def quoted(text):
    return ascii(text)[:40]


@pytest.fixture
def watch(client):
    """A bystander; at the end, nothing has happened to him but the coming
    and going of others."""
    watcher = client(name="watcher")
    yield watcher
    watcher.ping()
    assert watcher.closed is None
    assert not watcher.violations
    assert {m.kind for m in watcher.log} <= {"OKAY", "ARRV", "LEFT", "SEND"}
    assert not watcher.texts


def judged(endpoint, code):
    """INVD 0, then a close frame with 'code', and nothing else."""
    endpoint.expect_close(code)
    assert endpoint.log[-1][:3] == ("INVD", 0, ()), endpoint.log
    assert len(endpoint.got("INVD")) == 1


@pytest.mark.parametrize("text", FRESH_TABLE, ids=quoted)
def test_of_a_stranger(one, client, watch, text):
    a = client(login=False)
    a.raw(text)
    judged(a, 1002)
    assert words_of(a) == ["INVD"]
    watch.ping()
    assert not watch.presence


@pytest.mark.parametrize("text", NAMED_TABLE, ids=quoted)
def test_of_a_user(one, client, watch, text):
    a = client()
    watch.sees(a)
    a.raw(text)
    judged(a, 1002)
    watch.sees()


@pytest.mark.parametrize("text", PEER_TABLE, ids=quoted)
def test_of_a_peer(one, client, watch, text):
    peer = RawPeer.dial(one)
    peer.expect("ARRV", watch.number)
    number = fresh()
    peer.announce(number, "remote")
    watch.sees(number)
    peer.raw(text)
    judged(peer, 1002)
    watch.sees()


def words_of(endpoint):
    return [m.kind for m in endpoint.log]


def test_the_log_says_what_was_wrong(one, client):
    a = client(login=False)
    a.raw("HELO 1")
    judged(a, 1002)
    source = "%s:%d" % a.ws.local_address[:2]
    wait_until(lambda: one.logged("event=invalid", source) or
               one.logged("event=invalid"))


def test_the_log_is_limited(one, client):
    before = len(one.logged("level=warn")) + len(one.logged("event=invalid"))
    for _ in range(150):
        sock = RawSocket(one.port)
        sock.upgrade()
        sock.tell("HELO 1")
        sock.until_end()
        sock.close()
    after = len(one.logged("level=warn")) + len(one.logged("event=invalid"))
    assert after - before < 100


@pytest.mark.parametrize("named", [False, True])
def test_binary(client, watch, named):
    a = client(login=named)
    a.raw(b"SEND 5\r\n*\r\nx")
    judged(a, 1003)
    watch.sees()


@pytest.mark.parametrize("bad", [
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82",
    b"\xf8\x88\x80\x80\x80", b"a\x80"], ids=repr)
def test_bad_utf8(one, watch, bad):
    sock = RawSocket(one.port)
    sock.upgrade()
    number = fresh()
    sock.tell("AUTH %d" % number, "latin", "")
    watch.sees(number)
    sock.send(sock.frame(b"SEND 5\r\n*\r\n" + bad))
    frames = sock.until_end()
    assert close_code(frames) == 1007
    assert (TEXT, b"INVD 0") not in frames
    watch.sees()
    sock.close()


def test_a_message_above_the_frame_limit(client, watch):
    a = client()
    head = "SEND 5\r\n%d\r\n" % watch.number
    a.raw(head + "x" * (65536 - len(head)))
    assert a.answer(5) == "LENGTH"
    a.raw(head + "x" * (65537 - len(head)))
    a.expect_close(1009)
    watch.sees()


def test_fragments_above_the_frame_limit(one, client, watch):
    a = client()
    try:
        a.fragments(["SEND 5\r\n*\r\n"] + ["x" * 8000] * 20)
    except Exception:
        pass
    a.expect_close()
    assert a.closed[0] == 1009
    watch.sees()


FRAMES = {
    "reserved bit 1": (dict(rsv=4), 1002),
    "reserved bit 2": (dict(rsv=2), 1002),
    "reserved bit 3": (dict(rsv=1), 1002),
    "opcode 3": (dict(opcode=3), 1002),
    "opcode 11": (dict(opcode=11), 1002),
    "continuation of nothing": (dict(opcode=0), 1002),
    "a ping in fragments": (dict(opcode=PING, fin=False), 1002),
    "not masked": (dict(mask=False), 1002),
    "a ping of 126 bytes": (dict(opcode=PING, payload="x" * 126), 1002),
    "2^63 bytes": (dict(length=2**63), 1002),
    "2^40 bytes": (dict(length=2**40), 1009),
    "64 KiB and one": (dict(length=65537), 1009),
}


@pytest.mark.parametrize("case", FRAMES)
def test_bad_frames(one, watch, case):
    options, code = FRAMES[case]
    sock = RawSocket(one.port)
    sock.upgrade()
    number = fresh()
    sock.tell("AUTH %d" % number, "framer", "")
    watch.sees(number)
    sock.send(sock.frame(**{"payload": "SEND 5\r\n*\r\nx", **options}))
    begun = time.monotonic()
    frames = sock.until_end()
    assert time.monotonic() - begun < 3
    assert close_code(frames) == code, frames
    watch.sees()
    sock.close()


def test_two_messages_interleaved(one, watch):
    sock = RawSocket(one.port)
    sock.upgrade()
    sock.send(sock.frame("AUTH 5", fin=False))
    sock.send(sock.frame("AUTH 6"))
    assert close_code(sock.until_end()) == 1002
    sock.close()


def test_a_length_in_more_bytes_than_it_needs(one, watch):
    sock = RawSocket(one.port)
    sock.upgrade()
    sock.send(b"\x81\xfe\x00\x06\x00\x00\x00\x00SRVR 0")
    assert close_code(sock.until_end()) == 1002
    sock.close()
    watch.sees()


def test_a_message_that_does_not_wait_for_the_upgrade(one, watch):
    """RFC 6455 has clients wait; those that don't are served all the same."""
    sock = RawSocket(one.port)
    number = fresh()
    hasty = sock.frame("AUTH %d\r\nhasty\r\n" % number)
    sock.upgrade(behind=hasty)
    watch.sees(number)
    assert sock.read_text() == ["OKAY %d" % number]
    sock.tell("SEND 7", str(number), "and on")
    lines = sock.read_text()
    while lines[0] != "SEND 7":
        lines = sock.read_text()
    assert lines[1:] == [str(number), "and on"]
    sock.close()


@pytest.mark.parametrize("payload, code", [
    (b"", 1000), (b"\x03", 1002), (b"\x03\xe8", 1000),
    (b"\x03\xe8bye", 1000), (b"\x0f\xa0", 4000), (b"\x03\xe7", 1002),
    (b"\x03\xed", 1002), (b"\x03\xe8\xff", 1007)], ids=repr)
def test_close_frames(one, watch, payload, code):
    sock = RawSocket(one.port)
    sock.upgrade()
    number = fresh()
    sock.tell("AUTH %d" % number, "closer", "")
    watch.sees(number)
    sock.send(sock.frame(payload, opcode=CLOSE))
    assert close_code(sock.until_end()) == code
    watch.sees()
    sock.close()


def test_pongs_that_nobody_asked_for(client, one, watch):
    sock = RawSocket(one.port)
    sock.upgrade()
    number = fresh()
    sock.send(sock.frame("x", opcode=PONG) * 50)
    sock.tell("AUTH %d" % number, "ponger", "")
    assert sock.read_text() == ["OKAY %d" % number]
    sock.close()


# ---- HTTP ----

@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n\r\n",
    b"SSH-2.0-x\r\n", b"AUTH 1\r\na\r\nb", b"\x00" * 5000,
    b"GET /" + b"a" * 100000, b"GET / HTTP/1.1\r\nX: " + b"y" * 200000,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000,
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n",
], ids=lambda d: repr(d[:12]))
def test_http_junk(one, watch, data):
    sock = RawSocket(one.port)
    try:
        sock.send(data)
        sock.sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    wait_until(lambda: not sock._fill(0.2) and sock.eof, 12, "end")
    assert b" 101 " not in sock.data
    sock.close()


# ---- those who do not read, and those who do not speak ----

def test_a_slow_reader_is_closed_and_nobody_waits(one, client, watch):
    slow, sender, fast = client(rcvbuf=4096), client(), client()
    slow.pause()
    before = one.counter("slow_closed")
    worst = 0
    # The kernel takes some MiB before the queue begins to fill.
    for _ in range(4000):
        begun = time.monotonic()
        n = sender.send("*", "z" * 4000)
        worst = max(worst, time.monotonic() - begun)
        if slow.number not in fast.users:
            break
    fast.receive(sender, n)
    watch.texts.clear()
    fast.sees(sender, watch)
    assert worst < 1
    assert one.counter("slow_closed") == before + 1
    slow.resume()
    slow.expect_close()


def test_silent_connections_and_stalled_readers_end(one, client, watch):
    """A connection that says nothing, one that stops in the middle of its
    request, one that sends a byte a second; and a reader for whom less than
    the queue limit waits, but whose socket takes nothing for 10 s."""
    silent, half, drip = (RawSocket(one.port) for _ in range(3))
    half.send(b"GET / HTTP/1.1\r\nHost:")
    slow, sender = client(rcvbuf=4096), client()
    slow.pause()
    while one.counter("queue_bytes") < 100000:
        for _ in range(20):
            sender.send(slow, "z" * 4000)
    begun = time.monotonic()
    open_ones = [silent, half, drip]
    stalled = None
    while (open_ones or stalled is None) and time.monotonic() - begun < 14:
        try:
            drip.send(b"G")
        except OSError:
            pass
        for sock in list(open_ones):
            sock._fill(0.1)
            if sock.eof:
                open_ones.remove(sock)
                assert sock.data == b"" or sock is drip, sock.data
        if stalled is None and slow.number not in watch.users:
            stalled = time.monotonic() - begun
    assert not open_ones, open_ones
    assert stalled is not None and 8 < stalled < 13
    watch.sees(sender)
