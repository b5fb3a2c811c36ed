"""A sandbox can do nothing but decode, and whatever becomes of it costs one coded error."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from support.makevideo import media_of, steady, write_video
from unmask.errors import DecodeFailed, DecoderStopped
from unmask.ingest import ingest
from unmask.media.sources import open_video, read_still
from unmask.sandbox import cell as cells
from unmask.sandbox.cell import SMALL, Cell
from unmask.sandbox.messages import pack
from unmask.sandbox.nursery import Nursery, nursery
from unmask.sandbox.settings import SandboxSettings
from unmask.settings import Settings
from unmask.types import Interval
from unmask.wire import plain

WHOLE = Interval(Fraction(0), Fraction(100))
SAMPLE = Path(__file__).parents[3] / "samples" / "untouched.mp4"


@pytest.fixture
def limits(monkeypatch):
    def set_limits(**given):
        monkeypatch.setattr(cells, "load_sandbox", lambda: SandboxSettings(**given))

    return set_limits


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return media_of(
        write_video(
            tmp_path_factory.mktemp("locks") / "clip.mp4", steady(200), size=(320, 240), options={"preset": "ultrafast"}
        )
    )


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class TestLocks:
    def test_nothing_that_decoding_does_not_need_is_possible(self, tmp_path):
        (tmp_path / "media").write_bytes(b"x")
        cell = Cell("check", tmp_path / "media", {}, slot=SMALL)
        found = {value["attempt"]: value["possible"] for value, _ in cell.call("attempts")}
        cell.close()
        assert len(found) == 8
        assert not any(found.values())

    def test_the_media_itself_can_be_read_and_its_neighbour_can_not(self, tmp_path):
        (tmp_path / "media").write_bytes(b"x")
        (tmp_path / "neighbour").write_bytes(b"y")
        for path, possible in (("media", True), ("neighbour", False)):
            cell = Cell("check", tmp_path / "media", {}, slot=SMALL)
            ((value, _),) = cell.call("opens", path=str(tmp_path / path))
            cell.close()
            assert value == {"possible": possible}

    def test_it_says_what_holds_here(self, tmp_path):
        (tmp_path / "media").write_bytes(b"x")
        cell = Cell("check", tmp_path / "media", {}, slot=SMALL)
        assert cell.state["locks"]["limits"] is True
        assert cell.state["locks"]["calls"] is True
        assert cell.state["locks"]["network"] == "seccomp"
        cell.close()

    def test_what_a_system_does_not_offer_is_logged_once(self, caplog, monkeypatch):
        monkeypatch.setattr(cells, "_told", set())
        for _ in range(3):
            cells._tell_locks({"limits": True, "calls": False, "files": 0, "network": "open"})
        said = [record.message for record in caplog.records]
        assert len(said) == 3
        assert "seccomp" in said[0]
        assert "Landlock" in said[1]

    def test_it_sees_nothing_of_the_environment(self, clip, monkeypatch):
        monkeypatch.setenv("SECRET", "swordfish")
        fresh = Nursery()
        fresh.warm()
        environment = Path(f"/proc/{fresh._process.pid}/environ").read_bytes()
        fresh.close()
        assert b"swordfish" not in environment


class TestEnds:
    def frames(self, media):
        with open_video(media, 50) as reader:
            return reader, list(reader.frames(WHOLE))

    def test_a_crash_is_one_error_and_the_next_file_is_none_the_worse(self, clip):
        with open_video(clip, 50) as reader, pytest.raises(DecoderStopped, match=r"crashed .*SIGSEGV"):
            for number, _ in enumerate(reader.frames(WHOLE)):
                if number == 5:
                    os.kill(reader._cell._pid, signal.SIGSEGV)
        assert len(self.frames(clip)[1]) == 200

    def test_a_hang_is_one_error(self, clip, limits):
        limits(silence=1.5)
        with open_video(clip, 50) as reader, pytest.raises(DecoderStopped, match=r"no step in 1.5 seconds"):
            pid = reader._cell._pid
            for number, _ in enumerate(reader.frames(WHOLE)):
                if number == 5:
                    os.kill(pid, signal.SIGSTOP)
        assert until(lambda: not alive(pid))

    def test_slow_work_that_goes_on_is_no_hang(self, clip, limits):
        limits(silence=1.5)
        with open_video(clip, 50) as reader:
            shown = reader.frames(WHOLE)
            next(shown)
            time.sleep(3)
            assert len(list(shown)) == 199

    def test_more_processor_time_than_allowed_is_one_error(self, clip, limits):
        limits(processor=1.0)
        cell = Cell("video", clip.path, {"media": plain(clip), "fps": 50}, slot=1_000_000)
        with pytest.raises(DecoderStopped, match="took more than 1 seconds of processor time"):
            for _ in range(1000):
                list(cell.call("frames", start="0", end="100"))
        assert cell.closed

    def test_more_memory_than_allowed_is_one_error(self, tmp_path, limits):
        Image.new("RGB", (8000, 4600)).save(tmp_path / "large.png", compress_level=1)
        media = ingest(tmp_path / "large.png", tmp_path / "work", Settings())
        limits(memory=512 * 1024**2)
        with pytest.raises(DecoderStopped, match="more memory than its limit of 536870912 bytes"):
            read_still(media)

    def test_a_coded_error_passes_as_it_is(self, tmp_path, clip):
        broken = tmp_path / "broken.mp4"
        data = bytearray(clip.path.read_bytes())
        at = data.find(b"mdat") + 8
        data[at : data.find(b"moov")] = bytes(data.find(b"moov") - at)
        broken.write_bytes(data)
        with open_video(replace(clip, path=broken), 4) as reader, pytest.raises(DecodeFailed, match="not one picture"):
            list(reader.frames(WHOLE))

    def test_a_stretch_that_is_left_early_ends_the_sandbox_and_the_next_has_another(self, clip):
        with open_video(clip, 50) as reader:
            first = reader._cell._pid
            for frame in reader.frames(WHOLE):
                assert frame.time == 0
                break
            again = [frame.time for frame in reader.frames(Interval(Fraction(0), Fraction(1)))]
            assert reader._cell._pid != first
        assert len(again) == 25
        assert until(lambda: not alive(first))


class TestLies:
    """A sandbox that was taken over says what it likes."""

    @pytest.fixture
    def liar(self, monkeypatch):
        def become(*messages):
            def fork(handles):
                line = socket.socket(fileno=os.dup(handles[0]))

                def talk():
                    line.recv(1 << 17)
                    line.send(pack({"kind": "end", "state": {}}))
                    line.recv(1 << 17)
                    for message in messages:
                        line.send(message if isinstance(message, bytes) else pack(message))
                    line.close()

                threading.Thread(target=talk, daemon=True).start()
                return 2**22 + 1

            monkeypatch.setattr(nursery, "fork", fork)

        return become

    @pytest.mark.parametrize(
        "message",
        [
            b"\xff\xff",
            b"[]",
            b"{" * 100_000,
            {"kind": "item", "value": {"time": "0"}, "array": {"type": "O", "shape": [1]}},
            {"kind": "item", "value": {"time": "0"}, "array": {"type": "u1", "shape": [-1, 5, 3]}},
            {"kind": "item", "value": {"time": "0"}, "array": {"type": "u1", "shape": [1 << 40]}},
            {"kind": "item", "value": {"time": "0"}, "array": {"type": "u1", "shape": [1, 1, 1, 3]}},
            {"kind": "item", "value": {"time": "0"}, "array": {"type": "f4", "shape": [1, 1, 3]}},
            {"kind": "item", "value": {"time": "0"}},
            {"kind": "item", "value": {"time": "1/0"}, "array": {"type": "u1", "shape": [1, 1, 3]}},
            {"kind": "item", "value": {"time": "1e999999999"}, "array": {"type": "u1", "shape": [1, 1, 3]}},
            {"kind": "item", "value": {"time": "9" * 100_000}, "array": {"type": "u1", "shape": [1, 1, 3]}},
            {"kind": "item", "value": {"time": "101"}, "array": {"type": "u1", "shape": [1, 1, 3]}},
            {"kind": "item", "value": 5, "array": {"type": "u1", "shape": [1, 1, 3]}},
            {"kind": "item"},
            {"kind": "error", "code": "internal", "message": "x" * 1000},
            {"kind": "error", "code": "bad_settings", "message": "not a media's"},
            {"kind": "what"},
            {},
        ],
        ids=lambda m: json.dumps(m)[:60] if isinstance(m, dict) else repr(m[:10]),
    )
    def test_it_is_one_coded_error_whatever_it_says(self, clip, liar, message):
        liar(message)
        with open_video(clip, 4) as reader, pytest.raises(DecoderStopped) as stopped:
            list(reader.frames(WHOLE))
        assert len(stopped.value.message) < 400

    def test_pictures_without_end_are_none(self, clip, liar):
        one = {"kind": "item", "value": {"time": "1"}, "array": {"type": "u1", "shape": [1, 1, 3]}}
        liar(one, one)
        with open_video(clip, 4) as reader, pytest.raises(DecoderStopped, match="another time"):
            list(reader.frames(WHOLE))


class TestNursery:
    def test_one_that_was_killed_is_replaced(self, clip):
        Cell("check", clip.path, {}, slot=SMALL).close()
        os.kill(nursery._process.pid, signal.SIGKILL)
        nursery._process.wait()
        cell = Cell("check", clip.path, {}, slot=SMALL)
        assert not cell.closed
        cell.close()

    def test_signals_to_a_whole_group_do_not_end_it(self, clip):
        cell = Cell("check", clip.path, {}, slot=SMALL)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(nursery._process.pid, number)
            os.kill(cell._pid, number)
        assert len(list(cell.call("attempts"))) == 8
        cell.close()

    def test_a_forked_process_has_a_nursery_of_its_own(self, clip):
        Cell("check", clip.path, {}, slot=SMALL).close()
        mine = nursery._process.pid
        pid = os.fork()
        if not pid:
            code = 1
            try:
                cell = Cell("check", clip.path, {}, slot=SMALL)
                code = 0 if nursery._process.pid != mine and not cell.closed else 2
                nursery.close()
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        cell = Cell("check", clip.path, {}, slot=SMALL)
        assert nursery._process.pid == mine
        cell.close()

    def test_many_threads_ask_at_once(self, clip):
        found = []

        def ask():
            with open_video(clip, 1) as reader:
                found.append(len(list(reader.frames(WHOLE))))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [8] * 6

    def test_nothing_is_left_when_the_process_that_asked_is_killed(self, clip):
        program = (
            "import sys, time\n"
            "from pathlib import Path\n"
            "from unmask.sandbox.cell import Cell\n"
            "from unmask.sandbox.nursery import nursery\n"
            "cell = Cell('check', Path(sys.argv[1]), {}, slot=4096)\n"
            "print(nursery._process.pid, cell._pid, flush=True)\n"
            "time.sleep(60)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(clip.path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as asking:
            pids = [int(number) for number in asking.stdout.readline().split()]
            assert all(map(alive, pids))
            asking.kill()
        assert until(lambda: not any(map(alive, pids)))

    def test_it_loads_no_network_and_no_settings(self):
        program = (
            "import sys\n"
            "from unmask.sandboxed import jobs\n"
            "jobs.load()\n"
            "heavy = {'tensorflow', 'keras', 'cv2', 'pydantic', 'ai_edge_litert', 'scipy', 'matplotlib'}\n"
            "print(sorted(heavy & set(sys.modules)))\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
        assert said.stdout.strip() == b"[]"
