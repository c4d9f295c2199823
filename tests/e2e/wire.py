"""What goes over the wire: messages as text, one WebSocket connection that
records all it gets (Endpoint), and a bare socket for frames that no library
would send (RawSocket)."""
import asyncio
import base64
import collections
import contextlib
import os
import socket
import struct
import threading
import time
import weakref

import websockets

from loop import call, loop, notify, run, wait_until

HOST = "127.0.0.1"

Msg = collections.namedtuple("Msg", "kind number rest time")


def message(*lines):
    return "\r\n".join(str(line) for line in lines)


def parse(text):
    """'SEND 5 CRLF * CRLF hi' -> Msg('SEND', 5, ('*', 'hi'), now)."""
    lines = text.split("\r\n")
    kind, _, number = lines[0].partition(" ")
    return Msg(kind, int(number), tuple(lines[1:]), time.monotonic())


_serial_lock = threading.Lock()
_serial = [100]


def fresh():
    """A number that no user or message of this run has yet."""
    with _serial_lock:
        _serial[0] += 1
        return _serial[0]


def reset_on_close(sock):
    with contextlib.suppress(OSError):  # it may be closed already
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))


_open = weakref.WeakSet()  # every connection that a test has begun


def close_all():
    """Ends whatever a test, failed perhaps, has left open."""
    for thing in list(_open):
        if isinstance(thing, RawSocket):
            thing.close()
        elif thing.ws is not None and thing.closed is None:
            thing.rst()


