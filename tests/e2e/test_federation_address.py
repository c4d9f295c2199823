"""Federation of servers that share one address, as those of one machine do:
who dials us is kept apart from the others and from those that we dial, unless
it is the same server; nobody is there twice, and nothing is heard twice."""
import pytest

from channels import ChannelsClient, ForeignServer
from loop import wait_until
from rooms import open_door

ADDRESS = "127.0.0.1"


class Machine:
    """Servers on one address: 'a' is ours, the others are of other origin."""

    def __init__(self, net):
        self.net = net
        self.foreigners = []
        self.clients = []

    def ours(self, *control, **options):
        server = open_door(self.net, auth="open", control=control, **options)
        server.admin("room create lobby")
        return server

    def foreign(self, *channels, **options):
        self.foreigners.append(ForeignServer(channels=channels, **options))
        return self.foreigners[-1]

    def user(self, server, name):
        client = ChannelsClient(ADDRESS, server.channels, name)
        self.clients.append(client)
        return client

    def end(self):
        for end in self.clients + self.foreigners:
            end.close()
        for foreign in self.foreigners:
            assert not foreign.violations, foreign.violations


@pytest.fixture
def machine(net):
    made = Machine(net)
    yield made
    made.end()


def host_of(server):
    return "%s:%d" % (ADDRESS, server.channels)


def dial(server, foreign):
    server.admin("federate %s:%d" % (ADDRESS, foreign.port))
    foreign.wait_agreed()


def dialled_by(server, foreign):
    """The foreign server dials; its link, when it knows what we have."""
    link = foreign.federate(ADDRESS, server.channels)
    wait_until(lambda: link.channels, 5, "our channels")
    return link


def listed(client):
    client.taken = len(client.lines)
    return client.channels()


def sees(client, *channels):
    wait_until(lambda: listed(client) == sorted(channels), 10,
               lambda: "%r in %r" % (sorted(channels), client.lines[-1]))


def stays(client, *channels):
    """The same, also when all doubt has been given time to end."""
    sees(client, *channels)
    other = "until-then"
    client.tell("CREATE " + other)
    client.expect("RESULT CREATE %s 1" % other)
    sees(client, other, *channels)


def joins(foreign, link, user, channel="lobby", result=True, host=None):
    """A user of 'foreign' joins a channel of ours over 'link'."""
    before = len(foreign.results)
    word = user if host == "" else "%s@%s" % (user, host or foreign.host)
    link.tell("FEDJOIN %s %s" % (word, channel))
    wait_until(lambda: len(foreign.results) > before, 5,
               lambda: "FEDRESULT; %r" % foreign.violations)
    assert foreign.results[before][:2] + foreign.results[before][3:] == (
        user, "JOIN", result)


def enters(client, server, foreign, host=None):
    """A user of ours joins the channel 'general' of 'foreign'."""
    client.tell("JOIN general:" + (host or foreign.host))
    client.until("RESULT JOIN general:%s 1" % (host or foreign.host))
    assert foreign.members("general") == {
        "%s@%s" % (client.name, host_of(server))}


def names(server):
    return sorted(row["name"] for row in server.admin("show users"))


def heard(foreign, user):
    return [text for _, _, text in foreign.heard[user]]


def received(client):
    return [line for line in client.lines if line.startswith("RECV ")]


# ---- one that dials us, and one that we dial ----

