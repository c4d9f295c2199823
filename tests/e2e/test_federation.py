"""Federation by the channels protocol: with a server of other origin, with
several, and among servers of ours."""
import pytest

from channels import ChannelsClient, ForeignServer
from dnchat import Server
from loop import wait_until


class Ours:
    """Servers of ours with a channels door, and what they meet."""

    def __init__(self, net):
        self.net = net
        self.foreigners = []
        self.lines = []

    def server(self, *control, rooms=(), **options):
        server = Server(control=["--state-dir", "STATE"] + list(control),
                        data=["--listen", "channels:127.0.0.1:0"], **options)
        server.control_args[1] = str(server.dir / "state")
        self.net.servers.append(server)
        server.start()
        server.channels = wait_until(
            lambda: channels_port(server), 5, "the port of the door")
        for room in rooms:
            server.admin("room create " + room)
        return server

    def foreign(self, **options):
        self.foreigners.append(ForeignServer(**options))
        return self.foreigners[-1]

    def user(self, server, name):
        client = ChannelsClient("127.0.0.1", server.channels, name)
        self.lines.append(client)
        return client

    def raw(self, server):
        return self.user(server, None)

    def end(self):
        for line in self.lines:
            line.close()
        for foreign in self.foreigners:
            foreign.close()
        for foreign in self.foreigners:
            assert not foreign.violations, foreign.violations


def channels_port(server):
    for line in server.logged("event=listening", "protocol=channels"):
        return int(line.rpartition(":")[2])
    return None


@pytest.fixture
def ours(net):
    made = Ours(net)
    yield made
    made.end()


def federate(server, foreign):
    server.admin("federate " + foreign.host)
    foreign.wait_agreed()
    wait_until(lambda: server.up(foreign.host), 5, "the peer to be up")


def us(server):
    """What servers are told that we are."""
    return "127.0.0.1:%d" % server.channels


def room(name, foreign):
    return "%s:%s" % (name, foreign.host)


def number_of(client, name):
    return wait_until(lambda: [n for n, (who, _) in client.users.items()
                               if who == name], 5,
                      lambda: "%s in %r" % (name, client.users))[0]


def hears(client, sender, text, timeout=5):
    """Waits for 'text' from number 'sender'."""
    wait_until(lambda: any(m.rest[1] == text
                           for (s, _), copies in list(client.texts.items())
                           if s == sender for m in copies), timeout,
               lambda: "%s from %d; got %r" % (text, sender, client.log[-9:]))


# ---- the walk-through of the task sheet ----

def test_client_joins_a_channel_of_another_server(ours):
    foreign = ours.foreign(channels=["helloworld"])
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    wait_until(lambda: foreign.agreed()[0].lines ==
               ["FEDERATE-OUT", "FEDCHANNELS lobby"], 5,
               lambda: "our rooms; got %r" % foreign.agreed()[0].lines)
    bob = ours.user(server, "bob")
    assert bob.channels() == ["helloworld:" + foreign.host, "lobby"]
    name = room("helloworld", foreign)
    bob.join(name)
    assert foreign.members("helloworld") == {"bob@" + us(server)}
    bob.say(name, "hello, world")
    bob.expect("RECV bob %s hello, world" % name)
    foreign.say_here("helloworld", "dora", "hello, bob")
    bob.expect("RECV dora@%s %s hello, bob" % (foreign.host, name))


def test_user_of_another_server_joins_ours(ours):
    foreign = ours.foreign()
    server = ours.server(rooms=["lobby"])
    ann = ours.user(server, "ann")
    ann.join("lobby")
    federate(server, foreign)
    assert foreign.join("dora", "lobby")
    assert not foreign.join("dora", "lobby")
    assert not foreign.join("dora", "none")
    dora = "dora@" + foreign.host
    ann.say("lobby", "hello")
    ann.expect("RECV ann lobby hello")
    foreign.wait_heard("dora", "ann@" + us(server), "hello")
    foreign.say("dora", "lobby", "and hello")
    ann.expect("RECV %s lobby and hello" % dora)
    foreign.wait_heard("dora", dora, "and hello")
    foreign.say("dora", "none", "x")
    wait_until(lambda: ("dora", "SAY", "none", False) in
               [(u, w, c.partition(":")[0], r)
                for u, w, c, r in foreign.results], 5, "the refusal")


