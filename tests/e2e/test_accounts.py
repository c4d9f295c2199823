"""Accounts: a name belongs to whoever gave it a password first, and neither
crashes nor guessers change that."""
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from client import Client
from dnchat import program
from loop import SLOWNESS, wait_until


@pytest.fixture
def home(net):
    """A server with accounts, whose core does not know any yet."""
    return net.server(auth="accounts")


def reason(server, name, password, **options):
    """None if that gets in, and out again; else the reason of the FAIL."""
    client = Client(server, name=name, password=password, login=False,
                    **options)
    answer = client.login()
    client.close()
    if answer is None:
        wait_until(lambda: client.number not in server.users(), 5,
                   lambda: "LEFT of %s" % name)
    return answer


def accounts(server):
    return {row["name"]: row for row in server.admin("show accounts")}


# ---- names and passwords ----

def test_the_first_password_counts(home):
    assert reason(home, "ann", "sesame") is None
    assert reason(home, "ann", "Sesame") == "PASSWORD"
    assert reason(home, "ann", "") == "PASSWORD"
    assert reason(home, "ann", "sesame") is None
    row = accounts(home)["ann"]
    assert not row["locked"] and row["online"] is None and row["created"]


def test_a_guest_has_no_account(home):
    assert reason(home, "guest", "") is None
    assert "guest" not in accounts(home)
    assert reason(home, "guest", "mine") is None
    assert reason(home, "guest", "") == "PASSWORD"


def test_default_is_accounts(net):
    server = net.server(auth=None)
    assert reason(server, "ann", "one") is None
    assert reason(server, "ann", "two") == "PASSWORD"


def test_closed_registration(net):
    server = net.server(auth="accounts", control=["--registration", "closed"])
    assert reason(server, "ann", "sesame") == "PASSWORD"
    assert reason(server, "ann", "") == "PASSWORD"
    server.admin("account add ann sesame")
    assert reason(server, "ann", "sesame") is None
    assert reason(server, "ann", "other") == "PASSWORD"


def test_passwords_are_hashed_and_private(home):
    assert reason(home, "ann", "very-secret-word") is None
    assert oct(home.state.stat().st_mode)[-3:] == "700"
    for path in [*home.state.iterdir(), *home.run.iterdir(),
                 home.control_log, home.data_log]:
        if path.is_file():
            assert b"very-secret-word" not in path.read_bytes(), path
    with sqlite3.connect(home.state / "dnchat.db") as store:
        (hashed,) = store.execute("SELECT hash FROM account").fetchone()
    assert hashed.startswith("$argon2id$")


# ---- what outlives what ----

def test_accounts_outlive_everything(home):
    assert reason(home, "ann", "sesame") is None
    home.control.kill9()
    home.start_control()
    assert reason(home, "ann", "other") == "PASSWORD"
    assert reason(home, "ann", "sesame") is None
    home.kill9()
    home.start()
    assert reason(home, "ann", "other") == "PASSWORD"
    assert reason(home, "ann", "sesame") is None
    home.begin_stop()
    assert not home.finish_stop()
    home.start()
    assert reason(home, "ann", "other") == "PASSWORD"
    assert reason(home, "ann", "sesame") is None


def test_a_kill_while_it_is_hashed(home):
    """dncontrol dies with the password in its hands: dnchatd has it still."""
    waiting = [Client(home, name="u%d" % i, password="p%d" % i, login=False)
               for i in range(8)]
    for client in waiting:
        client.auth()
    wait_until(lambda: any(c.named for c in waiting), 10, lambda: "a login")
    home.control.kill9()
    home.start_control()
    for client in waiting:
        wait_until(lambda c=client: c.named, 10,
                   lambda c=client: "login of %s: %r" % (c.name, c.log))
        assert not client.fails and not client.violations
    assert set(accounts(home)) == {c.name for c in waiting}


# ---- the operator ----

def test_lock_and_unlock(home):
    assert reason(home, "ann", "sesame") is None
    home.admin("account lock ann")
    assert accounts(home)["ann"]["locked"]
    assert reason(home, "ann", "sesame") == "PASSWORD"
    home.admin("account unlock ann")
    assert reason(home, "ann", "sesame") is None


