"""wss: chat and pages over TLS, what may go wrong with certificates, a new one
without a restart, and connections that end before they begin."""
import json
import signal
import socket
import ssl
import time

import pytest

import tls
from loop import wait_until
from test_http import Answer
from test_options import one_clear_line, run_program, spare  # noqa: F401
from wire import HOST, RawSocket


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return tls.Pair(tmp_path_factory.mktemp("pair"), name="other")


@pytest.fixture
def server(net, pair):
    return tls.start(net, pair)


@pytest.fixture
def secure(net, pair, server):
    """Makes clients that come by wss."""
    context = pair.client()
    return lambda **options: net.client(server, port=server.wss, tls=context,
                                        **options)


def fetch(server, context, path, *headers):
    sock = RawSocket(server.wss, tls=context)
    sock.send("\r\n".join(["GET %s HTTP/1.1" % path, "Host: localhost",
                           *headers]).encode() + b"\r\n\r\n")
    wait_until(lambda: not sock._fill(0.2) and sock.eof, 10, "the end")
    sock.close()
    return Answer(sock.data)


# ---- chat ----

def test_both_doors_lead_to_one_chat(net, server, secure):
    a, b = secure(), net.client(server)
    a.sees(b)
    b.sees(a)
    for sender, receiver in ((a, b), (b, a), (a, a)):
        n = sender.send(receiver, "hello \u2713")
        assert receiver.receive(sender, n) == "hello \u2713"
        receiver.ack(n)
        sender.receipt(n, receiver)
    n = a.send("*", "all")
    assert b.receive(a, n) == "all"
    big = "z" * 4096
    n = b.send(a, big)
    assert a.receive(b, n) == big
    a.close()
    assert a.closed[0] == 1000
    b.sees()
    assert "wss:%s:%d" % (HOST, server.wss) in server.status()["listening"]


def test_the_server_says_good_bye(net, server, secure):
    a = secure()
    server.admin("kick %d" % a.number)
    a.expect_close()
    b = secure()
    server.data.term()
    b.expect_close(1001)
    assert not server.finish_stop()


def test_a_dropped_connection_is_noticed(net, server, secure):
    a, b = secure(), net.client(server)
    a.rst()
    b.sees()


@pytest.mark.parametrize("path", ["/", "/page.js", "/healthz",
                                  "/status.json"])
def test_pages(server, pair, path):
    answer = fetch(server, pair.client(), path)
    assert answer.status == 200 and answer.body
    assert "wss://localhost" in answer.headers["content-security-policy"]
    if "content-length" in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.body)
    if path == "/status.json":
        assert "counters" in json.loads(answer.body)


# ---- versions and protocols inside ----

def greet(server, context, **options):
    raw = socket.create_connection((HOST, server.wss), 10)
    return context.wrap_socket(raw, server_hostname="localhost", **options)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version, is_good", [
    ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_versions(server, pair, version, is_good):
    context = pair.client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = getattr(ssl.TLSVersion, version)
    if not is_good:
        with pytest.raises(ssl.SSLError, match="VERSION"):
            greet(server, context)
        return
    with greet(server, context) as sock:
        assert sock.version().replace(".", "_") == version


@pytest.mark.parametrize("offered, chosen", [
    ([], None), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"),
    (["h2"], "refused")])
def test_no_frames_inside_frames(server, pair, offered, chosen):
    context = pair.client()
    if offered:
        context.set_alpn_protocols(offered)
    if chosen == "refused":
        with pytest.raises(ssl.SSLError):
            greet(server, context)
        return
    with greet(server, context) as sock:
        assert sock.selected_alpn_protocol() == chosen


# ---- certificates that are no good ----

def refused(spare, *words, status=1, options=()):  # noqa: F811
    result = run_program(spare, "dnchatd", "--run-dir", str(spare.run),
                         "--listen", HOST + ":0", *options)
    one_clear_line(result, *words, status=status)


