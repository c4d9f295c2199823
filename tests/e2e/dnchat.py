"""One server of ours as two real processes (Plane, Server), and the ways to
command it (Admin, dnctl)."""
import atexit
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import psutil

from loop import SLOWNESS, wait_until
from wire import HOST

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("DNCHAT_BUILD", TOP / "build/asan"))
REPORT_STATUS = 99  # what a program that a sanitizer stopped ends with
SANITIZED = "asan" in str(BUILD)


def program(name):
    return str(BUILD / name)


def built():
    return all(os.access(program(p), os.X_OK)
               for p in ("dnchatd", "dncontrol", "dnctl"))


def environment(reports):
    env = dict(os.environ)
    common = "exitcode=%d:log_path=%s" % (REPORT_STATUS, reports)
    # What was freed stays for a while: not so much that it looks like a leak.
    env["ASAN_OPTIONS"] = common + \
        ":detect_leaks=1:abort_on_error=0:quarantine_size_mb=8"
    env["UBSAN_OPTIONS"] = common + ":print_stacktrace=1"
    env["LSAN_OPTIONS"] = "exitcode=%d" % REPORT_STATUS
    env["NO_COLOR"] = "1"
    return env


class AdminError(Exception):
    """The status line said no."""

    def __init__(self, status):
        super().__init__(json.dumps(status))
        self.status = status
        self.code = status.get("code")


