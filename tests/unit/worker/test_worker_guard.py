import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from unmask.worker.guard import EXIT, SIGNAL, Guard, Stopped


def guard(wanted=lambda: True, *, every=0.05, seconds=60.0, memory=1 << 40, give_up=lambda reason: None):
    return Guard(wanted, every=every, seconds=seconds, memory=memory, give_up=give_up)


def spin(seconds=10.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(1000))


def test_work_that_is_wanted_is_left_alone():
    before = signal.getsignal(SIGNAL)
    with guard():
        spin(0.3)
    assert signal.getsignal(SIGNAL) == before


@pytest.mark.parametrize("work", [spin, time.sleep])
def test_work_that_nobody_wants_is_stopped_whether_it_computes_or_sleeps(work):
    began = time.monotonic()
    with pytest.raises(Stopped) as stopped, guard(lambda: False):
        work(10.0)
    assert stopped.value.reason == "unwanted" and time.monotonic() - began < 5


def test_work_over_its_time_is_stopped():
    with pytest.raises(Stopped) as stopped, guard(seconds=0.1):
        spin()
    assert stopped.value.reason == "too_slow"


def test_work_over_its_memory_is_stopped():
    with pytest.raises(Stopped) as stopped, guard(memory=1):
        spin()
    assert stopped.value.reason == "too_large"


def test_a_detector_that_catches_every_exception_does_not_catch_this_one():
    with pytest.raises(Stopped), guard(lambda: False):
        try:
            spin()
        except Exception:  # as the pipeline does with a detector's failures
            pytest.fail("swallowed")


def test_work_goes_on_when_it_can_not_be_asked_whether_it_is_wanted():
    def away():
        raise ConnectionError

    with guard(away):
        spin(0.3)


def test_a_process_whose_work_gives_no_way_ends():
    text = """
        import signal, time
        from unmask.worker.guard import Guard
        def give_up(reason): print("gave up:", reason, flush=True)
        with Guard(lambda: False, every=0.05, seconds=60, memory=1 << 40, give_up=give_up):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
            time.sleep(60)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        env=os.environ,
    )
    assert done.returncode == EXIT and "gave up: unwanted" in done.stdout