@pytest.mark.parametrize("options, word", [
    (["--listen", "wss:0"], "--tls-cert"),
    (["--listen", "wss:0", "--tls-key", "k"], "--tls-cert"),
    (["--listen", "wss:0", "--tls-cert", "c"], "--tls-key"),
    (["--tls-cert", "c", "--tls-key", "k"], "--listen wss"),
    (["--tls-key", "k"], "--listen wss"),
    (["--listen", "wss:x", "--tls-cert", "c", "--tls-key", "k"], "wss:x"),
    (["--tls-cert"], "tls-cert"), (["--tls-ca"], "tls-ca")], ids=str)
def test_options_that_do_not_go_together(spare, options, word):  # noqa: F811
    refused(spare, word, status=2, options=options)


def test_files_that_are_no_good(spare, pair, other, tmp_path):  # noqa: F811
    def load(cert, key, *words):
        refused(spare, "TLS", *words, options=[
            "--listen", "wss:%s:0" % HOST, "--tls-cert", str(cert),
            "--tls-key", str(key)])

    missing, text, empty = (tmp_path / n for n in ("missing", "text", "empty"))
    text.write_text("not a certificate\n")
    empty.write_text("")
    load(missing, pair.key, str(missing), "No such file")
    load(pair.cert, missing, str(missing), "No such file")
    load(tmp_path, pair.key, str(tmp_path), "directory")
    load(text, pair.key, str(text), "certificate")
    load(pair.cert, text, str(text), "private key")
    load(empty, pair.key, str(empty), "empty")
    load(pair.key, pair.key, pair.key, "certificate")
    load(pair.cert, other.key, other.key, pair.cert, "not the key")
    locked = tls.Pair(tmp_path, name="locked", key=(
        "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-passout",
        "pass:sesame"))
    load(locked.cert, locked.key, locked.key, "passphrase")
    refused(spare, "TLS", str(text), "certificate", options=[
        "--tls-ca", str(text)])
    refused(spare, "TLS", str(missing), options=["--tls-ca", str(missing)])
    cut = tmp_path / "cut.pem"
    with open(pair.cert, encoding="ascii") as file:
        cut.write_text(file.read()[:300])
    load(cut, pair.key, str(cut))


def test_other_kinds_of_keys(net, tmp_path):
    for name, key in (("rsa", ("-newkey", "rsa:2048", "-nodes")),
                      ("ed25519", ("-newkey", "ed25519", "-nodes"))):
        pair = tls.Pair(tmp_path, name=name, key=key)
        server = tls.start(net, pair)
        net.client(server, port=server.wss, tls=pair.client()).ping()


# ---- a new certificate ----

def test_a_new_certificate(net, other, tmp_path):
    ours = tls.Pair(tmp_path)
    server = tls.start(net, ours)
    before = tls.shown(server)
    old = net.client(server, port=server.wss, tls=ours.client())
    talk = net.client(server)

    def is_unmoved():
        n = talk.send(old, "still there")
        old.receive(talk, n)
        return tls.shown(server)

    # Nothing is read before it is asked for.
    ours.replace(other)
    assert is_unmoved() == before
    server.data.signal(signal.SIGHUP)
    wait_until(lambda: len(server.logged("event=tls ")) == 2)
    after = is_unmoved()
    assert after != before
    new = net.client(server, port=server.wss, tls=other.client())
    new.sees(old, talk)
    # Broken in several ways: told, and without effect.
    for count, (cert, key) in enumerate([
            (None, "garbage"), ("garbage", None), (None, tls.Pair(
                tmp_path, name="third").key)], 1):
        for path, source, given in ((ours.cert, other.cert, cert),
                                    (ours.key, other.key, key)):
            with open(given if given and given != "garbage" else source,
                      encoding="ascii") as file:
                text = "garbage" if given == "garbage" else file.read()
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        server.data.signal(signal.SIGHUP)
        wait_until(lambda n=count: len(server.logged("tls_refused")) == n)
        assert is_unmoved() == after
    new.ping()