class Endpoint:
    """A WebSocket connection. Subclasses look at messages in _take(), which
    runs in the loop's thread."""

    def __init__(self):
        self.ws = None
        self.log = []        # Msg, in order of arrival
        self.garbage = []    # what could not be parsed
        self.closed = None   # (code, reason) once the connection is gone
        self.closed_at = None
        self.paused = False
        _open.add(self)

    async def _dial(self, host, port, path="/", headers=(), rcvbuf=None,
                    compression=None, source=None, tls=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rcvbuf is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if source is not None:
            sock.bind((source, 0))
        try:
            await asyncio.wait_for(
                loop().sock_connect(sock, (host, port)), 10)
            self.ws = await websockets.connect(
                "%s://%s:%d%s" % ("wss" if tls else "ws",
                                  "[%s]" % host if ":" in host else host,
                                  port, path),
                sock=sock, ssl=tls, server_hostname=host if tls else None,
                compression=compression, ping_interval=None,
                close_timeout=2, max_size=None, max_queue=None,
                open_timeout=12, extra_headers=list(headers),
                user_agent_header=None)
        except BaseException:
            sock.close()
            raise
        asyncio.ensure_future(self._read())

    async def _read(self):
        ws = self.ws
        try:
            async for data in ws:
                try:
                    msg = parse(data)
                except (ValueError, TypeError, AttributeError):
                    self.garbage.append(data)
                else:
                    self.log.append(msg)
                    self._take(msg)
                notify()
        except websockets.ConnectionClosed:
            pass
        self.closed_at = time.monotonic()
        self.closed = (ws.close_code, ws.close_reason)
        self._gone()
        notify()

    def _take(self, msg):
        pass

    def _gone(self):
        pass

    async def _write(self, data):
        try:
            await self.ws.send(data)
        except websockets.ConnectionClosed:
            pass

    def raw(self, data):
        """Sends text (str) or binary (bytes) as it is."""
        run(self._write(data))

    def tell(self, *lines):
        self.raw(message(*lines))

    def fragments(self, parts):
        """Sends one message in several frames."""
        run(self._write(parts))

    def close(self, code=1000):
        if self.paused:
            self.rst()  # it could not read the answer
        elif self.ws is not None and self.closed is None:
            run(self.ws.close(code))

    def rst(self):
        """Ends the TCP connection with RST, without a close frame."""

        def abort():
            sock = self.ws.transport.get_extra_info("socket")
            if sock is not None:  # of TLS that has ended there is none
                reset_on_close(sock)
            self.ws.transport.abort()

        if self.closed is None:
            call(abort)

    def pause(self):
        """Stops reading from the socket."""
        self.paused = True
        call(lambda: self.ws.transport.pause_reading())

    def resume(self):
        self.paused = False
        call(lambda: self.ws.transport.resume_reading())

    def got(self, kind, number=None, *rest):
        """All messages of that kind (and number, and further lines)."""
        return [m for m in list(self.log) if m.kind == kind and
                (number is None or m.number == number) and
                m.rest[:len(rest)] == tuple(str(r) for r in rest)]

    def expect(self, kind, number=None, *rest, timeout=5):
        """Waits for such a message and returns the first."""
        return wait_until(
            lambda: self.got(kind, number, *rest), timeout,
            lambda: "%s %s %r; got %r" % (kind, number, rest,
                                          self.log[-20:]))[0]

    def expect_close(self, code=None, timeout=5):
        wait_until(lambda: self.closed is not None, timeout,
                   lambda: "close; got %r" % self.log[-20:])
        if code is not None:
            assert self.closed[0] == code, self.closed
        return self.closed


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RawSocket:
    """A bare TCP connection, encrypted with a context 'tls', that can be
    upgraded by hand."""

    def __init__(self, port, host=HOST, rcvbuf=None, tls=None):
        self.sock = socket.socket()
        if rcvbuf is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(10)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname=host)
        self.data = b""
        self.eof = False
        _open.add(self)

    def upgrade(self, headers=(), target="/", host="localhost", behind=b""):
        key = base64.b64encode(os.urandom(16)).decode()
        head = ["GET %s HTTP/1.1" % target, "Host: " + host,
                "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Key: " + key, "Sec-WebSocket-Version: 13"]
        head += headers
        self.send("\r\n".join(head).encode() + b"\r\n\r\n" + behind)
        while b"\r\n\r\n" not in self.data:
            if not self._fill(10):
                return self.data
        answer, _, self.data = self.data.partition(b"\r\n\r\n")
        return answer

    def send(self, data):
        self.sock.sendall(data)

    @staticmethod
    def frame(payload, opcode=TEXT, fin=True, rsv=0, mask=True, length=None):
        """The bytes of a frame; 'length' claims another one."""
        if isinstance(payload, str):
            payload = payload.encode()
        size = len(payload) if length is None else length
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        bit = 0x80 if mask else 0
        if size < 126:
            head += bytes([bit | size])
        elif size < 65536:
            head += bytes([bit | 126]) + struct.pack(">H", size)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", size)
        if mask:
            key = os.urandom(4)
            head += key
            payload = bytes(b ^ key[i & 3] for i, b in enumerate(payload))
        return head + payload

    def tell(self, *lines):
        self.send(self.frame(message(*lines)))

    def _fill(self, timeout):
        self.sock.settimeout(max(timeout, 0.001))
        try:
            more = self.sock.recv(65536)
        except socket.timeout:
            return False
        except OSError:
            more = b""
        if not more:
            self.eof = True
            return False
        self.data += more
        return True

    def read_frame(self, timeout=5):
        """(opcode, payload) or None at the end of the stream."""
        deadline = time.monotonic() + timeout
        while True:
            taken = self._cut()
            if taken is not None:
                return taken
            if not self._fill(deadline - time.monotonic()):
                if self.eof:
                    return None
                if time.monotonic() >= deadline:
                    raise AssertionError("no frame within %g s" % timeout)

    def _cut(self):
        data = self.data
        if len(data) < 2:
            return None
        size, at = data[1] & 0x7f, 2
        if size == 126:
            at = 4
        elif size == 127:
            at = 10
        if len(data) < at:
            return None
        if at > 2:
            size = int.from_bytes(data[2:at], "big")
        if len(data) < at + size:
            return None
        self.data = data[at + size:]
        return data[0] & 15, data[at:at + size]

    def read_text(self, timeout=5):
        """The next text message, as lines; None if the connection ended."""
        while True:
            frame = self.read_frame(timeout)
            if frame is None or frame[0] == CLOSE:
                return None
            if frame[0] == TEXT:
                return frame[1].decode().split("\r\n")

    def until_end(self, timeout=5):
        """All frames up to the end of the stream."""
        frames = []
        while True:
            frame = self.read_frame(timeout)
            if frame is None:
                return frames
            frames.append(frame)

    def close(self, rst=False):
        if rst:
            reset_on_close(self.sock)
        self.sock.close()


def close_code(frames):
    """The code of the close frame among 'frames', None if there is none."""
    for opcode, payload in frames:
        if opcode == CLOSE:
            return int.from_bytes(payload[:2], "big") if payload else 1005
    return None
