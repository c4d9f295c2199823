"""The channels protocol as its clients see it: every row of its table, what
ends a message, what survives what, and both doors in one room."""
import itertools
import socket
import struct
import time

import pytest

from channels import ChannelsClient
from loop import SLOWNESS, never, run, wait_until
from network import Network
from rooms import enter, hears, number_of, open_door, words

_serial = itertools.count()


def fresh(word="n"):
    """A name that no test of this run has used."""
    return "%s%d" % (word, next(_serial))


class Party:
    """Connections of one test, which closes them."""

    def __init__(self, server):
        self.server = server
        self.lines = []

    def __call__(self, name=None, password="secret", room=None, login=False):
        """A connection; with 'name' that of a new account, with 'login' of
        one that exists."""
        client = ChannelsClient("127.0.0.1", self.server.channels,
                                None if login else name, password)
        self.lines.append(client)
        client.name = name
        if login:
            client.tell("LOGIN %s %s" % (name, password))
            client.expect("RESULT LOGIN 1", timeout=10)
        if room is not None:
            client.join(room)
        return client

    def room(self, *members):
        """A new room, with these members."""
        name = fresh("r")
        maker = members[0] if members else self(fresh())
        maker.tell("CREATE " + name)
        maker.expect("RESULT CREATE %s 1" % name)
        for member in members:
            member.join(name)
        return name

    def close(self):
        for line in self.lines:
            line.close()


@pytest.fixture(scope="module")
def common():
    """A server for all tests of this file that change nothing but rooms and
    accounts."""
    network = Network()
    yield open_door(network, auth="accounts")
    faults = network.end()
    assert not faults, "\n".join(faults)


@pytest.fixture
def door(common):
    made = Party(common)
    yield made
    made.close()
    assert common.alive() and not common.reports()


@pytest.fixture
def own(net):
    """Makes a server for one test, and connections to it."""
    made = []

    def make(auth="accounts", **options):
        made.append(Party(open_door(net, auth=auth, **options)))
        return made[-1]

    yield make
    for party in made:
        party.close()


def settled(client):
    """All that the server had to say to what came before."""
    client.tell("CHANNELS")
    wait_until(lambda: len(client.lines) > client.taken and
               client.lines[-1].startswith("RESULT CHANNELS "), 5,
               lambda: client.lines[-20:])
    lines = client.lines[client.taken:-1]
    client.taken = len(client.lines)
    return lines


# ---- the table, row by row ----

STRANGER = [
    ("LOGIN nobody x", ["RESULT LOGIN 0"]), ("LOGIN", ["RESULT LOGIN 0"]),
    ("LOGIN ann", ["RESULT LOGIN 0"]), ("LOGIN ann ", ["RESULT LOGIN 0"]),
    ("LOGIN a b c", ["RESULT LOGIN 0"]), ("REGISTER", ["RESULT REGISTER 0"]),
    ("REGISTER ann", ["RESULT REGISTER 0"]),
    ("REGISTER a@b x", ["RESULT REGISTER 0"]),
    ("REGISTER a:b x", ["RESULT REGISTER 0"]),
    ("REGISTER a b c", ["RESULT REGISTER 0"]),
    ("REGISTER  b", ["RESULT REGISTER 0"]),
    ("REGISTER #a b", ["RESULT REGISTER 0"]),
    ("REGISTER %s x" % ("n" * 65), ["RESULT REGISTER 0"]),
    ("REGISTER a %s" % ("p" * 1025), ["RESULT REGISTER 0"]),
    ("CREATE", ["RESULT CREATE 0"]), ("CREATE x", ["RESULT CREATE x 0"]),
    ("JOIN", ["RESULT JOIN 0"]), ("JOIN x", ["RESULT JOIN x 0"]),
    ("SAY", ["RESULT SAY 0"]), ("SAY x", ["RESULT SAY 0"]),
    ("SAY x y", ["RESULT SAY 0"]), ("", []), (" ", []), ("say x y", []),
    ("HELLO", []), ("PART x", []), ("RESULT LOGIN 1", []),
    ("RECV a b c", []), ("FEDSAY a b c", []), ("FEDJOIN a b", []),
    ("FEDCHANNELS x", []), ("FEDERATE-CONFIRM", []), ("DNCHAT x", []),
    ("LOGINann x", []), ("\tLOGIN a b", []),
]


