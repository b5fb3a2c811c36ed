"""Units done in this process, over SQLite and a folder: what becomes of each failure."""

import hashlib
import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from support.fakeanalyzer import analyzer
from support.fleet import comparable
from support.workoff import waiting, work_off
from unmask.db.migrate import downgrade, upgrade
from unmask.db.session import Database
from unmask.service import deletion, jobs, lifecycle, submissions
from unmask.service import keys as api_keys
from unmask.service.errors import DatabaseUnavailable, StoreUnavailable
from unmask.service.media import Incoming
from unmask.service.options import Options
from unmask.settings import load
from unmask.storage import keys
from unmask.worker import parts
from unmask.worker.host import composition, open_host
from unmask.worker.keeper import Keeper
from unmask.worker.run import run_unit
from unmask.worker.settings import load_worker

CLIP = Path(__file__).parents[3] / "samples" / "manipulated.mp4"


@pytest.fixture
def host(tmp_path, monkeypatch):
    monkeypatch.setenv("UNMASK_ANALYZER", "support.fakeanalyzer:analyzer")
    monkeypatch.setenv("UNMASK_BACKOFF", "0.01")
    made = open_host(load_worker({"data": tmp_path / "data", "most_attempts": 3}))
    upgrade(made.context.database)
    yield made
    made.context.database.close()


def submit(host, data=None, **options):
    data = CLIP.read_bytes() if data is None else data
    principal = api_keys.local_principal(host.context)
    key = keys.incoming(principal.project, "0" * 26)
    host.context.store.put(key, data)
    source = submissions.FromBytes(Incoming(key, len(data), hashlib.sha256(data).hexdigest()), "clip.mp4")
    return submissions.submit(host.context, principal, source, Options(**options)).analysis


def row(host, analysis):
    with host.context.database.read() as repo:
        return repo.analyses.find(analysis.id)


def under_work(host, analysis):
    return [item.key for item in host.context.store.list(keys.analysis_prefix(analysis.project_id, analysis.id))]


def test_the_units_of_an_analysis_give_the_document_of_one_pass(host, tmp_path):
    analysis = submit(host)
    assert work_off(host) == [("prepare", "done"), ("audio", "done"), ("video", "done"), ("conclude", "done")]
    assert row(host, analysis).state == "done"
    text = host.context.store.get(keys.artifact(analysis.project_id, analysis.id, "result.json"))
    found = json.loads(text)
    alone = json.loads(analyzer(load()).analyze(CLIP, tmp_path / "alone").to_json())
    assert found["analysis"] == analysis.id
    assert found["media"].pop("name") == "clip.mp4" and alone["media"].pop("name") == "manipulated.mp4"
    assert comparable(found) == comparable(alone)
    assert set(found["timings"]) == set(alone["timings"])


def test_an_analysis_in_flight_is_finished_after_steps_of_the_schema_back_and_forth(host):
    """As at an upgrade: workers have given back what they had, and those that come after it go on there."""
    analysis = submit(host)
    assert work_off(host, 2) == [("prepare", "done"), ("audio", "done")]
    downgrade(host.context.database, "0002")
    upgrade(host.context.database)
    assert work_off(host) == [("video", "done"), ("conclude", "done")]
    assert row(host, analysis).state == "done"


def test_a_unit_that_is_done_again_changes_nothing(host):
    submit(host)
    prepare = waiting(host)[0]
    assert run_unit(host, prepare) == "done"
    assert run_unit(host, prepare) == "dropped"


def test_a_file_that_is_no_media_fails_with_its_code_and_is_tried_once(host):
    analysis = submit(host, data=b"no media at all, whatever its name says")
    assert work_off(host) == [("prepare", "failed")]
    ended = row(host, analysis)
    assert (ended.state, ended.error_code, ended.error_status) == ("failed", "not_media", 415)


def test_a_detector_that_is_not_installed_is_named(host):
    analysis = submit(host, detectors=["palm_reading"])
    assert work_off(host) == [("prepare", "failed")]
    assert row(host, analysis).error_code == "unknown_detector"


def test_a_store_that_is_away_is_tried_again_until_it_is_there(host, monkeypatch):
    analysis, left = submit(host), [2]
    put = type(host.context.store).put

    def failing(self, *arguments):
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable("no room")
        return put(self, *arguments)

    monkeypatch.setattr(type(host.context.store), "put", failing)
    first = waiting(host)[0]
    outcomes = []
    while first in waiting(host) or not outcomes:
        outcomes += [run_unit(host, first)]
        threading.Event().wait(0.1)
    assert outcomes == ["again", "again", "done"]
    assert row(host, analysis).state == "running"


def test_a_store_that_stays_away_fails_the_analysis_with_its_code(host, monkeypatch):
    analysis = submit(host)

    def failing(self, *arguments):
        raise StoreUnavailable("no room")

    monkeypatch.setattr(type(host.context.store), "put", failing)
    unit = waiting(host)[0]
    outcomes = []
    while outcomes[-1:] != ["failed"] and len(outcomes) < 10:
        outcomes += [run_unit(host, unit)]
        threading.Event().wait(0.1)
    assert outcomes == ["again", "again", "failed"]
    assert row(host, analysis).error_code == "store_unavailable"


