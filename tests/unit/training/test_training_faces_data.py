import csv
from fractions import Fraction

import numpy as np
import pytest

from unmask.training import faces_data as data
from unmask.training.face_batches import make_batch, pools
from unmask.training.manifest import Row, read_manifests


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    cv2 = pytest.importorskip("cv2")
    portrait = pytest.importorskip("skimage.data").astronaut()[:300, 80:380]
    folder = tmp_path_factory.mktemp("media")
    pictures = {"a.png": portrait, "b.png": portrait[:, ::-1], "none.png": np.full((200, 200, 3), 90, np.uint8)}
    for name, picture in pictures.items():
        cv2.imwrite(str(folder / name), picture[:, :, ::-1])
    cv2.imwrite(str(folder / "two.png"), np.hstack([np.full_like(portrait, 90), portrait])[:, :, ::-1])
    write_video(folder / "v.mp4", portrait)
    rows = [
        ("a.png", "image", "real", "", "p1", ""),
        ("b.png", "image", "fake", "X", "p2", ""),
        ("none.png", "image", "real", "", "p3", ""),
        ("two.png", "image", "real", "", "p4", "0,0,0.5,1"),
        ("two.png", "image", "real", "", "p5", "0.5,0,0.5,1"),
        ("v.mp4", "video", "fake", "audiosynth:x", "p6", ""),
        ("gone.mp4", "video", "real", "", "p7", ""),
    ]
    with (folder / "m.csv").open("w", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["path", "kind", "label", "method", "person", "crop"])
        writer.writerows(rows)
    return folder / "m.csv"


def write_video(path, portrait):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 300, 300, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.roll(portrait, number, axis=1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def cache(manifest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    assert list(data.prepare(read_manifests([manifest]), folder, workers=1))[-1] == 6
    return folder


def test_every_file_gives_its_faces_or_none(manifest, cache):
    found = {row.identity: data.load(cache, row) for row in read_manifests([manifest])}
    assert [who for who, crops in found.items() if crops is None] == ["p3", "p4", "p7"]
    assert len(found["p1"].crops) == 1 and len(found["p6"].crops) == data.FRAMES
    crops = found["p1"]
    assert crops.crops.shape[1:] == (data.STORED, data.STORED, 3) and crops.meshes.shape[1:] == (468, 2)
    inside = (crops.meshes > 0) & (crops.meshes < data.STORED)
    assert inside.mean() > 0.9


def test_a_second_run_finds_everything_done(manifest, cache):
    assert list(data.prepare(read_manifests([manifest]), cache, workers=1)) == []


def test_a_synthetic_voice_leaves_the_face_real(manifest):
    labels = {row.identity: data.is_fake(row) for row in read_manifests([manifest])}
    assert labels["p6"] is False and labels["p2"] is True


def test_a_batch_holds_both_classes_alike_and_can_be_repeated(manifest, cache):
    source = pools(read_manifests([manifest]), cache)
    batch, again, other = (make_batch(source, 8, seed=1, step=step) for step in (3, 3, 4))
    assert batch.crops.shape == (8, 160, 160, 3) and batch.labels.shape == (8, 1) and len(batch.groups) == 8
    assert (batch.crops == again.crops).all() and not (batch.crops == other.crops).all()
    assert batch.labels.reshape(-1, 2).tolist() == [[1.0, 0.0]] * 4, "samples lie in twos, a fake and its real face"
    assert {group for group, label in zip(batch.groups, batch.labels, strict=True) if label} <= {"X", ""}


def test_a_class_without_faces_can_not_be_trained_on(manifest, cache):
    reals = [row for row in read_manifests([manifest]) if row.label == "real"]
    with pytest.raises(ValueError, match="class"):
        pools(reals, cache)


def test_large_sources_are_capped_the_same_way_whatever_their_order(tmp_path):
    rows = [Row(tmp_path / f"{i}.png", "image", "real", source="s", origin=str(i)) for i in range(50)]
    chosen = data.capped(rows, {"s": 10}, 100, seed=0)
    assert len(chosen) == 10 and chosen == data.capped(rows[::-1], {"s": 10}, 100, seed=0)
