from unmask.fusion import conditions
from unmask.language import ENGLISH, LANGUAGES, translate
from unmask.language.conditions import CONDITIONS, condition_words
from unmask.models.expected_error import _KINDS, ErrorTable
from unmask.models.registry import HERE


def test_every_band_that_an_expected_error_may_name_has_words():
    steps = (conditions._FACE, conditions._VIDEO_BITS, conditions._IMAGE_BITS)
    bands = {name for ladder in steps for _, name in ladder} | {"face over 200 px", "light compression"}
    assert bands | {conditions.NO_FACE, "compression unknown", "all media"} | set(_KINDS.values()) == set(CONDITIONS)


def test_the_published_conditions_are_told_in_every_language():
    table = ErrorTable.model_validate_json((HERE / "expected_error.json").read_bytes())
    for cell in table.cells:
        assert condition_words(cell.condition, translate("en")) == cell.condition
        for code in set(LANGUAGES) - {"en"}:
            words = condition_words(cell.condition, translate(code))
            assert words != cell.condition
            assert words.count("،" if code == "ar" else ",") == cell.condition.count(",")


def test_what_is_not_known_stays_as_it_is():
    assert condition_words("videos, seen from afar", translate("de")) == "Videos, seen from afar"
    assert condition_words("videos", ENGLISH) == "videos"