def test_a_database_that_is_away_when_a_unit_ends_is_waited_for(host, monkeypatch):
    submit(host)
    unit, left = waiting(host)[0], [0]
    write, real = Database.write, parts.PARTS["prepare"]

    def prepare_then_away(job):
        left[0] = 2
        return real(job)

    def away(self):
        if left[0]:
            left[0] -= 1
            raise DatabaseUnavailable("restarting")
        return write(self)

    monkeypatch.setattr(Database, "write", away)
    monkeypatch.setitem(parts.PARTS, "prepare", prepare_then_away)
    assert run_unit(host, unit) == "again"
    monkeypatch.setitem(parts.PARTS, "prepare", real)
    threading.Event().wait(0.1)
    assert run_unit(host, unit) == "done"


def test_a_fault_of_ours_is_told_as_such_and_not_tried_again(host, monkeypatch):
    def broken(job):
        raise ZeroDivisionError("secret of the inside")

    analysis = submit(host)
    monkeypatch.setitem(parts.PARTS, "prepare", broken)
    assert work_off(host) == [("prepare", "failed")]
    ended = row(host, analysis)
    assert (ended.error_code, ended.error_status) == ("internal", 500)
    assert "secret" not in ended.error_message


def test_work_on_a_cancelled_analysis_is_dropped(host):
    analysis = submit(host)
    prepare = waiting(host)[0]
    principal = api_keys.local_principal(host.context)
    lifecycle.cancel(host.context, principal, analysis.id)
    assert waiting(host) == [] and run_unit(host, prepare) == "dropped"
    assert row(host, analysis).state == "cancelled"


def test_an_analysis_that_is_cancelled_or_deleted_under_way_leaves_nothing_behind(host, monkeypatch):
    principal = api_keys.local_principal(host.context)
    for end in (lifecycle.cancel, deletion.delete):
        analysis = submit(host)
        assert run_unit(host, waiting(host)[0]) == "done"
        share = parts.examine_share

        def meanwhile(job, end=end, analysis=analysis, share=share):
            end(host.context, principal, analysis.id)
            return share(job)

        monkeypatch.setitem(parts.PARTS, "audio", meanwhile)
        assert run_unit(host, waiting(host)[0]) == "dropped"
        assert waiting(host) == []
        monkeypatch.setitem(parts.PARTS, "audio", share)
    assert under_work(host, analysis) == []


def test_work_over_its_time_fails_as_such(host, monkeypatch, tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"share": "audio", "shard": 0, "do": "spin", "seconds": 60, "name": "x"}]))
    monkeypatch.setenv("UNMASK_TEST_FAULTS", str(faults))
    analysis = submit(host)
    assert run_unit(host, waiting(host)[0]) == "done"
    quick = open_host(host.settings.model_copy(update={"unit_seconds": 1.0}))
    assert run_unit(quick, waiting(host)[0]) == "failed"
    assert row(host, analysis).error_code == "stage_timeout"
    quick.context.database.close()


def test_a_process_that_shall_end_gives_its_unit_back_without_a_death(host, monkeypatch):
    def leaving(job):
        raise SystemExit

    analysis = submit(host)
    unit = waiting(host)[0]
    monkeypatch.setitem(parts.PARTS, "prepare", leaving)
    with pytest.raises(SystemExit):
        run_unit(host, unit)
    assert waiting(host) == [unit]
    with host.context.database.read() as repo:
        assert repo.work.deaths(analysis.id) == {}


def test_media_without_retention_leaves_the_store_once_it_was_analysed(host):
    analysis = submit(host, retention_days=0)
    work_off(host)
    keeper, place = Keeper(host), keys.media(analysis.project_id, analysis.media_sha256)
    assert row(host, analysis).state == "done" and host.context.store.exists(place)
    stop = threading.Event()
    threading.Timer(1.5, stop.set).start()
    keeper.run(stop)
    assert not host.context.store.exists(place)


def test_a_database_that_is_away_when_a_job_ends_is_waited_for_and_the_job_is_not_done_again(host, monkeypatch):
    done, left, write = [], [0], Database.write

    def job(*_):
        done.append(1)
        left[0] = 2

    def away(self):
        if left[0]:
            left[0] -= 1
            raise DatabaseUnavailable("restarting")
        return write(self)

    with host.context.database.write() as repo:
        repo.outbox.add("test.job", {}, host.context.now())
    monkeypatch.setitem(jobs.JOBS, "test.job", job)
    monkeypatch.setattr(Database, "write", away)
    stop = threading.Event()
    threading.Timer(2.5, stop.set).start()
    Keeper(host).run(stop)
    assert len(done) == 1
    with host.context.database.read() as repo:
        assert repo.outbox.waiting(host.context.now() + timedelta(days=1)) == (0, None)


def test_a_composition_that_does_not_exist_is_a_setting_that_can_not_be_used():
    from unmask.errors import SettingsError

    for name in ("nowhere:analyzer", "unmask.bootstrap:nothing", "unmask.bootstrap"):
        with pytest.raises(SettingsError):
            composition(name)