def test_dnchat_user_joins_a_channel_of_another_server(ours, net):
    foreign = ours.foreign(channels=["x"])
    server = ours.server()
    federate(server, foreign)
    zoe = net.client(server, name="zoe")
    x = number_of(zoe, "#" + room("x", foreign))
    assert zoe.users[x][1] == "via " + foreign.host
    zoe.send(x, "/join")
    wait_until(lambda: foreign.members("x") == {"zoe@" + us(server)}, 5,
               "zoe to be a member")
    foreign.say_here("x", "dora", "hello")
    # What separates the author from his text is no part of his name.
    hears(zoe, x, "dora@%s: hello" % foreign.host.replace(":", "%3A"))
    foreign.enter("x", "eve")
    zoe.send(x, "hi")
    foreign.wait_heard("eve", "zoe@" + us(server), "hi")


@pytest.mark.parametrize("name", ["50%", "a%41", "a%20b", "a%2520b"])
def test_percent_signs(ours, name):
    """Either server writes them as the other does."""
    foreign = ours.foreign(channels=[name])
    server = ours.server()
    federate(server, foreign)
    ann = ours.user(server, "ann")
    assert ann.channels() == [room(name, foreign)]
    ann.join(room(name, foreign))
    ann.say(room(name, foreign), "hi")
    ann.expect("RECV ann %s hi" % room(name, foreign))
    ann.tell("CREATE 9%")
    ann.expect("RESULT CREATE 9% 1")
    assert foreign.join("dora%", "9%")
    foreign.say("dora%", "9%", "1%")
    foreign.wait_heard("dora%", "dora%@" + foreign.host, "1%")


def test_new_channels_are_told_both_ways(ours):
    foreign = ours.foreign()
    server = ours.server()
    federate(server, foreign)
    ann = ours.user(server, "ann")
    ann.tell("CREATE fresh")
    ann.expect("RESULT CREATE fresh 1")
    wait_until(lambda: "fresh" in foreign.agreed()[0].channels, 5, "FEDNEW")
    foreign.create("theirs")
    wait_until(lambda: ann.channels() == ["fresh", room("theirs", foreign)],
               5, "the channel")


def test_they_dial_us(ours):
    foreign = ours.foreign(host="127.0.0.1", channels=["x"])
    server = ours.server(rooms=["lobby"])
    link = foreign.federate("127.0.0.1", server.channels)
    foreign.wait_agreed()
    wait_until(lambda: link.channels == {"lobby"}, 5, "our channels")
    ann = ours.user(server, "ann")
    wait_until(lambda: "x:127.0.0.1" in ann.channels(), 5, "their channel")
    ann.join("x:127.0.0.1")
    assert foreign.join("dora", "lobby")


def test_each_dials_the_other(ours):
    foreign = ours.foreign(channels=["x"])
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    theirs = foreign.federate("127.0.0.1", server.channels)
    foreign.wait_agreed(2)
    wait_until(lambda: theirs.channels == {"lobby"}, 5, "our channels")
    ann = ours.user(server, "ann")
    assert ann.channels() == ["lobby", room("x", foreign)]
    ann.join(room("x", foreign))
    ann.join("lobby")
    assert foreign.join("dora", "lobby")
    # Over whichever link, it is the same server.
    theirs.tell("FEDJOIN eve@%s lobby" % foreign.host)
    wait_until(lambda: len(foreign.results) == 2, 5, "FEDRESULT")
    ann.say("lobby", "once")
    foreign.wait_heard("dora", "ann@" + us(server), "once")
    foreign.wait_heard("eve", "ann@" + us(server), "once")
    theirs.close()
    wait_until(lambda: len(server.up()) == 1, 5, "one link")
    foreign.say_here("x", "dora", "still here")
    ann.until("RECV dora@%s %s still here" % (foreign.host,
                                              room("x", foreign)))


# ---- refusals ----

def test_unknown_hosts_and_silent_servers(ours):
    foreign = ours.foreign(channels=["x"], silent=True)
    server = ours.server()
    federate(server, foreign)
    ann, bob = ours.user(server, "ann"), ours.user(server, "bob")
    ann.join("x:nowhere.example", 0, timeout=1)
    ann.tell("JOIN " + room("x", foreign))
    # Others do not wait.
    bob.tell("CREATE quick")
    bob.expect("RESULT CREATE quick 1", timeout=1)
    bob.join("quick", timeout=2)
    ann.expect("RESULT JOIN %s 0" % room("x", foreign), timeout=7)


def test_who_is_not_admitted_gets_silence(ours):
    foreign = ours.foreign()
    server = ours.server("--accept-federation", "192.0.2.1")
    link = foreign.federate("127.0.0.1", server.channels)
    link.wait_closed()
    assert link.lines == []
    assert server.logged("event=link_refused",
                         "--accept-federation '192.0.2.1 127.0.0.1'")


