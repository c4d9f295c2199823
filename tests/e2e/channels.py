"""The channels protocol from outside: its clients, and a server of other
origin, which keeps to the protocol page and takes nothing else. Beside
dnchat.py, whose servers they meet; both live in the loop of loop.py."""
import asyncio
import collections

from loop import call, notify, run, wait_until

LINE = 1 << 22       # no line is longer
FED_VERBS = ("FEDCHANNELS", "FEDNEW", "FEDJOIN", "FEDSAY", "FEDRECV",
             "FEDRESULT", "FEDERATE-CONFIRM")


class Lines:
    """One end of a connection of lines, and all that came on it."""

    def __init__(self):
        self.lines = []      # all that came
        self.taken = 0       # of them, by expect() and next()
        self.closed = False
        self.writer = None
        self.reader = None
        self._task = None

    async def _dial(self, host, port):
        self.reader, self.writer = await asyncio.open_connection(
            host, port, limit=LINE)
        self._task = asyncio.ensure_future(self._run())

    async def _run(self):
        try:
            while True:
                line = await self.reader.readline()
                if not line.endswith(b"\n"):
                    break
                self._on_line(line[:-1].decode())
                notify()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        self.closed = True
        self._on_end()
        notify()

    def _on_line(self, line):
        self.lines.append(line)

    def _on_end(self):
        pass

    def write(self, data):
        """Bytes as they are."""
        call(self.writer.write, data)

    def tell(self, *lines):
        self.write("".join(line + "\n" for line in lines).encode())

    def next(self, timeout=5):
        """The next line that nobody has asked for yet."""
        wait_until(lambda: len(self.lines) > self.taken, timeout,
                   lambda: "a line after %r; closed: %r" % (
                       self.lines[-10:], self.closed))
        self.taken += 1
        return self.lines[self.taken - 1]

    def expect(self, *lines, timeout=5):
        for line in lines:
            got = self.next(timeout)
            assert got == line, "%r, not %r; all: %r" % (got, line,
                                                         self.lines[-20:])

    def until(self, line, timeout=5):
        """Waits for 'line'; what comes before it is let pass."""
        wait_until(lambda: line in self.lines[self.taken:], timeout,
                   lambda: "%r in %r" % (line, self.lines[self.taken:]))
        self.taken = self.lines.index(line, self.taken) + 1

    def has(self, *lines):
        return all(line in self.lines for line in lines)

    def wait_closed(self, timeout=5):
        wait_until(lambda: self.closed, timeout, "end of the connection")

    def close(self):
        if self.writer is not None:
            call(self.writer.close)


class ChannelsClient(Lines):
    """A user of the channels protocol."""

    def __init__(self, host, port, name=None, password="secret"):
        super().__init__()
        self.name = name
        run(self._dial(host, port))
        if name is not None:
            self.register(password)

    def register(self, password):
        self.tell("REGISTER %s %s" % (self.name, password))
        self.next()
        self.tell("LOGIN %s %s" % (self.name, password))
        self.expect("RESULT LOGIN 1", timeout=10)

    def join(self, channel, result=1, timeout=7):
        self.tell("JOIN " + channel)
        self.expect("RESULT JOIN %s %d" % (channel, result), timeout=timeout)

    def say(self, channel, text):
        self.tell("SAY %s %s" % (channel, text))

    def channels(self):
        self.tell("CHANNELS")
        line = self.next()
        assert line.startswith("RESULT CHANNELS "), line
        text = line[len("RESULT CHANNELS "):]
        return text.split(", ") if text else []


class FedLink(Lines):
    """A connection that a foreign server has with another server, or with a
    client until it says FEDERATE-OUT."""

    def __init__(self, server, host=None):
        super().__init__()
        self.server = server
        self.host = host        # as the foreign server's configuration has it
        self.agreed = False
        self.channels = set()   # what the other server offers

    def _on_line(self, line):
        super()._on_line(line)
        self.server.take(self, line)

    def _on_end(self):
        self.server.lost(self)

    def put(self, line):
        self.writer.write((line + "\n").encode())


