import inspect
import re

import pytest

from unmask import errors

TREE = [e for _, e in inspect.getmembers(errors, inspect.isclass) if issubclass(e, errors.UnmaskError)]


@pytest.mark.parametrize("error", TREE)
def test_every_error_has_a_code_a_status_and_a_reason_to_exist(error):
    assert re.fullmatch(r"[a-z][a-z_]+", error.code)
    assert 400 <= error.http_status < 600
    assert error.__doc__


def test_codes_are_unique():
    codes = [e.code for e in TREE]
    assert len(codes) == len(set(codes))


def test_media_errors_are_the_senders_and_not_ours():
    for error in TREE:
        if issubclass(error, errors.MediaError) and error is not errors.StageTimeout:
            assert error.http_status < 500


def test_an_error_renders_as_data():
    assert errors.EmptyFile("no bytes").to_dict() == {
        "code": "empty_file",
        "status": 400,
        "message": "no bytes",
        "hint": errors.EmptyFile.hint,
    }
