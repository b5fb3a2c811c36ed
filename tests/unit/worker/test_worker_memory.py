import platform

import pytest

from unmask.worker import memory
from unmask.worker.memory import release, resident


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can give memory back")
def test_memory_that_lies_free_between_what_stays_goes_back_to_the_system():
    before = resident()
    blocks = [bytes(5_000) for _ in range(40_000)]  # 200 MB of blocks too small to be mapped on their own
    kept = blocks[::50]
    del blocks
    held = resident() - before
    release()
    assert resident() - before < held / 4 and len(kept) == 800


def test_where_the_c_library_can_not_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory, "_trim", lambda: None)
    release()
