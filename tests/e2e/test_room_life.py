"""Rooms on networks of several servers, of other origin among them: receipts,
loss and return of a room's home, and what many members or one flood do."""
import time

import pytest

from channels import ChannelsClient
from dnchat import AdminError
from loop import SLOWNESS, wait_until
from peers import Leaf
from rooms import (answer, enter, hears, lines, members, number_of, open_door,
                   words)
from wire import fresh


@pytest.fixture
def home(net):
    """A server with accounts, a channels door and the room #lobby."""
    server = open_door(net, auth="accounts")
    server.admin("room create lobby")
    return server


def channels(server, name):
    """A channels user with an account of his own, or one that he has."""
    return ChannelsClient("127.0.0.1", server.channels, name)


def quiet(*clients):
    """All that was under way has arrived."""
    for client in clients:
        client.ping()


# ---- commands ----

def test_commands(net, home):
    ann = net.client(home, name="ann", password="a")
    room = number_of(ann)
    for text in ("hello", "hello?", "anybody?"):
        ann.send(room, text)
    answer(ann, room, "#lobby: error not-member")
    for text, start in (
            ("/who", "#lobby: error not-member: say /join"),
            ("/leave", "#lobby: error not-member: you are no member"),
            ("/dance", "#lobby: error unknown"),
            ("/history x", "#lobby: error usage: /history"),
            ("/help", "#lobby: help /join"), ("/join", "#lobby: joined; 1 of"),
            ("/join", "#lobby: error exists"), ("/who", "#lobby: members "
                                               "here: ann"),
            ("/history", "#lobby: history 0 lines"),
            ("/leave", "#lobby: left"), ("/leave", "#lobby: error not-member: "
                                         "you are no member")):
        ann.send(room, text)
        answer(ann, room, start)
    quiet(ann)
    hints = [w for w in words(ann, room) if "nobody has heard that" in w]
    assert len(hints) == 1
    assert members(home) == (set(), set())
    assert not ann.acks


def test_history_pages(net, home):
    ann = net.client(home, name="ann", password="a")
    bob = net.client(home, name="bob", password="b")
    room = enter(ann)
    for i in range(12):
        ann.send(room, "line %d" % i)
    enter(bob)
    got = lines(bob, room)
    assert [text for _, text in got] == ["ann: line %d" % i
                                         for i in range(12)]
    ids = [i for i, _ in got]
    assert ids == sorted(ids) and len(set(ids)) == 12
    bob.texts.clear()
    bob.send(room, "/history 3")
    hears(bob, room, "#lobby: history 3 lines")
    assert lines(bob, room) == got[-3:]
    bob.texts.clear()
    bob.send(room, "/history 100 after %d" % ids[7])
    hears(bob, room, "#lobby: history 4 lines")
    assert lines(bob, room) == got[8:]
    bob.texts.clear()
    bob.send(room, "/history 2 after 0")
    hears(bob, room, "#lobby: history 2 lines")
    assert lines(bob, room) == got[:2]


# ---- several servers ----

@pytest.mark.parametrize("shape", ["line", "ring"])
def test_each_member_hears_once_and_acknowledges_once(net, shape):
    servers = getattr(net, shape)(3)
    servers[0].admin("room create lobby")
    people = [net.client(server, name="p%d%s" % (i, k), auto_ack=True)
              for i, server in enumerate(servers) for k in "ab"]
    room = number_of(people[0])
    for person in people:
        person.sees(room, *(p for p in people if p is not person))
    for person in people:
        assert enter(person) == room
    said = {person: person.send(room, "hello from " + person.name)
            for person in people}
    for person in people:
        for other in people:
            if other is not person:
                hears(other, room, "%s: hello from %s" % (person.name,
                                                          person.name))
                person.receipt(said[person], other)
    quiet(*people)
    for person in people:
        assert sorted(u for n, u, _ in person.acks if n == said[person]) == \
            sorted(p.number for p in people if p is not person)
        heard = [w for w in words(person, room) if ": hello from" in w]
        assert len(heard) == len(set(heard)) == len(people) - 1


