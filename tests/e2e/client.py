"""One user. A Client keeps book of all it gets, and of every breach of the
protocol that a single client can see; network.py compares these books with
each other."""
import asyncio
import collections
import time

from loop import run, wait_until
from wire import Endpoint, fresh, message


class Client(Endpoint):
    """A user of a server."""

    def __init__(self, server, number=None, name=None, password="",
                 login=True, auto_ack=False, dial=True, **options):
        super().__init__()
        self.server = server
        self.number = number if number is not None else fresh()
        self.name = name if name is not None else "u%d" % self.number
        self.password = password
        self.auto_ack = auto_ack
        self.named = False
        self.users = {}          # number: (name, description), by ARRV/LEFT
        self.presence = []       # Msg of ARRV and LEFT after the first list
        self.texts = collections.OrderedDict()  # (sender, n): [Msg, ...]
        self.sent = {}           # n: (dest, text, time)
        self.okays = {}          # n: time
        self.fails = []          # (n, reason)
        self.acks = []           # (n, user, time)
        self.violations = []
        self.options = options
        if dial:
            run(self.dial())
        if dial and login:
            answer = self.login()
            assert answer is None, answer

    async def dial(self):
        options = {"port": self.server.port, **self.options}
        await self._dial(self.server.host, **options)

    # ---- what happens ----

    def _take(self, msg):
        handler = getattr(self, "_on_" + msg.kind, None)
        if handler is None:
            self.violations.append(("unexpected", msg))
        else:
            handler(msg)

    def _on_OKAY(self, msg):
        self.okays[msg.number] = msg.time
        if not self.named and msg.number == self.number:
            self.named = True

    def _on_FAIL(self, msg):
        self.fails.append((msg.number, msg.rest[0]))

    def _on_ARRV(self, msg):
        if len(msg.rest) != 2:
            self.violations.append(("ARRV without its three lines", msg))
        elif not self.named:
            self.violations.append(("ARRV before OKAY", msg))
        elif msg.number == self.number:
            self.violations.append(("ARRV of oneself", msg))
        elif msg.number in self.users:
            self.violations.append(("second ARRV", msg))
        self.users[msg.number] = msg.rest
        self.presence.append(msg)

    def _on_LEFT(self, msg):
        if msg.number not in self.users:
            self.violations.append(("LEFT of a stranger", msg))
        self.users.pop(msg.number, None)
        self.presence.append(msg)

    def _on_SEND(self, msg):
        sender = int(msg.rest[0])
        if sender != self.number and sender not in self.users:
            self.violations.append(("SEND of a stranger", msg))
        copies = self.texts.setdefault((sender, msg.number), [])
        copies.append(msg)
        if self.auto_ack and sender != self.number:
            asyncio.ensure_future(self._write(message(
                "ACKN %d" % msg.number)))

    def _on_ACKN(self, msg):
        self.acks.append((msg.number, int(msg.rest[0]), msg.time))

    def _on_INVD(self, msg):
        pass

    # ---- what it does ----

    def auth(self, number=None, name=None, password=None):
        """Sends AUTH without waiting."""
        self.number = self.number if number is None else number
        self.name = self.name if name is None else name
        self.password = self.password if password is None else password
        self.tell("AUTH %d" % self.number, self.name, self.password)

    def login(self, number=None, name=None, password=None, timeout=12):
        """Logs in; returns None, or the reason of the FAIL."""
        fails = len(self.fails)
        self.auth(number, name, password)
        wait_until(lambda: self.named or len(self.fails) > fails or
                   self.closed, timeout,
                   lambda: "answer to AUTH; got %r" % self.log)
        if self.named:
            return None
        return self.fails[-1][1] if len(self.fails) > fails else self.closed

    def post(self, dest, text="x", number=None):
        """Sends a message without waiting; returns its number."""
        number = fresh() if number is None else number
        if isinstance(dest, Client):
            dest = dest.number
        self.sent[number] = (dest, text, time.monotonic())
        self.tell("SEND %d" % number, dest, text)
        return number

    def send(self, dest, text="x", number=None, timeout=5):
        """Sends a message, waits for OKAY and returns its number."""
        number = self.post(dest, text, number)
        answer = self.answer(number, timeout)
        assert answer is None, answer
        return number

    def answer(self, number, timeout=5):
        """None for OKAY, else the reason of the FAIL."""
        wait_until(lambda: number in self.okays or
                   any(n == number for n, _ in self.fails), timeout,
                   lambda: "answer to %d; got %r, closed %r" % (
                       number, self.log[-20:], self.closed))
        if number in self.okays:
            return None
        return [r for n, r in self.fails if n == number][0]

    def ack(self, number):
        self.tell("ACKN %d" % number)

    def receive(self, sender, number, timeout=5):
        """Waits for a message and returns its text."""
        key = (sender.number if isinstance(sender, Client) else sender,
               number)
        wait_until(lambda: key in self.texts, timeout,
                   lambda: "%s: SEND %r; got %r" % (self.name, key,
                                                    self.log[-20:]))
        return self.texts[key][0].rest[1]

    def receipt(self, number, user, timeout=5):
        """Waits for the ACKN of 'user' for our message."""
        user = user.number if isinstance(user, Client) else user
        return wait_until(
            lambda: [a for a in self.acks if a[:2] == (number, user)],
            timeout, lambda: "ACKN %d of %d; got %r" % (number, user,
                                                        self.acks[-20:]))[0]

    def sees(self, *users, timeout=5):
        """Waits until the list is exactly 'users'."""
        wanted = {getattr(u, "number", u) for u in users}
        wait_until(lambda: set(self.users) == wanted, timeout,
                   lambda: "%s sees %r, not %r" % (
                       self.name, sorted(self.users), sorted(wanted)))

    def ping(self, timeout=5):
        """A message to oneself and back: all that was sent before it has
        been handled, and all that came of it here has arrived."""
        number = self.send(self.number, "ping", timeout=timeout)
        self.receive(self.number, number, timeout)
        del self.texts[(self.number, number)]

    def repeated(self):
        """Messages that came more than once."""
        return [(key, copies) for key, copies in self.texts.items()
                if len(copies) > 1]