@pytest.mark.parametrize("line, answer", STRANGER)
def test_before_login(door, line, answer):
    client = door()
    client.tell(line)
    assert settled(client) == answer


USER = [
    ("LOGIN nobody x", ["RESULT LOGIN 0"]), ("LOGIN", ["RESULT LOGIN 0"]),
    ("REGISTER me x", ["RESULT REGISTER 0"]),
    ("CREATE taken", ["RESULT CREATE taken 0"]),
    ("CREATE a@b", ["RESULT CREATE a@b 0"]),
    ("CREATE a:b", ["RESULT CREATE a:b 0"]),
    ("CREATE a b", ["RESULT CREATE a b 0"]),
    ("CREATE", ["RESULT CREATE 0"]), ("CREATE ", ["RESULT CREATE 0"]),
    ("CREATE #a", ["RESULT CREATE #a 0"]),
    ("CREATE a%20b", ["RESULT CREATE a%20b 0"]),
    ("CREATE " + "n" * 65, ["RESULT CREATE %s 0" % ("n" * 65)]),
    ("CREATE e\u0301", ["RESULT CREATE e\u0301 0"]),
    ("JOIN none", ["RESULT JOIN none 0"]), ("JOIN", ["RESULT JOIN 0"]),
    ("JOIN taken:", ["RESULT JOIN taken: 0"]),
    ("JOIN taken:far.example", ["RESULT JOIN taken:far.example 0"]),
    ("JOIN :", ["RESULT JOIN : 0"]),
    ("JOIN mine", ["RESULT JOIN mine 0"]),
    ("JOIN #taken", ["RESULT JOIN #taken 0"]),
    ("JOIN Taken", ["RESULT JOIN Taken 0"]),
    ("SAY taken x", ["RESULT SAY 0"]), ("SAY none x", ["RESULT SAY 0"]),
    ("SAY mine", ["RESULT SAY 0"]), ("SAY", ["RESULT SAY 0"]),
    ("SAY mine x", ["RECV me mine x"]), ("NICK me", []),
    ("FEDERATE-OUT", []), ("FEDSAY me mine x", []),
]


@pytest.fixture(scope="module")
def me(common):
    """A user of two rooms, a member of one."""
    made = Party(common)
    client = made("me")
    client.tell("CREATE taken", "CREATE mine", "JOIN mine")
    client.expect("RESULT CREATE taken 1", "RESULT CREATE mine 1",
                  "RESULT JOIN mine 1")
    yield client
    made.close()


@pytest.mark.parametrize("line, answer", USER)
def test_after_login(me, line, answer):
    me.tell(line)
    assert settled(me) == answer


def test_channels_is_sorted_and_empty_as_the_page_says(own):
    here = own()
    stranger = here()
    stranger.tell("CHANNELS")
    stranger.expect("RESULT CHANNELS ")
    ann = here("ann")
    for name in ("b", "a", "C", "\u00e9", "a1", "~"):
        ann.tell("CREATE " + name)
        ann.expect("RESULT CREATE %s 1" % name)
    names = ["C", "a", "a1", "b", "~", "\u00e9"]
    assert ann.channels() == names
    assert stranger.channels() == names


def test_only_joined_ones_where_configured(own):
    here = own(control=["--channels-list", "joined"])
    ann, stranger = here("ann"), here()
    ann.tell("CREATE a", "CREATE b", "JOIN b")
    ann.expect("RESULT CREATE a 1", "RESULT CREATE b 1", "RESULT JOIN b 1")
    assert ann.channels() == ["b"]
    assert stranger.channels() == []


# ---- accounts ----

