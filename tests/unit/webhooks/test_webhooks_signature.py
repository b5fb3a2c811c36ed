"""Signatures of webhooks: who has the secret, and when."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.errors import BadSignature
from unmask.webhooks.signature import new_secret, sign, verify_signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_the_example_of_the_scheme_gives_the_signature_that_its_authors_publish():
    headers = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_the_plain_hmac_that_anybody_can_write_in_five_lines():
    headers = sign(SECRET, "m1", 1000, BODY)
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, b"m1.1000." + BODY, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()


@given(body=st.binary(max_size=200), name=st.text(alphabet="abcXYZ019_-", min_size=1), late=st.integers(-300, 300))
def test_what_was_signed_verifies_within_the_window(body, name, late):
    secret = new_secret()
    verify_signature(secret, sign(secret, name, 10_000, body), body, now=10_000 + late)


@pytest.mark.parametrize("late", [-301, 301, 86_400, -86_400])
def test_outside_of_the_replay_window_it_does_not(late):
    with pytest.raises(BadSignature, match="replay window"):
        verify_signature(SECRET, sign(SECRET, "m1", 10_000, BODY), BODY, now=10_000 + late)


def test_neither_body_nor_id_nor_time_can_be_changed():
    good = sign(SECRET, "m1", 10_000, BODY)
    verify_signature(SECRET, good, BODY, now=10_000)
    for headers, body in (
        (good, BODY + b" "),
        (good | {"webhook-id": "m2"}, BODY),
        (good | {"webhook-timestamp": "10001"}, BODY),
        (sign(new_secret(), "m1", 10_000, BODY), BODY),
    ):
        with pytest.raises(BadSignature, match="does not fit"):
            verify_signature(SECRET, headers, body, now=10_000)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name):
    headers = sign(SECRET, "m1", 10_000, BODY)
    del headers[name]
    with pytest.raises(BadSignature, match=name):
        verify_signature(SECRET, headers, BODY, now=10_000)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v2,g0hM9SsE"},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "1e4"},
        {"webhook-timestamp": "-10000"},
        {"webhook-timestamp": "9" * 400},
    ],
)
def test_nonsense_in_a_header_is_refused_and_nothing_worse(change):
    with pytest.raises(BadSignature):
        verify_signature(SECRET, sign(SECRET, "m1", 10_000, BODY) | change, BODY, now=10_000)


def test_while_a_secret_is_replaced_both_count_and_headers_may_be_in_any_case():
    old, new = new_secret(), new_secret()
    headers = {name.title(): value for name, value in sign(old, "m1", 10_000, BODY).items()}
    verify_signature([new, old], headers, BODY, now=10_000)
    both = sign(old, "m1", 10_000, BODY)
    both["webhook-signature"] += " " + sign(new, "m1", 10_000, BODY)["webhook-signature"]
    verify_signature(new, both, BODY, now=10_000)
