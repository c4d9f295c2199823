"""One server, its clients, and every rule of the protocol between them."""
import time

import pytest

from client import Client
from loop import never, wait_until
from relay import Relay
from wire import PING, PONG, TEXT, RawSocket, fresh, message


def words(client, since=0):
    """What a client got, as short as can be: ['OKAY 5', 'SEND 6']."""
    return ["%s %d" % m[:2] for m in client.log[since:]]


# ---- login ----

def test_login_gives_the_whole_list(one, client):
    a, b, c = client(), client(), client()
    for each in (a, b, c):
        each.sees(*{a, b, c} - {each})
    assert words(c)[0] == "OKAY %d" % c.number
    assert c.users[a.number] == (a.name, "on " + one.name)
    assert words(a) == ["OKAY %d" % a.number, "ARRV %d" % b.number,
                        "ARRV %d" % c.number]


def test_login_can_be_tried_again_after_each_fail(client):
    a = client(name="taken")
    b = client(login=False)
    assert b.login(number=a.number, name="taken") == "NUMBER"
    assert b.login(number=fresh(), name="taken") == "NAME"
    assert b.login(name="not taken") is None
    a.sees(b)


def test_order_of_the_checks_of_auth(net):
    server = net.server(control=["--auth", "password:tomato"])
    a = net.client(server, name="anna", password="tomato")
    b = net.client(server, login=False)
    number = b.number
    assert b.login(a.number, "anna", "wrong") == "NUMBER"
    assert b.login(number, "anna", "wrong") == "NAME"
    assert b.login(number, "bert", "wrong") == "PASSWORD"
    assert b.login(number, "bert", "") == "PASSWORD"
    assert b.login(number, "bert", "tomatoo") == "PASSWORD"
    assert b.login(number, "bert", "tomato") is None


def test_password_in_a_file(net, tmp_path):
    path = tmp_path / "secret"
    path.write_text("in a file\n")
    path.chmod(0o600)
    server = net.server(control=["--auth", "password:@%s" % path])
    a = net.client(server, login=False)
    assert a.login(password="in a file\n"[:-2]) == "PASSWORD"
    assert a.login(password="in a file") is None


@pytest.mark.parametrize("name", [
    "x", "A b", "Zo\u00eb", "\u5c71\u7530", "\U0001f600", "a" * 64,
    "\u00e9" * 32, "x#", "*", "17", "a\u00a0b"])
def test_names_that_are_taken(client, name):
    a = client(login=False)
    assert a.login(name=name) is None
    b = client()
    b.sees(a)
    assert b.users[a.number][0] == name


@pytest.mark.parametrize("name", [
    "a" * 65, "\u00e9" * 33, " a", "a ", "#room", "e\u0301", "a\u200bb",
    "a\u2028b", "a\u2029b", "a\u0085b", "\u202ea", "a\u00ad"])
def test_names_that_are_refused(client, name):
    a = client(login=False)
    assert a.login(name=name) == "NAME"
    assert a.login(name="fine") is None


def test_names_are_compared_byte_for_byte(client):
    client(name="Case")
    assert client(login=False).login(name="case") is None


def test_long_secrets(client):
    assert client(login=False).login(password="p" * 1024) is None
    a = client(login=False)
    assert a.login(password="p" * 1025) == "PASSWORD"
    assert a.login(password="") is None


@pytest.mark.parametrize("number", [1, 2**53 - 1, 2**53, 2**63 - 1])
def test_numbers_of_users(client, number):
    a, b = client(number=number), client()
    b.sees(a)
    n = b.send(a, "hi")
    assert a.receive(b, n) == "hi"


def test_a_number_and_a_name_are_free_after_left(client):
    a, b = client(name="again"), client()
    a.close()
    b.sees()
    c = client(number=a.number, name="again")
    b.sees(c)


# ---- messages ----

def test_broadcast_goes_to_all_others(client):
    a, b, c = client(), client(), client()
    n = a.send("*", "all of you")
    assert b.receive(a, n) == c.receive(a, n) == "all of you"
    a.ping()
    assert not a.got("SEND", n)


def test_unicast_goes_to_one(client):
    a, b, c = client(), client(), client()
    n = a.send(b, "you")
    assert b.receive(a, n) == "you"
    c.ping()
    assert not c.got("SEND", n)


def test_to_oneself_okay_comes_first(client):
    a = client()
    n = a.send(a.number, "me")
    assert a.receive(a, n) == "me"
    assert words(a)[-2:] == ["OKAY %d" % n, "SEND %d" % n]


def test_broadcast_alone(client):
    a = client()
    a.send("*", "hello?")


def test_order_is_kept(client):
    a, b = client(), client()
    numbers = [a.post(b if i % 2 else "*", str(i)) for i in range(200)]
    b.receive(a, numbers[-1])
    assert [n for _, n in b.texts] == numbers


