"""The admin socket and dnctl: every command, good and bad, in each of the
ways in which it can be given (R30)."""
import json
import socket
import subprocess

import psutil
import pytest

from dnchat import Admin, AdminError, program
from loop import never, wait_until
from peers import RawPeer
from wire import HOST, fresh

CODES = {"malformed", "range", "too-long", "unknown", "exists", "full",
         "state", "refused", "memory", "io", "timeout", "version", "offline",
         "usage"}


def refused(server, line, *codes):
    with pytest.raises(AdminError) as error:
        server.admin(line)
    status = error.value.status
    assert status["code"] in (codes or CODES), status
    assert status["error"], status
    return status


# ---- over the socket ----

def test_show_status(one, client):
    a = client()
    row = one.status()
    assert row["name"] == one.name
    text = json.dumps(row)
    assert "connections" in text and "messages_in" in text
    a.ping()


def test_show_users(one, client):
    a = client(name="Zo\u00eb")
    rows = one.admin("show users")
    assert [r["number"] for r in rows] == [str(a.number)]
    row = rows[0]
    assert row["name"] == "Zo\u00eb" and row["local"] is True
    assert row["hops"] == 0 and row["description"] == "on " + one.name
    assert HOST in row["source"]


def test_show_peers_routes_and_route(one, client):
    a = client()
    peer = RawPeer.dial(one)
    number = fresh()
    peer.announce(number, "remote", 2)
    a.sees(number)
    peers = one.admin("show peers")
    assert len(peers) == 1 and peers[0]["state"] == "up"
    assert peers[0]["name"] == "%s:%d" % peer.ws.local_address[:2]
    routes = {r["number"]: r for r in one.admin("show routes")}
    assert set(routes) == {str(a.number), str(number)}
    for word in (str(number), "remote"):
        rows = one.admin("show route %s" % word)
        assert rows[0]["peer"] == peers[0]["name"]
        assert rows[0]["hops"] == 2 and rows[0]["chosen"] is True
        assert rows[0]["why"]
        trace = one.admin("trace %s" % word)
        assert trace
        assert peers[0]["name"] in json.dumps(trace)
    assert one.admin("trace %d" % a.number)
    peer.end()


def test_show_connections(one, client):
    a = client()
    peer = RawPeer.dial(one)
    wait_until(lambda: one.up())
    text = json.dumps(one.admin("show connections"))
    assert str(a.number) in text
    peer.end()


def test_map(one, client):
    a = client()
    peer = RawPeer.dial(one)
    peer.announce(fresh(), "remote")
    assert one.admin("map")
    assert "graph" in json.dumps(one.admin("map --dot"))
    peer.end()
    a.ping()


def test_kick(one, client):
    a, b = client(name="troll"), client()
    one.admin("kick troll")
    a.expect_close(1008)
    b.sees()
    c = client()
    one.admin("kick %d" % c.number)
    c.expect_close(1008)
    refused(one, "kick nobody", "unknown")


def test_kick_of_a_remote_user(one):
    peer = RawPeer.dial(one)
    number = fresh()
    peer.announce(number, "remote")
    wait_until(lambda: one.users())
    refused(one, "kick %d" % number, "state")
    peer.end()


def test_log_level(one, client):
    one.admin("log debug")
    a = client()
    a.ping()
    wait_until(lambda: one.logged("level=debug"))
    one.admin("log info")
    refused(one, "log loud")


def test_watch(one, client):
    with Admin(one.socket) as admin:
        admin.write("watch")
        a = None
        rows = []

        def seen(word):
            rows.append(admin.row())
            return word in json.dumps(rows)

        a = client(name="watched")
        wait_until(lambda: seen("watched"), 5)
        a.close()
        count = len(rows)
        wait_until(lambda: seen("watched") and len(rows) > count, 5)
        assert all("ok" not in row for row in rows)


def test_ambiguous_names(one, client):
    a = client(name="twin")
    peer = RawPeer.dial(one)
    number = fresh()
    peer.announce(number, "twin")
    a.sees(number)
    refused(one, "show route twin", "exists")
    one.admin("show route %d" % number)
    peer.end()


