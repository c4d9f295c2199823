"""Random faults from a seed, on a random network, while users talk, come and
go. After each fault the network settles, and all invariants are checked."""
import os
import random

import pytest

from loop import SOAK, wait_until
from network import Stream

FAULTS = int(os.environ.get("DNCHAT_FAULTS", 300 if SOAK else 12))
SEEDS = [int(os.environ["DNCHAT_SEED"])] if "DNCHAT_SEED" in os.environ \
    else [1, 2, 3, 4] if SOAK else [1]


class Chaos:
    """A network and the dice."""

    def __init__(self, net, seed, size):
        self.net = net
        self.dice = random.Random(seed)
        self.servers = net.make(size)
        pairs = {(self.dice.randrange(i), i) for i in range(1, size)}
        while len(pairs) < size * 1.5:
            pairs.add(tuple(sorted(self.dice.sample(range(size), 2))))
        net.connect_all(self.servers, sorted(pairs), relay=True)
        for server in self.servers:
            net.client(server, auto_ack=True)
        self.away = []  # servers that were killed
        self.done = []  # what has been done, for the message of a failure

    def some_link(self, up):
        links = [k for k in self.net.links if k.up is up and
                 not {k.a, k.b} & self.net.dead]
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
        link = self.some_link(True)
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
            self.kill_control, self.restart_control, self.freeze_control,
            self.blip, self.join, self.leave])
        self.done.append(fault.__name__)
        fault()
        if self.dice.random() < 0.5:
            self.talk(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_chaos(net, seed):
    chaos = Chaos(net, seed, 5)
    net.check_quiescent()
    print("seed", seed)
    for _ in range(FAULTS):
        chaos.step()
        # Sometimes the next fault comes before the last one is over.
        if chaos.dice.random() < 0.6:
            print(chaos.done)
            net.wait_links(30)
            net.check_quiescent(30)
    net.wait_links(30)
    net.check_quiescent(30)
    everybody_hears_everybody(net)


def everybody_hears_everybody(net):
    clients = net.alive_clients()
    for a in clients:
        n = a.send("*", "still here?")
        for b in clients:
            if b is not a and b.number in a.users:
                b.receive(a, n)
    net.check_books()