class Admin:
    """A connection to the admin socket, for commands line by line."""

    def __init__(self, path, timeout=5):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout * SLOWNESS)
        try:
            self.sock.connect(str(path))
        except OSError:
            self.sock.close()
            raise
        self.file = self.sock.makefile("rb")

    def write(self, line):
        data = line if isinstance(line, bytes) else line.encode()
        self.sock.sendall(data + b"\n")

    def row(self):
        """The next object, or None where the stream ends."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def ask(self, line):
        """(rows, status) of one command."""
        self.write(line)
        rows = []
        while True:
            row = self.row()
            if row is None:
                raise EOFError("no status line for %r" % line)
            if "ok" in row:
                return rows, row
            rows.append(row)

    def close(self):
        self.file.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


_running = set()  # processes that have not been seen to end


@atexit.register
def _kill_all():
    """A run that breaks off leaves nothing behind."""
    for process in list(_running):
        if process.poll() is None:
            process.kill()


class Plane:
    """One of the two daemons of a server."""

    def __init__(self, name, command, log, env, prefix):
        self.name = name
        self.log = log
        self.killed = False
        with open(log, "ab") as stderr:
            self.process = subprocess.Popen(
                list(prefix) + command, stdin=subprocess.PIPE,
                stdout=stderr, stderr=stderr, env=env)
        _running.add(self.process)
        self.stopped = False

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill9(self):
        self.killed = True
        self.process.kill()
        self.process.wait()
        _running.discard(self.process)
        self.process.stdin.close()

    def stop(self):
        """SIGSTOP: the process freezes. cont() thaws it."""
        self.stopped = True
        self.signal(signal.SIGSTOP)

    def cont(self):
        self.stopped = False
        self.signal(signal.SIGCONT)

    def term(self):
        if self.stopped:
            self.cont()
        self.signal(signal.SIGTERM)

    def wait_end(self, timeout=6):
        """Waits for the process to end by itself and returns its status."""
        wait_until(lambda: not self.alive(), timeout,
                   lambda: "end of %s; its log:\n%s" % (self.name,
                                                        tail(self.log)))
        _running.discard(self.process)
        if self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        return self.process.returncode

    def fds(self):
        return psutil.Process(self.pid).num_fds()


def tail(path, lines=25):
    try:
        return "\n".join(pathlib.Path(path).read_text(
            errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


class Server:
    """dnchatd and dncontrol on a run directory of their own."""

    count = 0

    def __init__(self, control=(), data=(), listen=HOST + ":0", host=HOST,
                 name=None, prefix=(), level="info", run_dir=None,
                 state_dir=None, auth="open"):
        Server.count += 1
        self.name = name or "s%d" % Server.count
        self.host = host
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dnchat-"))
        self.run = pathlib.Path(run_dir) if run_dir else self.dir / "run"
        self.state = pathlib.Path(state_dir) if state_dir else \
            self.dir / "state"
        self.listen = listen
        self.control_args = list(control)
        if auth is not None and "--auth" not in self.control_args:
            self.control_args += ["--auth", auth]
        self.data_args = list(data)
        self.prefix = list(prefix)
        self.level = level
        self.port = None
        self.data = None
        self.control = None
        self.env = environment(self.dir / "report")

    # ---- life ----

    def start(self, wait=True):
        self.start_data(wait=False)
        self.start_control(wait=False)
        if wait:
            self.wait_listening()
            self.wait_ready()
        return self

    def start_data(self, wait=True):
        listen = self.listen
        if self.port is not None:
            listen = re.sub(r":0$", ":%d" % self.port, listen)
        self._data_from = self._size(self.data_log)
        self.data = Plane(
            "dnchatd", [program("dnchatd"), "--listen", listen, "--run-dir",
                        str(self.run), "--log-level", self.level] +
            self.data_args, self.data_log, self.env, self.prefix)
        if wait:
            self.wait_listening()
        return self.data

    def start_control(self, wait=True):
        self._control_from = self._size(self.control_log)
        self.control = Plane(
            "dncontrol", [program("dncontrol"), "--run-dir", str(self.run),
                          "--state-dir", str(self.state),
                          "--name", self.name, "--log-level", self.level] +
            self.control_args, self.control_log, self.env, self.prefix)
        if wait:
            self.wait_ready()
        return self.control

    def wait_listening(self, timeout=10):
        """Waits for dnchatd's ready line and takes the port from it."""
        text = wait_until(
            lambda: self._line(self.data_log, self._data_from,
                               "event=listening", self.data), timeout,
            lambda: "event=listening in\n" + tail(self.data_log))
        self.port = int(re.search(r"address=\S*:(\d+)", text).group(1))

    def wait_ready(self, timeout=10):
        wait_until(
            lambda: self._line(self.control_log, self._control_from,
                               "event=ready", self.control), timeout,
            lambda: "event=ready in\n" + tail(self.control_log))

    @staticmethod
    def _size(path):
        return path.stat().st_size if path.exists() else 0

    @staticmethod
    def _line(path, start, word, plane):
        with open(path, "rb") as file:
            file.seek(start)
            for line in file.read().decode(errors="replace").splitlines():
                if word in line:
                    return line
        if not plane.alive():
            raise AssertionError("%s ended with %r:\n%s" % (
                plane.name, plane.process.returncode, tail(path)))
        return None

    @property
    def data_log(self):
        return self.dir / "dnchatd.log"

    @property
    def control_log(self):
        return self.dir / "dncontrol.log"

    def logged(self, *words):
        """Lines of both logs that hold all of 'words'."""
        found = []
        for path in (self.data_log, self.control_log):
            if path.exists():
                found += [line for line in
                          path.read_text(errors="replace").splitlines()
                          if all(word in line for word in words)]
        return found

    def alive(self):
        return all(p is not None and p.alive() and not p.stopped
                   for p in (self.data, self.control))

    def kill9(self):
        """The whole server dies at once, dnchatd first."""
        self.data.kill9()
        self.control.kill9()

    def planes(self):
        return [p for p in (self.control, self.data) if p is not None]

    def begin_stop(self, way=0):
        """Asks for a clean end: by a signal to the one, the other, both."""
        control, data = self.control, self.data
        for plane in self.planes():
            if plane.stopped and plane.alive():
                plane.cont()
        if control is not None and control.alive() and way in (0, 2):
            control.term()
        if data is not None and data.alive() and (
                way in (1, 2) or control is None or not control.alive()):
            data.term()

    def finish_stop(self, timeout=8):
        """Waits until both have ended; a list of what was wrong."""
        faults = []
        for plane in self.planes():
            if plane.killed:
                continue
            try:
                status = plane.wait_end(timeout)
            except AssertionError as error:
                faults.append("%s: %s" % (self.name, error))
                plane.kill9()
                continue
            if status != 0:
                faults.append("%s: %s ended with %d:\n%s" % (
                    self.name, plane.name, status, tail(plane.log)))
        return faults + self.reports()

    def stop(self, way=0):
        """Clean end of both, with every check."""
        self.begin_stop(way)
        faults = self.finish_stop()
        assert not faults, "\n".join(faults)

    def reports(self):
        """What sanitizers wrote."""
        return ["%s: sanitizer report\n%s" % (
            self.name, pathlib.Path(path).read_text(errors="replace")[:6000])
            for path in glob.glob(str(self.dir / "report*"))]

    def destroy(self, keep=False):
        for plane in self.planes():
            if plane.alive():
                plane.kill9()
        if not keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    # ---- commands ----

    @property
    def socket(self):
        return self.run / "admin.sock"

    def admin(self, line, timeout=5):
        """The rows of a command; AdminError if it was refused."""
        with Admin(self.socket, timeout) as admin:
            rows, status = admin.ask(line)
        if not status["ok"]:
            raise AdminError(status)
        return rows

    def dnctl(self, *args, stdin=None, timeout=15):
        return subprocess.run(
            [program("dnctl"), "--run-dir", str(self.run)] + list(args),
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True, timeout=timeout * SLOWNESS, env=self.env)

    def type(self, line):
        """A line on dncontrol's standard input."""
        self.control.process.stdin.write(line.encode() + b"\n")
        self.control.process.stdin.flush()

    def connect(self, port, host=HOST):
        self.admin("connect %s %d" % (host, port))

    def users(self):
        """{number: row} of `show users`."""
        return {int(row["number"]): row for row in self.admin("show users")}

    def peers(self):
        return self.admin("show peers")

    def status(self):
        rows = self.admin("show status")
        assert len(rows) == 1, rows
        return rows[0]

    def counter(self, name):
        return find_key(self.status(), name)

    def up(self, name=None):
        """Peers whose link is up (and whose name holds 'name')."""
        return [row for row in self.peers() if row["state"] == "up" and
                (name is None or str(name) in row["name"])]


def find_key(row, name):
    """Value of 'name' in a row or in an object inside it."""
    if name in row:
        return row[name]
    for value in row.values():
        if isinstance(value, dict) and name in value:
            return value[name]
    raise KeyError("%s in %r" % (name, row))