BAD = ["nonsense", "show", "show nothing", "s", "connect", "connect a b c",
       "connect %s port" % HOST, "connect %s 0" % HOST,
       "connect %s 65536" % HOST, "connect %s -1" % HOST, "disconnect",
       "disconnect no:1", "show users extra", "show route",
       "show route nobody", "trace", "trace nobody", "kick", "log",
       "log debug info", "map --tod", "watch it", "\"unclosed", "x" * 5000,
       "show route " + "9" * 40, "connect " + "h" * 300, "kick -1",
       "connect bad_host!name 1", "\x01", "one two three four five six seven "
       "eight nine"]


@pytest.mark.parametrize("line", BAD, ids=lambda x: ascii(x)[:30])
def test_bad_commands(one, line):
    refused(one, line)
    assert one.status()


def test_errors_say_what_to_do(one):
    status = refused(one, "show usres", "usage")
    assert status.get("hint") or "help" in status["error"]


def test_blank_lines_and_comments(one):
    with Admin(one.socket) as admin:
        admin.write("")
        admin.write("# nothing")
        admin.write("   show    status  ")
        rows, status = [], None
        while status is None or len(rows) == 0:
            row = admin.row()
            if "ok" in row:
                status = row
                assert status["ok"]
            else:
                rows.append(row)


def test_prefixes_and_quotes(one, client):
    client(name="two words")
    assert one.admin("sh st")
    assert one.admin("sho us")
    assert one.admin("show conn")
    one.admin("trace \"two words\"")
    one.admin("trace 'two words'")
    one.admin("trace two\\ words")


def test_many_lines_at_once(one):
    with Admin(one.socket) as admin:
        admin.sock.sendall(b"show status\n" * 200)
        for _ in range(200):
            assert admin.row()["name"] == one.name
            assert admin.row() == {"ok": True}


def test_junk_and_eof(one):
    for data in (b"\x00\xff\n", b"no newline", b"\n\n\n", b"\xff" * 20000,
                 b"show status\r\n"):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(one.socket))
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(5)
        while True:
            try:
                if not sock.recv(65536):
                    break
            except ConnectionResetError:
                break
        sock.close()
    assert one.status()


def test_an_asker_who_does_not_read(one):
    sock = socket.socket(socket.AF_UNIX)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.connect(str(one.socket))
    sock.setblocking(False)
    try:
        for _ in range(20000):
            sock.send(b"show status\n")
    except OSError:
        pass
    assert one.status()
    sock.close()
    assert one.status()


def test_mode_of_the_socket(one):
    assert one.socket.stat().st_mode & 0o777 == 0o660
    assert (one.run / "dnchatd.sock").stat().st_mode & 0o777 == 0o600
    assert one.run.stat().st_mode & 0o007 == 0


def test_standard_input_of_dncontrol(net):
    server, other = net.make(2)
    server.type("connect %s %d" % (HOST, other.port))
    wait_until(lambda: other.up())
    server.type("nonsense")
    server.type("show users")
    name = server.up()[0]["name"]
    server.type("disconnect " + name)
    wait_until(lambda: not other.up())
    server.control.process.stdin.close()
    never(lambda: not server.control.alive(), 0.5, "end of input ends it")
    assert server.status()


# ---- dnctl ----

GOOD = ["show status", "show users", "show peers", "show routes",
        "show route anna", "show connections", "trace anna", "map",
        "map --dot", "log info", "sh st"]
WRONG = [("nonsense", 2), ("show", 2), ("show route", 2), ("kick nobody", 5),
         ("show route nobody", 5), ("disconnect no:1", 5), ("log loud", 2),
         ("connect", 2), ("show users now", 2), ("trace nobody", 5)]


