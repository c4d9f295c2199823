"""wss: bytes that are inside the TLS layer when reading stops, and writes that
the socket takes in part. Nothing may wait for an event that never comes: each
test ends with silence on the socket until all has been answered."""
import random
import select
import ssl
import time

import pytest

import tls
from loop import SLOWNESS, wait_until
from wire import CLOSE, RawSocket, close_code, fresh, message

RECORD = 16384  # what TLS carries in one piece


@pytest.fixture
def server(net, pair):
    return tls.start(net, pair)


class User:
    """A user by wss whose bytes go out as the test cuts them: one write, one
    record, as long as that is no longer than RECORD."""

    def __init__(self, server, pair, rcvbuf=None, version=None,
                 upgrade=True):
        context = pair.client()
        if version is not None:
            context.maximum_version = version
        self.number = fresh()
        self.sock = RawSocket(server.wss, rcvbuf=rcvbuf, tls=context)
        if upgrade:
            assert b" 101 " in self.sock.upgrade()

    def login(self):
        self.sock.send(self.auth())
        assert self.sock.read_text() == ["OKAY %d" % self.number]
        return self

    def auth(self):
        return self.sock.frame(message("AUTH %d" % self.number,
                                       "u%d" % self.number, ""))

    def frames(self, texts, dest=None):
        """(numbers, bytes) of a SEND a text, to oneself if not to 'dest'."""
        numbers = [fresh() for _ in texts]
        return numbers, b"".join(
            self.sock.frame(message("SEND %d" % n, dest or self.number, text))
            for n, text in zip(numbers, texts))

    def take(self, count, timeout=5):
        """Reads until 'count' OKAYs and 'count' SENDs have come: their
        numbers, and the texts."""
        okays, sends, texts = [], [], []
        while len(okays) < count or len(sends) < count:
            lines = self.sock.read_text(timeout * SLOWNESS)
            assert lines is not None, (len(okays), len(sends))
            kind, _, n = lines[0].partition(" ")
            if kind == "OKAY":
                okays.append(int(n))
            elif kind == "SEND":
                sends.append(int(n))
                texts.append(lines[2])
            else:
                assert kind in ("ARRV", "LEFT"), lines
        return okays, sends, texts

    def echo(self, texts, pieces):
        """Sends 'texts' to oneself, cut into writes of so many bytes, and
        reads what comes of it."""
        numbers, data = self.frames(texts)
        at = 0
        for size in pieces(len(data)):
            self.sock.send(data[at:at + size])
            at += size
        assert at == len(data)
        okays, sends, got = self.take(len(texts))
        assert okays == numbers and sends == numbers
        assert got == texts


def whole(size):
    while size > 0:
        yield min(size, RECORD)
        size -= RECORD


def uneven(seed):
    chance = random.Random(seed)

    def pieces(size):
        while size > 0:
            piece = min(size, chance.choice((1, 3, 7, 250, 256, 257, 4096,
                                             RECORD)))
            yield piece
            size -= piece
    return pieces


@pytest.mark.parametrize("count", [63, 64, 65, 128, 300])
def test_more_messages_in_a_record_than_a_turn_handles(server, pair, count):
    """After 64 a connection rests, and the rest is inside."""
    user = User(server, pair).login()
    for _ in range(5):
        user.echo(["t%d" % i for i in range(count)], whole)


@pytest.mark.parametrize("size", range(196, 264, 7))
def test_records_that_end_near_the_end_of_a_buffer(server, pair, size):
    """What is read at once is 256 bytes: frames end before it, in their
    heads, and behind it."""
    user = User(server, pair).login()
    for count in (1, 2, 70, 61):
        user.echo(["x" * size] * count, whole)


@pytest.mark.parametrize("seed", range(12))
def test_records_of_all_sizes(server, pair, seed):
    chance = random.Random(seed)
    user = User(server, pair, version=chance.choice(
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))).login()
    for _ in range(25):
        user.echo(["y" * chance.choice((0, 1, 5, 40, 119, 120, 250, 3000))
                   for _ in range(chance.choice((1, 3, 66, 150)))],
                  chance.choice((whole, uneven(seed))))


def test_what_follows_a_login_in_its_record(server, pair):
    """Reading stops until dncontrol has answered."""
    for count in (1, 10, 100):
        user = User(server, pair)
        numbers, data = user.frames(["t%d" % i for i in range(count)])
        user.sock.send(user.auth() + data)
        assert user.sock.read_text() == ["OKAY %d" % user.number]
        okays, sends, _ = user.take(count)
        assert okays == sends == numbers
        user.sock.close()


def test_what_follows_a_login_while_nobody_answers(server, pair):
    """The same, with dncontrol away for a while."""
    server.control.stop()
    user = User(server, pair)
    numbers, data = user.frames(["t%d" % i for i in range(200)])
    user.sock.send(user.auth() + data[:RECORD - 100])
    user.sock.send(data[RECORD - 100:])
    assert not user.sock._fill(0.3)
    server.control.cont()
    assert user.sock.read_text() == ["OKAY %d" % user.number]
    okays, sends, _ = user.take(200)
    assert okays == sends == numbers


@pytest.mark.parametrize("size", [RECORD, RECORD - 1, RECORD - 16, 16000,
                                  2000, 300])
