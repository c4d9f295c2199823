"""What `make run` starts (cli/run.sh), on a terminal and without one."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pexpect
import pytest

from dnchat import BUILD, TOP, environment, program
from loop import SLOWNESS, wait_until

SCRIPT = str(TOP / "cli/run.sh")
HOST = "127.0.0.1"


def free_port():
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return sock.getsockname()[1]


class Terminal:
    """cli/run.sh with a terminal."""

    def __init__(self, directory, port=""):
        self.env = dict(environment(directory / "report"),
                        XDG_RUNTIME_DIR=str(directory),
                        XDG_STATE_HOME=str(directory / "state"))
        self.spawn = pexpect.spawn(
            SCRIPT, [str(BUILD), str(port)], env=self.env, cwd=str(TOP),
            encoding="utf-8", timeout=20 * SLOWNESS)
        self.spawn.expect(r"this server is at ws://\S+:(\d+)")
        self.port = int(self.spawn.match.group(1))
        self.run = directory / ("dnchat-%d" % self.port)
        self.before = self.spawn.before
        self.spawn.expect_exact("dnchatd.log")

    def say(self, line):
        self.spawn.sendline(line)

    def rows(self, *command):
        done = subprocess.run(
            [program("dnctl"), "--run-dir", str(self.run), "-J",
             *command], capture_output=True, env=self.env, check=False)
        return [json.loads(x) for x in done.stdout.splitlines()]

    def ended(self):
        """The status it ended with; none of its processes is left."""
        self.spawn.expect(pexpect.EOF)
        self.spawn.close()
        text = self.spawn.before
        assert self.spawn.signalstatus is None, text
        assert not left(self.run), text
        return self.spawn.exitstatus


def left(run):
    """Processes on that run directory."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(run).encode() in words:
            found.append((path.parent.name, words))
    return found


def test_two_servers_by_hand(tmp_path):
    one = Terminal(tmp_path, free_port())
    two = Terminal(tmp_path, free_port())
    assert one.run.stat().st_mode & 0o777 == 0o700
    two.say("connect %s %d" % (HOST, one.port))
    for server in (one, two):
        wait_until(lambda: [p for p in server.rows("show", "peers")
                            if p["state"] == "up"], 10)
    two.say("exit")
    assert two.ended() == 0
    wait_until(lambda: not [p for p in one.rows("show", "peers")
                            if p["state"] == "up"], 10)
    one.spawn.sendintr()
    assert one.ended() == 0


def test_restart_and_crash_of_dncontrol(tmp_path):
    server = Terminal(tmp_path, free_port())
    server.say("restart")
    server.spawn.expect_exact("starting it again")
    wait_until(lambda: server.rows("show", "status"), 10)
    pids = [int(pid) for pid, words in left(server.run)
            if words[0].endswith(b"dncontrol")]
    assert len(pids) == 1
    os.kill(pids[0], signal.SIGKILL)
    server.spawn.expect_exact("starting it again")
    wait_until(lambda: server.rows("show", "status"), 10)
    server.say("exit")
    assert server.ended() == 0


def test_the_next_free_port(tmp_path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("0.0.0.0", 42015))
            taken.listen()
        except OSError:
            pass  # by somebody else: as good
        server = Terminal(tmp_path)
    assert server.port > 42015
    assert "42015 is taken" in server.before
    server.say("exit")
    assert server.ended() == 0


def test_a_port_that_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [SCRIPT, str(BUILD), str(port)], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False, timeout=30 * SLOWNESS,
            env=dict(environment(tmp_path / "report"),
                     XDG_RUNTIME_DIR=str(tmp_path),
                     XDG_STATE_HOME=str(tmp_path / "state")))
    assert done.returncode == 1
    assert str(port) in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT,
                                    signal.SIGHUP])
def test_without_a_terminal(tmp_path, number):
    """The end of input ends nothing; a signal to the script alone does."""
    port = free_port()
    run = tmp_path / ("dnchat-%d" % port)
    env = dict(environment(tmp_path / "report"),
               XDG_RUNTIME_DIR=str(tmp_path),
               XDG_STATE_HOME=str(tmp_path / "state"))
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen(
            [SCRIPT, str(BUILD), str(port)], stdin=subprocess.DEVNULL,
            stdout=out, stderr=out, env=env, cwd=str(TOP))
    text = (tmp_path / "out").read_text
    wait_until(lambda: re.search(r"ws://\S+:%d" % port, text()), 20, text)
    assert len(left(run)) >= 2
    process.send_signal(number)
    assert process.wait(20 * SLOWNESS) == 0, text()
    assert "ended" in text()
    assert not left(run)


def test_dnchatd_dies(tmp_path):
    server = Terminal(tmp_path, free_port())
    pids = [int(pid) for pid, words in left(server.run)
            if words[0].endswith(b"dnchatd")]
    os.kill(pids[0], signal.SIGKILL)
    assert server.ended() == 1