def test_names_and_passwords(door):
    name = fresh()
    ann, other = door(), door()
    ann.tell("REGISTER %s one" % name)
    ann.expect("RESULT REGISTER 1")
    other.tell("REGISTER %s two" % name, "LOGIN %s two" % name,
               "LOGIN %s onE" % name)
    other.expect("RESULT REGISTER 0", "RESULT LOGIN 0", "RESULT LOGIN 0")
    # To register is no login.
    ann.tell("CREATE " + name, "LOGIN %s one" % name)
    ann.expect("RESULT CREATE %s 0" % name, "RESULT LOGIN 1")
    other.tell("LOGIN %s one" % name)
    other.expect("RESULT LOGIN 0")
    ann.tell("LOGIN %s one" % name, "REGISTER %sx one" % name,
             "LOGIN %sx one" % name)
    ann.expect("RESULT LOGIN 0", "RESULT REGISTER 1", "RESULT LOGIN 0")


def test_utf8_names(door):
    ann = door(fresh("Zoë\u4e2d"))
    name = door.room(ann)
    ann.say(name, "\u2603 \U0001f600")
    ann.expect("RECV %s %s \u2603 \U0001f600" % (ann.name, name))


@pytest.mark.parametrize("way", ["close", "half", "reset"])
def test_a_disconnect_logs_out_at_once(door, way):
    ann = door(fresh())
    name = door.room(ann)
    if way == "close":
        ann.close()
    elif way == "half":
        run(_write_eof(ann))
        ann.wait_closed()
    else:
        sock = ann.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        run(_abort(ann))
    again = door()

    def gets_in():
        again.tell("LOGIN %s secret" % ann.name)
        return again.next() == "RESULT LOGIN 1"

    wait_until(gets_in, 1, "a login")
    # He is a member still.
    again.say(name, "back")
    again.expect("RECV %s %s back" % (ann.name, name))


async def _write_eof(client):
    client.writer.write_eof()


async def _abort(client):
    client.writer.transport.abort()


def test_last_words_before_the_end_are_said(door):
    ann, bob = door(fresh()), door(fresh())
    name = door.room(ann, bob)
    ann.write(("SAY %s one\nSAY %s two" % (name, name)).encode())
    run(_write_eof(ann))
    bob.expect("RECV %s %s one" % (ann.name, name),
               "RECV %s %s two" % (ann.name, name))


# ---- what ends a message ----

@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_ends_of_messages(door, end):
    name, room = fresh(), fresh("r")
    client = door()
    for line, answer in (
            ("CHANNELS", None), ("REGISTER %s a" % name, "RESULT REGISTER 1"),
            ("LOGIN %s a" % name, "RESULT LOGIN 1"),
            ("CREATE " + room, "RESULT CREATE %s 1" % room),
            ("JOIN " + room, "RESULT JOIN %s 1" % room),
            ("SAY %s  a  b " % room, "RECV %s %s  a  b " % (name, room)),
            ("JOIN", "RESULT JOIN 0"), ("CHANNELS", None)):
        begun = time.monotonic()
        client.write((line + end).encode())
        got = client.next(10)
        assert got == answer or answer is None, got
        if not end:
            assert time.monotonic() - begun >= 0.075


def test_no_end_at_all_and_no_pause_for_answers(door):
    """A client that goes on after the gap, whatever has been answered."""
    name = fresh()
    client = door()
    for line in ("REGISTER %s a" % name, "LOGIN %s a" % name):
        client.write(line.encode())
        count = len(client.lines)
        never(lambda: len(client.lines) > count, 0.06)
        wait_until(lambda: len(client.lines) > count, 5, line)
    assert client.lines == ["RESULT REGISTER 1", "RESULT LOGIN 1"]


def test_once_there_was_an_end_there_must_be_one(door):
    client = door()
    client.tell("JOIN")
    client.expect("RESULT JOIN 0")
    client.write(b"CREATE a")
    never(lambda: len(client.lines) > 1, 0.25)
    client.write(b"b\n")
    client.expect("RESULT CREATE ab 0")


