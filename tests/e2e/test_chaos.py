"""Random faults from a seed, on a random network, while users talk, come and
go. After each fault the network settles, and all invariants are checked."""
import os
import random

import pytest

from loop import SOAK, wait_until
from network import Stream
from wire import fresh

FAULTS = int(os.environ.get("DNCHAT_FAULTS", 300 if SOAK else 12))
SEEDS = [int(os.environ["DNCHAT_SEED"])] if "DNCHAT_SEED" in os.environ \
    else [1, 2, 3, 4] if SOAK else [1]


class Chaos:
    """A network and the dice."""

    def __init__(self, net, seed, size, rips=0):
        self.net = net
        self.dice = random.Random(seed)
        self.servers = net.make(size)
        pairs = {(self.dice.randrange(i), i) for i in range(1, size)}
        while len(pairs) < size * 1.5:
            pairs.add(tuple(sorted(self.dice.sample(range(size), 2))))
        net.connect_all(self.servers, sorted(pairs), relay=True)
        for server in self.servers:
            net.client(server, auto_ack=True)
        for _ in range(rips):
            rip = net.rip()
            rip.join(fresh(), "foreign")
            for server in self.dice.sample(self.servers, 2):
                net.link(server, rip, relay=True)
        self.away = []  # servers that were killed
        self.done = []  # what has been done, for the message of a failure

    def some_link(self, up, ours=False):
        """One whose ends live (and are both ours: a foreign server may be
        silent for a minute)."""
        links = [k for k in self.net.links if k.up is up and
                 not {k.a, k.b} & self.net.dead and
                 (k.b in self.servers or not ours)]
        return self.dice.choice(links) if links else None

    def some_server(self):
        return self.dice.choice([s for s in self.servers
                                 if s not in self.net.dead])

    # ---- faults ----

    def cut(self):
        link = self.some_link(True)
        if link is not None:
            link.cut(rst=self.dice.random() < 0.5)

    def heal(self):
        link = self.some_link(False)
        if link is not None:
            link.heal()

    def drop(self):
        link = self.some_link(True)
        if link is not None:
            link.relay.drop()
            link.redial()

    def black_hole(self):
        link = self.some_link(True, ours=True)
        if link is not None:
            link.lose(*self.dice.choice([("forth",), ("back",), ()]))

    def kill_server(self):
        if len(self.away) < 2:
            server = self.some_server()
            self.away.append(server)
            self.net.kill_server(server)

    def revive(self):
        if self.away:
            server = self.away.pop()
            self.net.revive(server)
            self.net.client(server, auto_ack=True)

    def kill_control(self):
        server = self.some_server()
        server.control.kill9()
        server.start_control()

    def restart_control(self):
        server = self.some_server()
        server.admin("restart")
        server.control.wait_end()
        server.start_control()

    def freeze_control(self):
        control = self.some_server().control
        control.stop()
        self.talk(20)
        control.cont()

    def blip(self):
        link = self.some_link(True)
        if link is not None:
            link.relay.stall()
            self.talk(20)
            link.relay.resume()

    def kill_data(self):
        server = self.some_server()
        server.data.kill9()
        server.start_data()
        self.net.client(server, auto_ack=True)

    def join(self):
        self.net.client(self.some_server(), auto_ack=True)

    def leave(self):
        clients = self.net.alive_clients()
        if len(clients) > len(self.servers):
            client = self.dice.choice(clients)
            client.rst() if self.dice.random() < 0.5 else client.close()

    # ---- what goes on meanwhile ----

    def talk(self, count):
        """A stream from somebody to everybody, until 'count' are sent."""
        client = self.dice.choice(self.net.alive_clients())
        stream = Stream(client, ["*"], 200)
        wait_until(lambda: len(stream.sent) >= count or client.closed)
        stream.running = False

    def step(self):
        fault = self.dice.choice([
            self.cut, self.cut, self.heal, self.heal, self.drop,
            self.black_hole, self.kill_server, self.revive, self.revive,
            self.kill_data, self.kill_control, self.restart_control,
            self.freeze_control, self.blip, self.join, self.leave])
        self.done.append(fault.__name__)
        fault()
        if self.dice.random() < 0.5:
            self.talk(10)


@pytest.mark.parametrize("rips", [0, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_chaos(net, seed, rips):
    """With servers of ours only, and with two of the classic kind."""
    chaos = Chaos(net, seed, 5 if rips == 0 else 4, rips)
    net.check_quiescent(15)
    for _ in range(FAULTS):
        chaos.step()
        # Sometimes the next fault comes before the last one is over.
        if chaos.dice.random() < 0.6:
            settle(net, chaos)
    settle(net, chaos)
    everybody_hears_everybody(net)


def settle(net, chaos):
    # After many faults the next dial may be a minute away.
    for link in net.links:
        if link.up and not {link.a, link.b} & net.dead:
            link.redial()
    try:
        net.wait_links(30)
        net.check_quiescent(30)
    except AssertionError as error:
        raise AssertionError("after %s: %s" % (chaos.done, error)) from None


def everybody_hears_everybody(net):
    clients = net.alive_clients()
    for a in clients:
        n = a.send("*", "still here?")
        for b in clients:
            if b is not a and b.number in a.users:
                b.receive(a, n)
    net.check_books()
