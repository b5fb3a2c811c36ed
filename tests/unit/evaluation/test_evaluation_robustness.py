"""How far answers fall: the arithmetic, what is left out, what is kept, and the command on small files."""

import dataclasses
import re
from contextlib import nullcontext
from html.parser import HTMLParser

import numpy as np
import pytest
from typer.testing import CliRunner

from support.corruptible import spoken, talking
from support.fakeevaluation import made, many, outcome, row
from support.makers import make_picture
from unmask.bootstrap import analyzer
from unmask.cli.app import app
from unmask.errors import Cancelled
from unmask.evaluation.altered import Alteration, run_altered
from unmask.evaluation.cases import cases
from unmask.evaluation.corruptions import CORRUPTIONS
from unmask.evaluation.corruptions.base import NotApplicable
from unmask.evaluation.document import Evaluation
from unmask.evaluation.falls import changed, mean_falls
from unmask.evaluation.page import render_page
from unmask.evaluation.robust_document import Robustness
from unmask.evaluation.robustness import robustness
from unmask.settings import load
from unmask.training.statistics import auc


class Tags(HTMLParser):
    """What is left open or closed wrongly."""

    def __init__(self, html):
        super().__init__()
        self.open, self.wrong = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def unclosed(html):
    tags = Tags(html)
    return tags.open + tags.wrong


def voices(count=40, skill=2.0, seed=0, drop=()):
    """Sound files of as many persons, every other one fake, with a voice score; those in `drop` have none."""
    rng = np.random.default_rng(seed)
    rows, found = [], []
    for i in range(count):
        fake = i % 2 == 1
        value = float(1 / (1 + np.exp(-(rng.normal() + (skill if fake else -skill) / 2))))
        rows.append(row(f"{i}.wav", "fake" if fake else "real", kind="audio", method="x" * fake, person=f"p{i}"))
        found.append(outcome(f"{i}.wav", "inconclusive", value, voice=None if i in drop else value))
    return cases(rows, found)


def measure(before, after, **more):
    options = {"name": "x", "words": "x", "touches": "sound", "unit": "person", "draws": 60} | more
    return changed(before, after, **options)


def test_a_fall_is_the_difference_of_aucs_on_the_files_scored_both_times():
    before, after = voices(), voices(skill=0.3, seed=5, drop={0, 1, 2})
    fall = measure(before, after).of("voice")
    kept = range(3, 40)
    fake = [i % 2 == 1 for i in kept]
    first, then = ([c[i].outcome.score("voice") for i in kept] for c in (before, after))
    assert (fall.n_real, fall.n_fake, fall.n_lost) == (18, 19, 3)
    assert fall.fall.value == pytest.approx(auc(fake, first) - auc(fake, then))
    assert fall.fall.low < fall.fall.value < fall.fall.high
    assert fall.before.value - fall.after.value == pytest.approx(fall.fall.value)


def test_the_interval_is_paired_so_answers_that_move_alike_have_a_narrow_one():
    before = voices(skill=1.0)
    shaken = voices(skill=1.0, seed=9)
    alike = cases(
        [c.row for c in before],
        [
            outcome(c.name, "inconclusive", v, voice=v)
            for i, c in enumerate(before)
            for v in [min(0.999, c.outcome.score("voice") * (1.02 if i % 3 else 0.98))]
        ],
    )
    narrow, wide = (measure(before, after).of("voice").fall for after in (alike, shaken))
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)


def test_no_change_is_no_fall_and_still_not_certain():
    fall = measure(voices(), voices()).of("voice").fall
    assert fall.value == 0 and fall.low == -fall.high < -0.05


def test_what_a_change_cannot_touch_is_not_measured():
    found = many(60)
    assert "face" not in {f.subject for f in measure(found, found, touches="sound").falls}
    assert "voice" not in {f.subject for f in measure(found, found, touches="picture").falls}
    assert {"verdict", "face", "voice"} <= {f.subject for f in measure(found, found, touches="both").falls}


def test_files_left_out_are_counted_by_reason_and_failures_by_code():
    before = voices()
    after = list(before)
    silent = (NotApplicable.code, "silent")
    for i, (code, why) in enumerate([silent, silent, ("truncated", "x")]):
        broken = outcome("x", None, None, error=code).model_copy(update={"message": why})
        after[i] = dataclasses.replace(after[i], outcome=broken)
    found = measure(before, after)
    assert (found.files, found.skipped, found.failed) == (38, {"silent": 2}, {"truncated": 1})
    assert found.of("voice").n_lost == 1


def test_the_mean_leaves_the_carrier_out():
    one = measure(voices(), voices(skill=0.3, seed=5))
    two = one.model_copy(update={"name": "carrier"})
    assert mean_falls([one, two], leave_out=["carrier"])["voice"] == one.of("voice").fall.value