def test_who_dials_us_is_not_whom_we_dial(machine):
    b, c = machine.foreign("general", "b"), machine.foreign("general", "c")
    a = machine.ours()
    ann = machine.user(a, "ann")
    ann.join("lobby")
    dial(a, b)
    link = dialled_by(a, c)
    sees(ann, "lobby", "general:" + b.host, "b:" + b.host,
         "general:" + ADDRESS, "c:" + ADDRESS)
    joins(b, b.agreed()[0], "dora")
    joins(c, link, "dora")
    link.tell("FEDSAY dora@%s lobby from c" % c.host)
    ann.expect("RECV dora@%s lobby from c" % ADDRESS)
    b.say("dora", "lobby", "from b")
    ann.expect("RECV dora@%s lobby from b" % b.host)
    ann.say("lobby", "to all")
    for foreign in (b, c):
        foreign.wait_heard("dora", "ann@" + host_of(a), "to all")
        assert heard(foreign, "dora").count("to all") == 1
        assert heard(foreign, "dora").count("from b") == 1
    # Either channel is its own.
    for foreign, host in ((b, b.host), (c, ADDRESS)):
        enters(ann, a, foreign, host)
        foreign.say_here("general", "eve", "of " + foreign.host)
        wait_until(lambda: ann.lines[-1].endswith(
            " general:%s of %s" % (host, foreign.host)), 5,
            lambda: ann.lines[-3:])
    assert len(received(ann)) == len(set(received(ann)))


@pytest.mark.parametrize("first", ["b", "c"])
def test_same_channels_on_both(machine, first):
    """Only what it calls itself tells one from the other: its users."""
    b, c = machine.foreign("general"), machine.foreign("general")
    a = machine.ours()
    ann = machine.user(a, "ann")
    if first == "b":
        dial(a, b)
    link = dialled_by(a, c)
    if first == "c":
        dial(a, b)
    joins(c, link, "dora")
    sees(ann, "lobby", "general:" + b.host,
         "general:" + ADDRESS)
    ann.join("general:" + ADDRESS)
    assert c.members("general") and not b.members("general")
    joins(b, b.agreed()[0], "dora")
    assert "dora@" + b.host in names(a)
    assert "dora@" + ADDRESS in names(a)


@pytest.mark.parametrize("host", ["", ADDRESS])
def test_users_without_a_port_are_nobody_elses(machine, host):
    b, c = machine.foreign("general"), machine.foreign("general")
    a = machine.ours()
    ann = machine.user(a, "ann")
    ann.join("lobby")
    dial(a, b)
    link = dialled_by(a, c)
    joins(c, link, "dora", host=host)
    assert names(a) == ["#general:" + b.host, "#lobby", "ann",
                        "dora@" + ADDRESS]
    joins(b, b.agreed()[0], "dora")
    word = "dora" + ("@" + host if host else "")
    link.tell("FEDSAY %s lobby mine" % word)
    ann.expect("RECV dora@%s lobby mine" % ADDRESS)
    b.wait_heard("dora", "dora@" + ADDRESS, "mine")


def test_it_dials_while_ours_is_down(machine):
    """Whom we dial at that address is not there: it is not that one."""
    b, c = machine.foreign("general"), machine.foreign("general")
    a = machine.ours()
    ann = machine.user(a, "ann")
    dial(a, b)
    sees(ann, "lobby", "general:" + b.host)
    b.close()
    sees(ann, "lobby")
    dialled_by(a, c)
    sees(ann, "lobby", "general:" + ADDRESS)


# ---- each dials the other ----

@pytest.mark.parametrize("first", ["a", "b"])
def test_each_dials_the_other(machine, first):
    b = machine.foreign("general")
    a = machine.ours()
    ann = machine.user(a, "ann")
    ann.join("lobby")
    if first == "a":
        dial(a, b)
    link = dialled_by(a, b)
    if first == "b":
        joins(b, link, "dora")
        a.admin("federate " + b.host)
        b.wait_agreed(2)
    else:
        stays(ann, "lobby", "general:" + b.host)
        joins(b, link, "dora")
    shown = b.host if first == "a" else ADDRESS
    wait_until(lambda: len([n for n in listed(ann)
                            if n.startswith("general")]) == 1, 5,
               lambda: ann.lines[-1])
    assert [n for n in names(a) if n.startswith("dora")] == ["dora@" + shown]
    # What the configuration says is understood, whatever is shown.
    enters(ann, a, b)
    link.tell("FEDSAY dora@%s lobby once" % b.host)
    ann.until("RECV dora@%s lobby once" % shown)
    ann.say("lobby", "and back")
    b.wait_heard("dora", "ann@" + host_of(a), "and back")
    assert heard(b, "dora") == ["once", "and back"]


