"""Plain HTTP on the port of the chat: the page and its headers, /healthz,
who sees /status; and that none of it disturbs the chat."""
import gzip
import json
import socket
import time

import pytest

from dnchat import Server
from loop import wait_until
from wire import HOST, RawSocket

PATHS = ["/", "/base.css", "/page.css", "/page.js", "/icon.svg", "/status",
         "/status.css", "/status.js"]
PAGE_BYTES_MAX = 60000


class Answer:
    def __init__(self, data):
        head, self.body = data.split(b"\r\n\r\n", 1)
        lines = head.decode("ascii").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, value in
                        (line.split(": ", 1) for line in lines[1:])}


def fetch(server, path="/", method="GET", body=b"", host=None, **headers):
    """The answer; the server has to end the connection behind it."""
    head = ["%s %s HTTP/1.1" % (method, path),
            "Host: " + (host or "%s:%d" % (HOST, server.port))]
    head += ["%s: %s" % (name.replace("_", "-"), value)
             for name, value in headers.items()]
    sock = RawSocket(server.port)
    sock.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    wait_until(lambda: not sock._fill(0.2) and sock.eof, 10, "the end")
    sock.close()
    return Answer(sock.data)


@pytest.fixture
def started(net):
    """A server with options of the test's."""
    return lambda *data: net.server(data=data)


def test_the_page_is_small(one):
    sizes = {path: len(fetch(one, path, Accept_Encoding="gzip").body)
             for path in PATHS}
    print(sizes)
    assert sum(sizes.values()) <= PAGE_BYTES_MAX, sizes


@pytest.mark.parametrize("path", PATHS)
def test_files_and_their_headers(one, path):
    plain = fetch(one, path)
    packed = fetch(one, path, Accept_Encoding="br, gzip;q=0.8")
    assert plain.status == packed.status == 200
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    for answer in (plain, packed):
        headers = answer.headers
        assert int(headers["content-length"]) == len(answer.body)
        assert headers["connection"] == "close"
        assert headers["vary"] == "Accept-Encoding"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        policy = headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'",
                "style-src 'self'", "base-uri 'none'", "form-action 'none'",
                "frame-ancestors 'none'"} <= set(policy)
        assert "unsafe" not in headers["content-security-policy"]
    assert plain.headers["etag"] != packed.headers["etag"]
    again = fetch(one, path, If_None_Match=packed.headers["etag"])
    assert again.status == 304 and again.body == b""
    head = fetch(one, path, method="HEAD")
    assert head.status == 200 and head.body == b""
    assert head.headers["content-length"] == plain.headers["content-length"]
    assert fetch(one, path + "?a=b").body == plain.body


def test_nothing_of_anybody_else_is_in_the_page(one):
    for path in PATHS:
        text = fetch(one, path).body.decode()
        for word in ("src=\"http", "href=\"http", "@import", "url(http",
                     "eval(", "innerHTML", "outerHTML", "document.write",
                     "insertAdjacentHTML"):
            assert word not in text, (path, word)


def test_paths_and_methods(one):
    assert fetch(one, "/healthz").body == b"ok\n"
    for path in ("/nothing", "/page.js/", "/../dataplane/main.c",
                 "/%2e%2e/etc/passwd", "/page.html", "/PAGE.JS"):
        assert fetch(one, path).status == 404, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = fetch(one, method=method, body=b"a=b", Content_Length="3")
        assert answer.status == 405, method
        assert answer.headers["allow"] == "GET, HEAD"


def test_without_the_page(started):
    server = started("--no-page")
    answer = fetch(server)
    assert answer.status == 426 and b"WebSocket" in answer.body
    assert answer.headers["upgrade"] == "websocket"
    assert fetch(server, "/healthz").status == 200
    assert fetch(server, "/status").status == 200


