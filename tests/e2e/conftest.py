"""Fixtures: 'net', the network of one test; 'one', a server that the tests of
a file share; 'measured', figures for the summary at the end of the run.

A clean shutdown takes its 1 to 2 s. It is begun and judged for every network,
but the next test does not wait for it: see Undertaker."""
import os
import threading

import pytest

import dnchat
from loop import SOAK, wait_until
from network import Network
from wire import close_all

pytest_plugins = ["islands", "tls"]
os.environ.setdefault("PYTEST_TIMEOUT", "7200" if SOAK else "120")
_measured = {}


def pytest_collection_modifyitems(config, items):
    if dnchat.built():
        return
    for item in items:
        if "test_harness" not in item.nodeid:
            item.add_marker(pytest.mark.skip(
                reason="no programs in %s: run 'make asan'" % dnchat.BUILD))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


class Undertaker:
    """Waits for the end of networks beside the tests that come after."""

    def __init__(self):
        self.threads = []
        self.faults = []

    def take(self, network, test):
        def wait():
            faults = network.finish_end()
            self.faults.extend("the end of %s: %s" % (test, fault)
                               for fault in faults)

        network.begin_end()
        self.threads.append(threading.Thread(target=wait))
        self.threads[-1].start()
        self.report(2)

    def report(self, left):
        """Waits until no more than 'left' networks are ending, and fails for
        what was wrong with those that have ended."""
        while len(self.threads) > left:
            self.threads.pop(0).join()
        faults, self.faults = self.faults, []
        assert not faults, "\n".join(faults)


@pytest.fixture(scope="session", autouse=True)
def undertaker():
    made = Undertaker()
    yield made
    made.report(0)


def _finish(network, request, undertaker):
    """Takes 'network' down; after a failure, shows the end of all logs."""
    failed = getattr(request.node, "failed", False)
    if failed:
        for server in network.servers:
            for log in (server.data_log, server.control_log):
                print("---- %s %s\n%s" % (server.name, log.name,
                                          dnchat.tail(log, 40)))
    try:
        if not failed:
            network.check_books()
    finally:
        undertaker.take(network, request.node.name)
        close_all()
        if network.patient:
            undertaker.report(0)


@pytest.fixture
def net(request, undertaker):
    network = Network()
    yield network
    _finish(network, request, undertaker)


@pytest.fixture(scope="module")
def shared():
    """A network for all tests of a file; its clients are the tests' own."""
    network = Network()
    network.server()
    yield network
    faults = network.end()
    assert not faults, "\n".join(faults)


@pytest.fixture
def one(shared):
    """The shared server, empty again after each test."""
    server = shared.servers[0]
    yield server
    for client in shared.clients:
        client.close()
    close_all()
    wait_until(lambda: not server.users(), 5,
               lambda: "an empty server: %r" % server.users())
    clients, shared.clients[:] = list(shared.clients), []
    shared.check_books(clients)
    assert server.alive(), "the server died"
    assert not server.reports()


@pytest.fixture
def client(one, shared):
    """Makes clients of the shared server."""
    return lambda **options: shared.client(one, **options)


@pytest.fixture
def measured():
    return _measured


def pytest_terminal_summary(terminalreporter):
    if not _measured:
        return
    terminalreporter.section("measured")
    for name in sorted(_measured):
        terminalreporter.write_line("%s: %s" % (name, _measured[name]))