def test_delete_makes_the_name_free(home):
    assert reason(home, "ann", "sesame") is None
    home.admin("account delete ann")
    assert accounts(home) == {}
    assert reason(home, "ann", "other") is None
    assert reason(home, "ann", "sesame") == "PASSWORD"


def test_another_password(home):
    assert reason(home, "ann", "sesame") is None
    home.admin("account password ann 'open up'")
    assert reason(home, "ann", "sesame") == "PASSWORD"
    assert reason(home, "ann", "open up") is None


@pytest.mark.parametrize("line, code", [
    ("account lock nobody", "unknown"), ("account delete nobody", "unknown"),
    ("account password nobody x", "unknown"), ("account add #x y",
                                               "malformed"),
    ("account add ann x", "exists"), ("account add ann", "usage"),
    ("account add bob ''", "range")])
def test_refusals(home, line, code):
    home.admin("account add ann sesame")
    with pytest.raises(Exception) as caught:
        home.admin(line)
    assert caught.value.code == code, caught.value.status
    assert caught.value.status["error"]


def test_many_accounts_are_listed(home):
    with sqlite3.connect(home.state / "dnchat.db") as store:
        store.executemany(
            "INSERT INTO account VALUES (?, 'x', 0, 0, 1, 0, 0, 0)",
            [("user%05d" % i,) for i in range(3000)])
    rows = home.admin("account list", timeout=20)
    assert [row["name"] for row in rows] == \
        ["user%05d" % i for i in range(3000)]


def test_online_tells_where_the_name_is(net, home):
    other = net.server(auth="open")
    home.connect(other.port)
    wait_until(home.up, 10, lambda: "a link")
    home.admin("account add ann sesame")
    home.admin("account add bob sesame")
    Client(other, name="ann")
    Client(home, name="bob", password="sesame")
    wait_until(lambda: accounts(home)["ann"]["online"] == "elsewhere", 5,
               lambda: accounts(home))
    assert accounts(home)["bob"]["online"] == "here"
    assert reason(home, "ann", "sesame") == "NAME"


# ---- dnctl: no password on a command line ----

def test_dnctl_reads_passwords(home):
    done = home.dnctl("account", "add", "ann", stdin=b"sesame\n")
    assert done.returncode == 0, done.stderr
    assert reason(home, "ann", "sesame") is None
    done = home.dnctl(stdin=b"account password ann\nopen up\nshow accounts\n")
    assert done.returncode == 0 and b"ann" in done.stdout, done.stderr
    assert reason(home, "ann", "open up") is None
    read, write = os.pipe()
    os.write(write, b"third\n")
    os.close(write)
    done = subprocess.run(
        [program("dnctl"), "--run-dir", str(home.run), "--password-fd",
         str(read), "account", "password", "ann"], pass_fds=[read],
        env=home.env, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=15 * SLOWNESS)
    os.close(read)
    assert done.returncode == 0, done.stderr
    assert reason(home, "ann", "third") is None


@pytest.mark.parametrize("args, stdin", [
    (["account", "add", "ann", "sesame"], b""),
    (["account", "add", "ann"], b""), (["account", "add", "ann"], b"\n"),
    (["account", "add"], b"x\n")])
def test_dnctl_without_a_password(home, args, stdin):
    done = home.dnctl(*args, stdin=stdin)
    assert done.returncode == 2 and done.stderr
    assert accounts(home) == {}


def test_dnctl_asks_on_a_terminal(home):
    pexpect = pytest.importorskip("pexpect")
    shell = pexpect.spawn(program("dnctl"), ["--run-dir", str(home.run)],
                          env=home.env, encoding="utf-8",
                          timeout=15 * SLOWNESS)
    shell.expect("dnctl> ")
    shell.sendline("account add ann")
    shell.expect("Password: ")
    shell.sendline("sesame")
    shell.expect("Once more: ")
    shell.sendline("sesame")
    shell.expect("ok")
    assert "sesame" not in shell.before
    shell.expect("dnctl> ")
    shell.sendline("account password ann")
    shell.expect("Password: ")
    shell.sendline("one")
    shell.expect("Once more: ")
    shell.sendline("two")
    shell.expect("two passwords")
    shell.expect("dnctl> ")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0
    assert reason(home, "ann", "sesame") is None


# ---- guessing, and too much ----