def test_reloads_while_everybody_talks(net, other, tmp_path):
    ours = tls.Pair(tmp_path)
    first = tls.Pair(tmp_path, name="first")
    server = tls.start(net, ours)
    both = ssl.create_default_context(cafile=other.cert)
    both.load_verify_locations(first.cert)
    both.load_verify_locations(ours.cert)
    a = net.client(server, port=server.wss, tls=both)
    for turn in range(20):
        ours.replace((first, other)[turn % 2])
        server.data.signal(signal.SIGHUP)
        b = net.client(server, port=server.wss, tls=both)
        n = a.send(b, "turn %d" % turn)
        assert b.receive(a, n) == "turn %d" % turn
        b.close()
    wait_until(lambda: len(server.logged("event=tls ")) > 10)
    assert not server.logged("tls_refused")
    a.ping()


# ---- connections that end before they begin ----

def test_half_open_ones_end(net, server, secure):
    """Nothing said, a piece of a hello, a handshake and no request, a byte of
    it a second."""
    user = secure()
    silent, half, drip = (RawSocket(server.wss) for _ in range(3))
    half.send(b"\x16\x03\x01\x02\x00\x01\x00")
    quiet = RawSocket(server.wss, tls=tls_any())
    hello = b"\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03" + bytes(200)
    assert server.counter("strangers") == 4
    begun = time.monotonic()
    open_ones = [silent, half, drip, quiet]
    at = 0
    while open_ones and time.monotonic() - begun < 14:
        try:
            drip.send(hello[at:at + 1])
            at += 1
        except OSError:
            pass
        for sock in list(open_ones):
            if not sock._fill(0.1) and sock.eof:
                open_ones.remove(sock)
    assert not open_ones, len(open_ones)
    assert time.monotonic() - begun < 12
    wait_until(lambda: server.counter("strangers") == 0)
    user.ping()


def tls_any():
    """A context of somebody who looks at no certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("junk", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(300),
    b"\xff" * 20000, b"\x16\x03\x01\xff\xff" + b"\xff" * 20000,
    b"AUTH 7\r\nann\r\n", b"\x15\x03\x01\x00\x02\x02\x28"],
    ids=lambda b: repr(b[:6]))
def test_what_is_no_tls(server, secure, junk):
    user = secure()
    fds = server.data.fds()
    for _ in range(5):
        sock = RawSocket(server.wss)
        try:
            sock.send(junk)
        except OSError:
            pass
        wait_until(lambda s=sock: not s._fill(0.05) and s.eof, 3, "the end")
        sock.close()
    wait_until(lambda: server.data.fds() <= fds)
    user.ping()
    assert server.counter("strangers") == 0


def test_tls_where_there_is_none(net, server):
    user = net.client(server)
    begun = time.monotonic()
    with pytest.raises(OSError):
        RawSocket(server.port, tls=tls_any())
    assert time.monotonic() - begun < 5
    user.ping()


def test_clients_that_do_not_trust_us(server, secure, other):
    user = secure()
    fds = server.data.fds()
    for _ in range(5):
        with pytest.raises(ssl.SSLError):
            RawSocket(server.wss, tls=other.client())
    wait_until(lambda: server.data.fds() <= fds)
    user.ping()


def test_cut_in_every_place_of_a_handshake(server, secure):
    """The connection goes with a reset after so many bytes of ours."""
    user = secure()
    fds = server.data.fds()
    for size in list(range(0, 60, 7)) + [100, 200, 250, 300]:
        inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = tls_any().wrap_bio(inside, outside)
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        sock = RawSocket(server.wss)
        sock.send(outside.read()[:size])
        sock._fill(0.02)
        sock.close(rst=True)
    wait_until(lambda: server.data.fds() <= fds)
    wait_until(lambda: server.counter("strangers") == 0)
    user.ping()
