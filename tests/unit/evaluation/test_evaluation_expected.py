import json
from fractions import Fraction

import pytest

from support.fakeevaluation import CARDS, made, many, outcome, row
from support.scores import card, points
from unmask.errors import DatasetError, ModelError
from unmask.evaluation.cases import cases
from unmask.evaluation.expected import error_cells, error_table, expected_error, publish
from unmask.fusion.conditions import Traits
from unmask.fusion.fuse import fuse
from unmask.models.expected_error import FILE, Cell, ErrorTable
from unmask.models.registry import Registry
from unmask.types import AudioStream, DetectorScores, Media, ModelRef, Shard, ShardOutcome

VIDEO = {"kind": "video", "face": "face 80-120 px", "compression": "strong compression"}


def clips(count, face_px, wrong=0, start=0):
    """Real clips of `count` persons with faces of one size; the first `wrong` are called manipulated."""
    traits = Traits("video", face_px, 120.0, 0.02, 9.0, "aac")
    found = []
    for i in range(count):
        label, chance = ("likely_manipulated", 0.9) if i < wrong else ("likely_authentic", 0.1)
        found.append((row(f"{start + i}.mp4", person=f"p{start + i}"), outcome(f"{i}", label, chance, traits=traits)))
    return found


def joined(*parts):
    return cases(*zip(*[pair for part in parts for pair in part], strict=True))


def test_the_closest_condition_with_enough_files_counts():
    found = joined(clips(40, 100.0, wrong=8), clips(19, 60.0, start=100), clips(30, 150.0, start=200))
    evaluation = made(found)
    exact = expected_error(evaluation, VIDEO)
    assert (exact.false_alarm, exact.n) == (0.2, 40)
    assert exact.condition == "videos, face 80-120 px, strong compression"
    assert exact.interval[0] < 0.2 < exact.interval[1]
    assert exact.measured == evaluation.created.date().isoformat()
    few = expected_error(evaluation, VIDEO | {"face": "face under 80 px"})
    assert (few.n, few.condition) == (89, "videos")
    assert few.false_alarm == pytest.approx(8 / 89)
    assert expected_error(evaluation, {"kind": "audio"}).condition == "all media"


def test_fakes_and_files_without_a_verdict_are_no_cases():
    extra = [
        (row("f.mp4", "fake"), outcome("f", "likely_manipulated", 0.9)),
        (row("x.mp4"), outcome("x", None, None, error="truncated")),
        (row("n.mp4"), outcome("n", "not_assessable", None)),
    ]
    cells = error_cells(joined(clips(20, 100.0), extra))
    assert {cell.n for cell in cells} == {20}
    assert {cell.false_alarm for cell in cells} == {0.0}


def test_many_clips_of_one_person_do_not_make_a_narrow_interval():
    one_person = [(row(f"{i}.mp4", person="p"), answer) for i, (_, answer) in enumerate(clips(40, 100.0))]
    (many_persons, *_), (one, *_) = error_cells(joined(clips(40, 100.0))), error_cells(joined(one_person))
    assert one.interval[1] > 0.7 > many_persons.interval[1]


def test_nothing_measured_is_no_number():
    assert expected_error(made(joined(clips(19, 100.0))), VIDEO) is None


def test_what_is_published_is_found_again_for_the_same_weights_alone(tmp_path):
    path = publish(made(many()), tmp_path)
    assert path == tmp_path / FILE
    used = [ModelRef(card.name, card.version, card.sha256) for card in CARDS.values()]
    table = Registry(tmp_path).expected_error(used)
    assert table == error_table(made(many())).model_copy(update={"measured": table.measured})
    assert json.loads(path.read_text())["schema"] == "unmask.expected_error/1"
    other = [ModelRef("face", "9", "0" * 64), used[1]]
    assert Registry(tmp_path).expected_error(other) is None
    assert Registry(tmp_path).expected_error(used[:1]) is None


def test_without_the_file_nothing_is_expected_and_a_damaged_one_is_named(tmp_path):
    assert Registry(tmp_path).expected_error([]) is None
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(ModelError, match="can't be read"):
        Registry(tmp_path).expected_error([])


@pytest.mark.parametrize("split", ["train", "all"])
def test_an_error_on_training_files_is_not_published(tmp_path, split):
    with pytest.raises(DatasetError, match="not to be published"):
        publish(made(many(), split=split), tmp_path)
    assert not (tmp_path / FILE).exists()


def test_an_error_of_too_few_files_is_not_published(tmp_path):
    with pytest.raises(DatasetError, match="fewer than"):
        publish(made(many(30)), tmp_path)


class Listener:
    """A detector of voices, by name alone: its scores are laid down in the outcome."""

    name, modality, needs, model = "voice", "audio", "speech", ModelRef("voice", "1", "0" * 64)


TABLE = ErrorTable(
    measured="2026-01-02",
    models={},
    cells=[
        Cell(false_alarm=0.1, interval=(0.0, 0.2), n=90),
        Cell(kind="audio", false_alarm=0.03, interval=(0.01, 0.05), n=50),
    ],
)


def verdict(folder, logits, errors):
    """The verdict on a recording with these scores of its voice."""
    shard, sound = Shard(0, Fraction(0), Fraction(9)), AudioStream(0, "aac", 16000, 1, None, Fraction(0), Fraction(9))
    media = Media(folder, "a", "audio", "", 1, "mp4", Fraction(9), Fraction(0), None, None, sound)
    heard = ShardOutcome(shard, (), (), (), (DetectorScores("voice", points(logits)),))
    return fuse(media, [heard], [Listener()], {"voice": card("voice")}, errors).verdict


def test_a_verdict_says_what_error_to_expect_of_media_like_this(tmp_path):
    found = verdict(tmp_path, [2.0] * 20, TABLE).expected_error
    assert (found.false_alarm, found.n, found.condition, found.measured) == (0.03, 50, "recordings", "2026-01-02")


def test_a_verdict_says_nothing_of_errors_where_none_were_measured_or_there_is_no_probability(tmp_path):
    assert verdict(tmp_path, [2.0] * 20, None).expected_error is None
    assert verdict(tmp_path, [], TABLE).expected_error is None
    assert verdict(tmp_path, [], TABLE).label == "not_assessable"
