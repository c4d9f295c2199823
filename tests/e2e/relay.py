"""A TCP relay between two servers: it counts the messages that pass, and makes
the faults of a network that a test machine has none of."""
import asyncio
import collections
import socket

from loop import call, loop, notify, run
from wire import HOST, parse, reset_on_close

FORTH, BACK = "forth", "back"  # from the one who dialled; to him
WAYS = (FORTH, BACK)


class Tap:
    """Takes the messages out of one direction of a WebSocket connection."""

    def __init__(self, taken):
        self.data = bytearray()
        self.upgraded = False
        self.parts = bytearray()
        self.taken = taken

    def feed(self, data):
        self.data += data
        if not self.upgraded:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return
            del self.data[:end + 4]
            self.upgraded = True
        while self._frame():
            pass

    def _frame(self):
        data = self.data
        if len(data) < 2:
            return False
        size, at = data[1] & 0x7f, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at], "big")
        key = bytes(4)
        if data[1] & 0x80:
            key = bytes(data[at:at + 4])
            at += 4
        if len(data) < at + size:
            return False
        payload = bytes(data[at:at + size])
        opcode, fin = data[0] & 15, data[0] & 0x80
        del data[:at + size]
        if opcode >= 8:
            return True
        if any(key):
            mask = (key * (size // 4 + 1))[:size]
            payload = (int.from_bytes(payload, "big") ^
                       int.from_bytes(mask, "big")).to_bytes(size, "big")
        self.parts += payload
        if fin:
            text, self.parts = self.parts.decode(errors="replace"), bytearray()
            self.taken(text)
        return True


class Relay:
    """Listens on 'port' and passes every connection on to 'target' (a port,
    or a function that tells it)."""

    def __init__(self, target, tap=True):
        self.target = target
        self.log = {FORTH: [], BACK: []}  # Msg, as they passed
        self.tap = tap
        self.bytes = {FORTH: 0, BACK: 0}
        self.accepting = True
        self.delay_seconds = 0.0
        self.held = {FORTH: False, BACK: False}    # stalled
        self.lost = {FORTH: False, BACK: False}    # black hole
        self.pairs = set()
        self.connections = 0
        self.server = None
        self.port = None
        run(self._listen())

    async def _listen(self):
        self.server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _accept(self, reader, writer):
        if not self.accepting:
            reset_on_close(writer.get_extra_info("socket"))
            writer.transport.abort()
            return
        port = self.target() if callable(self.target) else self.target
        try:
            there = await asyncio.open_connection(HOST, port)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        pair = (writer, there[1])
        self.pairs.add(pair)
        for each in pair:
            each.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(self._pass(FORTH, reader, there[1], pair),
                             self._pass(BACK, there[0], writer, pair))
        self.pairs.discard(pair)
        for each in pair:
            each.close()

    async def _pass(self, way, reader, writer, pair):
        tap = Tap(lambda text: self._taken(way, text)) if self.tap else None
        queue = collections.deque()
        wake = asyncio.Event()
        sender = asyncio.ensure_future(
            self._deliver(way, queue, wake, writer, tap))
        try:
            while True:
                data = await reader.read(65536)
                if self.lost[way]:
                    if not data:
                        break
                    continue
                queue.append((loop().time() + self.delay_seconds, data))
                wake.set()
                if not data:
                    break
                while len(queue) > 64:
                    await asyncio.sleep(0.002)
        except OSError:
            queue.append((0, b""))
            wake.set()
        await sender if queue else sender.cancel()

    async def _deliver(self, way, queue, wake, writer, tap):
        while True:
            while not queue or self.held[way]:
                wake.clear()
                await wake.wait() if not queue else await asyncio.sleep(0.001)
            due, data = queue[0]
            left = due - loop().time()
            if left > 0:
                await asyncio.sleep(left)
            if self.held[way]:
                continue
            queue.popleft()
            if not data or writer.is_closing():
                break
            self.bytes[way] += len(data)
            if tap is not None:
                tap.feed(data)
            try:
                writer.write(data)
                await writer.drain()
            except OSError:
                break
        try:
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            pass

    def _taken(self, way, text):
        try:
            self.log[way].append(parse(text))
        except ValueError:
            pass
        notify()

    # ---- faults ----

    def delay(self, seconds):
        """Every byte takes that much longer, in both directions."""
        self.delay_seconds = seconds

    def stall(self, *ways):
        """Holds what comes (both directions, or those given); resume()."""
        for way in ways or WAYS:
            self.held[way] = True

    def resume(self):
        for way in WAYS:
            self.held[way] = False

    def lose(self, *ways):
        """A black hole: bytes are taken and never delivered. The connections
        are of no use after that; heal() cuts them."""
        for way in ways or WAYS:
            self.lost[way] = True

    def cut(self, rst=True):
        """Ends all connections, and refuses new ones until heal()."""
        self.accepting = False
        self.drop(rst)

    def drop(self, rst=True):
        """Ends all connections; new ones are welcome."""

        def abort():
            for pair in list(self.pairs):
                for writer in pair:
                    if rst:
                        reset_on_close(writer.get_extra_info("socket"))
                    writer.transport.abort()

        call(abort)

    def heal(self):
        if any(self.lost.values()):
            self.drop()
        for way in WAYS:
            self.lost[way] = self.held[way] = False
        self.accepting = True

    # ---- what passed ----

    def count(self, kind, number=None, *rest):
        """How many such messages passed, in both directions."""
        rest = tuple(str(r) for r in rest)
        return sum(1 for way in WAYS for m in list(self.log[way])
                   if m.kind == kind and
                   (number is None or m.number == number) and
                   m.rest[:len(rest)] == rest)

    def repeated(self):
        """Broadcasts that crossed more than once in one direction."""
        found = []
        for way in WAYS:
            seen = set()
            for m in list(self.log[way]):
                if m.kind != "SEND" or m.rest[0] != "*":
                    continue
                key = (m.rest[1], m.number)
                if key in seen:
                    found.append((way, m))
                seen.add(key)
        return found

    def close(self):
        async def end():
            self.server.close()
            for pair in list(self.pairs):
                for writer in pair:
                    writer.transport.abort()

        run(end())
