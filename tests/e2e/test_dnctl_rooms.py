"""dnctl's commands for rooms, accounts and federations: what they print, and
how they end."""
import json

import pytest

from network import Network
from rooms import open_door


@pytest.fixture(scope="module")
def home():
    network = Network()
    server = open_door(network, auth="accounts")
    server.admin("room create lobby")
    server.admin("account add ann sesame")
    yield server
    faults = network.end()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("args, status, words", [
    (["room", "create", "lobby"], 1, ["show users"]),
    (["room", "create", "#lobby"], 1, ["of that name"]),
    (["room", "create", " x"], 1, ["called so"]),
    (["room", "create", ""], 1, ["called so"]),
    (["room", "create", "a" * 65], 1, ["1 to 64 bytes"]),
    (["room", "create"], 2, ["NAME"]),
    (["room", "delete", "none"], 5, ["no such room"]),
    (["room", "members", "lobbi"], 5, ["did you mean lobby?"]),
    (["room", "members"], 2, ["ROOM"]),
    (["room", "list", "x"], 2, []), (["room"], 2, []),
    (["account", "lock", "nobody"], 5, ["account"]),
    (["account", "lock", "an"], 5, []),
    (["account", "unlock"], 2, ["ACCOUNT"]),
    (["account", "dance"], 2, []),
    (["federate"], 2, ["HOST"]), (["federate", "x", "y"], 1, ["1 to 65535"]),
    (["federate", "bad host"], 1, []), (["federate", "x", "0"], 1, []),
])
def test_refusals(home, args, status, words):
    done = home.dnctl(*args)
    said = done.stderr.decode()
    assert done.returncode == status, (done.returncode, said)
    assert said and not done.stdout
    for word in words:
        assert word in said, said
    done = home.dnctl("--json", *args)
    assert done.returncode == status
    if status != 2:
        answer = json.loads(done.stdout)
        assert answer["ok"] is False and answer["code"] and answer["error"]


def test_lists(home):
    for args, name in ((["room", "list"], "lobby"),
                       (["show", "rooms"], "lobby"),
                       (["account", "list"], "ann"),
                       (["show", "accounts"], "ann")):
        done = home.dnctl(*args)
        assert done.returncode == 0 and name in done.stdout.decode()
        done = home.dnctl("--json", *args)
        answer = json.loads(done.stdout)
        assert answer["ok"] is True
        assert name in [row["name"] for row in answer["data"]]


def test_a_room_and_an_account_come_and_go(home):
    for args in (["room", "create", "two words"], ["room", "members",
                                                   "two words"],
                 ["room", "delete", "#two words"], ["account", "lock", "ann"],
                 ["account", "unlock", "ann"], ["ro", "cr", "short"],
                 ["ro", "d", "short"]):
        done = home.dnctl(*args)
        assert done.returncode == 0, (args, done.stderr)
    rows = home.admin("room list")
    assert [r["name"] for r in rows] == ["lobby"]


def test_help(home):
    done = home.dnctl("help")
    said = done.stdout.decode()
    assert done.returncode == 0
    for word in ("room create NAME", "room delete ROOM", "room members ROOM",
                 "account add NAME", "account lock ACCOUNT",
                 "federate HOST [PORT]"):
        assert word in said, said
