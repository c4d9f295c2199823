"""Rooms: any client of any server joins, is heard and hears, and finds again
what was said and who it was."""
import pytest

from loop import wait_until
from rooms import enter, hears, lines, number_of, words


@pytest.fixture
def home(net):
    """A server with accounts and the room #lobby."""
    server = net.server(auth="accounts")
    server.admin("room create lobby")
    return server


def test_members_hear_one_another_and_the_author_gets_receipts(net, home):
    ann = net.client(home, name="ann", password="one")
    bob = net.client(home, name="bob:b", password="two")
    room = enter(ann)
    # Who doesn't wait for the answer is heard even so.
    bob.post(room, "/join")
    bob.post(room, "//slash")
    bob.post(room, "hello")
    hears(ann, room, "bob%3Ab: /slash")
    hears(ann, room, "bob%3Ab: hello")
    said = ann.send(room, "hello bob")
    bob.ack(hears(bob, room, "ann: hello bob"))
    ann.receipt(said, bob)
    assert "ann: hello bob" not in words(ann, room)


def test_a_user_of_another_server_is_a_member_like_any(net, home):
    far = net.server(auth="open")
    far.admin("connect %s %d" % (home.host, home.port))
    ann = net.client(home, name="ann", password="one")
    zoe = net.client(far, name="zoe")
    room = enter(zoe)
    assert enter(ann) == room
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
    room = enter(ann)
    assert enter(bob) == room
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
    hears(ann, room, "#lobby: history 2 lines")
    assert [text for _, text in lines(ann, room)] == ["ann: before",
                                                      "bob: after"]
