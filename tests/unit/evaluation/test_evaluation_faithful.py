from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unmask.evaluation.faithful import NEAR_BEST, blends, choose, fakes
from unmask.explain.attribution import Method
from unmask.media.align import SIDE
from unmask.models.faithfulness import Areas, MethodMeasured, Subset
from unmask.training.blending import altered
from unmask.training.faces_data import STORED, part_path
from unmask.training.manifest import Row

AREAS = Areas(deletion=0.4, insertion=0.5)


def measured(kind: str, layer: str, beats: float, score: float) -> MethodMeasured:
    return MethodMeasured(
        kind=kind,
        layer=layer,
        areas=AREAS,
        score=score,
        score_interval=(score, score),
        beats_centre=beats,
        beats_random=beats,
        beats_both=beats,
        seconds=0.1,
    )


def subset(*methods: MethodMeasured) -> Subset:
    return Subset(name="all", crops=10, files=10, centre=AREAS, random=AREAS, methods=list(methods))


def test_the_coarsest_map_that_is_about_as_good_as_the_best_is_chosen() -> None:
    found = subset(
        measured("grad-cam", "coarse", 0.6, 0.1),
        measured("grad-cam", "middle", 1.0 - NEAR_BEST, 0.1),
        measured("hires-cam", "middle", 0.97, 0.2),
        measured("hires-cam", "fine", 1.0, 0.3),
        measured("integrated-gradients", "", 1.0, 0.4),
    )
    assert choose(found) == Method("hires-cam", "middle")


def test_single_pixels_are_measured_and_never_chosen_before_a_map_that_a_person_can_read() -> None:
    found = subset(measured("grad-cam", "coarse", 0.5, 0.9), measured("integrated-gradients", "", 0.9, 0.2))
    assert choose(found) == Method("grad-cam", "coarse")


def test_of_maps_of_pixels_alone_the_better_one_is_taken() -> None:
    found = subset(
        measured("integrated-gradients", "", 0.9, 0.2),
        measured("guided-integrated-gradients", "", 0.9, 0.3),
    )
    assert choose(found) == Method("guided-integrated-gradients")


def store(cache: Path, name: str, count: int, shade: int) -> Row:
    row = Row(cache / name, "video", "fake")
    y, x = np.mgrid[0:STORED, 0:STORED]
    face = np.stack([(x * 3 + shade) % 256, (y * 2) % 256, (x + y) % 256], axis=-1).astype(np.uint8)
    around = np.linspace(0, 2 * np.pi, 468, endpoint=False)
    radius = np.where(np.arange(468) % 2 == 0, 0.38, 0.2) * STORED
    mesh = np.stack([STORED / 2 + radius * np.cos(around), STORED / 2 + radius * np.sin(around)], axis=-1)
    path = part_path(cache, row)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        crops=np.stack([np.roll(face, i, axis=0) for i in range(count)]),
        meshes=np.stack([mesh] * count).astype(np.float16),
        sizes=np.full(count, 100, np.float32),
        outside=np.zeros(count, np.float32),
    )
    return row


def test_every_file_gives_a_crop_before_any_gives_a_second(tmp_path: Path) -> None:
    rows = [store(tmp_path, f"{i}.mp4", count, i) for i, count in enumerate((4, 1, 4))]
    found = fakes(rows, tmp_path, 5, SIDE)
    assert found.crops.shape == (5, SIDE, SIDE, 3)
    assert [Path(name.removesuffix("None")).stem for name in found.files] == ["0", "1", "2", "0", "2"]
    assert len(fakes(rows, tmp_path, 100, SIDE).files) == 9


def test_crops_of_another_size_than_the_network_takes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stored crops show"):
        fakes([store(tmp_path, "a.mp4", 1, 0)], tmp_path, 1, SIDE + 2)


def test_the_altered_part_of_a_blend_is_where_it_differs_from_the_untouched_picture(tmp_path: Path) -> None:
    rows = [store(tmp_path, f"{i}.mp4", 1, 30 * i) for i in range(6)]
    found = blends(rows, tmp_path, 6, SIDE, seed=3)
    assert found.altered is not None
    assert len(found.crops) >= 3
    assert all(0.03 < mask.mean() < 0.9 for mask in found.altered)
    again = blends(rows, tmp_path, 6, SIDE, seed=3)
    np.testing.assert_array_equal(found.crops, again.crops)


def test_a_flat_gap_inside_what_was_altered_is_closed() -> None:
    untouched = np.zeros((64, 64, 3), np.uint8)
    blended = untouched.copy()
    blended[20:40, 20:40] = 40
    blended[29:31, 29:31] = 0
    mask = altered(blended, untouched)
    assert mask[29, 29]
    assert mask[20:40, 20:40].all()
    assert not mask[:10].any()
