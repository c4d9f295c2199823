"""One asyncio loop in a thread of its own, so that tests read as plain
sequences: run() does something in the loop, wait_until() waits for what comes
of it. Between: everything here that owns a socket, and the tests."""
import asyncio
import os
import threading
import time

# Machines that are slower than the goals assume: every deadline is longer.
SLOWNESS = float(os.environ.get("DNCHAT_SLOWNESS", "1"))
SOAK = os.environ.get("DNCHAT_SOAK") == "1"

_loop = asyncio.new_event_loop()
_news = threading.Condition()


def _main():
    asyncio.set_event_loop(_loop)
    _loop.run_forever()


threading.Thread(target=_main, daemon=True, name="loop").start()


def loop():
    return _loop


def notify():
    """Something happened that somebody may wait for."""
    with _news:
        _news.notify_all()


def run(coroutine, timeout=15):
    """Runs 'coroutine' in the loop and returns its result."""
    future = asyncio.run_coroutine_threadsafe(coroutine, _loop)
    return future.result(timeout * SLOWNESS)


def call(function, *args):
    """Calls a plain function in the loop's thread and returns its result."""

    async def wrapped():
        return function(*args)

    return run(wrapped())


def start(coroutine):
    """Starts a task; it is the caller's to cancel."""

    async def wrapped():
        return asyncio.ensure_future(coroutine)

    return run(wrapped())


def wait_until(condition, timeout=5, what=None):
    """Returns the first true value of condition(). After 'timeout' seconds
    the test fails with 'what', text or a function that makes one."""
    deadline = time.monotonic() + timeout * SLOWNESS
    while True:
        value = condition()
        if value:
            return value
        left = deadline - time.monotonic()
        if left <= 0:
            break
        with _news:
            _news.wait(min(left, 0.01))
    text = what() if callable(what) else what
    raise AssertionError("not within %g s: %s" % (timeout, text or condition))


def never(condition, seconds, what=None):
    """Fails if condition() becomes true within 'seconds': for what must not
    happen, where nothing else tells that the time for it is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        assert not value, "%s: %r" % (
            what() if callable(what) else what or "must not happen", value)
        with _news:
            _news.wait(0.01)


def percentile(values, part):
    """The value that 'part' (0 to 1) of 'values' do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
