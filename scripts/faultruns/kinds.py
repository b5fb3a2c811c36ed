"""The faults. Each is done once, in the middle of a story; `number` chooses when, and which way."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping

from faultruns.servers import filled
from faultruns.stand import Stand
from faultruns.story import Story

PHASES = ("sending", "prepare", "share", "conclude")
SHIFTS = ("+2h", "-2h", "+3d", "-3d", "+14m", "-14m", "+10m", "-5m")
REFUSED = ("h", "d")
"""Units of shifts that no S3 store bears with (its protocol allows a quarter of an hour): those are set right again."""

SECONDS = 10.0
"""How long store and disk are harmed, and the clock is far off."""


class Missed(Exception):
    """The moment had passed before the fault could be done: the run counts for nothing."""


def kill_worker(stand: Stand, story: Story, number: int) -> str:
    """SIGKILL to the process that is in a share; or, every second time, to the whole worker, which starts again."""
    owner = _in_hand(stand, story, ("video", "audio"))
    if number % 2:
        stand.kill("worker")
        time.sleep(1)
        stand.start("worker")
        return "the worker with all its processes"
    os.kill(int(owner.rsplit(":", 3)[1]), signal.SIGKILL)
    return "one process"


def kill_api(stand: Stand, story: Story, number: int) -> str:
    """SIGKILL to the API while a clip comes in."""
    story.sent.wait(60)
    pause = 0.02 * (number % 8)
    time.sleep(pause)
    stand.kill("api")
    if story.analysis:
        stand.start("api")
        raise Missed
    time.sleep(0.5)
    stand.start("api")
    return f"{pause:.2f} s after the first bytes, {'by tus' if story.resumable else 'in a form'}"


def restart_redis(stand: Stand, story: Story, number: int) -> str:
    """Redis killed and started anew, with nothing in it."""
    phase = _phase(stand, story, number)
    stand.redis.stop()
    time.sleep(0.5)
    stand.redis.start()
    return phase


def restart_postgres(stand: Stand, story: Story, number: int) -> str:
    """PostgreSQL stopped and started anew: as in a crash, or, every second time, as an administrator does it."""
    phase = _phase(stand, story, number)
    how = "fast" if number % 2 else "immediate"
    stand.postgres.stop(how)
    time.sleep(1)
    stand.postgres.start()
    return f"{phase}, {how}"


def harm_s3(stand: Stand, story: Story, number: int) -> str:
    """The store answers 500, then nothing at all, together for ten seconds."""
    phase = _phase(stand, story, number)
    stand.proxy.turn("error")
    time.sleep(SECONDS / 2)
    stand.proxy.turn("silent")
    time.sleep(SECONDS / 2)
    stand.proxy.turn("pass")
    return phase


def fill_disk(stand: Stand, story: Story, number: int) -> str:
    """No byte is left on the store's disk for ten seconds."""
    phase = _phase(stand, story, number)
    if stand.disk is None:
        raise SystemExit("a disk to fill can be mounted by root only")
    with filled(stand.disk):
        time.sleep(SECONDS)
    return phase


def jump(stand: Stand, story: Story, number: int) -> str:
    """The clock of API, workers and beat jumps: by minutes until the run ends, by hours or days for ten seconds."""
    phase = _phase(stand, story, number + number // len(SHIFTS))
    shift = SHIFTS[number % len(SHIFTS)]
    stand.clock.write_text(f"{shift}\n")
    if shift.endswith(REFUSED):
        time.sleep(SECONDS)
        stand.clock.write_text("+0\n")
    return f"{shift}, {phase}"


FAULTS: Mapping[str, Callable[[Stand, Story, int], str]] = {
    "worker": kill_worker,
    "api": kill_api,
    "redis": restart_redis,
    "postgres": restart_postgres,
    "s3": harm_s3,
    "disk": fill_disk,
    "clock": jump,
}
"""Each does its fault, and says when or which way."""


def _phase(stand: Stand, story: Story, number: int) -> str:
    """Wait until the run is where its number says; each fault begins elsewhere, so that few runs see all phases."""
    phase = PHASES[(number + len(story.name.partition("-")[0])) % len(PHASES)]
    if phase == "sending":
        story.sent.wait(60)
    else:
        _in_hand(stand, story, ("video", "audio") if phase == "share" else (phase,))
    return phase


def _in_hand(stand: Stand, story: Story, parts: tuple[str, ...]) -> str:
    """Wait until a worker is in such a unit; its name."""

    def owner() -> str | None:
        if not story.analysis:
            return None
        with stand.context.database.read() as repo:
            state = repo.analyses.find(story.analysis)
            if state is None or state.finished_at is not None:
                raise Missed
            return next((name for part, name in repo.work.held(story.analysis) if part in parts), None)

    found: str = stand.until(owner, 900, f"nobody is in {parts}")
    return found