class ForeignServer:
    """A channels server of other origin. 'host' is what it calls itself; what
    breaks the page is kept in 'violations'."""

    def __init__(self, address="127.0.0.1", host=None, channels=(),
                 silent=False, accepts=True):
        self.address = address
        self.silent = silent            # answers no FEDJOIN
        self.accepts = accepts          # answers FEDERATE-OUT
        self.links = []
        self.channels = {name: {} for name in channels}  # {user: link}
        self.heard = collections.defaultdict(list)  # user: (author, room, text)
        self.results = []               # (user, type, room, result)
        self.violations = []
        self.listener = run(asyncio.start_server(self._accept, address, 0,
                                                 limit=LINE))
        self.port = self.listener.sockets[0].getsockname()[1]
        self.host = host or "%s:%d" % (address, self.port)

    # ---- links ----

    async def _accept(self, reader, writer):
        link = FedLink(self)
        link.reader, link.writer = reader, writer
        self.links.append(link)
        await link._run()

    def federate(self, host, port, written=None):
        """Dials a server and waits until it agrees."""
        link = FedLink(self, written or "%s:%d" % (host, port))
        self.links.append(link)
        run(link._dial(host, port))
        link.tell("FEDERATE-OUT")
        return link

    def agreed(self):
        return [link for link in self.links if link.agreed]

    def wait_agreed(self, count=1, timeout=10):
        wait_until(lambda: len(self.agreed()) == count, timeout,
                   lambda: "%d links; %r" % (
                       count, [k.lines for k in self.links]))
        return self.agreed()[-1]

    def lost(self, link):
        """All is forgotten of who came over a link that is gone."""
        if link in self.links:
            self.links.remove(link)
        for members in self.channels.values():
            for user in [u for u, k in members.items() if k is link]:
                del members[user]

    def cut(self):
        """Ends all links without a word."""
        for link in list(self.links):
            call(link.writer.transport.abort)
        wait_until(lambda: not self.links, 5, "links to end")

    def close(self):
        call(self.listener.close)
        for link in list(self.links):
            link.close()

    # ---- what servers say ----

    def take(self, link, line):
        words = line.split(" ")
        if words == ["FEDERATE-OUT"]:
            if self.accepts:
                link.agreed = True
                link.put("FEDERATE-CONFIRM")
                self._offer(link)
            return
        if words[0] == "DNCHAT":
            return              # the page: anything else is ignored
        handler = getattr(self, "_on_" + words[0].replace("-", "_"), None)
        if words[0] not in FED_VERBS or handler is None:
            self.violations.append(line)
        elif words[0] != "FEDERATE-CONFIRM" and not link.agreed:
            self.violations.append("before FEDERATE-CONFIRM: " + line)
        else:
            try:
                handler(link, line)
            except ValueError as error:
                self.violations.append("%s: %s" % (line, error))

    def _offer(self, link):
        link.put("FEDCHANNELS " + ", ".join(sorted(self.channels)))

    def _on_FEDERATE_CONFIRM(self, link, line):
        link.agreed = True
        self._offer(link)

    def _on_FEDCHANNELS(self, link, line):
        text = line[len("FEDCHANNELS "):]
        link.channels = set(text.split(", ")) if text else set()
        for name in link.channels:
            if ":" in name or " " in name:
                raise ValueError("a channel of another server's")

    def _on_FEDNEW(self, link, line):
        _, name = line.split(" ")
        link.channels.add(name)

    def _user(self, link, word):
        """A user of the server on 'link': his host has to be its."""
        name, at, host = word.rpartition("@")
        source = link.writer.get_extra_info("peername")[0]
        good = {source}
        if link.host is not None:
            good |= {link.host, link.host.rpartition(":")[0]}
        bare = host.rpartition(":")[0] if host.count(":") == 1 else host
        if not at or not name:
            raise ValueError("a user without a host")
        if host not in good and bare not in good:
            raise ValueError("a user of another host than %r" % good)
        return word

    def _channel(self, word):
        name, _, host = word.partition(":")
        if host and host not in (self.host, self.address):
            raise ValueError("a channel of another host")
        return name

    def _on_FEDJOIN(self, link, line):
        _, word, channel = line.split(" ")
        user = self._user(link, word)
        name = self._channel(channel)
        good = name in self.channels and user not in self.channels[name]
        if good:
            self.channels[name][user] = link
        if not self.silent:
            link.put("FEDRESULT %s JOIN %s:%s %d" % (
                user.rpartition("@")[0], name, self.host, good))

    def _on_FEDSAY(self, link, line):
        _, word, channel, text = line.split(" ", 3)
        user = self._user(link, word)
        name = self._channel(channel)
        if user in self.channels.get(name, ()):
            self.spread(name, user, text)
        else:
            link.put("FEDRESULT %s SAY %s 0" % (user.rpartition("@")[0],
                                                channel))

    def _on_FEDRECV(self, link, line):
        _, to, author, channel, text = line.split(" ", 4)
        self.heard[to.rpartition("@")[0] or to].append(
            (author, channel, text))

    def _on_FEDRESULT(self, link, line):
        _, user, what, channel, result = line.split(" ")
        if result not in ("0", "1") or what not in ("JOIN", "SAY"):
            raise ValueError("what result is that?")
        self.results.append((user.rpartition("@")[0] or user, what,
                             channel, result == "1"))

    # ---- what it does ----

    def spread(self, name, author, text):
        """A message to all members of a channel of its own."""
        for member, link in sorted(self.channels[name].items()):
            if link is None:
                self.heard[member].append((author, name, text))
            else:
                link.put("FEDRECV %s %s %s %s" % (member, author, name,
                                                  text))

    def say_here(self, name, user, text):
        """A local user says something in a channel of this server."""
        call(self.spread, name, user + "@" + self.host, text)

    def members(self, name):
        return set(self.channels[name])

    def enter(self, name, user):
        """A local user becomes a member of a channel of this server."""
        self.channels[name][user] = None

    def create(self, name):
        self.channels[name] = {}
        for link in self.agreed():
            link.tell("FEDNEW " + name)

    def tell(self, line):
        self.agreed()[0].tell(line)

    def join(self, user, channel, timeout=5):
        """A local user joins a channel of the other server; what it says."""
        before = len(self.results)
        self.tell("FEDJOIN %s@%s %s" % (user, self.host, channel))
        wait_until(lambda: len(self.results) > before, timeout,
                   lambda: "FEDRESULT; violations %r" % self.violations)
        got = self.results[before]
        assert got[:2] == (user, "JOIN"), got
        return got[3]

    def say(self, user, channel, text):
        self.tell("FEDSAY %s@%s %s %s" % (user, self.host, channel, text))

    def wait_heard(self, user, author, text, timeout=5):
        wait_until(lambda: any(a == author and t == text
                               for a, _, t in self.heard[user]), timeout,
                   lambda: "%s hears %r of %s; has %r, violations %r" % (
                       user, text, author, self.heard[user],
                       self.violations))
