"""Webhooks, fetches and limits in the service: rows, real receivers and real senders on loopback."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from shutil import copy

import pytest

from support.loopback import FILE, OUTSIDE, inside, outside
from unmask.access.scopes import SCOPES
from unmask.db.migrate import upgrade
from unmask.db.session import Database
from unmask.db.tables import Delivery
from unmask.errors import QuotaExceeded, RateLimited, UrlRefused
from unmask.service import fetch, keys, projects, webhooks
from unmask.service.context import Context, Principal, open_context
from unmask.service.errors import NotFound, WrongState
from unmask.service.limits import Limits
from unmask.service.options import Options
from unmask.service.submissions import FromUrl, submit
from unmask.settings import load_service
from unmask.webhooks.backoff import DELAYS
from unmask.webhooks.signature import verify_signature


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """A database with the schema and nothing else, made once."""
    path = tmp_path_factory.mktemp("schema") / "unmask.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture
def context(tmp_path, clock, schema) -> Context:
    settings = load_service(
        {"data": tmp_path, "url_allow_networks": (f"{OUTSIDE}/32",), "webhook_seconds": 2, "url_seconds": 5}
    )
    copy(schema, tmp_path)
    made = replace(open_context(settings), now=clock)
    yield made
    made.database.close()


@pytest.fixture
def principal(context) -> Principal:
    return Principal(projects.ensure_project(context, "newsroom").id, frozenset(SCOPES))


@pytest.fixture
def served():
    with outside() as server:
        yield server


@pytest.fixture
def at(served):
    return f"http://{OUTSIDE}:{served.server_address[1]}"


def queued(context, principal, at, path="/file/clip.mp4", **options):
    return submit(context, principal, FromUrl(f"{at}{path}"), Options(**options)).analysis


def row_of(context, principal, analysis):
    with context.database.read() as repo:
        return repo.analyses.get(principal.project, analysis)


def all_of(context, principal, state=None) -> list[Delivery]:
    return list(webhooks.deliveries(context, principal, state, None, 100))


def told(context, principal, analysis, event="analysis.done", **data):
    webhooks.write(context, principal.project, analysis, {"event": event, "data": {"state": "done"} | data})


def test_a_registered_address_and_the_one_of_the_analysis_are_told_each_signed_with_its_own_secret(
    context, principal, served, at, clock
):
    hook = webhooks.create(context, principal, f"{at}/registered", [])
    analysis = queued(context, principal, at, webhook=f"{at}/named", label="desk 4")
    told(context, principal, analysis.id, verdict="inconclusive")
    assert webhooks.sweep(context) == 2
    got = {request.path: request for request in served.requests}
    for path, secret in (("/registered", hook.secret), ("/named", webhooks.secret(context, principal))):
        verify_signature(secret, got[path].headers, got[path].body, now=clock.now.timestamp())
        message = json.loads(got[path].body)
        assert message["type"] == "analysis.done"
        assert message["data"] == {
            "analysis": analysis.id,
            "label": "desk 4",
            "batch": None,
            "state": "done",
            "verdict": "inconclusive",
        }
        assert got[path].headers["webhook-id"] == message["id"]
    assert {one.state for one in all_of(context, principal)} == {"delivered"}
    assert webhooks.sweep(context) == 0


def test_a_job_that_runs_twice_writes_no_second_message(context, principal, at):
    webhooks.create(context, principal, f"{at}/a", [])
    analysis = queued(context, principal, at)
    told(context, principal, analysis.id)
    told(context, principal, analysis.id)
    assert len(all_of(context, principal)) == 1


def test_an_address_is_told_only_what_it_asked_for(context, principal, at):
    webhooks.create(context, principal, f"{at}/a", ["analysis.failed"])
    analysis = queued(context, principal, at)
    told(context, principal, analysis.id)
    assert all_of(context, principal) == []
    told(context, principal, analysis.id, event="analysis.failed")
    assert [one.event for one in all_of(context, principal)] == ["analysis.failed"]


def test_the_job_writes_and_sends_at_once(context, principal, served, at):
    webhooks.create(context, principal, f"{at}/a", [])
    analysis = queued(context, principal, at)
    webhooks.run(context, principal.project, analysis.id, {"event": "analysis.done", "data": {}})
    assert len(served.requests) == 1


def test_a_receiver_that_is_down_is_tried_again_later_and_then_it_is_a_dead_letter(
    context, principal, served, at, clock
):
    webhooks.create(context, principal, f"{at}/status/500", [])
    told(context, principal, queued(context, principal, at).id)
    for tries, wait in enumerate((0.0, *DELAYS), 1):
        clock.pass_by(wait * 0.5)
        assert webhooks.sweep(context) == (0 if wait else 1)  # not before its time
        if wait:
            clock.pass_by(wait)
            assert webhooks.sweep(context) == 1
        assert len(served.requests) == tries
    (dead,) = all_of(context, principal, "dead")
    assert (dead.attempts, dead.last_status) == (len(DELAYS) + 1, 500)
    assert len({request.headers["webhook-id"] for request in served.requests}) == 1
    clock.pass_by(10**6)
    assert webhooks.sweep(context) == 0


def test_a_dead_letter_can_be_sent_again_and_nothing_else_can(context, principal, served, at, clock):
    hook = webhooks.create(context, principal, f"{at}/status/410", [])
    told(context, principal, queued(context, principal, at).id)
    webhooks.sweep(context)
    (dead,) = all_of(context, principal, "dead")
    with context.database.write() as repo:
        repo.webhooks.get(principal.project, hook.id).url = f"{at}/up"
        repo.webhooks.delivery(principal.project, dead.id).url = f"{at}/up"
    webhooks.again(context, principal, dead.id)
    assert webhooks.sweep(context) == 1
    assert [one.state for one in all_of(context, principal)] == ["delivered"]
    with pytest.raises(WrongState):
        webhooks.again(context, principal, dead.id)
    with pytest.raises(NotFound):
        webhooks.again(context, principal, "01J00000000000000000000000")


def test_a_message_whose_sender_died_is_taken_by_the_next_one(context, principal, at, clock):
    webhooks.create(context, principal, f"{at}/a", [])
    told(context, principal, queued(context, principal, at).id)
    with context.database.write() as repo:  # claimed, and then nothing more was heard
        assert len(repo.webhooks.claim(clock.now, clock.now + timedelta(seconds=60), 10)) == 1
    assert webhooks.sweep(context) == 0
    clock.pass_by(61)
    assert webhooks.sweep(context) == 1


def test_addresses_inside_are_refused_at_registration_and_again_when_sending(context, principal):
    with inside() as neighbour:
        url = f"http://127.0.0.1:{neighbour.port}/"
        with pytest.raises(UrlRefused):
            webhooks.create(context, principal, url, [])
        with pytest.raises(UrlRefused):
            webhooks.send_test(context, principal, None, url)
        analysis = queued(context, principal, "http://127.0.0.2:8000", webhook=f"http://localhost:{neighbour.port}/")
        told(context, principal, analysis.id)
        webhooks.sweep(context)
        assert [one.state for one in all_of(context, principal)] == ["dead"]
        assert neighbour.connections == []


def test_a_test_message_is_sent_at_once_and_signed(context, principal, served, at, clock):
    hook = webhooks.create(context, principal, f"{at}/a", [])
    assert webhooks.send_test(context, principal, hook.id, None).status == "delivered"
    assert webhooks.send_test(context, principal, None, f"{at}/status/500").http_status == 500
    first, second = served.requests
    verify_signature(hook.secret, first.headers, first.body, now=clock.now.timestamp())
    verify_signature(webhooks.secret(context, principal), second.headers, second.body, now=clock.now.timestamp())
    assert json.loads(first.body)["type"] == "webhook.test"


def test_projects_see_neither_addresses_nor_messages_of_each_other(context, principal, at):
    other = Principal(projects.ensure_project(context, "other").id, frozenset(SCOPES))
    hook = webhooks.create(context, principal, f"{at}/status/410", [])
    told(context, principal, queued(context, principal, at).id)
    webhooks.sweep(context)
    (dead,) = all_of(context, principal)
    assert list(webhooks.listed(context, other)) == []
    assert all_of(context, other) == []
    assert webhooks.secret(context, principal) != webhooks.secret(context, other)
    for refused in (
        lambda: webhooks.remove(context, other, hook.id),
        lambda: webhooks.again(context, other, dead.id),
        lambda: webhooks.send_test(context, other, hook.id, None),
    ):
        with pytest.raises(NotFound):
            refused()
    webhooks.remove(context, principal, hook.id)
    assert list(webhooks.listed(context, principal)) == []


def test_a_secret_stays_until_it_is_replaced(context, principal):
    first = webhooks.secret(context, principal)
    assert webhooks.secret(context, principal) == first
    assert webhooks.secret(context, principal, fresh=True) != first


def test_a_fetched_media_is_kept_by_its_content_and_the_workers_may_start(context, principal, at):
    analysis = queued(context, principal, at)
    fetch.run(context, principal.project, analysis.id, {"url": analysis.source_url})
    row = row_of(context, principal, analysis.id)
    assert (row.state, row.media_name, row.media_bytes) == ("queued", "clip.mp4", len(FILE))
    assert [info.size for info in context.store.list(f"{principal.project}/media/")] == [len(FILE)]
    assert list(context.store.list(f"{principal.project}/incoming/")) == []


def test_a_fetch_that_runs_twice_fetches_once(context, principal, served, at):
    analysis = queued(context, principal, at)
    for _ in range(2):
        fetch.run(context, principal.project, analysis.id, {"url": analysis.source_url})
    assert len(served.requests) == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [("/missing", "fetch_failed"), ("/empty", "empty_file"), ("/to?url=http://127.0.0.1/", "url_refused")],
)
def test_what_cannot_be_fetched_fails_the_analysis_with_the_reason(path, code, context, principal, at):
    analysis = queued(context, principal, at, path)
    fetch.run(context, principal.project, analysis.id, {"url": analysis.source_url})
    row = row_of(context, principal, analysis.id)
    assert (row.state, row.error_code) == ("failed", code)
    assert list(context.store.list(f"{principal.project}/")) == []


def test_a_page_instead_of_a_video_is_refused_before_it_is_kept(context, principal, at, served):
    served.RequestHandlerClass._page = lambda handler: handler._send(b"<!doctype html><title>Sign in</title>")
    analysis = queued(context, principal, at, "/page")
    fetch.run(context, principal.project, analysis.id, {"url": analysis.source_url})
    assert row_of(context, principal, analysis.id).error_code == "not_media"
    assert list(context.store.list(f"{principal.project}/")) == []


def test_an_address_that_fails_for_a_moment_is_asked_again(context, principal, served, at, monkeypatch):
    monkeypatch.setattr(fetch, "_PAUSES", (0.01, 0.01))
    answers = iter([503, 502])

    def flaky(handler):
        status = next(answers, None)
        if status is None:
            handler._file()
        else:
            handler.send_error(status)

    served.RequestHandlerClass._flaky = flaky
    analysis = queued(context, principal, at, "/flaky")
    fetch.run(context, principal.project, analysis.id, {"url": analysis.source_url})
    assert row_of(context, principal, analysis.id).media_bytes == len(FILE)
    assert len(served.requests) == 3


def test_a_key_has_its_own_rate_and_the_usual_one_without(context, principal):
    limits = Limits(context)
    tight = replace(principal, key="abcdefghijkl", per_minute=1, burst=2)
    for _ in range(2):
        limits.check_rate(tight)
    with pytest.raises(RateLimited) as refused:
        limits.check_rate(tight)
    assert 50 < refused.value.retry_after <= 60
    usual = replace(principal, key="bbbbbbbbbbbb")
    assert limits.check_rate(usual).remaining == context.settings.rate_burst - 1
    assert limits.check_rate(principal) is None


def test_a_daily_quota_counts_what_passed_and_ends_at_midnight(context, principal, clock):
    clock.now = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    key, _ = keys.create_key(context, principal.project, "small", ("write",), per_day=5)
    limited = replace(principal, key=key.key_id, per_day=5)
    limits = Limits(context)
    limits.check_analyses(limited, 4)
    with pytest.raises(QuotaExceeded) as refused:
        limits.check_analyses(limited, 2)
    assert refused.value.retry_after == 2 * 3600
    limits.check_analyses(limited, 1)  # what was refused did not count
    with pytest.raises(QuotaExceeded):
        limits.check_analyses(limited, 1)
    clock.pass_by(2 * 3600)
    limits.check_analyses(limited, 5)
    limits.check_analyses(principal, 10**6)
