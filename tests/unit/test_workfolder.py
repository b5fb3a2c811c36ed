"""What is worked on is gone afterwards, also where the process was killed: the next one sweeps."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from unmask.workfolder import OWNER, PREFIX, SETTLED, sweep, work_folder

PROGRAM = """
import time
from unmask.workfolder import work_folder
with work_folder() as folder:
    (folder / "media").write_bytes(b"private")
    print(folder, flush=True)
    time.sleep(120)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_gone_with_its_block_whatever_ends_it(place):
    with pytest.raises(RuntimeError), work_folder() as folder:
        (folder / "media").write_bytes(b"x")
        assert folder.stat().st_mode & 0o077 == 0
        raise RuntimeError
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_swept_by_the_next_one_and_not_before(place):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(place)}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=environment) as other:
        folder = Path(other.stdout.readline().strip())
        with work_folder():
            assert (folder / "media").read_bytes() == b"private", "its process lives"
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert folder.exists()
    with work_folder() as mine:
        assert not folder.exists()
        assert mine.exists()


def test_a_folder_that_is_just_being_made_is_left_alone(place):
    young, old = place / f"{PREFIX}young", place / f"{PREFIX}old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (time.time() - 2 * SETTLED,) * 2)
    assert sweep() == 1
    assert young.exists()
    assert not old.exists()


def test_folders_of_other_names_and_links_are_left_alone(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / OWNER).touch()
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    (place / "unmask-of-somebody").mkdir()
    assert sweep() == 0
    assert (elsewhere / OWNER).exists()
    assert (place / "unmask-of-somebody").exists()
