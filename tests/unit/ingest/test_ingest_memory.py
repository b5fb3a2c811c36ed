import resource
import subprocess
import sys

from unmask.ingest.memory import ROOM, raise_if_short

TIMES = 20

LIMITED = """
import resource
from unmask.ingest.memory import ROOM, raise_if_short

used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + ROOM // 2, used + ROOM // 2))
try:
    raise_if_short(MemoryError("a packet"))
except MemoryError as error:
    print(error)
"""


def test_a_library_that_was_asked_for_too_much_is_told_from_one_that_is_short():
    raise_if_short(MemoryError("a packet of gigabytes"))
    raise_if_short(ValueError("something else"))


def test_a_process_that_is_short_of_memory_says_so():
    done = subprocess.run([sys.executable, "-c", LIMITED], check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "the limit of memory is reached", done.stderr


def test_to_ask_touches_no_memory():
    """A file whose every packet lies about its size is asked about again and again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(TIMES):
        raise_if_short(MemoryError("a packet of gigabytes"))
    touched = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert touched < TIMES * ROOM // resource.getpagesize() // 100
