"""Options, ports, files and signals: what goes wrong is told in one clear
line and a status that is not 0."""
import signal
import socket
import subprocess

import pytest

from dnchat import Server, program
from loop import SLOWNESS, wait_until
from wire import HOST, RawSocket


def run_program(server, name, *args):
    """Runs a daemon that is expected to refuse."""
    return subprocess.run([program(name)] + list(args), env=server.env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=10 * SLOWNESS)


def one_clear_line(result, *words, status=None):
    lines = result.stderr.decode().strip().splitlines()
    assert result.returncode not in (0, 99) and result.returncode > 0, result
    if status is not None:
        assert result.returncode == status, result
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.fixture
def spare(net):
    """A server that was not started: a directory and an environment."""
    server = Server()
    yield server
    assert not server.reports()
    server.destroy()


@pytest.mark.parametrize("args", [
    ["--no-such"], ["--listen"], ["--listen", "nonsense"],
    ["--listen", "70000"], ["--listen", "-1"], ["--listen", "1.2.3:5"],
    ["--listen", "gopher:7000"], ["--listen", "[::1:5"],
    ["--log-level", "loud"], ["--log-level"], ["stray"],
    ["--status", "sometimes"], ["--status"], ["--host-name", "a b"],
    ["--host-name", "a:80"], ["--no-page=x"],
    ["--host-name", "a"] * 17], ids=" ".join)
def test_bad_options_of_dnchatd(spare, args):
    result = run_program(spare, "dnchatd", "--run-dir", str(spare.run), *args)
    one_clear_line(result, "dnchatd", status=2)


@pytest.mark.parametrize("args", [
    ["--no-such", "x"], ["--auth"], ["--auth", "sesame"],
    ["--connect", "host:99999"], ["--connect", ":"],
    ["--accept-peers", "friends"], ["--accept-peers", "10.0.0.0/33"],
    ["--log-level", "loud"], ["--max-hops", "0"], ["--max-hops", "many"],
    ["--srvr-number", "7"], ["--text-limit", "1"],
    ["--text-limit", "70000"], ["stray"]], ids=" ".join)
def test_bad_options_of_dncontrol(spare, args):
    result = run_program(spare, "dncontrol", "--run-dir", str(spare.run),
                         *args)
    one_clear_line(result, "dncontrol", status=2)


@pytest.mark.parametrize("name", ["dnchatd", "dncontrol"])
def test_help_and_version(spare, name):
    for option in ("--help", "--version"):
        result = run_program(spare, name, option)
        assert result.returncode == 0 and result.stdout, result
        assert not result.stderr


def test_busy_port(one, spare):
    result = run_program(spare, "dnchatd", "--run-dir", str(spare.run),
                         "--listen", "%s:%d" % (HOST, one.port))
    one_clear_line(result, str(one.port), status=1)


def test_an_address_that_is_not_ours(spare):
    result = run_program(spare, "dnchatd", "--run-dir", str(spare.run),
                         "--listen", "192.0.2.1:0")
    one_clear_line(result, "192.0.2.1", status=1)


@pytest.mark.parametrize("name", ["dnchatd", "dncontrol"])
def test_a_second_daemon_on_a_run_directory(one, name):
    args = ["--listen", HOST + ":0"] if name == "dnchatd" else []
    result = run_program(one, name, "--run-dir", str(one.run), *args)
    plane = one.data if name == "dnchatd" else one.control
    one_clear_line(result, str(plane.pid), "--run-dir", status=1)
    assert one.status()


def test_a_run_directory_that_cannot_be(spare, tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    for name in ("dnchatd", "dncontrol"):
        args = ["--listen", HOST + ":0"] if name == "dnchatd" else []
        result = run_program(spare, name, "--run-dir", str(path), *args)
        one_clear_line(result, str(path), status=1)


def test_unreadable_files(spare, tmp_path):
    missing = str(tmp_path / "missing")
    for args in (["--config", missing], ["--auth", "password:@" + missing]):
        result = run_program(spare, "dncontrol", "--run-dir", str(spare.run),
                             *args)
        one_clear_line(result, missing)


@pytest.mark.parametrize("text, word", [
    ("nonsense\n", "1"), ("name = a\ncolour = red\n", "colour"),
    ("max-hops = many\n", "max-hops")])
def test_bad_configuration(spare, tmp_path, text, word):
    path = tmp_path / "dnchat.conf"
    path.write_text(text)
    result = run_program(spare, "dncontrol", "--run-dir", str(spare.run),
                         "--config", str(path))
    one_clear_line(result, word)


def test_a_stale_socket_is_replaced(net):
    server = net.server()
    server.kill9()
    server.start()
    net.client(server).ping()


def test_ipv6_and_two_addresses(net):
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    server = net.server(listen="[::1]:0", host="::1",
                        data=["--listen", HOST + ":0"])
    wait_until(lambda: len(server.logged("event=listening")) == 2)
    a = net.client(server)
    other = net.server()
    other.connect(server.port, host="::1")
    wait_until(lambda: other.up())
    b = net.client(other)
    b.sees(a)


def test_all_addresses(net):
    server = net.server(listen="0")
    net.client(server).ping()
    sock = RawSocket(server.port)
    assert b" 101 " in sock.upgrade()
    sock.close()


# ---- signals ----

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("to", ["dnchatd", "dncontrol", "both"])
def test_signals_end_both(net, number, to):
    server = net.server()
    user = net.client(server)
    if to != "dnchatd":
        server.control.signal(number)
    if to != "dncontrol":
        server.data.signal(number)
    user.expect_close(1001)
    assert not server.finish_stop()
    assert not (server.run / "journal").exists()


def test_dnchatd_ends_without_dncontrol(net):
    server = net.server()
    user = net.client(server)
    server.control.kill9()
    server.data.term()
    user.expect_close(1001, timeout=6)
    assert server.data.wait_end() == 0


def test_dncontrol_ends_without_dnchatd(net):
    server = net.server()
    server.data.kill9()
    server.control.term()
    assert server.control.wait_end() == 0


def test_hup_reloads(net, tmp_path):
    path = tmp_path / "dnchat.conf"
    path.write_text("# nothing yet\n")
    server = net.server(control=["--config", str(path)])
    a, b = net.client(server), net.client(server)
    path.write_text("text-limit = 400\n")
    server.control.signal(signal.SIGHUP)
    wait_until(lambda: a.answer(a.post(b, "x" * 500)) == "LENGTH")
    # A broken file changes nothing, and is told.
    path.write_text("text-limit = 300\nnonsense = 1\n")
    server.control.signal(signal.SIGHUP)
    wait_until(lambda: server.logged("nonsense"))
    assert a.answer(a.post(b, "x" * 350)) is None
    server.data.signal(signal.SIGHUP)
    a.ping()
    assert server.alive()


def test_hup_without_a_file(net):
    server = net.server()
    for plane in server.planes():
        plane.signal(signal.SIGHUP)
    net.client(server).ping()
    assert server.alive()