def test_the_answer_comes_over_the_other_link(machine):
    b = machine.foreign("general", silent=True)
    a = machine.ours()
    ann = machine.user(a, "ann")
    dial(a, b)
    link = dialled_by(a, b)
    ann.tell("JOIN general:" + b.host)
    wait_until(lambda: b.members("general"), 5, "FEDJOIN")
    link.tell("FEDRESULT ann JOIN general 1")
    ann.expect("RESULT JOIN general:%s 1" % b.host)
    link.tell("FEDRECV ann@%s eve@%s general hello" % (host_of(a), b.host))
    ann.expect("RECV eve@%s general:%s hello" % (b.host, b.host))


def test_full_mesh(machine, tmp_path):
    """a has both in a file, and both dial it."""
    b = machine.foreign("general", "b")
    c = machine.foreign("general", "c")
    path = tmp_path / "servers"
    path.write_text("%s\n%s\n" % (b.host, c.host))
    a = machine.ours("--federate-file", str(path))
    ann = machine.user(a, "ann")
    ann.join("lobby")
    for foreign in (b, c):
        foreign.wait_agreed()
    links = [dialled_by(a, foreign) for foreign in (b, c)]
    everything = ["lobby"] + ["%s:%s" % (n, f.host) for f, own in
                              ((b, "b"), (c, "c")) for n in ("general", own)]
    stays(ann, *everything)
    for foreign, link in zip((b, c), links):
        joins(foreign, link, "dora")
    assert [n for n in names(a) if n.startswith("dora")] == sorted(
        "dora@" + f.host for f in (b, c))
    ann.taken = len(ann.lines)
    for foreign, link in zip((b, c), links):
        text = "from " + foreign.host
        link.tell("FEDSAY dora@%s lobby %s" % (foreign.host, text))
        ann.expect("RECV dora@%s lobby %s" % (foreign.host, text))
        for other in (b, c):
            other.wait_heard("dora", "dora@" + foreign.host, text)
    ann.say("lobby", "from ann")
    for foreign in (b, c):
        foreign.wait_heard("dora", "ann@" + host_of(a), "from ann")
        assert sorted(heard(foreign, "dora")) == sorted(
            ["from " + b.host, "from " + c.host, "from ann"])
        enters(ann, a, foreign)


def mesh_of_three(machine):
    """a, its user ann, and two others; a and each of them dial each other."""
    b, c = machine.foreign("general"), machine.foreign("general")
    a = machine.ours()
    for foreign in (b, c):
        dial(a, foreign)
        dialled_by(a, foreign)
    return a, machine.user(a, "ann"), b, c


def test_new_channels_of_a_mesh(machine):
    _, ann, b, c = mesh_of_three(machine)
    sees(ann, "lobby", "general:" + b.host, "general:" + c.host)
    b.create("fresh")
    stays(ann, "lobby", "general:" + b.host, "general:" + c.host,
          "fresh:" + b.host)


# ---- strangers ----

def test_two_that_only_dial(machine):
    b, c = machine.foreign("general"), machine.foreign("general")
    a = machine.ours()
    ann = machine.user(a, "ann")
    ann.join("lobby")
    one, two = dialled_by(a, b), dialled_by(a, c)
    near = two.writer.get_extra_info("sockname")[1]
    sees(ann, "lobby", "general:" + ADDRESS,
         "general:%s:%d" % (ADDRESS, near))
    joins(b, one, "dora")
    joins(c, two, "dora")
    # It has said where it listens: that is a better name.
    sees(ann, "lobby", "general:" + ADDRESS, "general:" + c.host)
    for link, foreign, host in ((one, b, ADDRESS), (two, c, c.host)):
        link.tell("FEDSAY dora@%s lobby of %s" % (foreign.host, host))
        ann.until("RECV dora@%s lobby of %s" % (host, host))
        enters(ann, a, foreign, host)
        foreign.say_here("general", "eve", "here")
        ann.until("RECV eve@%s general:%s here" % (host, host))
    ann.say("lobby", "to all")
    for foreign in (b, c):
        foreign.wait_heard("dora", "ann@" + host_of(a), "to all")
        assert heard(foreign, "dora").count("to all") == 1


