"""dnctl against a dncontrol of this file: sources of commands, output, exit
status, the shell. Every command of the real one: test_admin.py."""
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import threading

import pexpect
import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("DNCHAT_BUILD", TOP / "build/asan"))
DNCTL = str(BUILD / "dnctl")
DEADLINE = 20  # seconds; an instrumented program on a busy machine is slow

pytestmark = pytest.mark.skipif(not os.access(DNCTL, os.X_OK),
                                reason="dnctl is not built")

USERS = [{"number": "7", "name": "ann", "hops": 0},
         {"number": "12", "name": "bob two", "hops": 3},
         {"number": "13", "name": "evil\x1b]0;x\x07", "hops": 1}]
OK = {"ok": True}


def refused(code, **more):
    return dict({"ok": False, "code": code, "error": "it says " + code,
                 "hint": "the hint"}, **more)


ANSWERS = {
    "show users": USERS + [OK],
    "show peers": [{"name": "10.0.0.1:42015", "state": "up"}, OK],
    "show status": [{"name": "s1", "users": 3}, OK],
    "show routes": [OK],
    "map --dot": [{"line": "graph {"}, {"line": "}"}, OK],
    "kick 404": [refused("unknown")],
    "kick 1": [refused("state")],
    "kick 2": [refused("usage")],
    "kick 3": [{"number": "3"}, refused("io")],
    "trace 9": [],            # no answer
    "trace 10": None,         # hangs up
    "watch": [{"time": 1, "event": "user", "name": "ann"}],
}


class Fake:
    """An admin socket with the answers above."""

    def __init__(self, directory):
        self.path = directory / "admin.sock"
        self.lines = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,),
                             daemon=True).start()

    def _serve(self, conn):
        with conn, conn.makefile("rwb") as file:
            for line in file:
                line = line.decode().rstrip("\n")
                self.lines.append(line)
                answer = ANSWERS.get(line, [OK])
                if answer is None:
                    conn.shutdown(socket.SHUT_RDWR)
                    return
                for row in answer:
                    file.write(json.dumps(row, ensure_ascii=False).encode() +
                               b"\n")
                file.flush()

    def close(self):
        self.listener.close()


@pytest.fixture
def fake(tmp_path):
    fake = Fake(tmp_path)
    yield fake
    fake.close()


def environment(**more):
    env = dict(os.environ, NO_COLOR="1", TERM="xterm", **more)
    env.pop("INPUTRC", None)
    return env


def dnctl(fake, *args, stdin=None, **kwargs):
    where = ["-s", str(fake.path)] if fake is not None else []
    return subprocess.run(
        [DNCTL] + where + list(args), input=stdin, capture_output=True,
        stdin=subprocess.DEVNULL if stdin is None else None, text=True,
        timeout=DEADLINE, env=environment(), **kwargs)


def check(done, status):
    """Exit status, and no control byte in either stream."""
    assert done.returncode == status, done
    for stream in (done.stdout, done.stderr):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", stream), stream
    return done


# ---- what is printed ----

def test_table(fake):
    done = check(dnctl(fake, "show", "users"), 0)
    assert done.stdout == ("NUMBER  NAME              HOPS\n"
                           "7       ann                  0\n"
                           "12      bob two              3\n"
                           "13      evil\\x1b]0;x\\x07     1\n")
    assert done.stderr == ""


def test_json_document(fake):
    done = check(dnctl(fake, "-j", "show", "users"), 0)
    assert json.loads(done.stdout) == {"ok": True, "data": USERS}
    assert done.stdout.count("\n") == 1
    done = check(dnctl(fake, "show", "users", "--json"), 0)
    assert json.loads(done.stdout) == {"ok": True, "data": USERS}


def test_json_rows(fake):
    done = check(dnctl(fake, "-J", "show", "users"), 0)
    assert [json.loads(x) for x in done.stdout.splitlines()] == USERS


def test_quiet(fake):
    done = check(dnctl(fake, "-q", "show", "users"), 0)
    assert (done.stdout, done.stderr) == ("", "")
    done = check(dnctl(fake, "-q", "kick", "404"), 5)
    assert done.stdout == "" and done.stderr != ""


def test_bare_lines(fake):
    assert check(dnctl(fake, "map", "--dot"), 0).stdout == "graph {\n}\n"


def test_help_needs_no_server():
    for args in (("help",), ("help", "show"), ("-h",), ("--help",)):
        done = check(dnctl(None, *args), 0)
        assert done.stdout and not done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) <= 36 and max(map(len, lines)) <= 110
    done = check(dnctl(None, "-j", "help"), 0)
    rows = json.loads(done.stdout)["data"]
    assert {"connect", "show users", "help"} <= {r["command"] for r in rows}
    assert check(dnctl(None, "--version"), 0).stdout.startswith("dnctl ")


# ---- exit status ----

