"""Federation of several servers at once, ours and others', some of them
linked by dnchat, too: nothing is doubled, and what is lost comes back."""
import pytest

from channels import ChannelsClient, ForeignServer
from loop import wait_until
from rooms import enter, hears, number_of, open_door, words


class World:
    """Servers of ours with rooms of their own, and one of other origin."""

    def __init__(self, net, foreign_channels=("x",)):
        self.net = net
        # Of an address of its own: who dials us is told by that.
        self.foreign = ForeignServer(address="127.0.0.9",
                                     channels=list(foreign_channels))
        self.clients = []

    def server(self, room):
        server = open_door(self.net, auth="open")
        server.admin("room create " + room)
        return server

    def user(self, server, name):
        client = ChannelsClient("127.0.0.1", server.channels, name)
        self.clients.append(client)
        return client

    def federate(self, server, host):
        server.admin("federate " + host)
        wait_until(lambda: server.up(host), 10, "the federation")

    def x(self):
        return "x:" + self.foreign.host

    def end(self):
        for client in self.clients:
            client.close()
        self.foreign.close()
        assert not self.foreign.violations, self.foreign.violations


@pytest.fixture
def world(net):
    made = World(net)
    yield made
    made.end()


def host_of(server):
    return "127.0.0.1:%d" % server.channels


def sees(client, *channels):
    def right():
        client.taken = len(client.lines)
        return client.channels() == sorted(channels)
    wait_until(right, 10, lambda: "%r in %r" % (channels, client.lines[-1]))


def join_when_there(client, channel):
    def joined():
        client.taken = len(client.lines)
        client.tell("JOIN " + channel)
        return client.next(7).endswith(" 1")
    wait_until(joined, 15, lambda: client.lines[-3:])


def count(client, line):
    return client.lines.count(line)


def triangle(world):
    """a and b of ours and the foreign one, each federated with each."""
    a, b = world.server("north"), world.server("south")
    world.federate(a, world.foreign.host)
    world.federate(b, world.foreign.host)
    world.foreign.wait_agreed(2)
    world.federate(a, host_of(b))
    return a, b


def test_three_servers(world):
    a, b = triangle(world)
    ann, bob = world.user(a, "ann"), world.user(b, "bob")
    south = "south:" + host_of(b)
    sees(ann, "north", south, world.x())
    sees(bob, "south", "north:127.0.0.1", world.x())
    # One user of each in each room.
    for client, rooms in ((ann, ("north", south, world.x())),
                          (bob, ("south", "north:127.0.0.1", world.x()))):
        for room in rooms:
            client.join(room)
    for link, room in zip(world.foreign.agreed(), ("north", "south")):
        link.tell("FEDJOIN dora@%s %s" % (world.foreign.host, room))
    wait_until(lambda: len(world.foreign.results) == 2, 5, "two results")
    assert all(r[3] for r in world.foreign.results)
    dora = "dora@" + world.foreign.host
    ann.say("north", "one")
    ann.say(south, "two")
    ann.say(world.x(), "three")
    # Each comes from where the room lives, in no order.
    wait_until(lambda: ann.has("RECV ann %s two" % south,
                               "RECV ann %s three" % world.x()), 5,
               lambda: ann.lines)
    bob.until("RECV ann@127.0.0.1 north:127.0.0.1 one")
    wait_until(lambda: any(line.endswith(" south two")
                           for line in bob.lines), 5, lambda: bob.lines)
    wait_until(lambda: any(line.endswith(" %s three" % world.x())
                           for line in bob.lines), 5, lambda: bob.lines)
    world.foreign.agreed()[0].tell("FEDSAY %s north four" % dora)
    ann.until("RECV %s north four" % dora)
    bob.until("RECV %s north:127.0.0.1 four" % dora)
    sees(ann, "north", south, world.x())
    sees(bob, "south", "north:127.0.0.1", world.x())
    for client in (ann, bob):
        heard = [line for line in client.lines if line.startswith("RECV")]
        assert len(heard) == len(set(heard)) == 4, heard
    mine = [t for _, _, t in world.foreign.heard["dora"]]
    assert sorted(mine) == ["four", "one", "two"]


@pytest.mark.parametrize("who", ["control", "data", "both"])
def test_one_of_three_dies_and_returns(world, who):
    a, b = triangle(world)
    ann, bob = world.user(a, "ann"), world.user(b, "bob")
    south = "south:" + host_of(b)
    join_when_there(ann, south)
    join_when_there(ann, world.x())
    bob.join("south")
    if who == "control":
        b.control.kill9()
        bob.say("south", "meanwhile")
        ann.until("RECV bob@%s %s meanwhile" % (host_of(b), south))
        b.start_control()
    else:
        if who == "both":
            b.kill9()
        else:
            b.data.kill9()
        sees(ann, "north", world.x())
        ann.say(world.x(), "still here")
        ann.until("RECV ann %s still here" % world.x())
        if who == "both":
            b.start()
        else:
            b.start_data()
        bob = world.user(b, "bob")
        bob.join("south")
        if who == "both":
            world.federate(b, world.foreign.host)
        sees(ann, "north", south, world.x())

    def hear():
        bob.say("south", "after")
        return any(line == "RECV bob@%s %s after" % (host_of(b), south)
                   for line in ann.lines)

    wait_until(hear, 10, lambda: ann.lines[-5:])
    ann.say(south, "me too")
    ann.until("RECV ann %s me too" % south)


def test_linked_servers_with_one_friend(world):
    """a and b are one dnchat network, and both know the foreign server: what
    is there is shown once, and nobody hears anything twice."""
    a, b = world.server("north"), world.server("south")
    world.net.link(a, b)
    world.federate(a, world.foreign.host)
    world.federate(b, world.foreign.host)
    world.foreign.wait_agreed(2)
    ann, bob = world.user(a, "ann"), world.user(b, "bob")
    zoe = world.net.client(b, name="zoe")
    for client in (ann, bob):
        sees(client, "north", "south", world.x())
    names = [who for who, _ in zoe.users.values()]
    assert sorted(names) == sorted(set(names))
    ann.join(world.x())
    bob.join(world.x())
    room = number_of(zoe, "#" + world.x())
    zoe.send(room, "/join")
    wait_until(lambda: len(world.foreign.members("x")) == 3, 5,
               lambda: world.foreign.members("x"))
    world.foreign.say_here("x", "dora", "hello")
    author = "dora@" + world.foreign.host
    for client in (ann, bob):
        client.until("RECV %s %s hello" % (author, world.x()))
    hears(zoe, room, "%s: hello" % author.replace(":", "%3A"))
    # And a foreign member of a's room, which people of b are in.
    world.foreign.agreed()[0].tell("FEDJOIN dora@%s north" %
                                   world.foreign.host)
    wait_until(lambda: world.foreign.results, 5, "a result")
    assert world.foreign.results[0][3]
    bob.join("north")
    north = enter(zoe, "north")
    ann.join("north")
    world.foreign.agreed()[0].tell("FEDSAY dora@%s north hi" %
                                   world.foreign.host)
    for client in (ann, bob):
        client.until("RECV %s north hi" % author)
    hears(zoe, north, "%s: hi" % author.replace(":", "%3A"))
    ann.say("north", "last")
    for client in (ann, bob):
        client.until("RECV ann north last")
        heard = [line for line in client.lines if line.startswith("RECV")]
        assert len(heard) == len(set(heard)), heard
    hears(zoe, north, "ann: last")
    said = words(zoe, north) + words(zoe, room)
    assert sum(w.endswith(": hi") for w in said) == 1
    assert sum(w.endswith(": hello") for w in said) == 1