@pytest.mark.parametrize("ours_dial", [True, False])
def test_users_of_a_foreign_server(net, home, ours_dial):
    rip = net.rip()
    if ours_dial:
        home.connect(rip.port)
    else:
        rip.connect(home.port)
    zed, yak = rip.join(fresh(), "zed"), rip.join(fresh(), "yak")
    ann = net.client(home, name="ann", password="a", auto_ack=True)
    room = enter(ann)
    wait_until(lambda: {zed.number, yak.number} <= set(ann.users), 5,
               lambda: ann.users)
    wait_until(lambda: room in rip.routes, 5, lambda: rip.routes)
    assert rip.routes[room][2:] == ("#lobby", "room " + home.name)

    def heard(user, text):
        def find():
            return [n for s, n, t in user.texts if s == room and t == text]
        return wait_until(find, 5, lambda: "%r in %r" % (text, user.texts))[0]

    for user in (zed, yak):
        rip.post(user.number, fresh(), room, "/join")
        wait_until(lambda u=user: any("#lobby: joined" in t
                                      for _, _, t in u.texts), 5, "joined")
    n = fresh()
    rip.post(zed.number, n, room, "hi all")
    hears(ann, room, "zed: hi all")
    rip.ack(yak, heard(yak, "zed: hi all"))
    wait_until(lambda: sorted(zed.acks) == sorted(
        [(n, ann.number), (n, yak.number)]), 5, lambda: zed.acks)
    said = ann.send(room, "welcome")
    for user in (zed, yak):
        rip.ack(user, heard(user, "ann: welcome"))
        ann.receipt(said, user.number)
    rip.post(zed.number, fresh(), room, "/who")
    heard(zed, "#lobby: members here: ann, zed, yak")
    assert not any("hi all" in t for _, _, t in zed.texts)
    rip.part(zed.number)
    wait_until(lambda: members(home)[0] == {"ann", "yak"}, 5,
               lambda: members(home))


# ---- loss and return ----

def dial(far, home):
    """Dials, unless that has been done or the link is up meanwhile."""
    try:
        far.connect(home.port)
    except AdminError:
        pass


@pytest.mark.parametrize("who", ["control", "data", "both"])
def test_home_dies_and_returns(net, home, who):
    far = net.server(auth="open")
    net.link(far, home)
    ann = net.client(home, name="ann", password="a")
    zoe = net.client(far, name="zoe")
    wait_until(lambda: any(a[0] == "#lobby" for a in zoe.users.values()), 5,
               "the room")
    room = enter(ann)
    assert enter(zoe) == room
    ann.send(room, "before")
    hears(zoe, room, "ann: before")
    ann.send(room, "/history")
    hears(ann, room, "#lobby: history 1 line")
    if who == "control":
        home.control.kill9()
        # Nobody notices.
        zoe.send(room, "meanwhile")
        hears(ann, room, "zoe: meanwhile")
        home.start_control()
        zoe.send(room, "after")
        hears(ann, room, "zoe: after")
        assert not [m for m in zoe.presence if m.kind == "LEFT"]
    else:
        if who == "both":
            home.kill9()
        else:
            home.data.kill9()
        wait_until(lambda: room not in zoe.users, 10, "LEFT of the room")
        assert zoe.answer(zoe.post(room, "gone?")) == "NUMBER"
        if who == "both":
            home.start()
        else:
            home.start_data()
        wait_until(lambda: far.up() or dial(far, home), 10, "link")
        ann = net.client(home, name="ann", password="a")
        assert number_of(zoe, timeout=10) == room
        # An account's membership outlives it all, others' do not.
        assert members(home)[0] == {"ann"}
        zoe.send(room, "am I?")
        answer(zoe, room, "#lobby: error not-member")
        zoe.send(room, "/join")
        wait_until(lambda: members(home)[0] == {"ann", "zoe"}, 5, "zoe")
        zoe.send(room, "after")
        hears(ann, room, "zoe: after")
    ann.texts.clear()
    ann.send(room, "/history")
    answer(ann, room, "#lobby: history")
    assert [t for _, t in lines(ann, room)] == ["ann: before"] + [
        "zoe: meanwhile"] * (who == "control") + ["zoe: after"]


