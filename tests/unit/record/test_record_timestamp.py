"""Timestamps by a real responder on loopback."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from support import fakeresult as fake
from support.timestamping import Authority, authority
from unmask.errors import TimestampError
from unmask.record.keys import make_key
from unmask.record.timestamp import LARGEST, check, stamp
from unmask.record.verify import verify
from unmask.report.write import write_report
from unmask.settings import Settings

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program as a responder")


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory):
    with authority(tmp_path_factory.mktemp("tsa")) as made:
        yield made


def test_a_stamp_holds_for_its_message_and_names_the_time(server: Authority) -> None:
    found = check(stamp(server.url, b"message"), b"message", server.root)
    assert found.trusted
    assert abs(found.time - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=60)


def test_only_a_hash_is_sent(server: Authority) -> None:
    stamp(server.url, b"a message that nobody else may read")
    query = (server.folder / "query.tsq").read_bytes()
    assert b"nobody" not in query
    assert len(query) < 100


def test_without_roots_the_time_is_told_and_not_trusted(server: Authority) -> None:
    assert not check(stamp(server.url, b"message"), b"message", None).trusted


def test_a_stamp_of_another_message_is_refused(server: Authority) -> None:
    stamped = stamp(server.url, b"message")
    for roots in (None, server.root):
        with pytest.raises(TimestampError, match="something else"):
            check(stamped, b"another", roots)


def test_a_stamp_under_another_root_is_refused(server: Authority, tmp_path: Path) -> None:
    with authority(tmp_path) as other:
        stamped = stamp(other.url, b"message")
    with pytest.raises(TimestampError, match="trusted root"):
        check(stamped, b"message", server.root)


def test_an_answer_to_another_question_is_refused(server: Authority) -> None:
    stamp(server.url, b"first")
    server.answer = (server.folder / "reply.tsr").read_bytes()
    with pytest.raises(TimestampError, match="something else"):
        stamp(server.url, b"second")


@pytest.mark.parametrize(("answer", "status"), [(b"", 200), (b"<html>", 200), (b"x" * (LARGEST + 1), 200), (b"", 500)])
def test_an_answer_that_is_no_stamp_is_refused(answer: bytes, status: int, server: Authority) -> None:
    server.answer, server.status = answer, status
    with pytest.raises(TimestampError):
        stamp(server.url, b"message")


def test_a_record_with_a_stamp_holds_and_a_damaged_stamp_is_named(server: Authority, tmp_path: Path) -> None:
    key = make_key(Settings(keys=tmp_path / "keys"))
    result = write_report(fake.not_assessable(tmp_path), tmp_path, key=key, timestamp_url=server.url)
    path, trusted = tmp_path / "result.json", {key.public: "me"}
    states = {c.part: c.state for c in verify(path, None, trusted, server.root).checks}
    assert states["timestamp"] == states["record"] == "holds"
    assert {c.part: c.state for c in verify(path, None, trusted).checks}["timestamp"] == "unknown"
    token = result.signature.timestamp.token
    path.write_text(path.read_text().replace(token, token[:400] + ("A" if token[400] != "A" else "B") + token[401:]))
    assert {c.part: c.state for c in verify(path, None, trusted, server.root).checks}["timestamp"] == "differs"


def test_a_server_that_does_not_answer_costs_the_stamp_and_not_the_record(tmp_path: Path) -> None:
    key = make_key(Settings(keys=tmp_path / "keys"))
    result = write_report(fake.not_assessable(tmp_path), tmp_path, key=key, timestamp_url="http://127.0.0.1:9/")
    assert result.signature.timestamp is None
    assert "no answer" in result.signature.timestamp_error
    found = verify(tmp_path / "result.json", None, {key.public: "me"})
    assert found.vouched
    assert {c.part: c.state for c in found.checks}["timestamp"] == "absent"
