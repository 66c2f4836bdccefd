"""A load's report: saturation is said when it is planted and only then, slices, searches, old files, the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.report.loads.over_time import SLICES, slices
from bench.report.loads.report import load_report
from bench.report.views.load import derive_load, load_html, load_markdown
from bench.runs.load_file import LoadFile
from bench.runs.load_plan import LoadPlan, Stretch, dealt, read_plan, write_plan
from bench.runs.loads import Arrival, Load, LoadHeader, Reading, Step
from bench.runs.store import LOAD

HEADER = LoadHeader(
    kind="load", schema=1, utc="2026-11-28T10:00:00", rate=10, duration_s=10, spacing="constant", seed=1,
    most_at_once=16, target={"kind": "lab"}, facts={}, notes=(), backends=("efs",),
)  # fmt: skip
STEP = Step("efs", 2, 10.0, 10.0, 10.0, 100)
WARM_UP = Step("efs", 1, 10.0, 10.0, 1.0, 1, warm_up=True)


def _arrivals(lag_ms: float = 0.5) -> tuple[Arrival, ...]:
    before = Arrival("efs", 0.0, latency_ms=5000.0, status=200, cold=True, step=1)
    return (before, *(Arrival("efs", n / 10, lag_ms, 50.0 + n, 200, n == 3, step=2) for n in range(100)))


def _readings(machine: float | None, client: float = 0.1) -> tuple[Reading, ...]:
    return tuple(Reading("efs", 2, float(second), client, machine, 2.0) for second in range(1, 11))


def _load(machine: float | None = 0.4, client: float = 0.1, lag_ms: float = 0.5, **header: object) -> Load:
    return Load(
        replace(HEADER, **header),
        (WARM_UP, STEP),
        _arrivals(lag_ms),
        _readings(machine, client),  # type: ignore[arg-type]
    )


def test_an_idle_machine_and_client_are_not_called_saturated() -> None:
    report = load_report(_load())
    (item,) = report.backends
    assert item.saturation.sentences == ()
    assert (item.saturation.machine_cores, item.saturation.machine_busy_share) == (0.4, 0.0)
    assert report.notes == []


def test_a_saturated_machine_is_said_in_words() -> None:
    (said,) = load_report(_load(machine=1.96)).notes
    assert "saturated: 98% of 2 cores" in said
    assert "10 of 10 readings" in said
    assert "the machine, not of the storage" in said
    (away,) = load_report(_load(machine=1.96, target={"kind": "aws"})).notes
    assert "the client's machine was saturated" in away


def test_a_saturated_client_is_said_in_words() -> None:
    assert "used 0.95 of the one core" in load_report(_load(client=0.95)).notes[0]
    late = load_report(_load(lag_ms=300.0)).notes[0]
    assert "did not keep up: 5 % of the requests were sent 300 ms late" in late


def test_a_second_of_cold_starts_is_not_a_saturated_machine() -> None:
    readings = (*_readings(0.4)[:-1], Reading("efs", 2, 10.0, 0.1, 2.0, 2.0))
    assert load_report(Load(HEADER, (WARM_UP, STEP), _arrivals(), readings)).notes == []


def test_nothing_is_said_of_processors_that_nobody_read() -> None:
    report = load_report(Load(HEADER, (WARM_UP, STEP), _arrivals()))
    assert report.notes == []
    assert report.backends[0].saturation.machine_cores is None


def test_a_warm_up_is_in_no_figure() -> None:
    (item,) = load_report(_load()).backends
    assert (item.due, item.cold, item.cold_share, item.max_ms) == (100, 1, 0.01, 149.0)


def test_slices_hold_every_request_once() -> None:
    arrivals = _arrivals()[1:]
    parts = slices(arrivals, _readings(0.4), 10.0)
    assert len(parts) == SLICES
    assert [part.due for part in parts] == [10] * SLICES
    assert sum(part.cold for part in parts) == 1
    assert parts[0].p50_ms == 54.5
    at_the_end = slices([Arrival("efs", 10.0, dropped=True)], (), 10.0)[-1]
    assert (at_the_end.due, at_the_end.lost, at_the_end.p50_ms) == (1, 1, None)


def test_a_backend_that_was_never_reached_is_said() -> None:
    report = load_report(_load(backends=("efs", "s3")))
    assert report.untrusted == ("incomplete: nothing was sent to s3",)


def test_a_search_has_both_bounds_and_what_was_not_shown() -> None:
    steps = tuple(Step("efs", n, rate, rate, 10.0, 100) for n, rate in enumerate((4.0, 8.0, 16.0), 1))
    late = {1: 0, 2: 4, 3: 50}
    arrivals = [
        Arrival("efs", n / 10, 0.1, 900.0 if n % 2 and n // 2 < late[step.number] else 50.0, 200, step=step.number)
        for step in steps
        for n in range(100)
    ]
    report = load_report(Load(replace(HEADER, objective="p95<800ms"), steps, tuple(arrivals)))
    (found,) = report.searches
    assert (found.highest_met, found.lowest_failed) == (4.0, 16.0)
    assert found.sentence == (
        "efs: 4 requests a second are shown to meet p95<800ms; 16 a second are shown not to; "
        "what lies between is undecided."
    )
    assert report.is_sound
    assert "| 8 | 100 |" in load_markdown(report)
    assert "Latency over time: efs at 8 a second" in load_html(report)


def test_a_file_of_an_earlier_version_gives_the_same_figures(tmp_path: Path) -> None:
    meta = {"kind": "load", "schema": 1, "utc": "2026", "rate": 2.0, "duration_s": 2.0, "spacing": "constant",
            "seed": 1, "most_at_once": 16, "target": {"kind": "lab"}, "facts": {}, "notes": ["as before"]}  # fmt: skip
    lines = [{"kind": "arrival", "backend": "s3", "due_s": n / 2, "lag_ms": 1.0 + n, "latency_ms": 40.0 + n,
              "status": 200, "cold": n == 0, "dropped": False, "error": None} for n in range(4)]  # fmt: skip
    (tmp_path / LOAD).write_text("\n".join(map(json.dumps, [meta, *lines])) + "\n")
    assert derive_load(tmp_path).is_sound
    found = json.loads((tmp_path / "load.json").read_text())
    (item,) = found["backends"]
    figures = [item[name] for name in ("due", "answered_share", "cold", "p50_ms", "max_ms", "lag_p50_ms", "lag_max_ms")]
    assert figures == [4, 1.0, 1, 41.5, 43.0, 2.5, 4.0]
    assert found["meta"]["notes"] == ["as before"]


def test_the_page_shows_cold_starts_losses_and_processors_and_escapes() -> None:
    load = _load(notes=("<script>alert(1)</script>",))
    lost = replace(load, arrivals=(*load.arrivals[:-1], Arrival("efs", 9.9, dropped=True, step=2)))
    page = load_html(load_report(lost))
    assert "hollow" in page
    assert 'class="median"' in page
    assert "processors of the machine" in page
    assert "<script>alert" not in page


def test_many_requests_become_lines() -> None:
    step = replace(STEP, planned=2000)
    many = tuple(Arrival("efs", n / 200, 0.1, 50.0, 200, step=2) for n in range(2000))
    page = load_html(load_report(Load(HEADER, (WARM_UP, step), many)))
    assert page.count("<circle") < 20
    assert "slowest" in page


def test_a_plan_is_read_as_it_was_written_and_every_request_has_one_sender(tmp_path: Path) -> None:
    plan = LoadPlan(HEADER, (Stretch(STEP, tuple(n / 10 for n in range(100))),))
    assert read_plan(write_plan(tmp_path, plan)) == plan
    parts = [dealt(plan.stretches[0], share, 3) for share in range(3)]
    assert sorted(time for part in parts for time in part.due) == list(plan.stretches[0].due)


@pytest.mark.parametrize("machine", [None, 0.0, 2.0])
def test_lines_survive_the_file(tmp_path: Path, machine: float | None) -> None:
    with LoadFile(tmp_path) as file:
        for line in (HEADER, WARM_UP, STEP, *_arrivals(), *_readings(machine)):
            file.append(line)
    report = derive_load(tmp_path)
    assert report.load == Load(HEADER, (WARM_UP, STEP), _arrivals(), _readings(machine))