def test_a_link_fails_and_comes_back(net, home):
    far = net.server(auth="open")
    link = net.link(far, home, relay=True)
    ann = net.client(home, name="ann", password="a")
    zoe = net.client(far, name="zoe")
    room = number_of(zoe)
    assert enter(ann) == room and enter(zoe) == room
    link.cut()
    wait_until(lambda: room not in zoe.users, 10, "LEFT of the room")
    wait_until(lambda: members(home) == ({"ann"}, set()), 10, "LEFT of zoe")
    ann.send(room, "alone")
    link.heal()
    net.wait_links()
    assert number_of(zoe, timeout=10) == room
    zoe.texts.clear()
    enter(zoe)
    assert (zoe.name in members(home)[0] and
            [t for _, t in lines(zoe, room)] == ["ann: alone"])


def test_the_way_changes_and_nobody_notices(net):
    """A ring: the room stays joined whichever way leads to it."""
    a, b, c = net.ring(3, relay=True)
    a.admin("room create lobby")
    ann, zoe = net.client(a, name="ann"), net.client(b, name="zoe")
    room = enter(ann)
    assert enter(zoe) == room
    ann.sees(room, zoe)
    net.between(a, b).cut()
    n = zoe.send(room, "still there")
    ann.ack(hears(ann, room, "zoe: still there"))
    zoe.receipt(n, ann)
    ann.send(room, "and you")
    hears(zoe, room, "ann: and you")
    assert not [m for m in zoe.presence if m.kind == "LEFT"]


def test_two_rooms_of_one_name_after_a_partition(net, home):
    far = open_door(net, auth="accounts")
    far.admin("room create lobby")
    ann, bob = channels(home, "ann"), channels(far, "bob")
    ann.join("lobby")
    bob.join("lobby")
    ann.say("lobby", "here")
    ann.expect("RECV ann lobby here")
    bob.say("lobby", "there")
    bob.expect("RECV bob lobby there")
    net.link(far, home)
    wait_until(lambda: ann.channels() == ["lobby", "lobby:" + far.name], 5,
               lambda: ann.lines[-1])
    wait_until(lambda: bob.channels() == ["lobby", "lobby:" + home.name], 5,
               lambda: bob.lines[-1])
    ann.say("lobby", "mine")
    ann.expect("RECV ann lobby mine")
    theirs = "lobby:" + far.name
    ann.join(theirs)
    ann.expect("RECV bob %s there" % theirs)
    ann.say(theirs, "yours")
    ann.expect("RECV ann %s yours" % theirs)
    bob.expect("RECV ann lobby yours")
    bob.say("lobby", "ours")
    ann.expect("RECV bob %s ours" % theirs)
    # What one creates is taken in the whole network.
    ann.tell("CREATE lobby")
    ann.expect("RESULT CREATE lobby 0")
    far.admin("room create fresh")
    wait_until(lambda: "fresh" in ann.channels(), 5, "fresh")
    ann.tell("CREATE fresh")
    ann.expect("RESULT CREATE fresh 0")
    ann.close()
    bob.close()


def test_channels_users_in_a_room_of_another_server(net, home):
    far = open_door(net, auth="accounts")
    net.link(far, home)
    ann, bob = channels(home, "ann"), channels(far, "bob")
    wait_until(lambda: bob.channels() == ["lobby"], 5, "the room")
    ann.join("lobby")
    ann.say("lobby", "first")
    ann.expect("RECV ann lobby first")
    bob.join("lobby")
    bob.expect("RECV ann lobby first")
    bob.join("lobby", 0)
    bob.say("lobby", "  second: x")
    bob.expect("RECV bob lobby   second: x")
    ann.expect("RECV bob lobby   second: x")
    ann.say("lobby", "third")
    bob.expect("RECV ann lobby third")
    home.control.kill9()
    home.start_control()
    far.control.kill9()
    far.start_control()
    bob.say("lobby", "fourth")
    bob.expect("RECV bob lobby fourth")
    ann.expect("RECV ann lobby third", "RECV bob lobby fourth")
    bob.close()
    wait_until(lambda: members(home)[0] == {"ann"}, 5, lambda: members(home))
    ann.close()