@pytest.mark.parametrize("line, status, code", [
    ("show status", 0, None), ("kick 1", 1, "state"), ("kick 2", 2, "usage"),
    ("shwo users", 2, "usage"), ("kick", 2, "usage"),
    ("kick 404", 5, "unknown"), ("kick 3", 6, "io"),
    ("trace 10", 3, "offline"), ("trace 9", 4, "timeout"),
    ("help nonsense", 2, "usage"),
])
def test_exit_status_from_every_source(fake, tmp_path, line, status, code):
    script = tmp_path / "script"
    script.write_text(line + "\n")
    runs = {
        "argv": (line.split(), None, "dnctl"),
        "stdin": ([], line + "\n", "stdin:1"),
        "file": (["-f", str(script)], None, str(script) + ":1"),
        "-": (["-f", "-"], line, "stdin:1"),
    }
    for args, stdin, prefix in runs.values():
        args = ["-t", "0.3"] + args
        done = check(dnctl(fake, *args, stdin=stdin), status)
        if status == 0:
            assert done.stderr == ""
        else:
            assert done.stderr.startswith(prefix + ": ")
            assert done.stderr.count("\n") == 1
        done = check(dnctl(fake, "--json", *args, stdin=stdin), status)
        document = json.loads(done.stdout)
        assert document["ok"] == (status == 0)
        assert document.get("code") == code
        assert document["ok"] or document["error"]


@pytest.mark.parametrize("args", [
    ("-t", "soon", "show", "users"), ("-t", "0", "show", "users"),
    ("-x",), ("--nonsense",), ("-s",), ("-f", "x", "show", "users"),
    ("-f", "/nonexistent/script"), ("kick", "a\nb"),
    ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"),
])
def test_wrong_usage(args):
    done = check(dnctl(None, *args), 2)
    assert done.stdout == "" and done.stderr.count("\n") == 1


def test_no_connection(tmp_path):
    for args in (("--run-dir", str(tmp_path)), ("-s", str(tmp_path)),
                 ("--run-dir", "/" + "x" * 200)):
        done = check(dnctl(None, *args, "show", "users"), 3)
        assert done.stdout == "" and done.stderr.count("\n") == 1


def test_run_dir(fake, tmp_path):
    check(dnctl(None, "--run-dir", str(tmp_path), "show", "status"), 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="wants to become nobody")
def test_no_permission(fake, tmp_path):
    for path in (fake.path, *list(tmp_path.parents)[:-2]):
        os.chmod(path, 0o711 if path.is_dir() else 0o600)
    done = dnctl(fake, "show", "status", user=65534, group=65534)
    if "error while loading" in done.stderr or done.returncode == 126:
        pytest.skip("nobody can't run this build")
    check(done, 3)
    assert "permission" in done.stderr


# ---- batches ----

def test_batch_stops_at_the_first_error(fake):
    script = "# first\n\nshow status\nkick 404\nkick 1\n"
    done = check(dnctl(fake, stdin=script), 5)
    assert fake.lines == ["show status", "kick 404"]
    assert done.stderr == "stdin:4: it says unknown (the hint)\n"


def test_batch_goes_on(fake):
    script = "kick 404\nnonsense\nkick 1\nshow status"
    done = check(dnctl(fake, "-k", stdin=script), 5)
    assert fake.lines == ["kick 404", "kick 1", "show status"]
    assert [x.split(":")[1] for x in done.stderr.splitlines()] == [
        "1", "2", "3"]


def test_exit_and_quit_in_a_batch(fake):
    check(dnctl(fake, stdin="quit\nshow status\n"), 0)
    assert fake.lines == []
    check(dnctl(fake, stdin="exit\n"), 0)
    check(dnctl(fake, "exit"), 0)
    assert fake.lines == ["exit", "exit"]


def test_batch_bounds(fake):
    check(dnctl(fake, stdin=""), 0)
    done = check(dnctl(fake, stdin="kick " + "x" * 100000 + "\n"), 2)
    assert "too long" in done.stderr
    check(dnctl(fake, stdin="kick a\0b\n"), 2)
    assert fake.lines == []


def test_words_go_as_they_are(fake):
    check(dnctl(fake, "kick", "a b"), 0)
    check(dnctl(fake, "--", "kick", "-x"), 0)
    check(dnctl(fake, "kick 'c d'"), 0)
    assert fake.lines == ["kick a\\ b", "kick -x", "kick c\\ d"]


# ---- streams ----

def test_watch_until_interrupted(fake):
    process = subprocess.Popen([DNCTL, "-s", str(fake.path), "watch"],
                               stdout=subprocess.PIPE, env=environment())
    assert process.stdout.readline() == b"1 user name=ann\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    process.stdout.close()
    check(dnctl(fake, "-j", "watch"), 2)


# ---- the shell ----

class Shell(pexpect.spawn):
    def __init__(self, fake, state, *args, **env):
        super().__init__(DNCTL, ["-s", str(fake.path)] + list(args),
                         env=environment(XDG_STATE_HOME=str(state), **env),
                         encoding="utf-8", timeout=DEADLINE,
                         dimensions=(40, 120))
        self.expect_exact("dnctl> ")

    def say(self, line):
        self.sendline(line)
        self.expect_exact("dnctl> ")
        return self.before

    def leave(self, line="exit"):
        self.sendline(line)
        self.expect(pexpect.EOF)
        self.close()
        assert self.exitstatus == 0