def ways(server, line, tmp_path):
    """The same command by argv, standard input and a file."""
    path = tmp_path / "commands"
    path.write_text(line + "\n")
    yield server.dnctl(*line.split())
    yield server.dnctl(stdin=line.encode() + b"\n")
    yield server.dnctl("-f", str(path))
    yield server.dnctl("-j", *line.split())
    yield server.dnctl("--json", stdin=line.encode() + b"\n")
    yield server.dnctl("-j", "-f", str(path))


def no_escapes(result):
    assert b"\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize("line", GOOD)
def test_r30_good(one, client, line, tmp_path):
    client(name="anna")
    for i, result in enumerate(ways(one, line, tmp_path)):
        assert result.returncode == 0, result
        no_escapes(result)
        if i >= 3:
            document = json.loads(result.stdout)
            assert document["ok"] is True
            assert isinstance(document["data"], list)


@pytest.mark.parametrize("line, code", WRONG)
def test_r30_bad(one, line, code, tmp_path):
    for i, result in enumerate(ways(one, line, tmp_path)):
        assert result.returncode == code, result
        no_escapes(result)
        if i >= 3:
            document = json.loads(result.stdout)
            assert document["ok"] is False
        else:
            assert result.stderr and not result.stdout, result


def test_rows_as_they_come(one, client):
    a = client(name="anna")
    result = one.dnctl("-J", "show", "users")
    rows = [json.loads(x) for x in result.stdout.splitlines()]
    assert rows[0]["number"] == str(a.number)


def test_tables_for_people(one, client):
    client(name="anna")
    lines = one.dnctl("show", "users").stdout.decode().splitlines()
    assert lines[0] == lines[0].upper()
    assert "anna" in lines[1]


def test_names_that_do_not_print_are_escaped(one):
    peer = RawPeer.dial(one)
    peer.announce(fresh(), "esc\u009b31m\u202eevil")
    wait_until(lambda: one.users())
    out = one.dnctl("show", "users").stdout.decode()
    assert "\u009b" not in out and "\u202e" not in out
    assert not one.logged("\u009b")
    peer.end()


def test_a_batch_stops_at_the_first_error(one, tmp_path):
    path = tmp_path / "batch"
    path.write_text("show status\n# a comment\n\nnonsense\nlog debug\n")
    result = one.dnctl("-f", str(path))
    assert result.returncode == 2
    assert b"batch:4:" in result.stderr or b"4:" in result.stderr
    assert result.stdout
    one.admin("log info")


def test_nobody_there(tmp_path, one):
    result = subprocess.run([program("dnctl"), "--run-dir", str(tmp_path),
                             "show", "status"], capture_output=True,
                            env=one.env, stdin=subprocess.DEVNULL)
    assert result.returncode == 3
    assert result.stderr.count(b"\n") <= 2 and result.stderr


def test_time_out(net):
    server = net.server()
    server.control.stop()
    result = server.dnctl("-t", "1", "show", "status")
    assert result.returncode == 4
    server.control.cont()
    wait_until(lambda: server.status())


def test_usage(one):
    for args, code in ((["--version"], 0), (["--help"], 0), (["help"], 0),
                       (["--no-such-option"], 2), (["-f"], 2),
                       (["-f", "/no/such/file", ], 2)):
        result = one.dnctl(*args)
        assert result.returncode == code or \
            (args[0] == "-f" and result.returncode != 0), (args, result)
        no_escapes(result)
        assert result.stdout if code == 0 else result.stderr


def test_watch_by_dnctl(net):
    server = net.server()
    with subprocess.Popen(
            [program("dnctl"), "--run-dir", str(server.run), "-J", "watch"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=server.env) as watch:
        try:
            # The listening socket and one connection.
            wait_until(lambda: len(admin_sockets(server)) == 2)
            net.client(server, name="watched by dnctl")
            line = watch.stdout.readline()
            while b"watched by dnctl" not in line:
                assert line
                line = watch.stdout.readline()
        finally:
            watch.kill()


def admin_sockets(server):
    return [c for c in psutil.Process(server.control.pid).connections("unix")
            if c.laddr and c.laddr.endswith("admin.sock")]