def test_deleted_rooms(net, home):
    ann = net.client(home, name="ann", password="a")
    room = enter(ann)
    ann.send(room, "old")
    home.admin("room delete lobby")
    wait_until(lambda: room not in ann.users, 5, "LEFT")
    assert ann.answer(ann.post(room, "x")) == "NUMBER"
    with pytest.raises(AdminError) as caught:
        home.admin("room members lobby")
    assert caught.value.code == "unknown"
    home.admin("room create lobby")
    again = enter(ann)
    assert again != room and lines(ann, again) == []
    home.control.kill9()
    home.start_control()
    assert [r["name"] for r in home.admin("room list")] == ["lobby"]
    assert members(home) == ({"ann"}, set())


# ---- many, and much ----

def test_a_thousand_members_of_another_server(net, home, measured):
    ann = net.client(home, name="ann", password="a")
    peer = net.keep(Leaf.dial(home, routing=True))
    room = enter(ann)
    crowd = [fresh() for _ in range(1000)]
    for number in crowd:
        peer.announce(number, "user %d" % number)
        peer.tell("SEND %d" % fresh(), room, number, "/join plain")
    wait_until(lambda: len(members(home)[0]) == 1001, 30,
               lambda: len(members(home)[0]))
    begun = time.monotonic()
    said = ann.send(room, "hello, all")
    wait_until(lambda: len(peer.got("SEND")) == 1000, 10,
               lambda: len(peer.got("SEND")))
    measured["a room tells 1000 members of a peer"] = "%.0f ms" % (
        (time.monotonic() - begun) * 1e3)
    heard = peer.got("SEND")
    assert {int(m.rest[0]) for m in heard} == set(crowd)
    assert all(m.rest[1:] == (str(room), "ann: hello, all") for m in heard)
    for m in heard:
        peer.tell("ACKN %d" % m.number, m.rest[0], room)
        peer.tell("ACKN %d" % m.number, m.rest[0], room)
    wait_until(lambda: len(ann.acks) >= 1000, 10, lambda: len(ann.acks))
    quiet(ann)
    assert sorted(a[:2] for a in ann.acks) == [(said, n) for n in
                                               sorted(crowd)]


def test_a_flood_in_a_room_and_who_does_not_read(net, home):
    ann, bob, eve, deaf = (net.client(home, name=n, password="x", **options)
                           for n, options in
                           (("ann", {}), ("bob", {}), ("eve", {}),
                            ("deaf", {"rcvbuf": 4096})))
    home.admin("room create quiet")
    for client in (eve, deaf):
        enter(client)
    room = enter(ann, "quiet")
    assert enter(bob, "quiet") == room
    lobby = number_of(eve)
    deaf.pause()
    said, slowest = 0, 0

    def is_closed():
        nonlocal said, slowest
        for _ in range(40):
            eve.post(lobby, "x" * 4000)
        said += 1
        begun = time.monotonic()
        ann.send(room, "n%d" % said)
        hears(bob, room, "ann: n%d" % said)
        slowest = max(slowest, time.monotonic() - begun)
        return deaf.number not in eve.users

    wait_until(is_closed, 15, lambda: "the deaf one closed; %d" % said)
    assert slowest < 1 * SLOWNESS
    assert members(home)[1] == {"deaf"}


def test_nothing_is_lost_or_doubled_across_a_join(net, home):
    """Who joins a busy room gets each line once, in order: from what was
    said before, or as it is said."""
    ann = net.client(home, name="ann", password="a")
    room = enter(ann)
    total = 0
    for who in range(5):
        for _ in range(20):
            ann.post(room, str(total))
            total += 1
        bob = net.client(home, name="bob%d" % who, password="b")
        bob.post(room, "/join")
        for _ in range(20):
            ann.post(room, str(total))
            total += 1
        answer(bob, room, "#lobby: joined")
        # As it was said, or from the history if that was slow to read.
        wait_until(lambda: any(w.endswith("ann: %d" % (total - 1))
                               for w in words(bob, room)))
        got = [int(w.rpartition("ann: ")[2]) for w in words(bob, room)
               if "ann: " in w]
        assert got == list(range(got[0], total))
        assert got[0] <= total - 40 + 20
        bob.close()