def test_a_slow_message_is_one(door):
    client = door()
    for byte in b"CREATE abcdefgh":
        client.write(bytes([byte]))
        never(lambda: client.lines, 0.02)
    client.expect("RESULT CREATE abcdefgh 0")


def test_drip_with_an_end(door):
    client = door()
    client.write(b"\n")
    for byte in b"CREATE abc\r\n":
        client.write(bytes([byte]))
        run(_drained(client))
    client.expect("RESULT CREATE abc 0")


async def _drained(client):
    await client.writer.drain()


def test_two_in_a_packet(door):
    client = door()
    client.write(b"CREATE a\r\nCREATE b\nCREATE c\r\n\r\n\nCREATE d\n")
    client.expect(*("RESULT CREATE %s 0" % c for c in "abcd"))


def test_all_at_once(door):
    name, room = fresh(), fresh("r")
    client = door()
    client.tell("REGISTER %s a" % name, "LOGIN %s a" % name,
                "CREATE " + room, "JOIN " + room, "SAY %s hi" % room,
                "SAY %s ho" % room, "JOIN " + room, "LOGIN %s a" % name)
    client.expect("RESULT REGISTER 1", "RESULT LOGIN 1",
                  "RESULT CREATE %s 1" % room, "RESULT JOIN %s 1" % room,
                  "RECV %s %s hi" % (name, room),
                  "RECV %s %s ho" % (name, room),
                  "RESULT JOIN %s 0" % room, "RESULT LOGIN 0", timeout=10)


# ---- what is said ----

@pytest.mark.parametrize("text", [
    "x", " x", "x ", "  ", " ", "a  b", "\t", "/join", "//x", "/", "a: b",
    "%20 %3A %", "RESULT SAY 0", "\u00fc\u00a0\u200d\U0001f3f4", "x" * 4000,
    "#", "*"])
def test_text_is_verbatim(door, me, text):
    me.say("mine", text)
    me.expect("RECV me mine " + text)


def test_everyone_hears_in_order(door):
    people = [door(fresh()) for _ in range(3)]
    name = door.room(*people)
    for i, person in enumerate(people):
        person.tell(*("SAY %s %d.%d" % (name, i, k) for k in range(50)))
    for listener in people:
        got = [listener.next() for _ in range(150)]
        for i, person in enumerate(people):
            assert [g for g in got if g.startswith("RECV %s " % person.name)] \
                == ["RECV %s %s %d.%d" % (person.name, name, i, k)
                    for k in range(50)]


def test_a_creator_is_no_member(door):
    ann = door(fresh())
    name = door.room()
    ann.say(name, "x")
    ann.expect("RESULT SAY 0")


# ---- what survives ----

def test_history_comes_after_the_answer_in_order(door):
    ann, bob = door(fresh()), door(fresh())
    name = door.room(ann)
    ann.tell(*("SAY %s line %d" % (name, i) for i in range(70)))
    for i in range(70):
        ann.expect("RECV %s %s line %d" % (ann.name, name, i))
    bob.join(name)
    for i in range(20, 70):
        bob.expect("RECV %s %s line %d" % (ann.name, name, i))
    ann.say(name, "news")
    bob.expect("RECV %s %s news" % (ann.name, name))
    # Who is a member already is told nothing again.
    bob.join(name, 0)
    assert settled(bob) == []


@pytest.mark.parametrize("amount", [0, 3])
def test_amount_of_history(own, amount):
    here = own(control=["--history-replay", str(amount)])
    ann, bob = here("ann"), here("bob")
    name = here.room(ann)
    for i in range(5):
        ann.say(name, str(i))
        ann.expect("RECV ann %s %d" % (name, i))
    bob.join(name)
    assert settled(bob) == ["RECV ann %s %d" % (name, i)
                            for i in range(5 - amount, 5)]


