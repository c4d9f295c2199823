"""Rooms: any client of any server joins, is heard and hears, and finds again
what was said and who it was."""
import pytest

from loop import wait_until


@pytest.fixture
def home(net):
    """A server with accounts and the room #lobby."""
    server = net.server(auth="accounts")
    server.admin("room create lobby")
    return server


def number_of(client, name="#lobby"):
    """The room's number, as the client's list has it."""
    def find():
        return [n for n, about in client.users.items() if about[0] == name]
    return wait_until(find, 5, lambda: "%s in %r" % (name, client.users))[0]


def words(client, room):
    """All that the room has said to the client, in order."""
    return [m.rest[1] for (sender, _), copies in client.texts.items()
            if sender == room for m in copies]


def hears(client, room, text, timeout=5):
    wait_until(lambda: text in words(client, room), timeout,
               lambda: "%r in %r" % (text, words(client, room)))


def join(client):
    room = number_of(client)
    client.send(room, "/join")
    wait_until(lambda: any(w.startswith("#lobby: joined")
                           for w in words(client, room)), 5,
               lambda: "joined in %r" % words(client, room))
    return room


def test_members_hear_one_another_and_the_author_gets_receipts(net, home):
    ann = net.client(home, name="ann", password="one")
    bob = net.client(home, name="bob:b", password="two")
    room = join(ann)
    # Who doesn't wait for the answer is heard even so.
    bob.post(room, "/join")
    bob.post(room, "//slash")
    bob.post(room, "hello")
    hears(ann, room, "bob%3Ab: /slash")
    hears(ann, room, "bob%3Ab: hello")
    said = ann.send(room, "hello bob")
    hears(bob, room, "ann: hello bob")
    number = [n for (s, n), c in bob.texts.items()
              if c[0].rest[1] == "ann: hello bob"][0]
    bob.ack(number)
    ann.receipt(said, bob)
    assert "ann: hello bob" not in words(ann, room)


def test_a_user_of_another_server_is_a_member_like_any(net, home):
    far = net.server(auth="open")
    far.admin("connect %s %d" % (home.host, home.port))
    ann = net.client(home, name="ann", password="one")
    zoe = net.client(far, name="zoe")
    room = join(zoe)
    assert join(ann) == room
    ann.send(room, "hello zoe")
    hears(zoe, room, "ann: hello zoe")
    zoe.send(room, "hello ann")
    hears(ann, room, "zoe: hello ann")
    zoe.send(room, "/who")
    hears(zoe, room, "#lobby: members here: zoe, ann")
    zoe.close()
    wait_until(lambda: [r["name"] for r in home.admin(
        "room members lobby")] == ["ann"], 5, lambda: "zoe gone")


def test_membership_and_history_outlive_a_crash(net, home):
    ann = net.client(home, name="ann", password="one")
    bob = net.client(home, name="bob", password="two")
    room = join(ann)
    assert join(bob) == room
    ann.send(room, "before")
    hears(bob, room, "ann: before")
    ann.close()
    home.control.kill9()
    home.start_control()
    # An account's membership is there again without a word.
    ann = net.client(home, name="ann", password="one")
    assert number_of(ann) == room
    bob.send(room, "after")
    hears(ann, room, "bob: after")
    ann.send(room, "/history")
    wait_until(lambda: "#lobby: history 2 lines" in words(ann, room), 5,
               lambda: "history in %r" % words(ann, room))
    lines = [w.split("] ", 1)[1] for w in words(ann, room)
             if w.startswith("[")]
    assert lines == ["ann: before", "bob: after"]
