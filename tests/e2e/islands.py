"""Network namespaces: real interfaces that can be taken down, and addresses
that are not loopback. Needs root."""
import os
import shutil
import subprocess

import pytest

# Two runs at the same time do not meet, nor the wire between two islands.
NET = "10.213.%d" % (os.getpid() % 256)
HERE = "dn%d-%%d" % os.getpid()


def ip(*args):
    subprocess.run(("ip",) + args, check=True, capture_output=True)


def namespaces_work():
    name = "dnchat-try-%d" % os.getpid()
    try:
        ip("netns", "add", name)
        ip("link", "add", "dnt0", "netns", name, "type", "veth", "peer",
           "name", "dnt1", "netns", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return True


@pytest.fixture
def islands():
    """Two namespaces with a wire between them, each reachable from here:
    [(name, address for us, address for the other)]."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2 for network namespaces")
    if not namespaces_work():
        pytest.skip("network namespaces do not work here")
    names = ["dnchat-%d-%d" % (os.getpid(), i) for i in (1, 2)]
    try:
        for name in names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", "wire", "netns", names[0], "type", "veth", "peer",
           "name", "wire", "netns", names[1])
        for i, name in enumerate(names):
            ip("-n", name, "addr", "add", "10.214.77.%d/24" % (i + 1),
               "dev", "wire")
            ip("-n", name, "link", "set", "wire", "up")
            here = HERE % i
            ip("link", "add", here, "type", "veth", "peer", "name", "side",
               "netns", name)
            ip("addr", "add", "%s.%d/30" % (NET, 4 * i + 1), "dev", here)
            ip("link", "set", here, "up")
            ip("-n", name, "addr", "add", "%s.%d/30" % (NET, 4 * i + 2),
               "dev", "side")
            ip("-n", name, "link", "set", "side", "up")
        yield [(name, "%s.%d" % (NET, 4 * i + 2), "10.214.77.%d" % (i + 1))
               for i, name in enumerate(names)]
    finally:
        for i, name in enumerate(names):
            subprocess.run(["ip", "link", "del", HERE % i],
                           capture_output=True)
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
