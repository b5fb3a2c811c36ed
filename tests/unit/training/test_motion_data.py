from fractions import Fraction

import numpy as np
import pytest

from support.nodding import clip, head
from unmask.errors import DatasetError
from unmask.media.heads import SIDE
from unmask.models.motion_net import FRAMES
from unmask.training import motion_data as data
from unmask.training.face_selection import CALIBRATION_METHODS, CALIBRATION_SOURCES
from unmask.training.manifest import Row, read_manifests


def manifest(folder, lines):
    path = folder / "m.csv"
    path.write_text("\n".join(["path,kind,label,method,source,split,person", *lines]) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two seconds of a portrait that drifts, then grey."""
    import av

    portrait = pytest.importorskip("skimage.data").astronaut()[:300, 80:380]
    path = tmp_path_factory.mktemp("films") / "v.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 300, 300, "yuv420p"
        for number in range(65):
            picture = np.roll(portrait, number // 4, axis=1) if number < 50 else np.full_like(portrait, 90)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_sources_and_methods_that_face_holds_out_are_held_out_and_large_sources_are_cut_short(tmp_path):
    source, method = min(CALIBRATION_SOURCES), min(CALIBRATION_METHODS)
    many = [f"v{i}.mp4,video,real,,large,,p{i}" for i in range(30)]
    rows = [
        *many,
        f"h.mp4,video,real,,{source},,ph",
        f"k.mp4,video,fake,{method},x,,pk",
        "f.mp4,video,fake,M,large,,pf",
    ]
    splits = data.select([manifest(tmp_path, [*rows, "still.jpg,image,real,,large,,ps"])])
    assert len([row for row in splits.train if row.label == "real"]) == data.CAP
    assert {row.path.name for row in splits.calibration} == {"h.mp4", "k.mp4"}
    assert all(row.kind == "video" for row in splits.train)


def test_clips_of_one_class_alone_are_refused(tmp_path):
    rows = ["a.mp4,video,real,,a,,p", "b.jpg,image,fake,M,b,,q"]
    with pytest.raises(DatasetError, match="real and fake clips"):
        data.select([manifest(tmp_path, rows)])


def test_a_film_is_cut_into_a_head_12_times_a_second(tmp_path, film):
    rows = read_manifests([manifest(tmp_path, [f"{film},video,real,,a,,p", "gone.mp4,video,real,,a,,q"])])
    assert list(data.prepare(rows, tmp_path / "cache", workers=1)) == [1, 2]
    assert list(data.prepare(rows, tmp_path / "cache", workers=1)) == []
    (found,) = data.load(tmp_path / "cache", rows)
    assert found.row.path == film and 24 <= len(found.head) <= 26
    assert found.head.crops.shape[1:] == (SIDE, SIDE) and found.head.size > 60
    drift = found.head.meshes.mean(axis=1)[:, 0]
    assert np.corrcoef(drift, np.arange(len(drift)))[0, 1] > 0.9
    assert found.head.meshes.min() > 0 and found.head.meshes.max() < SIDE


def test_what_the_cache_keeps_comes_back_and_short_runs_do_not(tmp_path):
    long, short, empty = (clip(name).row for name in ("long", "short", "empty"))
    for row, one in ((long, head(24)), (short, head(FRAMES - 1)), (empty, None)):
        data.store(tmp_path, row, one)
    (found,) = data.load(tmp_path, [long, short, empty])
    assert found.row == long and (found.head.crops == head(24).crops).all() and not found.fake
    assert np.allclose(found.head.meshes, head(24).meshes, atol=0.1)


def test_a_file_that_cannot_be_read_has_no_pictures(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    assert list(data.read_pictures(Row(tmp_path / "bad.mp4", "video", "real"))) == []