def test_one_of_two_that_dial_returns(machine):
    b, c = machine.foreign("b"), machine.foreign("c")
    a = machine.ours()
    ann = machine.user(a, "ann")
    one, two = dialled_by(a, b), dialled_by(a, c)
    joins(b, one, "dora")
    joins(c, two, "dora")
    sees(ann, "lobby", "b:" + ADDRESS, "c:" + c.host)
    ann.join("c:" + c.host)
    one.close()
    sees(ann, "lobby", "c:" + c.host)
    assert [n for n in names(a) if n.startswith("dora")] == ["dora@" + c.host]
    c.say_here("c", "eve", "still here")
    ann.until("RECV eve@%s c:%s still here" % (c.host, c.host))
    ann.taken = len(ann.lines)
    one = dialled_by(a, b)
    joins(b, one, "dora")
    sees(ann, "lobby", "b:" + ADDRESS, "c:" + c.host)


def test_restart_of_one_that_we_dial(machine):
    a, ann, b, c = mesh_of_three(machine)
    for foreign in (b, c):
        enters(ann, a, foreign)
    b.cut()
    dialled_by(a, b)
    b.wait_agreed(2)
    wait_until(lambda: b.members("general") == {"ann@" + host_of(a)}, 10,
               "ann to be back")
    sees(ann, "lobby", "general:" + b.host, "general:" + c.host)
    for foreign in (b, c):
        foreign.say_here("general", "eve", "hi")
        ann.until("RECV eve@%s general:%s hi" % (foreign.host, foreign.host))
    assert len(received(ann)) == 2


def test_localhost_is_an_address_of_the_machine(machine):
    b = machine.foreign("general")
    c = machine.foreign("general")
    for foreign in (b, c):
        foreign.host = "localhost:%d" % foreign.port
    a = machine.ours()
    ann = machine.user(a, "ann")
    ann.join("lobby")
    dial(a, b)
    link = dialled_by(a, c)
    joins(b, b.agreed()[0], "dora")
    joins(c, link, "dora")
    for foreign, end, host in (
            (b, b.agreed()[0], "%s:%d" % (ADDRESS, b.port)),
            (c, link, ADDRESS)):
        end.tell("FEDSAY dora@%s lobby hi" % foreign.host)
        ann.expect("RECV dora@%s lobby hi" % host)
        ann.join("general:" + host)
        foreign.say_here("general", "eve", "here")
        ann.expect("RECV eve@%s general:%s here" % (host, host))


# ---- ours ----

def test_three_of_ours_in_a_mesh(machine):
    """Each has the other two in its file."""
    servers = [open_door(machine.net, auth="open") for _ in range(3)]
    users = []
    for i, server in enumerate(servers):
        server.admin("room create general")
        users.append(machine.user(server, "dora"))
    for server in servers:
        for other in servers:
            if other is not server:
                server.admin("federate " + host_of(other))
    for server, user in zip(servers, users):
        sees(user, "general", *("general:" + host_of(o) for o in servers
                                if o is not server))
    for server, user in zip(servers, users):
        user.join("general")
        for other in servers:
            if other is not server:
                user.join("general:" + host_of(other))
    for server, user in zip(servers, users):
        user.say("general", "in " + host_of(server))
    for server, user in zip(servers, users):
        for other in servers:
            mine = other is server
            user_name = "dora" if mine else "dora@" + host_of(other)
            room = "general" if mine else "general:" + host_of(other)
            line = "RECV %s %s in %s" % (user_name, room, host_of(other))
            wait_until(lambda: line in user.lines, 5,
                       lambda: "%r in %r" % (line, user.lines))
        assert len(received(user)) == 3, received(user)
        assert [n for n in names(server) if n.startswith("dora")] == sorted(
            ["dora"] + ["dora@" + host_of(o) for o in servers
                        if o is not server])
