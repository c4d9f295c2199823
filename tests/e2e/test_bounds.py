"""Bounds that only a whole server has: long lists for slow readers, file
descriptors, strangers of one address, floods of control frames."""
import random
import time

import psutil
import pytest

from loop import never, wait_until
from peers import Leaf
from wire import PING, RawSocket, fresh


def ended(socks):
    """How many of 'socks' the server has closed."""
    for sock in socks:
        if not sock.eof:
            sock._fill(0.001)
    return sum(sock.eof for sock in socks)


def test_a_long_list_goes_in_slices_while_users_come_and_go(net):
    """8 MiB of users for a client that does not read at first; some of them
    go, others come, and one says something meanwhile."""
    server = net.server()
    leaf = net.keep(Leaf.dial(server, routing=True))
    crowd = [fresh() for _ in range(8000)]
    for number in crowd:
        leaf.announce(number, "u%d" % number, 0, "d" * 1000)
    wait_until(lambda: len(server.users()) == len(crowd), 20)
    late = net.client(server, rcvbuf=8192, login=False)
    late.pause()
    late.auth()
    leaf.expect("ARRV", late.number)
    dice = random.Random(5)
    dice.shuffle(crowd)
    talker = crowd[-1]
    n = fresh()
    leaf.tell("SEND %d" % n, late.number, talker, "before I go")
    gone, crowd = crowd[-300:], crowd[:-300]
    for number in reversed(gone):
        leaf.withdraw(number)
    new = [fresh() for _ in range(300)]
    for number in new:
        leaf.announce(number, "n%d" % number)
    wait_until(lambda: set(server.users()) == {late.number, *crowd, *new}, 20)
    assert late.closed is None and not late.named
    late.resume()
    late.sees(*crowd, *new, timeout=20)
    assert late.receive(talker, n) == "before I go"
    assert not late.violations, late.violations[:5]
    assert [m.kind for m in late.presence if m.number == talker] == [
        "ARRV", "LEFT"]


def test_a_list_that_nobody_reads_ends(net):
    """Lists don't count against the queue limit; 10 s without progress do."""
    server = net.server()
    watcher = net.client(server)
    leaf = net.keep(Leaf.dial(server, routing=True))
    numbers = [fresh() for _ in range(8000)]
    for number in numbers:
        leaf.announce(number, "u%d" % number, 0, "d" * 1000)
    wait_until(lambda: len(watcher.users) == len(numbers), 20)
    deaf = net.client(server, rcvbuf=4096, login=False)
    deaf.pause()
    deaf.auth()
    wait_until(lambda: deaf.number in watcher.users)
    never(lambda: deaf.number not in watcher.users, 6, "closed too early")
    wait_until(lambda: deaf.number not in watcher.users, 8, "LEFT")


def test_out_of_file_descriptors(net):
    """Who comes too many is turned away; the others talk on; later there is
    room again."""
    server = net.server()
    a, b = net.client(server), net.client(server)
    limit = server.data.fds() + 20
    psutil.Process(server.data.pid).rlimit(psutil.RLIMIT_NOFILE,
                                           (limit, limit))
    socks = [RawSocket(server.port) for _ in range(60)]
    n = a.send(b, "still here")
    b.receive(a, n)
    busy = psutil.Process(server.data.pid)
    busy.cpu_percent()
    never(lambda: not server.alive(), 1)
    assert busy.cpu_percent() < 50, "it spins"
    for sock in socks:
        sock.close()

    def welcome():
        try:
            net.client(server)
        except Exception:
            return False
        return True

    wait_until(welcome, 10, "room again")
    n = a.send(b, "after all")
    b.receive(a, n)


def test_requests_that_tarry_have_a_share_of_the_descriptors(net):
    """A quarter; beyond it they are turned away, and clients whose request is
    whole come in all the same."""
    server = net.server(prefix=["prlimit", "--nofile=512:512"])
    first = net.client(server)
    socks = [RawSocket(server.port) for _ in range(150)]
    for sock in socks:
        sock.send(b"GET / HTTP/1.1\r\nHost:")

    wait_until(lambda: ended(socks) >= 38, 3, lambda: "%d ended" % ended(socks))
    assert ended(socks) < 90
    for _ in range(40):
        net.client(server)
    first.sees(*net.clients[1:])
    for sock in socks:
        sock.close()
    # There is room again for one in two pieces.
    wait_until(lambda: not server.counter("strangers"))
    late = RawSocket(server.port)
    late.send(b"GET /healthz HTTP/1.1\r\n")
    late.send(b"Host: x\r\n\r\n")
    wait_until(lambda: not late._fill(0.2) and late.eof, 5, "a page")
    assert b" 200 OK\r\n" in late.data
    late.close()


def test_a_flood_of_pings(net):
    """From one who never reads the answers."""
    server = net.server()
    a, b = net.client(server), net.client(server)
    memory = psutil.Process(server.data.pid).memory_info().rss
    sock = RawSocket(server.port, rcvbuf=4096)
    sock.upgrade()
    sock.sock.settimeout(0.2)
    pings = sock.frame("x" * 100, opcode=PING) * 500
    begun = time.monotonic()
    worst = 0
    while time.monotonic() - begun < 2:
        try:
            sock.send(pings)
        except OSError:
            pass
        at = time.monotonic()
        n = a.send(b, "hi")
        b.receive(a, n)
        worst = max(worst, time.monotonic() - at)
    assert worst < 1
    grown = psutil.Process(server.data.pid).memory_info().rss - memory
    assert grown < 32 << 20, grown
    sock.close(rst=True)


@pytest.mark.parametrize("named", [False, True])
def test_strangers_of_one_address(islands, net, named):
    """64 at most; loopback is exempt, and so is who has a name."""
    net.patient = True
    name, address, _ = islands[0]
    server = net.server(listen="0.0.0.0:0", host=address,
                        prefix=["ip", "netns", "exec", name])
    first = net.client(server)
    if named:
        for _ in range(80):
            net.client(server)
        first.sees(*net.clients[1:])
        return
    socks = [RawSocket(server.port, host=address) for _ in range(80)]

    wait_until(lambda: ended(socks) >= 16, 3, lambda: "%d ended" % ended(socks))
    assert ended(socks) == 16
    for sock in socks:
        sock.close()
    wait_until(lambda: not server.counter("strangers"))
    b = net.client(server)
    first.sees(b)