def test_a_few_files_are_measured_but_not_in_the_mean():
    few = measure(voices(4), voices(4, skill=-9.0))
    fall = few.of("voice").fall
    assert -1 <= fall.low <= fall.value <= fall.high <= 1
    assert mean_falls([few]) == {}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Rows of a video, a sound and a still that no network has to look at."""
    folder = tmp_path_factory.mktemp("rows")
    talking(folder / "t.mp4", seconds=1, size=(320, 192))
    spoken(folder / "s.wav", seconds=1)
    make_picture(folder / "p.png", size=(80, 60))
    lines = ["t.mp4,video,real,,a", "s.wav,audio,fake,VITS,b", "p.png,image,real,,c"]
    manifest = folder / "m.csv"
    manifest.write_text("path,kind,label,method,person\n" + "\n".join(lines) + "\n")
    return manifest


def rows_of(manifest):
    kinds = {"t.mp4": "video", "s.wav": "audio", "p.png": "image"}
    return [row(str(manifest.parent / name), kind=kind) for name, kind in kinds.items()]


def test_a_broken_off_run_goes_on_and_leaves_no_temporary_file(small, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    asked = []

    def make(source, target):
        asked.append(source.media.name)
        CORRUPTIONS["quiet"].make(source, target)

    tools = analyzer(load({"fps": 1.0}))
    alteration = Alteration("quiet", make, 1)

    def stop(number, found):
        if number == 2:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        run_altered(rows_of(small), tmp_path / "out", tools, alteration, stop)
    seen = []
    found = run_altered(rows_of(small), tmp_path / "out", tools, alteration, lambda n, o: seen.append((n, o.file)))
    assert [one.message for one in found] == [None, None, "no_sound"]
    assert asked == ["t.mp4", "s.wav", "p.png"]
    assert [name for _, name in seen] == ["t.mp4", "s.wav", "p.png"] and [n for n, _ in seen] == [1, 2, 3]
    assert [one.error for one in found] == [None, None, NotApplicable.code]
    assert found[2].message == "no_sound"
    assert len(list((tmp_path / "out" / "quiet" / "files").glob("*.json"))) == 3
    assert not list((tmp_path / "tmp").iterdir())
    other = dataclasses.replace(alteration, seed=2)
    run_altered(rows_of(small), tmp_path / "out", tools, other, lambda n, o: None)
    assert len(asked) == 6, "another seed is another corruption"


def test_every_corruption_chosen_is_in_the_document(small, tmp_path):
    tools = analyzer(load({"fps": 1.0}))
    before = cases(rows_of(small), [outcome("a", "inconclusive", 0.5, voice=0.5) for _ in range(3)])
    chosen = [CORRUPTIONS["blur"], CORRUPTIONS["telephone"]]
    found = robustness(before, chosen, tmp_path, tools, lambda name, total: nullcontext(lambda n, o: None), draws=5)
    assert [(one.name, one.files, one.skipped) for one in found.corruptions] == [
        ("blur", 2, {"no_picture": 1}),
        ("telephone", 2, {"no_sound": 1}),
    ]


def test_the_command_writes_it_into_document_page_and_terminal(small, tmp_path):
    call = ["evaluate", str(small), "--out", str(tmp_path), "--split", "all", "--fps", "1"]
    done = CliRunner().invoke(app, [*call, "--corruption", "blur", "--corruption", "quiet"])
    assert done.exit_code == 0, done.output
    assert re.search(r"^blur +2", done.output, re.M) and re.search(r"^quiet +2", done.output, re.M)
    told = Evaluation.from_json((tmp_path / "evaluation.json").read_bytes()).robustness
    assert [one.name for one in told.corruptions] == ["blur", "quiet"]
    page = (tmp_path / "evaluation.html").read_text()
    assert "there is no picture" in page and "lowered by 20 dB" in page


def test_unknown_corruptions_are_refused_before_any_work(small, tmp_path):
    done = CliRunner().invoke(app, ["evaluate", str(small), "--out", str(tmp_path / "o"), "--corruption", "rain"])
    assert done.exit_code == 1 and "list-corruptions" in done.output
    assert not (tmp_path / "o").exists()


def test_the_list_names_all_with_what_they_do():
    done = CliRunner().invoke(app, ["evaluate", "--list-corruptions"], env={"COLUMNS": "150"})
    assert done.exit_code == 0
    for one in CORRUPTIONS.values():
        assert one.name in done.output
    assert "H.265 at CRF 40" in done.output


def test_the_page_draws_the_falls_well_formed():
    found = many(80)
    worse = many(80, seed=4, skill=0.4)
    falls = [
        changed(found, worse, name=n, words="<b>words</b>", touches="both", unit="person", draws=20) for n in ("a", "b")
    ]
    told = Robustness(seed=1, corruptions=falls, mean_fall=mean_falls(falls))
    html = render_page(made(found).model_copy(update={"robustness": told}))
    assert unclosed(html) == []
    assert html.count('class="forest-range"') == 2 * len(falls[0].falls)
    assert "<b>words</b>" not in html and "&lt;b&gt;words" in html
