"""What clients of the dnchat door do in rooms, and how it is seen that they
did; and servers with both doors."""
import re

from loop import wait_until


def number_of(client, name="#lobby", timeout=5):
    """The number of who is called so, as the client's list has it."""
    return wait_until(lambda: [n for n, about in list(client.users.items())
                               if about[0] == name], timeout,
                      lambda: "%s in %r" % (name, client.users))[0]


def words(client, room):
    """All that the room has said to the client, in order."""
    return [m.rest[1] for (sender, _), copies in list(client.texts.items())
            if sender == room for m in copies]


def hears(client, room, text, timeout=5):
    """Waits for 'text' and returns the number it came with."""
    def find():
        return [n for (s, n), copies in list(client.texts.items())
                if s == room and copies[0].rest[1] == text]
    return wait_until(find, timeout, lambda: "%r in %r" % (
        text, words(client, room)))[0]


def answer(client, room, start, timeout=5):
    """Waits for what begins so, and returns the first of it."""
    return wait_until(lambda: [w for w in words(client, room)
                               if w.startswith(start)], timeout,
                      lambda: "%r... in %r" % (start, words(client, room)))[0]


def enter(client, name="lobby"):
    """The client joins '#name'; the room's number."""
    room = number_of(client, "#" + name)
    word = name.replace("%", "%25").replace(":", "%3A")
    client.send(room, "/join")
    answer(client, room, "#%s: joined" % word)
    return room


def lines(client, room):
    """What the client was told of the history: [(id, 'name: text')]."""
    found = [re.fullmatch(r"\[[-0-9T:.Z]+ #(\d+)\] (.*)", w)
             for w in words(client, room)]
    return [(int(m.group(1)), m.group(2)) for m in found if m]


def members(server, name="lobby"):
    """Names of those who are here, and of those who are not."""
    rows = server.admin("room members " + name)
    return ({r["name"] for r in rows if r["state"] == "here"},
            {r["name"] for r in rows if r["state"] == "away"})


def open_door(net, control=(), start=True, **options):
    """A server of ours with a channels door, at '.channels'."""
    server = net.server(start=False, control=control,
                        data=["--listen", "channels:127.0.0.1:0"], **options)
    if start:
        server.start()
        find_door(server)
    return server


def find_door(server):
    """Waits for the door's port, which the server keeps from now on."""
    def port():
        found = server.logged("event=listening", "protocol=channels")
        return int(found[-1].rpartition(":")[2]) if found else 0
    server.channels = wait_until(port, 5, "the port of the door")
    place = server.data_args.index("--listen") + 1
    server.data_args[place] = "channels:127.0.0.1:%d" % server.channels