def test_who_sees_the_status(one):
    told = json.loads(fetch(one, "/status.json").body)
    assert told["control"] is True and "counters" in told
    for path in ("/status", "/status.json", "/status.js", "/status.css"):
        assert fetch(one, path, host="localhost").status == 200
        # A page elsewhere whose name leads here.
        assert fetch(one, path, host="evil.example").status == 421
        assert fetch(one, path, host="127.0.0.1.evil.example").status == 421
        # A proxy on this machine brings others' requests.
        for name in ("X_Forwarded_For", "Forwarded", "Via"):
            answer = fetch(one, path, **{name: "192.0.2.1"})
            assert answer.status == 403, (path, name)
            assert b"--status any" in answer.body


def test_the_scope_of_the_status(started):
    server = started("--status", "off")
    assert fetch(server, "/status.json").status == 404
    server = started("--status", "any", "--host-name", "Chat.Example")
    assert fetch(server, "/status.json", host="chat.example:80",
                 X_Forwarded_For="192.0.2.1").status == 200
    assert fetch(server, "/status.json", host="evil.example").status == 421


def test_the_status_is_dncontrols_view(net):
    a, b = net.line(2)
    net.client(a)
    net.client(b)

    def view():
        told = json.loads(fetch(a, "/status.json").body)
        return told["view"] and told

    told = wait_until(
        lambda: (view() or {}).get("view", {}).get("users", [])[1:] and view(),
        5, "users of both")
    assert [peer["state"] for peer in told["view"]["peers"]] == ["up"]
    assert sorted(row["hops"] for row in told["view"]["users"]) == [0, 1]
    assert told["counters"]["links"] == 1
    a.control.kill9()
    told = wait_until(lambda: not view()["control"] and view(), 5,
                      "dncontrol to be missed")
    assert told["view"]["peers"]
    a.start_control()
    wait_until(lambda: view()["control"] and view()["view_age"] < 1000, 5,
               "dncontrol")
    net.wait_links()


def test_rates_are_told(net):
    server = net.server()
    ann, bob = net.client(server), net.client(server)

    def rates():
        for _ in range(20):
            ann.send(bob, "x")
        return [rate for rate in
                json.loads(fetch(server, "/status.json").body)["rates"]
                if rate[0] > 0 and rate[1] > 0]

    wait_until(lambda: len(rates()) >= 2, 10, "two samples")


def test_a_slow_reader_gets_all_of_it(one):
    whole = fetch(one, "/page.js").body
    sock = RawSocket(one.port, rcvbuf=2048)
    sock.send(b"GET /page.js HTTP/1.1\r\nHost: x\r\n\r\n")
    data = b""
    while True:
        piece = sock.sock.recv(4096)
        if not piece:
            break
        data += piece
        time.sleep(0.005)
    assert data.split(b"\r\n\r\n", 1)[1] == whole
    sock.close()


def test_one_request_a_connection(one):
    sock = RawSocket(one.port)
    sock.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
    wait_until(lambda: not sock._fill(0.2) and sock.eof, 10, "the end")
    assert sock.data.count(b"HTTP/1.1 ") == 1
    sock.close()


def test_readers_do_not_disturb_the_chat(net):
    """Many who load the page, who don't read it, and who never finish their
    request: others talk on, and all of them are gone in time."""
    server = net.server()
    ann, bob = net.client(server), net.client(server)
    files = server.data.fds()
    idle = []
    for _ in range(100):
        sock = socket.create_connection((HOST, server.port))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.sendall(b"GET /page.js HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.append(sock)
    for _ in range(100):
        sock = socket.create_connection((HOST, server.port))
        sock.sendall(b"GET /page.js HTT")
        idle.append(sock)
    worst = 0
    for _ in range(200):
        fetch(server, "/page.css")
        begun = time.monotonic()
        bob.receive(ann, ann.send(bob, "x"))
        worst = max(worst, time.monotonic() - begun)
    assert worst < 1, worst
    wait_until(lambda: server.data.fds() <= files + 2, 15,
               lambda: "%d files" % server.data.fds())
    for sock in idle:
        sock.close()
