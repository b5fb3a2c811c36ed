"""The queueing formulas against answers that are known, and the capacity model against arithmetic by hand."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks.capacity import DAY, Machine, Model, Plan, Station, build, compared, report
from benchmarks.queueing import erlang_c, mean_wait, rate_within

ZERO = dict.fromkeys(("api", "worker", "beat", "postgres", "redis", "s3"), 0.0)


@pytest.mark.parametrize("busy", [0.1, 0.5, 0.9])
def test_with_one_server_an_arrival_waits_as_often_as_it_is_busy(busy):
    assert erlang_c(1, busy) == pytest.approx(busy)


@pytest.mark.parametrize(
    ("servers", "offered", "known"),
    [(2, 1.0, 1 / 3), (2, 1.5, 9 / 14), (3, 2.0, 4 / 9), (4, 2.0, 4 / 23), (10, 8.0, 0.40918)],
)
def test_erlang_c_has_the_values_of_the_tables(servers, offered, known):
    assert erlang_c(servers, offered) == pytest.approx(known, rel=1e-5)


def test_erlang_c_is_the_sum_that_defines_it():
    servers, offered = 7, 5.3
    last = offered**servers / math.factorial(servers) * servers / (servers - offered)
    others = sum(offered**number / math.factorial(number) for number in range(servers))
    assert erlang_c(servers, offered) == pytest.approx(last / (others + last))


def test_a_queue_of_one_server_waits_as_m_m_1_does():
    assert mean_wait(1, 0.8, 1.0) == pytest.approx(0.8 / (1 - 0.8))


def test_a_queue_with_fixed_times_waits_half_as_long():
    assert mean_wait(1, 0.8, 1.0, scv_service=0.0) == pytest.approx(mean_wait(1, 0.8, 1.0) / 2)


def test_m_g_1_waits_as_pollaczek_and_khinchine_say():
    rate, service, scv = 0.15, 4.0, 2.5
    assert mean_wait(1, rate, service, scv_service=scv) == pytest.approx(
        rate * service**2 * (1 + scv) / 2 / (1 - rate * service)
    )


def test_two_servers_wait_as_m_m_2_does():
    assert mean_wait(2, 1.5, 1.0) == pytest.approx(9 / 14 / (2 - 1.5))


def test_more_than_can_be_served_waits_for_ever():
    assert mean_wait(3, 3.0, 1.0) == math.inf and erlang_c(3, 4.0) == 1.0


def test_the_rate_for_a_wait_has_that_wait_and_grows_with_servers():
    rates = [rate_within(servers, 10.0, 5.0, 0.3) for servers in (1, 4, 16)]
    assert [mean_wait(s, r, 10.0, scv_service=0.3) for s, r in zip((1, 4, 16), rates, strict=True)] == pytest.approx(
        [5.0] * 3
    )
    assert rates[0] < rates[1] / 4 < rates[2] / 16 < 1 / 10.0


def model(**demands: float) -> Model:
    stations = tuple(Station(name, demand, 0.1, 1.0) for name, demand in demands.items())
    return Model(Machine(2, 10.0, 0.0, {1: 1.0, 2: 1.6}), stations)


def test_a_machine_is_as_quick_as_its_processes_side_by_side():
    assert model().machine.rate(1) == pytest.approx(1 / 10) and model().machine.rate(2) == pytest.approx(2 / 16)


def test_a_shared_part_is_full_where_its_idle_work_and_its_clips_fill_it():
    station = Station("database", 0.45, 0.1, 1.0)
    assert station.ceiling == pytest.approx(2.0) and station.utilisation(1.0) == pytest.approx(0.55)
    assert Station("broker", 0.0, 0.1, 1.0).ceiling == math.inf


def test_the_part_that_is_full_first_binds_and_no_machine_helps():
    made = model(database=0.9, store=0.45)
    few, many = made.row(1, 2, Plan(60.0, 2.0)), made.row(64, 2, Plan(60.0, 2.0))
    assert few["binds"] == "workers" and few["clips_a_day_of_workers"] == round(DAY / 8)
    assert few["clips_a_day"] < few["clips_a_day_of_workers"] / 2
    assert many["binds"] == "database" and many["clips_a_day"] == round(DAY * (0.8 - 0.1) / 0.9 / 2)
    assert made.saturation(2)["database"] == {"clips_a_day": DAY, "machines": 8.0}


def test_the_model_is_built_from_what_was_measured():
    counts = {
        "idle_a_second": {"processor_seconds": ZERO | {"postgres": 0.02}},
        "status_call": {"processor_seconds": ZERO | {"api": 0.01}},
        "analyses": [
            {
                "clip_seconds": 10.0,
                "units": {"all": {"mean": 12.0, "scv": 0.1}},
                "processor_seconds": ZERO | {"api": 0.1, "postgres": 0.2, "worker": 18.0},
            }
        ],
    }
    contention = {"runs": [{"side_by_side": 1, "wall_seconds": 8.0}, {"side_by_side": 2, "wall_seconds": 12.0}]}
    throughput = {"runs": [{"processes": 1, "an_hour": 300.0}, {"processes": 2, "an_hour": 380.0}]}
    made = build(counts, contention, 10.0, asks=5, processors=2)
    demand = {station.name: station.demand for station in made.stations}
    assert demand["API"] == pytest.approx(0.15) and demand["database"] == pytest.approx(0.2)
    assert made.machine.service(2) == pytest.approx(18.0)
    assert compared(made.machine, throughput) == [
        {"processes": 1, "predicted_an_hour": 300.0, "measured_an_hour": 300.0, "relative_error": 0.0},
        {"processes": 2, "predicted_an_hour": 400.0, "measured_an_hour": 380.0, "relative_error": 0.053},
    ]
    assert len(report(made, throughput, 2, Plan(60.0, 1.0), (1, 2))["machines"]) == 2
