"""Links over wss: dialled by us, with a certificate that is checked, and
accepted from ours and from others."""
import signal

import pytest

import tls
from loop import wait_until
from peers import RawPeer
from wire import HOST, fresh


@pytest.fixture
def far(net, pair):
    return tls.start(net, pair)


def trusting(net, pair, **options):
    """A server that believes 'pair'."""
    return net.server(data=["--tls-ca", pair.cert], **options)


def dial(near, far, host="localhost"):
    near.admin("connect wss://%s %d" % (host, far.wss))


def why(server):
    return [row.get("why") or "" for row in server.peers()]


@pytest.mark.parametrize("host", ["localhost", HOST])
def test_two_of_ours(net, pair, far, host):
    near = trusting(net, pair)
    dial(near, far, host)
    wait_until(lambda: near.up("wss://%s:%d" % (host, far.wss)))
    wait_until(far.up)
    assert not near.up()[0]["foreign"] and not far.up()[0]["foreign"]
    a, b = net.client(near), net.client(far)
    a.sees(b)
    b.sees(a)
    for sender, receiver in ((a, b), (b, a)):
        texts = [(fresh(), "%d " % i + "x" * 3000) for i in range(300)]
        for n, text in texts:
            sender.post(receiver, text, number=n)
        for n, text in texts:
            assert receiver.receive(sender, n) == text
        receiver.ack(n)
        sender.receipt(n, receiver)
    near.admin("disconnect wss://%s:%d" % (host, far.wss))
    a.sees()
    wait_until(lambda: not near.peers())


def test_it_comes_back(net, pair, far):
    """After the other end has gone, and from what dncontrol has kept."""
    near = trusting(net, pair)
    dial(near, far)
    wait_until(near.up)
    near.control.kill9()
    near.start_control()
    near.admin("restart")
    assert near.control.wait_end() == 0
    near.start_control()
    wait_until(near.up)
    port = far.wss
    far.kill9()
    wait_until(lambda: not near.up())
    far.data_args[1] = "wss:%s:%d" % (HOST, port)
    far.start()
    wait_until(near.up, 15, near.peers)
    a, b = net.client(near), net.client(far)
    a.sees(b)
    assert [row["name"] for row in near.peers()] == \
        ["wss://localhost:%d" % port]


def test_what_the_configuration_says(net, pair, far, tmp_path):
    path = tmp_path / "dnchat.conf"
    path.write_text("connect = wss://localhost:%d\n" % far.wss)
    near = trusting(net, pair, control=["--config", str(path)])
    wait_until(near.up)
    near.control.signal(signal.SIGHUP)
    other = trusting(net, pair, control=[
        "--connect", "wss://%s:%d" % (HOST, far.wss)])
    wait_until(other.up)
    assert len(near.peers()) == 1


def test_whom_nobody_vouches_for(net, far):
    near = net.server()
    dial(near, far)
    wait_until(lambda: any("self-signed" in text for text in why(near)), 8,
               lambda: near.peers())
    assert not near.up() and not far.up()


def test_a_certificate_for_somebody_else(net, tmp_path):
    wrong = tls.Pair(tmp_path, hosts="DNS:elsewhere.example")
    far = tls.start(net, wrong)
    near = trusting(net, wrong)
    dial(near, far)
    wait_until(lambda: any("mismatch" in text for text in why(near)), 8,
               lambda: near.peers())
    assert not near.up() and not far.up()


def test_whose_certificates_to_believe_may_change(net, pair, tmp_path):
    trusted = tls.Pair(tmp_path, name="trusted")
    far = tls.start(net, pair)
    near = net.server(data=["--tls-ca", trusted.cert])
    dial(near, far)
    wait_until(lambda: any("self-signed" in text for text in why(near)), 8)
    trusted.replace(pair)
    near.data.signal(signal.SIGHUP)
    wait_until(near.up, 15, near.peers)
    with open(trusted.cert, "w", encoding="ascii") as file:
        file.write("nothing\n")
    near.data.signal(signal.SIGHUP)
    wait_until(lambda: near.logged("tls_refused", trusted.cert))
    assert near.up()
    net.client(near).sees(net.client(far))


def test_tls_and_none(net, pair, far):
    """Each dialled as if it were the other."""
    near = trusting(net, pair)
    near.admin("connect wss://localhost %d" % far.port)
    near.admin("connect localhost %d" % far.wss)
    wait_until(lambda: len([text for text in why(near) if text]) == 2, 12,
               lambda: near.peers())
    assert any("TLS" in text for text in why(near)), near.peers()
    assert not near.up() and not far.up()
    dial(near, far)
    wait_until(near.up)


def test_words_that_are_no_server(net):
    near = net.server()
    for line, word in (("connect wss://", "HOST"),
                       ("connect wss:///", "HOST"),
                       ("connect wss://a:b", "PORT"),
                       ("connect https://a", "HOST"),
                       ("federate wss://a", "HOST")):
        result = near.dnctl(*line.split())
        assert result.returncode == 1 and word.encode() in result.stderr, line
    near.admin("connect wss://[::1] 7")
    wait_until(lambda: any("IPv6" in text for text in why(near)), 8,
               lambda: near.peers())


def test_a_foreign_server_comes_by_wss(net, pair, far):
    a = net.client(far, port=far.wss, tls=pair.client())
    peer = net.keep(RawPeer.dial(far, port=far.wss, tls=pair.client()))
    peer.expect("ARRV", a.number)
    number = fresh()
    peer.tell("ARRV %d" % number, "far", "away", 1)
    a.sees(number)
    n = a.send(number, "over there")
    peer.expect("SEND", n, number, a.number, "over there")
    peer.tell("ACKN %d" % n, number, a.number)
    a.receipt(n, number)