@pytest.mark.parametrize("way", ["both", "control", "data", "clean"])
def test_restarts(own, way):
    """Accounts, rooms, members and what was said are there again."""
    here = own()
    server = here.server
    ann = here("ann")
    ann.tell("CREATE lobby", "CREATE other")
    ann.expect("RESULT CREATE lobby 1", "RESULT CREATE other 1")
    ann.join("lobby")
    ann.say("lobby", "before  it ")
    ann.expect("RECV ann lobby before  it ")
    wait_until(lambda: server.admin("room list")[0].get("history", 1), 5,
               "the line to be kept")
    if way == "clean":
        server.begin_stop()
        assert not server.finish_stop()
        server.start()
    elif way == "both":
        ann.close()
        wait_until(lambda: not any(u["name"] == "ann" for u in
                                   server.users().values()), 5, "logout")
        server.kill9()
        server.start()
    elif way == "control":
        server.control.kill9()
        ann.say("lobby", "meanwhile")
        ann.expect("RECV ann lobby meanwhile")
        server.start_control()
    else:
        server.data.kill9()
        ann.wait_closed()
        server.start_data()
        wait_until(lambda: server.users(), 10, "rooms")
    if way == "control":
        ann.say("lobby", "after")
        ann.expect("RECV ann lobby after")
    else:
        again = wait_until(lambda: try_login(here, "ann"), 10, "a login")
        again.join("lobby", 0)
        again.say("lobby", "I am a member")
        again.expect("RECV ann lobby I am a member")
    bob = here("bob")
    assert bob.channels() == ["lobby", "other"]
    bob.join("lobby")
    first = bob.next()
    assert first == "RECV ann lobby before  it "


def try_login(here, name):
    """A connection that got in, or None."""
    try:
        client = here()
    except ConnectionError:
        return None
    client.tell("LOGIN %s secret" % name)
    return client if client.next(10) == "RESULT LOGIN 1" else None


# ---- both doors in one room ----

def test_both_doors(own, net):
    here = own()
    ann, bob = here("ann"), here("bob")
    ann.tell("CREATE lobby")
    ann.expect("RESULT CREATE lobby 1")
    zoe = net.client(here.server, name="zoe", password="z")
    yan = net.client(here.server, name="yan", password="y")
    assert number_of(zoe, "ann") and number_of(zoe, "bob")
    ann.join("lobby")
    ann.say("lobby", "first")
    ann.expect("RECV ann lobby first")
    room = enter(zoe, "lobby")
    assert enter(yan, "lobby") == room
    assert any(w.endswith("] ann: first") for w in words(zoe, room))
    n = zoe.send(room, "from dnchat")
    ann.expect("RECV zoe lobby from dnchat")
    yan.ack(hears(yan, room, "zoe: from dnchat"))
    zoe.receipt(n, yan)
    bob.join("lobby")
    bob.expect("RECV ann lobby first", "RECV zoe lobby from dnchat")
    bob.say("lobby", "  hi: there ")
    hears(zoe, room, "bob:   hi: there ")
    for member in (ann, bob):
        member.expect("RECV bob lobby   hi: there ")
    # Receipts come from those who can give any, and once.
    zoe.ping()
    assert [(a, u) for a, u, _ in zoe.acks if a == n] == [(n, yan.number)]
    zoe.send(room, "/who")
    hears(zoe, room, "#lobby: members here: ann, zoe, yan, bob")
    # What is not said in a room, channels clients have no words for.
    zoe.post(number_of(zoe, "ann"), "psst")
    zoe.post("*", "all")
    zoe.ping()
    assert settled(ann) == [] and settled(bob) == []


def test_names_that_words_cannot_spell(own, net):
    here = own()
    server = here.server
    server.admin("room create 'two words'")
    server.admin("room create a:b")
    server.admin("room create 100%")
    ann = here("ann")
    assert ann.channels() == ["100%", "a%3Ab", "two%20words"]
    for number, word in enumerate(ann.lines[-1][16:].split(", ")):
        zoe = net.client(server, name="z o:e@%% %d" % number, password="z")
        ann.join(word)
        name = word.replace("%20", " ").replace("%3A", ":")
        room = enter(zoe, name)
        zoe.send(room, "hi")
        ann.expect("RECV z%%20o:e@%%%%20%d %s hi" % (number, word))
        ann.say(word, "a: b")
        hears(zoe, room, "ann: a: b")
        ann.expect("RECV ann %s a: b" % word)