@pytest.mark.parametrize("text", [
    "", " ", "\t", "a\tb", "\U0001f469\u200d\U0001f680", "\u05e9\u05dc",
    "\u00e9 e\u0301", "\u0085\u2028", "\ufeff", "\uffff", "\x7f", "x" * 4096,
    "\u00fc" * 2048, "\U0010ffff" * 1024])
def test_texts_pass_unchanged(client, text):
    a, b = client(), client()
    n = a.send(b, text)
    assert b.receive(a, n) == text


@pytest.mark.parametrize("text", ["x" * 4097, "\u00fc" * 2049, "x" * 65000])
def test_long_texts(client, text):
    a, b = client(), client()
    n = a.post(b, text)
    assert a.answer(n) == "LENGTH"
    a.send(b, "short")
    assert not b.got("SEND", n)


def test_the_limit_of_texts_can_be_set(net):
    server = net.server(control=["--text-limit", "300"])
    a, b = net.client(server), net.client(server)
    a.send(b, "x" * 300)
    assert a.answer(a.post(b, "x" * 301)) == "LENGTH"


def test_order_of_the_checks_of_send(client):
    a, b = client(), client()
    n, nobody = a.send(b), fresh()
    b.post(nobody, "x" * 5000, number=n)
    assert b.answer(n) == "NUMBER"
    assert a.answer(a.post(nobody, "x" * 5000)) == "LENGTH"
    assert a.answer(a.post(nobody, "x")) == "NUMBER"


def test_a_number_is_used_for_everybody(client):
    a, b, c = client(), client(), client()
    n = a.send(b)
    assert c.answer(c.post(b, number=n)) == "NUMBER"
    assert b.answer(b.post("*", number=n)) == "NUMBER"
    a.okays.clear()
    assert a.answer(a.post(c, number=n)) == "NUMBER"


def test_a_number_that_failed_is_not_used(client):
    a, b = client(), client()
    n = a.post(b, "x" * 5000)
    assert a.answer(n) == "LENGTH"
    a.fails.clear()
    a.send(b, "shorter", number=n)


@pytest.mark.parametrize("n", [1, 2**53, 2**63 - 1])
def test_numbers_of_messages(client, n):
    a, b = client(), client()
    a.send(b, "edge", number=n)
    b.receive(a, n)
    b.ack(n)
    a.receipt(n, b)


def test_numbers_of_users_and_messages_are_apart(client):
    a, b = client(), client()
    a.send(b, "mine", number=b.number)
    assert b.receive(a, b.number) == "mine"


# ---- receipts ----

def test_receipt(client):
    a, b, c = client(), client(), client()
    n = a.send(b)
    b.receive(a, n)
    b.ack(n)
    a.receipt(n, b)
    b.ping()
    assert not b.fails
    c.ping()
    assert not c.acks


def test_receipts_of_a_broadcast(client):
    a, b, c = client(), client(), client()
    n = a.send("*")
    for each in (b, c):
        each.receive(a, n)
        each.ack(n)
        a.receipt(n, each)


def test_second_receipt_is_swallowed(client):
    a, b, c = client(), client(), client()
    for n in (a.send(b), a.send("*")):
        b.receive(a, n)
        b.ack(n)
        b.ack(n)
        b.ping()
        a.ping()
        assert len([x for x in a.acks if x[:2] == (n, b.number)]) == 1
    assert not b.fails
    c.ping()


def test_receipts_for_what_one_was_never_sent(client):
    a, b, c = client(), client(), client()
    n = a.send(b)
    b.receive(a, n)
    for each, number in ((c, n), (a, n), (b, fresh())):
        each.ack(number)
        wait_until(lambda: each.fails == [(number, "NUMBER")])
    assert not a.acks


def test_receipt_for_a_broadcast_from_before_the_login(client):
    a, b = client(), client()
    n = a.send("*")
    b.receive(a, n)
    c = client()
    c.ack(n)
    assert c.answer(n) == "NUMBER"


def test_receipt_to_oneself(client):
    a = client()
    n = a.send(a.number)
    a.receive(a, n)
    a.ack(n)
    a.receipt(n, a)


def test_receipt_when_the_author_has_left(client):
    a, b = client(), client()
    n = a.send(b)
    b.receive(a, n)
    a.close()
    b.sees()
    b.ack(n)
    b.ping()
    assert b.closed is None


# ---- coming and going ----

def test_left_on_close_and_on_rst(client):
    a, b, c = client(), client(), client()
    b.close()
    a.sees(c)
    c.rst()
    a.sees()


def test_send_to_one_who_left(client):
    a, b = client(), client()
    b.close()
    a.sees()
    assert a.answer(a.post(b)) == "NUMBER"