def test_users_of_other_hosts_are_refused(ours):
    foreign = ours.foreign()
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    foreign.tell("FEDJOIN eve@evil.example lobby")
    wait_until(lambda: ("eve", "JOIN", False) in
               [(u, w, r) for u, w, _, r in foreign.results], 5, "refusal")
    ann = ours.user(server, "ann")
    ann.join("lobby")
    assert foreign.join("dora", "lobby")
    foreign.tell("FEDSAY dora@evil.example lobby forged",
                 )
    foreign.tell("FEDSAY ann lobby forged")
    foreign.say("dora", "lobby", "true")
    ann.expect("RECV dora@%s lobby true" % foreign.host)


def test_malformed_lines_are_ignored(ours):
    foreign = ours.foreign(channels=["x"])
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    for line in ("FEDJOIN", "FEDJOIN dora", "FEDJOIN a b c", "FEDSAY",
                 "FEDSAY dora lobby", "FEDRECV a b c", "FEDRESULT a b c d",
                 "FEDRESULT ann JOIN x 2", "FEDNEW", "FEDCHANNELS",
                 "FEDCHANNELS , ,, :, #q, a:b:c", "", " ", "NONSENSE x",
                 "FEDERATE-CONFIRM", "FEDERATE-OUT", "JOIN lobby",
                 "REGISTER a b", "x" * 70000):
        foreign.tell(line)
    assert foreign.join("dora", "lobby")
    ann = ours.user(server, "ann")
    ann.join(room("x", foreign))
    assert server.alive()
    foreign.results.clear()
    foreign.violations.clear()


# ---- loss and return ----

def test_a_server_goes_and_comes_back(ours):
    foreign = ours.foreign(channels=["x"])
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    ann = ours.user(server, "ann")
    ann.join("lobby")
    ann.join(room("x", foreign))
    assert foreign.join("dora", "lobby")
    foreign.cut()
    foreign.channels = {"x": {}, "y": {}}
    foreign.wait_agreed()
    # Who was a member is one again, without a word.
    wait_until(lambda: foreign.members("x") == {"ann@" + us(server)}, 5,
               "ann to be back")
    foreign.say_here("x", "dora", "again")
    ann.expect("RECV dora@%s %s again" % (foreign.host, room("x", foreign)))
    assert room("y", foreign) in ann.channels()
    # Dora has left: she is told nothing, and may come back.
    assert foreign.join("dora", "lobby")


def test_what_is_away_is_in_no_list(ours, net):
    foreign = ours.foreign(channels=["x"])
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    assert foreign.join("dora", "lobby")
    zoe = net.client(server, name="zoe")
    ann = ours.user(server, "ann")
    assert number_of(zoe, "dora@" + foreign.host)
    foreign.accepts = False
    foreign.cut()
    wait_until(lambda: sorted(n for n, _ in zoe.users.values()) ==
               ["#lobby", "ann"], 5, lambda: "LEFT: %r" % zoe.users)
    assert ann.channels() == ["lobby"]
    ann.join(room("x", foreign), 0, timeout=1)


def test_federation_outlives_dncontrol(ours):
    foreign = ours.foreign(channels=["x"])
    server = ours.server(rooms=["lobby"])
    federate(server, foreign)
    ann = ours.user(server, "ann")
    ann.join(room("x", foreign))
    server.control.kill9()
    foreign.say_here("x", "dora", "are you there?")
    ann.expect("RECV dora@%s %s are you there?" % (foreign.host,
                                                   room("x", foreign)))
    server.start_control()
    assert foreign.join("dora", "lobby", timeout=10)
    assert len(foreign.agreed()) == 1


# ---- several ----

def test_several_servers_stay_apart(ours):
    one = ours.foreign(channels=["x"])
    two = ours.foreign(channels=["x", "y"])
    server = ours.server(rooms=["lobby"])
    federate(server, one)
    federate(server, two)
    ann = ours.user(server, "ann")
    assert ann.channels() == sorted([
        "lobby", room("x", one), room("x", two), room("y", two)])
    ann.join(room("x", one))
    ann.join(room("x", two))
    assert one.join("dora", "lobby") and two.join("dora", "lobby")
    ann.say(room("x", one), "to one")
    ann.expect("RECV ann %s to one" % room("x", one))
    two.say("dora", "lobby", "from two")
    one.wait_heard("dora", "dora@" + two.host, "from two")
    # Nobody passes on what is another's.
    assert one.agreed()[0].channels == {"lobby"}
    assert two.agreed()[0].channels == {"lobby"}