def test_names_are_spelled_as_they_were_typed(own, net):
    """Whatever a client writes for a channel is what all read, if it is a
    word: a percent sign, and what only looks like a code of ours."""
    here = own()
    ann, bob = here("ann"), here("b%41b%")
    words = ["50%", "a%2", "a%25", "a%41", "a%3a", "x%2520y"]
    for word in words:
        ann.tell("CREATE " + word)
        ann.expect("RESULT CREATE %s 1" % word)
    assert ann.channels() == sorted(words)
    for word in words:
        ann.join(word)
        bob.join(word)
        bob.say(word, "50% %20")
        for client in (ann, bob):
            client.expect("RECV b%%41b%% %s 50%% %%20" % word)


def test_a_name_is_one_user_through_either_door(own, net):
    here = own()
    ann = here("ann", "secret")
    zoe = net.client(here.server, name="zoe", password="z")
    far = here()
    far.tell("REGISTER zoe z", "LOGIN zoe z", "LOGIN zoe y")
    far.expect("RESULT REGISTER 0", "RESULT LOGIN 0", "RESULT LOGIN 0")
    other = net.client(here.server, name="ann", password="secret",
                       login=False)
    assert other.login() == "NAME"
    zoe.close()
    wait_until(lambda: try_again(far, "LOGIN zoe z"), 5, "a login")
    ann.close()
    wait_until(lambda: other.login() is None, 5, "a login")


def try_again(client, line):
    client.tell(line)
    return client.next().endswith(" 1")


# ---- bad input ----

@pytest.mark.parametrize("line, answer", [
    (b"SAY mine " + b"x" * 70000, ["RESULT SAY 0"]),
    (b"SAY mine " + b"x" * 5000, ["RESULT SAY 0"]),
    (b"x" * 300000, []), (b"LOGIN " + b"x" * 100000, ["RESULT LOGIN 0"]),
    (b"JOIN " + b"x" * 100000, ["RESULT JOIN 0"]),
    (b"SAY mine \xff\xfe", ["RESULT SAY 0"]),
    (b"SAY mine \xed\xa0\x80", ["RESULT SAY 0"]),
    (b"SAY mine a\0b", ["RESULT SAY 0"]),
    (b"SAY mine a\x1bb", ["RESULT SAY 0"]),
    (b"CREATE \xff", ["RESULT CREATE 0"]), (b"\0\0\0", []), (b"\xff", []),
    (b"SAY mi\0ne x", ["RESULT SAY 0"])])
def test_bad_bytes(me, line, answer):
    me.write(line + b"\n")
    assert settled(me) == answer
    me.say("mine", "still here")
    me.expect("RECV me mine still here")


@pytest.mark.parametrize("name", [b"a\0b", b"a\x07b", b"\xe2\x80\xae"])
def test_names_without_control_characters(me, name):
    me.write(b"CREATE " + name + b"\nREGISTER " + name + b" x\n")
    got = settled(me)
    assert len(got) == 2 and all(g.endswith(" 0") for g in got)


def test_guesses_in_bulk_disturb_nobody(own):
    here = own()
    ann, bob = here("ann"), here("bob")
    name = here.room(ann, bob)
    crowd = [here() for _ in range(20)]
    for i, client in enumerate(crowd):
        client.tell(*("LOGIN ann guess%d.%d" % (i, k) for k in range(50)))
    slowest = 0
    for i in range(100):
        begun = time.monotonic()
        ann.say(name, str(i))
        bob.expect("RECV ann %s %d" % (name, i))
        slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 1 * SLOWNESS
    for client in crowd:
        wait_until(lambda c=client: len(c.lines) == 50, 60,
                   lambda c=client: len(c.lines))
        assert set(client.lines) == {"RESULT LOGIN 0"}
    here("carol")