def test_guessing_is_slowed_per_address(net):
    home = net.server(auth="accounts", listen="0.0.0.0:0")
    assert reason(home, "ann", "sesame") is None
    home.control.kill9()
    home.start_control()
    answers = [reason(home, "ann", "guess%d" % i, source="127.0.0.2")
               for i in range(8)]
    assert answers == ["PASSWORD"] * 5 + ["BUSY"] * 3
    assert reason(home, "bob", "new", source="127.0.0.2") is None
    # From elsewhere she gets in; and then even from where it was guessed.
    assert reason(home, "ann", "sesame", source="127.0.0.2") == "BUSY"
    assert reason(home, "ann", "sesame", source="127.0.0.3") is None
    assert reason(home, "ann", "sesame", source="127.0.0.2") is None


def test_a_hundred_logins_at_once(home, measured):
    """Whoever is told that we are busy tries again, and all get in."""
    clients = [Client(home, name="n%d" % i, password="p%d" % i, login=False)
               for i in range(100)]
    begun = time.monotonic()
    for client in clients:
        client.auth()
    waiting = list(clients)
    busy = 0

    def pending():
        nonlocal waiting, busy
        for client in waiting:
            if not client.named and client.fails:
                assert client.fails.pop()[1] == "BUSY"
                busy += 1
                client.auth()
        waiting = [c for c in waiting if not c.named]
        return waiting

    wait_until(lambda: not pending(), 60, lambda: [(c.name, c.closed)
                                                for c in waiting])
    assert len(accounts(home)) == 100
    measured["100 registrations at once"] = "%.1f s, %d told BUSY" % (
        time.monotonic() - begun, busy)


def test_a_remembered_login_does_not_wait(home):
    assert reason(home, "ann", "sesame") is None
    crowd = [Client(home, name="n%d" % i, password="p", login=False)
             for i in range(64)]
    for client in crowd:
        client.auth()
    assert reason(home, "ann", "sesame") is None
    assert not all(c.named for c in crowd)


# ---- the store fails ----

def test_a_locked_store(home):
    assert reason(home, "ann", "sesame") is None
    a = Client(home, name="bob", password="")
    b = Client(home, name="carol", password="")
    other = sqlite3.connect(home.state / "dnchat.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert reason(home, "dan", "new") == "BUSY"
    assert "another program" in home.status()["store"]
    assert home.logged("event=store", "result=degraded", "another program")
    assert reason(home, "ann", "sesame") is None
    b.receive(a, a.send(b))
    other.execute("ROLLBACK")
    other.close()
    wait_until(lambda: home.status()["store"] == "ok", 5, home.status)
    assert home.logged("event=store", "result=recovered")
    assert reason(home, "dan", "new") is None


def test_a_damaged_store(home):
    assert reason(home, "ann", "sesame") is None
    home.begin_stop()
    assert not home.finish_stop()
    path = home.state / "dnchat.db"
    kept = path.read_bytes()
    path.write_bytes(b"this is no database any more, alas. " * 300)
    home.start()
    assert reason(home, "ann", "sesame") == "BUSY"
    assert "move the file away" in home.status()["store"]
    path.write_bytes(kept)
    wait_until(lambda: home.status()["store"] == "ok", 5, home.status)
    assert reason(home, "ann", "other") == "PASSWORD"
    assert reason(home, "ann", "sesame") is None


def test_two_servers_do_not_share_a_state_directory(net, home):
    done = subprocess.run(
        [program("dncontrol"), "--run-dir", str(home.dir / "r2"),
         "--state-dir", str(home.state)], env=home.env,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=20 * SLOWNESS)
    assert done.returncode == 1
    assert b"--state-dir DIR" in done.stderr
    assert str(home.control.pid).encode() in done.stderr


def test_options_change_on_hangup(net, tmp_path):
    path = tmp_path / "conf"
    path.write_text("registration = open\n")
    home = net.server(auth="accounts", control=["--config", str(path)])
    assert reason(home, "ann", "sesame") is None
    path.write_text("registration = closed\n")
    home.control.signal(signal.SIGHUP)
    wait_until(lambda: home.logged("event=reload", "result=ok"), 5,
               lambda: "reload")
    assert reason(home, "bob", "sesame") == "PASSWORD"
    assert reason(home, "ann", "sesame") is None