def test_shell_answers_and_leaves(fake, tmp_path):
    for word in ("exit", "quit", "\x04"):
        shell = Shell(fake, tmp_path)
        assert "bob two" in shell.say("show users")
        assert "it says unknown" in shell.say("kick 404")
        assert "ok" in shell.say("show routes")
        assert "did you mean `show users`" in shell.say("shwo users")
        if word == "\x04":
            shell.send(word)
            shell.expect(pexpect.EOF)
            shell.close()
            assert shell.exitstatus == 0
        else:
            shell.leave(word)
    assert "exit" not in fake.lines


def test_shell_help(fake, tmp_path):
    shell = Shell(fake, tmp_path)
    assert "connect HOST [PORT]" in shell.say("help")
    shell.send("show r?")
    shell.expect_exact("show r?")
    shell.send("\x15show ?")
    shell.expect_exact("show route USER")
    shell.expect_exact("dnctl> show ")
    shell.send("\x15")
    shell.leave()


def test_shell_completes(fake, tmp_path):
    shell = Shell(fake, tmp_path)
    shell.send("sho\tus\t")
    shell.expect_exact("show")
    shell.expect_exact("users ")
    shell.say("")
    shell.send("kick b\t")
    shell.expect_exact("bob\\ two ")
    shell.say("")
    assert fake.lines[-1] == "kick bob\\ two"
    shell.send("kick 'b\t")
    shell.expect_exact("bob two' ")
    shell.say("")
    assert fake.lines[-1] == "kick bob\\ two"
    shell.send("kick bob\\ t\t")
    shell.expect_exact("two ")
    shell.say("")
    assert fake.lines[-1] == "kick bob\\ two"
    # The name that a terminal can't show is offered as its number.
    shell.send("kick 1\t")
    shell.expect_exact("kick 13 ")
    shell.say("")
    shell.send("disconnect \t")
    shell.expect_exact("10.0.0.1:42015 ")
    shell.say("")
    shell.leave()


def test_shell_history(fake, tmp_path):
    shell = Shell(fake, tmp_path)
    shell.say("show status")
    shell.say("show status")
    shell.say("show routes")
    shell.leave()
    path = tmp_path / "dnchat" / "dnctl_history"
    assert path.read_text().splitlines() == [
        "show status", "show routes", "exit"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    shell = Shell(fake, tmp_path)
    shell.send("\x1b[A\x1b[A")
    shell.expect_exact("show routes")
    shell.say("")
    assert fake.lines[-1] == "show routes"
    shell.leave()


def test_history_is_off_or_elsewhere(fake, tmp_path):
    other = tmp_path / "other"
    shell = Shell(fake, tmp_path, DNCTL_HISTFILE=str(other))
    shell.leave()
    assert other.read_text() == "exit\n"
    shell = Shell(fake, tmp_path, DNCTL_HISTFILE="/dev/null")
    shell.leave()
    assert not (tmp_path / "dnchat").exists()


def test_shell_survives_interrupts(fake, tmp_path):
    shell = Shell(fake, tmp_path)
    shell.sendline("watch")
    shell.expect_exact("name=ann")
    shell.sendintr()
    shell.expect_exact("dnctl> ")
    shell.send("kick 1")
    shell.expect_exact("kick 1")
    shell.sendintr()
    shell.expect_exact("dnctl> ")
    assert "bob two" in shell.say("show users")
    assert "kick 1" not in fake.lines
    shell.leave()


def test_shell_without_server(fake, tmp_path):
    fake.close()
    fake.path.unlink()
    shell = Shell(fake, tmp_path)
    assert "nobody listens" in shell.say("show users")
    shell.send("kick \t")
    shell.say("")
    shell.leave()


def test_terminal_in_a_pipe_is_a_batch(fake):
    """Only a terminal at both ends makes a shell."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([DNCTL, "-s", str(fake.path)], stdin=follower,
                               stdout=subprocess.PIPE, env=environment())
    os.close(follower)
    os.write(leader, b"show status\n\x04")
    out, _ = process.communicate(timeout=DEADLINE)
    os.close(leader)
    assert process.returncode == 0 and b"\x1b" not in out and b"s1" in out


def test_bold_headers_only_where_wanted(fake):
    for env, bold in (({}, True), ({"NO_COLOR": "1"}, False),
                      ({"TERM": "dumb"}, False)):
        leader, follower = pty.openpty()
        full = dict(os.environ, TERM="xterm")
        full.pop("NO_COLOR", None)
        full.update(env)
        subprocess.run([DNCTL, "-s", str(fake.path), "show", "users"],
                       stdout=follower, env=full, timeout=DEADLINE,
                       check=True)
        os.close(follower)
        assert (b"\x1b[1m" in os.read(leader, 65536)) == bold
        os.close(leader)