def test_a_request_and_what_follows_it_in_one_record(net, server, pair, size):
    """A client may not (RFC 6455, section 4.1), and what becomes of its
    messages is its affair; but no byte of a record may stay behind, on which
    the library would wait for ever, and the others with it."""
    other = net.client(server)
    server.control.stop()
    user = User(server, pair, upgrade=False)
    _, data = user.frames(["t%d" % i + "t" * 50 for i in range(400)])
    data = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
            user.auth() + data)
    assert len(data) > size
    user.sock.send(data[:size])
    other.ping()
    user.sock.send(data[size:])
    other.ping()
    server.control.cont()
    wait_until(lambda: not user.sock._fill(0.1), 5, "an end or a pause")
    other.ping()
    user.sock.close()
    other.sees()


@pytest.mark.parametrize("bad", [{"mask": False}, {"rsv": 2}, {"opcode": 5},
                                 {"length": 1 << 62}], ids=str)
def test_frames_are_read_as_strictly(server, pair, bad):
    user = User(server, pair).login()
    user.sock.send(user.sock.frame("SEND 1", **bad))
    frames = user.sock.until_end()
    assert close_code(frames) in (1002, 1009), frames


def test_the_end_is_told(server, pair):
    """Else it could be somebody else's doing: a page, and a connection."""
    user = User(server, pair).login()
    page = RawSocket(server.wss, tls=pair.client())
    page.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    server.admin("kick %d" % user.number)
    for sock in (user.sock, page):
        sock.sock.suppress_ragged_eofs = False
        while sock.sock.recv(65536):
            pass


def pump(user, data, until):
    """Writes 'data' as far as the server takes it, reading nothing, until
    'until' of the rest."""
    sock = user.sock.sock
    sock.setblocking(False)
    at = 0
    while at < len(data) and not until():
        try:
            at += sock.send(data[at:at + RECORD])
        except ssl.SSLWantWriteError:
            select.select([], [sock], [], 0.05)
        except ssl.SSLWantReadError:
            time.sleep(0.01)
    return data[at:]


def exchange(user, data, count):
    """Writes the rest while reading all; the numbers of the SENDs."""
    raw, sock = user.sock, user.sock.sock
    sends, okays = [], 0
    deadline = time.monotonic() + 20 * SLOWNESS
    while len(sends) < count or okays < count:
        assert time.monotonic() < deadline, (len(sends), okays, len(data))
        if data:
            try:
                data = data[sock.send(data[:RECORD]):]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                pass
        try:
            raw.data += sock.recv(65536)
        except ssl.SSLWantReadError:
            select.select([sock], [sock] if data else [], [], 0.5)
        while True:
            frame = raw._cut()
            if frame is None:
                break
            assert frame[0] != CLOSE, frame
            lines = frame[1].decode().split("\r\n")
            if lines[0].startswith("SEND "):
                sends.append((int(lines[0][5:]), lines[2]))
            elif lines[0].startswith("OKAY "):
                okays += 1
    return sends


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
def test_a_reader_that_pauses_while_it_writes(server, pair, version):
    """3000 of 3 KB to oneself: first nothing is read, so that the server
    stops reading in its turn, with records half handled; then all has to
    come, whole and in order."""
    user = User(server, pair, rcvbuf=4096, version=version).login()
    texts = ["%06d" % i + "z" * 3000 for i in range(3000)]
    numbers, data = user.frames(texts)

    def is_stuck():
        return server.counter("queue_bytes") > 200000

    rest = pump(user, data, is_stuck)
    assert rest
    assert exchange(user, rest, 3000) == list(zip(numbers, texts))


def test_a_reader_that_reads_in_gulps(net, server, pair):
    """3000 of 3 KB from somebody else, who waits after each hundred until
    they are in its queue, where the socket has taken what it could."""
    reader = User(server, pair, rcvbuf=4096).login()
    sender = net.client(server)
    got = []
    for turn in range(30):
        sent = [(fresh(), "%d.%d " % (turn, i) + "w" * 3000)
                for i in range(100)]
        for n, text in sent:
            sender.post(reader.number, text, number=n)
        assert sender.answer(sent[-1][0]) is None
        for n, text in sent:
            lines = reader.sock.read_text()
            while lines[0].startswith("ARRV"):
                lines = reader.sock.read_text()
            assert lines == ["SEND %d" % n, str(sender.number), text]
            got.append(n)
    assert len(got) == 3000


def test_one_who_never_reads_is_closed_and_nobody_waits(net, server, pair):
    reader = User(server, pair, rcvbuf=4096).login()
    sender, other = net.client(server), net.client(server)
    for _ in range(4000):
        n = sender.send("*", "z" * 4000)
        if reader.number not in other.users:
            break
    assert reader.number not in other.users
    other.receive(sender, n)
    assert server.counter("slow_closed") == 1
    wait_until(lambda: server.counter("clients") == 2)


def test_many_talk_at_once(net, server, pair):
    """Bursts of several side by side; each gets all of its own."""
    users = [User(server, pair).login() for _ in range(8)]
    waiting = []
    for turn in range(10):
        for user in users:
            texts = ["%d" % turn] * 150
            numbers, data = user.frames(texts)
            waiting.append((user, numbers))
            user.sock.send(data[:RECORD])
            user.sock.send(data[RECORD:])
        for user, numbers in waiting:
            okays, sends, _ = user.take(150)
            assert okays == sends == numbers
        waiting.clear()