def test_two_networks_of_ours(ours):
    a = ours.server(rooms=["north"])
    b = ours.server(rooms=["south"])
    there = "127.0.0.1:%d" % b.channels
    a.admin("federate " + there)
    ann, bob = ours.user(a, "ann"), ours.user(b, "bob")
    wait_until(lambda: ann.channels() == ["north", "south:" + there], 5,
               lambda: "channels: %r" % ann.lines[-1])
    wait_until(lambda: bob.channels() == ["north:127.0.0.1", "south"], 5,
               lambda: "channels: %r" % bob.lines[-1])
    ann.taken, bob.taken = len(ann.lines), len(bob.lines)
    ann.join("south:" + there)
    bob.join("south")
    bob.say("south", "hello")
    bob.expect("RECV bob south hello")
    ann.expect("RECV bob@%s south:%s hello" % (there, there))
    ann.say("south:" + there, "hello, bob")
    bob.expect("RECV ann@127.0.0.1 south hello, bob")
    ann.expect("RECV ann south:%s hello, bob" % there)


def test_federation_within_a_network_is_refused(ours, net):
    a = ours.server(rooms=["north"])
    b = ours.server(rooms=["south"])
    a.connect(b.port)
    wait_until(lambda: a.up(b.port) and b.up(), 10, "the dnchat link")
    a.admin("federate 127.0.0.1:%d" % b.channels)
    wait_until(lambda: a.logged("event=federation_refused") or
               b.logged("event=federation_refused"), 10, "the refusal")
    zoe = net.client(a, name="zoe")
    wait_until(lambda: sorted(n for n, _ in zoe.users.values()) ==
               ["#north", "#south"], 5, lambda: "%r" % zoe.users)


def test_one_foreign_server_of_two_of_ours(ours, net):
    foreign = ours.foreign(channels=["x"])
    a = ours.server(rooms=["north"])
    b = ours.server(rooms=["south"])
    a.connect(b.port)
    wait_until(lambda: a.up(b.port), 10, "the dnchat link")
    a.admin("federate " + foreign.host)
    b.admin("federate " + foreign.host)
    foreign.wait_agreed(2)
    zoe = net.client(a, name="zoe")
    wait_until(lambda: sorted(n for n, _ in zoe.users.values()) ==
               ["#north", "#south", "#" + room("x", foreign)], 5,
               lambda: "%r" % zoe.users)
    x = number_of(zoe, "#" + room("x", foreign))
    zoe.send(x, "/join")
    wait_until(lambda: foreign.members("x"), 5, "zoe to be a member")
    yan = net.client(b, name="yan")
    yan.send(number_of(yan, "#" + room("x", foreign)), "/join")
    wait_until(lambda: len(foreign.members("x")) == 2, 5, "yan, too")
    zoe.send(x, "once")
    # The foreign server tells where its members come from.
    author = "zoe@" + us(a).replace(":", "%3A")
    hears(yan, x, author + ": once")
    zoe.send(x, "twice")
    hears(yan, x, author + ": twice")
    heard = [m.rest[1] for (s, _), copies in yan.texts.items() if s == x
             for m in copies if m.rest[1].startswith("zoe")]
    assert heard == [author + ": once", author + ": twice"]


# ---- configuration ----

def test_federate_file(ours, tmp_path):
    one, two = ours.foreign(), ours.foreign()
    path = tmp_path / "servers"
    path.write_text("  %s\n\n%s  \n" % (one.host, two.host))
    server = ours.server("--federate-file", str(path))
    one.wait_agreed()
    two.wait_agreed()
    assert {p["name"] for p in server.peers()} == {one.host, two.host}
    assert {p["door"] for p in server.peers()} == {"channels"}
    assert server.dnctl("disconnect", one.host).returncode == 0
    wait_until(lambda: not one.links, 5, "the end of the link")


def test_bad_federate_file(tmp_path):
    path = tmp_path / "servers"
    path.write_text("127.0.0.1:4400\nbad line\n")
    server = Server(control=["--federate-file", str(path)])
    server.start_control(wait=False)
    wait_until(lambda: not server.control.alive(), 5, "dncontrol to end")
    assert server.control.process.returncode == 2
    assert "%s:2: " % path in server.control_log.read_text()
    server.control.wait_end()
    server.destroy()


def test_federation_name(ours):
    foreign = ours.foreign(channels=["x"])
    server = ours.server("--federation-name", "chat.example.org")
    federate(server, foreign)
    foreign.agreed()[0].host = "chat.example.org"
    ann = ours.user(server, "ann")
    ann.join(room("x", foreign))
    assert foreign.members("x") == {"ann@chat.example.org"}


# ---- floods ----

def test_thousands_of_channels(ours):
    names = ["c%d" % i for i in range(3000)]
    foreign = ours.foreign(channels=names)
    server = ours.server()
    federate(server, foreign)
    ann = ours.user(server, "ann")
    wait_until(lambda: len(ann.channels()) == 3000, 10, "all channels")
    ann.taken = len(ann.lines)
    ann.join(room("c2999", foreign))
