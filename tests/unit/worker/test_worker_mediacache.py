import hashlib
import os
import subprocess
import sys
import time

import pytest
from obstore.store import MemoryStore

from unmask.storage.base import ObjectMissing
from unmask.storage.objects import ObjectStore
from unmask.worker.mediacache import MediaCache, MediaChanged

ONE, TWO = b"one" * 1000, b"two" * 1000


class Counting(ObjectStore):
    """A store that counts what is fetched from it."""

    fetched = 0

    def download(self, key, path):
        self.fetched += 1
        return super().download(key, path)


@pytest.fixture
def store():
    made = Counting(MemoryStore())
    for data in (ONE, TWO):
        made.put(sha(data), data)
    return made


def sha(data):
    return hashlib.sha256(data).hexdigest()


def use(cache, store, data):
    with cache.take(store, sha(data), sha(data)) as path:
        return path.read_bytes()


def test_a_media_is_fetched_once_and_given_whole(tmp_path, store):
    cache = MediaCache(tmp_path / "cache", 10**6)
    assert [use(cache, store, ONE) for _ in range(3)] == [ONE] * 3
    assert store.fetched == 1


def test_bytes_that_are_not_those_of_the_hash_are_refused_and_not_kept(tmp_path, store):
    cache = MediaCache(tmp_path / "cache", 10**6)
    store.put(sha(ONE), TWO)
    for _ in range(2):
        with pytest.raises(MediaChanged):
            use(cache, store, ONE)
    assert store.fetched == 2


def test_a_media_that_is_not_in_the_store_leaves_nothing(tmp_path, store):
    cache = MediaCache(tmp_path / "cache", 10**6)
    with pytest.raises(ObjectMissing):
        use(cache, store, b"never seen")
    assert [path for path in (tmp_path / "cache").iterdir() if not path.name.endswith(".lock")] == []


def test_the_one_used_longest_ago_goes_when_there_is_no_room(tmp_path, store):
    cache = MediaCache(tmp_path / "cache", len(TWO) + 10)
    use(cache, store, ONE)
    os.utime(tmp_path / "cache" / sha(ONE), (1, 1))
    use(cache, store, TWO)
    assert (tmp_path / "cache" / sha(TWO)).exists() and not (tmp_path / "cache" / sha(ONE)).exists()


def test_what_is_in_use_stays_readable_whatever_happens_to_the_cache(tmp_path, store):
    cache = MediaCache(tmp_path / "cache", 10**6)
    with cache.take(store, sha(ONE), sha(ONE)) as path:
        cache.forget(sha(ONE))
        assert path.read_bytes() == ONE
    assert not path.exists()


def test_what_nobody_used_for_a_while_and_what_the_dead_left_goes(tmp_path, store):
    cache = MediaCache(tmp_path / "cache", 10**6)
    use(cache, store, ONE)
    left = tmp_path / "cache" / "in-use-dead"
    left.mkdir()
    (left / "media").write_bytes(ONE)
    cache.clean(60, 60)
    assert (tmp_path / "cache" / sha(ONE)).exists() and left.exists()
    old = time.time() - 100
    os.utime(tmp_path / "cache" / sha(ONE), (old, old))
    os.utime(left, (old, old))
    cache.clean(60, 60)
    assert not (tmp_path / "cache" / sha(ONE)).exists() and not left.exists()


def test_the_folder_of_a_process_that_was_killed_goes_at_once_and_that_of_a_living_one_stays(tmp_path):
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from unmask.worker.mediacache import MediaCache\n"
        "with MediaCache(Path(sys.argv[1]), 0).scratch() as own:\n"
        "    (own / 'copy').write_bytes(b'a media')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    cache = MediaCache(tmp_path / "cache", 0)
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path / "cache")], check=False).returncode == -9
    assert len(list((tmp_path / "cache").glob("*/copy"))) == 1
    with cache.scratch() as mine:
        assert cache.clear_leavings(3600, time.time()) == 1
        assert mine.is_dir()
    assert list((tmp_path / "cache").iterdir()) == []