def test_a_flood_of_one_leaves_the_others_alone(own):
    here = own()
    ann, bob, eve = here("ann"), here("bob"), here("eve")
    name, theirs = here.room(ann, bob), here.room(eve)
    eve.write(("SAY %s flood\nCHANNELS\nJOIN x\nnonsense\n" %
               theirs).encode() * 20000)
    slowest = 0
    for i in range(100):
        begun = time.monotonic()
        ann.say(name, str(i))
        bob.expect("RECV ann %s %d" % (name, i))
        slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 1 * SLOWNESS


def test_who_never_reads_is_closed_and_nobody_waits(own):
    here = own()
    ann, bob = here("ann"), here("bob")
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", here.server.channels))
    deaf.sendall(b"REGISTER deaf x\nLOGIN deaf x\n")
    text = b""
    while b"LOGIN 1" not in text:
        text += deaf.recv(100)
    name = here.room(ann, bob)
    deaf.sendall(("JOIN %s\n" % name).encode())
    wait_until(lambda: len(here.server.admin("room members " + name)) == 3,
               5, "three members")
    said = 0

    def is_gone():
        nonlocal said
        ann.tell(*["SAY %s %s" % (name, "x" * 4000)] * 50)
        said += 50
        for _ in range(50):
            bob.next()
        return not any(u["name"] == "deaf"
                       for u in here.server.users().values())

    wait_until(is_gone, 20, lambda: "the deaf one to be closed: %d" % said)
    deaf.close()


def test_five_hundred(own):
    here = own(auth="open")
    ann = here("ann")
    name = here.room(ann)
    crowd = [here() for _ in range(500)]
    for i, client in enumerate(crowd):
        client.tell("LOGIN u%d x" % i, "JOIN " + name)
    for client in crowd:
        client.expect("RESULT LOGIN 1", "RESULT JOIN %s 1" % name,
                      timeout=30)
    ann.say(name, "hello, all")
    for client in crowd:
        client.until("RECV ann %s hello, all" % name, timeout=30)
    for client in crowd:
        client.close()
    wait_until(lambda: len(here.server.users()) == 2, 20,
               lambda: len(here.server.users()))


def test_thousands_of_channels(own):
    here = own()
    ann = here("ann")
    names = ["channel-%05d" % i for i in range(3000)]
    ann.tell(*("CREATE " + name for name in names))
    ann.expect(*("RESULT CREATE %s 1" % name for name in names), timeout=60)
    assert ann.channels() == names
    ann.join(names[-1])


# ---- other ways to log in ----

def test_anyone_gets_in_where_it_is_open(own):
    here = own(auth="open")
    ann, bob = here(), here()
    ann.tell("LOGIN ann anything")
    ann.expect("RESULT LOGIN 1")
    bob.tell("LOGIN ann other", "LOGIN bob x", "CREATE x", "JOIN x")
    bob.expect("RESULT LOGIN 0", "RESULT LOGIN 1", "RESULT CREATE x 1",
               "RESULT JOIN x 1")


def test_one_password_for_all(own):
    here = own(auth="password:sesame")
    ann = here()
    ann.tell("LOGIN ann wrong", "LOGIN ann sesame", "LOGIN ann sesame")
    ann.expect("RESULT LOGIN 0", "RESULT LOGIN 1", "RESULT LOGIN 0")


def test_closed_registration(own):
    here = own(control=["--registration", "closed"])
    here.server.admin("account add ann secret")
    ann = here()
    ann.tell("REGISTER bob x", "LOGIN bob x", "LOGIN ann secret")
    ann.expect("RESULT REGISTER 0", "RESULT LOGIN 0", "RESULT LOGIN 1",
               timeout=10)


def test_default_port(net):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 4400)) == 0:
            pytest.skip("port 4400 is in use")
    server = net.server(auth="open", data=["--listen", "channels"])
    server.channels = 4400
    party = Party(server)
    party("ann")
    party.close()
