"""Certificates that a test makes for itself, and servers that have one: what
the tests of wss need beside dnchat.py and wire.py. Fixture: 'pair', one for
all tests of a file."""
import os
import shutil
import ssl
import subprocess

import pytest

from loop import wait_until
from wire import HOST


class Pair:
    """A certificate that vouches for itself, for the names that tests dial,
    and its key; as files 'cert' and 'key' in 'folder'."""

    def __init__(self, folder, name="pair", hosts="DNS:localhost,IP:" + HOST,
                 key=("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes")):
        self.cert = str(folder / (name + ".pem"))
        self.key = str(folder / (name + "-key.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", *key, "-keyout", self.key, "-out",
             self.cert, "-days", "2", "-subj", "/CN=" + name,
             "-addext", "subjectAltName=" + hosts],
            check=True, capture_output=True)

    def client(self):
        """A context of clients who trust it, and nobody else."""
        return ssl.create_default_context(cafile=self.cert)

    def options(self):
        """What dnchatd is started with."""
        return ["--listen", "wss:%s:0" % HOST, "--tls-cert", self.cert,
                "--tls-key", self.key]

    def replace(self, other):
        """The files become those of 'other', each at once."""
        for ours, theirs in ((self.cert, other.cert), (self.key, other.key)):
            shutil.copy(theirs, ours + ".new")
            os.replace(ours + ".new", ours)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("pair"))


def find_port(server):
    """Waits for the port of wss, and keeps it as server.wss."""
    def port():
        found = server.logged("event=listening", "protocol=wss")
        return int(found[-1].rpartition(":")[2]) if found else 0
    server.wss = wait_until(port, 5, "the port of wss")
    return server.wss


def start(net, pair, **options):
    """A server of 'net' that takes ws and wss."""
    server = net.server(data=pair.options(), **options)
    find_port(server)
    return server


def shown(server):
    """The certificate that a new connection is shown."""
    return ssl.get_server_certificate((HOST, server.wss))