def test_the_newcomer_is_known_before_his_first_message(one, client):
    watchers = [client() for _ in range(3)]
    sock = RawSocket(one.port)
    sock.upgrade()
    number, n = fresh(), fresh()
    sock.send(sock.frame(message("AUTH %d" % number, "hasty", "")) +
              sock.frame(message("SEND %d" % n, "*", "at once")))
    for each in watchers:
        each.receive(number, n)
        assert not each.violations
    sock.close()


def test_many_come_and_go(client):
    watcher = client()
    crowd = [client() for _ in range(30)]
    watcher.sees(*crowd)
    for i, each in enumerate(crowd):
        each.rst() if i % 2 else each.close()
    watcher.sees()


# ---- framing ----

def test_pipelining(one, client):
    b = client()
    sock = RawSocket(one.port)
    sock.upgrade()
    number, first = fresh(), 10**6
    data = sock.frame(message("AUTH %d" % number, "pipe", ""))
    for i in range(300):
        data += sock.frame(message("SEND %d" % (first + i), b.number, i))
    sock.send(data)
    got = [sock.read_text() for _ in range(302)]
    assert got[0] == ["OKAY %d" % number]
    assert got[1][0] == "ARRV %d" % b.number
    assert [g[0] for g in got[2:]] == [
        "OKAY %d" % (first + i) for i in range(300)]
    b.receive(number, first + 299)
    assert [int(m[0].rest[1]) for m in b.texts.values()] == list(range(300))
    sock.close()


def test_a_retry_in_the_same_packet(one, client):
    client(name="pat")
    sock = RawSocket(one.port)
    sock.upgrade()
    number = fresh()
    sock.send(b"".join(sock.frame(message("AUTH %d" % number, name, ""))
                       for name in ("pat", "#pat", "pit")))
    fail = ["FAIL %d" % number, "NAME"]
    assert [sock.read_text() for _ in range(3)] == [
        fail, fail, ["OKAY %d" % number]]
    sock.close()


def test_fragments(one, client):
    a, b = client(), client()
    n = fresh()
    text = message("SEND %d" % n, b.number, "in many parts")
    a.fragments(list(text))
    assert b.receive(a, n) == "in many parts"


def test_fragments_with_a_ping_and_a_cut_character_between(one, client):
    b = client()
    sock = RawSocket(one.port)
    sock.upgrade()
    sock.tell("AUTH %d" % fresh(), "cut", "")
    n, data = fresh(), "\U0001f600".encode()
    head = ("SEND %d\r\n%d\r\n" % (n, b.number)).encode()
    sock.send(sock.frame(head + data[:2], fin=False))
    sock.send(sock.frame("are you there", opcode=PING))
    sock.send(sock.frame(b"", opcode=0, fin=False))
    sock.send(sock.frame(data[2:], opcode=0))
    frames = []
    while (TEXT, b"OKAY %d" % n) not in frames or \
            (PONG, b"are you there") not in frames:
        frames.append(sock.read_frame())
    wait_until(lambda: b.got("SEND", n))
    assert b.got("SEND", n)[0].rest[1] == "\U0001f600"
    sock.close()


def test_byte_by_byte(one):
    sock = RawSocket(one.port)
    sock.upgrade()
    number = fresh()
    for byte in sock.frame(message("AUTH %d" % number, "drip", "")):
        sock.send(bytes([byte]))
    assert sock.read_text() == ["OKAY %d" % number]
    sock.close()


def test_targets_headers_and_extensions(one, client):
    a = client(path="/any/path?x=1")
    b = client(compression="deflate")
    assert b.ws.extensions == []
    a.sees(b)
    sock = RawSocket(one.port)
    answer = sock.upgrade(target="http://localhost:%d/x" % one.port)
    assert answer.startswith(b"HTTP/1.1 101")
    sock.close()
    sock = RawSocket(one.port)
    sock.send(b"GET / HTTP/1.1\r\nhost: x\r\nUPGRADE: WebSocket\r\n"
              b"connection: keep-alive, upgrade\r\n"
              b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              b"SEC-WEBSOCKET-VERSION: 13\r\n\r\n")
    wait_until(lambda: sock._fill(0.1) or b"\r\n\r\n" in sock.data)
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in sock.data
    sock.close()


# ---- ghosts ----

def test_a_ghost_makes_room(one, client, shared):
    watcher = client()
    relay = Relay(one.port)
    ghost = Client(type("At", (), {"host": one.host, "port": relay.port}),
                   name="ghost")
    watcher.sees(ghost)
    relay.lose()
    begun = time.monotonic()
    again = client(login=False)
    assert again.login(number=ghost.number, name="ghost") == "NUMBER"
    wait_until(lambda: again.login() is None, 5, "login over a ghost")
    assert time.monotonic() - begun < 4
    watcher.sees(again)
    relay.close()


def test_who_lives_is_no_ghost(client):
    a, b = client(name="alive"), client(login=False)
    assert b.login(name="alive") == "NAME"
    never(lambda: a.closed, 2.5, "a live client was closed")
    assert b.login(name="alive") == "NAME"
    a.ping()
