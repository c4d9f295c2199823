"""The store fails under a server that people are talking on: they go on, the
operator is told, and when it is well again nothing has to be restarted."""
import os
import sqlite3
import subprocess
import time

import pytest

from channels import ChannelsClient
from loop import SLOWNESS, wait_until
from rooms import enter, hears, number_of, open_door, words


def channels(server, name=None):
    return ChannelsClient("127.0.0.1", server.channels, name)


class Life:
    """Ann and Bob talk in #lobby through both doors."""

    def __init__(self, net, **options):
        self.server = open_door(net, auth="accounts", **options)
        self.server.admin("room create lobby")
        self.ann = channels(self.server, "ann")
        self.ann.join("lobby")
        self.bob = net.client(self.server, name="bob", password="b")
        self.room = enter(self.bob)
        self.said = 0

    def talk(self):
        """Each hears the other, at once."""
        for _ in range(10):
            self.said += 1
            begun = time.monotonic()
            self.bob.post(self.room, "b%d" % self.said)
            self.ann.until("RECV bob lobby b%d" % self.said)
            self.ann.say("lobby", "a%d" % self.said)
            hears(self.bob, self.room, "ann: a%d" % self.said)
            assert time.monotonic() - begun < 1 * SLOWNESS

    def logins(self):
        """Who has been here gets in; who is new does not."""
        self.ann.close()
        again = channels(self.server)
        wait_until(lambda: ask(again, "LOGIN ann secret").endswith(" 1"), 5,
                   "a login")
        new = channels(self.server)
        assert ask(new, "REGISTER carol x") == "RESULT REGISTER 0"
        new.close()
        self.ann = again

    def wait_failing(self):
        def fails():
            self.talk()
            return self.server.status()["store"] != "ok"
        wait_until(fails, 20, self.server.status)

    def wait_well(self):
        wait_until(lambda: self.server.status()["store"] == "ok", 5,
                   self.server.status)
        self.talk()
        carol = channels(self.server)
        assert ask(carol, "REGISTER carol x") == "RESULT REGISTER 1"
        assert ask(carol, "LOGIN carol x") == "RESULT LOGIN 1"
        carol.join("lobby")
        carol.until("RECV ann lobby a%d" % self.said)
        carol.close()


def ask(client, line):
    client.tell(line)
    return client.next(10)


def test_another_program_holds_it(net):
    life = Life(net)
    other = sqlite3.connect(life.server.state / "dnchat.db",
                            isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    life.wait_failing()
    life.logins()
    assert "another program" in life.server.status()["store"]
    # Who joins meanwhile hears what is said from now on.
    new = net.client(life.server, name="guest", password="")
    new.send(life.room, "/join")
    wait_until(lambda: any("joined" in w for w in words(new, life.room)), 10,
               lambda: words(new, life.room))
    life.ann.say("lobby", "welcome")
    hears(new, life.room, "ann: welcome")
    other.execute("ROLLBACK")
    other.close()
    life.wait_well()
    life.ann.close()


@pytest.fixture
def small(tmp_path):
    """A directory of a file system of 2 MiB."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a file system")
    path = tmp_path / "small"
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700",
                       "tmpfs", path], capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def test_the_disk_is_full(net, small):
    life = Life(net, state_dir=small / "state")
    net.patient = True
    filler = small / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    life.wait_failing()
    life.logins()
    assert "full" in life.server.status()["store"]
    assert life.server.logged("event=store", "result=degraded")
    filler.unlink()
    life.wait_well()
    assert life.server.logged("event=store", "result=recovered")
    assert life.server.status()["history_lost"] > 0
    life.ann.close()


def test_a_disk_that_cannot_be_written(net, small):
    life = Life(net, state_dir=small / "state")
    net.patient = True
    server = life.server
    life.talk()
    life.ann.close()
    server.begin_stop()
    assert not server.finish_stop()
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    try:
        server.start_data()
        server.start_control()
        assert server.logged("event=state_dir", "Read-only file system")
        assert "ours to write" in server.status()["store"]
        guest = net.client(server, name="guest", login=False)
        assert guest.login() == "BUSY"
    finally:
        subprocess.run(["mount", "-o", "remount,rw", small], check=True)
    wait_until(lambda: server.status()["store"] == "ok", 5, server.status)
    life.ann = channels(server)
    assert ask(life.ann, "LOGIN ann secret") == "RESULT LOGIN 1"
    life.bob = net.client(server, name="bob", password="b")
    assert number_of(life.bob) == life.room
    life.talk()
    life.ann.close()
