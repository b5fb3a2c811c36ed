from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.errors import RecordError
from unmask.record.canonical import canonical, read

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.randoms(use_true_random=False))
def test_order_and_layout_of_a_document_do_not_change_its_canonical_form(document, random) -> None:
    names = list(document)
    random.shuffle(names)
    turned = json.dumps({name: document[name] for name in names}, indent=3, ensure_ascii=True)
    assert canonical(read(turned)) == canonical(document)


def test_the_canonical_form_is_that_of_the_specification() -> None:
    # RFC 8785, section 3.2.2 and 3.2.3
    given_text = (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        '"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}'
    ).replace("333333333.33333329", "333333333.3333333")
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(read(given_text)) == expected.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e999}',
        '{"a": 0.10000000000000001}',
        "[1]",
        "",
        "{",
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_a_text_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(RecordError):
        read(text)


def test_a_number_that_other_readers_would_round_has_no_canonical_form() -> None:
    with pytest.raises(RecordError):
        canonical({"a": 2**60})
