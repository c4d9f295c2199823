"""Networks of several servers without faults: lists, ways, broadcasts and
receipts in every shape."""
import itertools

import pytest

from loop import wait_until
from peers import Leaf
from wire import fresh

SHAPES = {
    "line of 3": lambda net: net.line(3, relay=True),
    "ring of 5": lambda net: net.ring(5, relay=True),
    "mesh of 4": lambda net: net.mesh(4, relay=True),
    "diamond": lambda net: net.diamond(relay=True),
}


def crossings(net, number):
    """How often message 'number' crossed a link."""
    return sum(relay.count("SEND", number) for relay in net.relays)


@pytest.mark.parametrize("shape", SHAPES)
def test_everything_in(net, shape):
    servers = SHAPES[shape](net)
    users = [net.client(server) for server in servers]
    users.append(net.client(servers[0]))
    net.check_quiescent()
    everybody_talks_to_each(net, users)
    everybody_talks_to_all(net, servers, users)
    routes_are_the_shortest(net, servers, users)
    leaving_is_seen(net, users)
    net.check_quiescent()


def everybody_talks_to_each(net, users):
    sent = []
    for a, b in itertools.permutations(users, 2):
        sent.append((a, b, a.send(b, "to %d" % b.number)))
    for a, b, n in sent:
        assert b.receive(a, n) == "to %d" % b.number
        b.ack(n)
    for a, b, n in sent:
        a.receipt(n, b)
    for a, b, n in sent:
        near = net.distances(a.server)
        assert crossings(net, n) == near[b.server]
        assert sum(r.count("ACKN", n) for r in net.relays) == near[b.server]


def everybody_talks_to_all(net, servers, users):
    bound = 2 * len(net.links) - (len(servers) - 1)
    for a in users:
        n = a.send("*", "hear me")
        others = [u for u in users if u is not a]
        for b in others:
            b.receive(a, n)
            b.ack(n)
        for b in others:
            a.receipt(n, b)
        assert crossings(net, n) <= bound
    net.check_books()


def routes_are_the_shortest(net, servers, users):
    for server, user in itertools.product(servers, users):
        hops = net.distances(server)[user.server]
        rows = server.admin("show route %d" % user.number)
        if hops == 0:
            continue
        chosen = [row for row in rows if row.get("chosen")]
        assert len(chosen) == 1, rows
        # What the neighbour announces is one less than our own distance.
        assert chosen[0]["hops"] == hops - 1, rows
        row = server.users()[user.number]
        assert row["hops"] == hops and not row["local"]
        assert row["via"] == chosen[0]["peer"]


def leaving_is_seen(net, users):
    users[0].close()
    users[1].rst()
    net.wait_right()


def test_two_networks_meet(net):
    """Halves with users of their own, then a link between them."""
    left, right = net.line(2), net.line(2)
    users = [net.client(s) for s in left + right]
    net.check_quiescent()
    assert set(users[0].users) == {users[1].number}
    net.link(left[1], right[0], relay=True)
    net.check_quiescent()
    n = users[0].send(users[3], "far away")
    assert users[3].receive(users[0], n) == "far away"


def test_a_server_joins_a_busy_network(net):
    servers = net.line(2)
    users = [net.client(servers[i % 2]) for i in range(40)]
    net.check_quiescent()
    newcomer = net.server()
    late = net.client(newcomer)
    net.link(newcomer, servers[0])
    net.link(servers[1], newcomer)
    net.check_quiescent()
    n = late.send("*", "hello")
    for user in users:
        user.receive(late, n)
    net.check_books()


def test_a_user_who_comes_while_links_come_up(net):
    servers = net.make(3)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        net.link(servers[i], servers[j], wait=False)
        net.client(servers[i])
    net.wait_links()
    net.check_quiescent()


def test_more_users_than_a_slice(net):
    """The table exchange goes in slices; 600 users are more than one."""
    a, b = net.make(2)
    leaf = net.keep(Leaf.dial(a, routing=True))
    numbers = [fresh() for _ in range(600)]
    for number in numbers:
        leaf.announce(number, "u%d" % number)
    wait_until(lambda: len(a.users()) == 600)
    net.links.clear()
    b.connect(a.port)
    user = net.client(b)
    wait_until(lambda: set(user.users) == set(numbers), 10)
    leaf.rst()
    user.sees(timeout=10)


def test_receipts_of_two_messages_with_one_number(net):
    """Numbers are unique at one server only; ACKN means the newest that is
    not acknowledged, then the one before."""
    one, two, three = net.line(3)
    a, b, c = net.client(one), net.client(two), net.client(three)
    net.wait_right()
    n = fresh()
    a.send(b, "first", number=n)
    b.receive(a, n)
    c.send(b, "second", number=n)
    b.receive(c, n)
    b.ack(n)
    c.receipt(n, b)
    assert not a.acks
    b.ack(n)
    a.receipt(n, b)
    b.ack(n)
    b.ping()
    assert not b.fails
    assert len(a.acks) == len(c.acks) == 1


def test_a_number_used_by_a_remote_user_is_used(net):
    """`in use by anyone known here`, at the server of the receiver."""
    one, two = net.line(2)
    a, b = net.client(one), net.client(two)
    net.wait_right()
    n = a.send(b, "mine")
    b.receive(a, n)
    b.post(a, "also mine", number=n)
    assert b.answer(n) == "NUMBER"


def test_names_and_numbers_of_the_whole_network(net):
    one, _, three = net.line(3)
    a = net.client(one, name="anna")
    b = net.client(three, login=False)
    wait_until(lambda: three.users())
    assert b.login(number=a.number, name="bert") == "NUMBER"
    assert b.login(number=fresh(), name="anna") == "NAME"
    assert b.login(name="bert") is None
    net.check_quiescent()
    a.close()
    b.sees()
    c = net.client(three, name="anna", number=a.number)
    b.sees(c)


def test_equal_ways(net):
    """In a diamond both ways are candidates; one is chosen."""
    servers = net.diamond()
    user = net.client(servers[3])
    net.wait_right()
    rows = servers[0].admin("show route %d" % user.number)
    assert sorted(r["hops"] for r in rows if r["hops"] is not None) == [1, 1]
    assert sum(1 for r in rows if r["chosen"]) == 1


def test_a_user_moves(net):
    """He leaves one server and logs in at another with number and name."""
    servers = net.ring(3)
    watchers = [net.client(server) for server in servers]
    mover = net.client(servers[0], name="mover")
    net.check_quiescent()
    for i in (1, 2, 0, 2):
        mover.rst()
        again = net.client(servers[i], login=False)

        def back():
            return again.login(number=mover.number, name="mover") is None

        wait_until(back, 5, "login at the next server")
        mover = again
        net.check_quiescent()
        for watcher in watchers:
            n = watcher.send(mover, "found you")
            mover.receive(watcher, n)
    kinds = [m.kind for m in watchers[0].presence
             if m.number == mover.number]
    assert kinds == ["ARRV"] + ["LEFT", "ARRV"] * 4
