"""Those who connect and have not been upgraded yet: in one piece and in many,
with what does not wait behind it, or with nothing at all."""
import pytest

from loop import wait_until
from wire import RawSocket, fresh

REQUEST = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
           b"Connection: keep-alive, Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\n%s\r\n")
ACCEPT = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"


def answer(sock):
    """The head of what the server answers; what is behind it stays."""
    wait_until(lambda: b"\r\n\r\n" in sock.data or not sock._fill(0.2) and
               sock.eof, 10, "answer")
    head, _, sock.data = sock.data.partition(b"\r\n\r\n")
    return head + b"\r\n"


@pytest.mark.parametrize("cut", [0, 1, 2, 5, 6, 7, -1, None])
@pytest.mark.parametrize("size", [20, 500])
def test_frames_that_do_not_wait_for_the_answer(one, client, cut, size):
    a = client()
    sock = RawSocket(one.port)
    number = fresh()
    frame = sock.frame("AUTH %d\r\nhasty\r\n%s" % (number, "x" * size))
    sock.send(REQUEST % b"" + frame[:cut])
    head = answer(sock)
    assert head.startswith(b"HTTP/1.1 101 ") and ACCEPT in head
    if cut is not None:
        sock.send(frame[cut:])
    assert sock.read_text() == ["OKAY %d" % number]
    a.sees(number)
    sock.close()
    a.sees()


@pytest.mark.parametrize("more", [
    b"", b"X-Forwarded-For: 1.2.3.4\r\n", b"Origin: http://x\r\n",
    b"dnchat-node: 0123456789abcdef\r\n", b"Cookie: " + b"y" * 3000 + b"\r\n",
], ids=lambda m: repr(m[:6]))
@pytest.mark.parametrize("step", [1, 50, 10000])
def test_requests_in_pieces(one, client, more, step):
    """Whoever reads them, the answer is the same."""
    a = client()
    sock = RawSocket(one.port)
    request = REQUEST % more
    for at in range(0, len(request), step):
        sock.send(request[at:at + step])
    head = answer(sock)
    assert head.startswith(b"HTTP/1.1 101 ") and ACCEPT in head
    number = fresh()
    sock.tell("AUTH %d" % number, "patient", "")
    assert sock.read_text() == ["OKAY %d" % number]
    sock.close()
    a.sees()


@pytest.mark.parametrize("rst", [False, True])
def test_who_goes_before_the_answer(one, client, rst):
    a = client()
    for size in (0, 10, len(REQUEST), 10000):
        sock = RawSocket(one.port)
        sock.send((REQUEST % b"")[:size])
        sock.close(rst=rst)
    wait_until(lambda: not one.counter("strangers"))
    a.sees()
