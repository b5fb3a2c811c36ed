"""API keys: form, proof, and what is kept of them."""

import pytest

from unmask.access.keys import bearer, make_key, prove, read_key
from unmask.errors import Unauthorized


def test_a_key_is_proven_by_its_own_digest_and_by_no_other():
    mine, other = make_key(), make_key()
    presented = read_key(mine.text)
    assert presented.key_id == mine.key_id
    prove(presented, mine.digest)
    with pytest.raises(Unauthorized):
        prove(presented, other.digest)


def test_an_unknown_id_and_a_wrong_secret_give_the_same_answer():
    presented = read_key(make_key().text)
    with pytest.raises(Unauthorized) as unknown:
        prove(presented, None)
    with pytest.raises(Unauthorized) as wrong:
        prove(presented, make_key().digest)
    assert unknown.value.to_dict() == wrong.value.to_dict()


def test_neither_the_new_key_nor_the_presented_one_shows_its_secret_when_printed():
    new = make_key()
    secret = new.text.split("_", 2)[2]
    assert secret not in repr(new)
    assert secret not in repr(read_key(new.text))
    assert secret not in new.digest


def test_keys_are_different_each_time():
    made = [make_key() for _ in range(200)]
    assert len({key.key_id for key in made}) == len({key.digest for key in made}) == 200


def test_a_secret_may_hold_the_separator():
    for _ in range(200):
        key = make_key()
        prove(read_key(key.text), key.digest)


@pytest.mark.parametrize(
    "text", ["", "unmask_", "sk-123", "unmask_ABCDEFGHIJKL_" + "a" * 43, "unmask_abcdefghijkl_" + "a" * 42, "é" * 60]
)
def test_what_has_not_the_form_of_a_key_is_refused(text):
    with pytest.raises(Unauthorized):
        read_key(text)


def test_the_key_comes_from_either_header():
    assert bearer("Bearer abc") == bearer("bearer  abc ") == bearer(None, "abc") == bearer("Bearer abc", "abc") == "abc"
    assert bearer(None, None) is None
    assert bearer("", "") is None


@pytest.mark.parametrize(
    ("authorization", "x_api_key"), [("Basic dTpw", None), ("Bearer", None), ("Bearer ", None), ("Bearer a", "b")]
)
def test_another_scheme_an_empty_one_and_two_different_keys_are_refused(authorization, x_api_key):
    with pytest.raises(Unauthorized):
        bearer(authorization, x_api_key)
