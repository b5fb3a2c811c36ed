"""Batches, a tiny training run, and its card."""

import csv
from pathlib import Path

import numpy as np
import pytest

from unmask.models.card import Card
from unmask.training import train_voice as training
from unmask.training import voice_card, voice_report
from unmask.training.manifest import Row
from unmask.training.statistics import auc
from unmask.training.voice_batches import Pool, cut, make_batch
from unmask.training.voice_data import cache_path
from unmask.training.voice_pages import CALIBRATION, DEV
from unmask.training.voice_report import CONDITIONS, Scored, calibrate, metrics, number, weak_spots

RATE = 16_000
PAGES = {"train": "pages/one", "dev": min(DEV), "calibration": min(CALIBRATION)}


def store(row: Row, cache: Path, seed: int) -> Row:
    """A buzz for a fake, noise in bursts for a real voice, straight into the cache."""
    draw = np.random.default_rng(seed)
    time = np.arange(2 * RATE) / RATE
    if row.label == "fake":
        sound = sum(np.sin(2 * np.pi * (100 + seed) * k * time) for k in range(1, 20)) / 20
    else:
        sound = draw.standard_normal(len(time)) * np.abs(np.sin(2 * np.pi * 2 * time)) / 4
    target = cache_path(row, cache)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.save(target, (20_000 * np.clip(sound, -1, 1)).astype(np.int16))
    return row


def rows_of(page: str, cache: Path, count: int = 4) -> list[Row]:
    return [
        store(
            Row(Path(f"{i}.wav"), "audio", label, "m" if label == "fake" else "", source=page, origin=f"{label}{i}"),
            cache,
            i,
        )
        for label in ("real", "fake")
        for i in range(count)
    ]


def test_a_batch_holds_as_many_real_as_fake_and_repeats_with_its_seed(tmp_path):
    pool = Pool.of(rows_of("page", tmp_path), [])
    pictures, labels = make_batch(pool, tmp_path, 8, RATE, np.random.default_rng(4))
    assert labels.sum() == 4
    assert pictures.shape[0] == 8
    again, _ = make_batch(pool, tmp_path, 8, RATE, np.random.default_rng(4))
    np.testing.assert_array_equal(pictures, again)


def test_small_pages_are_drawn_more_often_than_their_share(tmp_path):
    rows = [Row(Path("a"), "audio", "fake", "m", source="large", origin=str(i)) for i in range(100)]
    rows += [Row(Path("a"), "audio", "fake", "m", source="small", origin=str(i)) for i in range(4)]
    draw = np.random.default_rng(0)
    pool = Pool.of(rows, [])
    small = sum(pool.draw("fake", draw).source == "small" for _ in range(500))
    assert 40 < small < 140


def test_a_pair_is_a_voice_and_its_copy():
    real, copy = Row(Path("a"), "audio", "real"), Row(Path("a"), "audio", "fake", "copy:world")
    pool = Pool.of([real, Row(Path("b"), "audio", "fake", "x")], [(real, copy)])
    slots = [pool.slot(np.random.default_rng(i)) for i in range(40)]
    paired = [slot for slot in slots if slot[2]]
    assert 1 < len(paired) < 25
    assert all(slot[:2] == (real, copy) for slot in paired)


def test_a_short_sound_is_repeated_and_no_sound_is_refused():
    row, draw = Row(Path("a"), "audio", "real"), np.random.default_rng(0)
    assert cut(np.full(9_000, 900, np.int16), 32_000, 0.5, row, draw).shape == (32_000,)
    with pytest.raises(ValueError, match="no speech"):
        cut(None, 32_000, 0.5, row, draw)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(voice_report, "DRAWS", 60)


def scored() -> Scored:
    draw = np.random.default_rng(0)
    rows, points = [], []
    for i in range(120):
        label = "fake" if i % 2 else "real"
        rows.append(
            Row(Path(str(i)), "audio", label, "m" if i % 2 else "", source=f"page{i % 5}", family="tts" * (i % 2))
        )
        points.append((draw.standard_normal(3) + 1.5 * (i % 2)).astype(np.float32))
    return Scored(rows, points)


def test_calibration_gives_at_most_one_false_alarm_in_twenty():
    found, point, file = calibrate(scored(), "made up")
    real = [p for p, row in zip(scored().points, scored().rows, strict=True) if row.label == "real"]
    assert (np.concatenate(real) > point).mean() <= 0.05
    assert (scored().pooled[~scored().fake] > file).mean() <= 0.05
    assert found.slope > 0
    assert (found.n_real, found.n_fake) == (60, 60)


def test_metrics_name_unseen_methods_and_real_pages():
    found = {m.condition: m for m in metrics(scored(), 2.0, [Row(Path("t"), "audio", "fake", "other")])}
    assert found["all"].auc == auc(scored().fake, scored().pooled)
    assert found["unseen methods"].n_fake == 60
    assert found["method m (unseen)"].n_fake == 60
    assert found["real voices of page0"].n_fake == 0


def test_an_interval_over_one_page_is_drawn_by_file_and_has_a_width():
    page = scored().where(lambda row: row.source == "page1")
    found = number(page, 1.5, "dev", "one page")
    assert found.unit == "file"
    low, high = found.auc_interval
    assert low < high


def test_what_the_numbers_show_to_be_weak_becomes_a_limit():
    known = [Row(Path("t"), "audio", "fake", "other")]
    assert any("false alarms among" in text for text in weak_spots(metrics(scored(), -5.0, known)))
    assert not any("Hardly" in text for text in weak_spots(metrics(scored(), 2.0, known)))


@pytest.mark.slow
def test_a_tiny_run_leaves_weights_a_curve_and_a_card_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    cache, out = tmp_path / "cache", tmp_path / "out"
    monkeypatch.setattr(training, "BATCH", 4)
    monkeypatch.setattr(training, "SHORT", RATE)
    monkeypatch.setattr(training, "CHECK_EVERY", 2)
    monkeypatch.setattr(voice_card, "CONDITIONS", {"telephone": CONDITIONS["telephone"]})
    manifest = tmp_path / "manifest.csv"
    with manifest.open("w", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["path", "kind", "label", "method", "source", "source_path", "licence"])
        for page in PAGES.values():
            for row in rows_of(page, cache):
                writer.writerow([row.path, "audio", row.label, row.method, page, row.origin, "none"])
    with monkeypatch.context() as first:
        first.setattr(training, "describe", lambda *_: None)
        weights = training.train_voice([manifest], out, cache, steps=2, copies=2)
    assert weights.is_file()
    training.train_voice([manifest], out, cache, steps=4, copies=2)
    card = Card.model_validate_json((out / "cards" / "voice.json").read_bytes())
    assert card.training.steps == 4
    assert {source.split for source in card.data} == {"train", "calibration", "dev"}
    assert any(metric.condition == "all" and metric.auc is not None for metric in card.metrics)
    assert (out / "curve.png").stat().st_size > 1_000
