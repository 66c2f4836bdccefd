"""The work comes from the samples of a run, each phase from the storage that lengthened it least."""

import pytest

from bench.predict.agreement import agreement
from bench.predict.parameters import lab_parameters
from bench.predict.work import fetch_core_ms, work_of
from bench.process.errors import UsageError
from bench.runs.judge import FAILED, OK, Judged
from bench.runs.log_lines import ReportLine
from bench.runs.plan import Variant
from bench.runs.records import Observation, Sample
from contract import phases

EFS, S3 = Variant("efs", "onnx"), Variant("s3", "onnx")


def sample(variant, state, number, cores=None, **measured):
    seen = Observation(
        connect_ms=1, request_ms=100, status=200, phases_ms=measured, cores_ms=cores or {}, fetched_bytes=340_000_000
    )
    name = f"{variant.backend}.{state}.{number}"
    kind = "new-sandbox" if state == "cold" else None
    return Sample(name, name, 1, 1, 0, False, variant, state, kind, "now", 0, "n", 30_000, seen)


def start(variant, number, imports):
    spans = {phases.BOOT: 80, phases.IMPORT: imports, phases.LOAD: 20, phases.ENCODE: 70 + number}
    handler = {phases.HANDLER: 75 + number, phases.WAIT: 1, phases.TOKENIZE: 2, phases.RANK: 0.5}
    return Judged(sample(variant, "cold", number, **spans, **handler), OK)


def request(variant, number):
    measured = {phases.ENCODE: 40, phases.RANK: 0.4, phases.TOKENIZE: 0.9}
    return Judged(sample(variant, "warm", number, **measured), OK)


RUN = (
    *(start(EFS, number, 400) for number in range(5)),
    *(start(S3, number, imports) for number, imports in enumerate((110, 115, 120, 130, 900))),
    *(request(variant, number) for variant in (EFS, S3) for number in range(3)),
)


def test_each_phase_is_taken_where_its_median_is_least():
    work = work_of(RUN, (EFS, S3), 2.0)
    assert [ms for _, ms in work.imports.points] == [115, 120, 130]
    assert [ms for _, ms in work.first_encode.points] == [71, 72, 73]
    assert [ms for _, ms in work.encode.points] == [40, 40, 40]
    assert work.cores == 2.0


def test_the_rest_of_the_handler_is_what_the_named_phases_leave():
    assert [ms for _, ms in work_of(RUN, (S3,), 2.0).handler.points] == pytest.approx([1.5, 1.5, 1.5])


def test_without_warm_requests_the_first_one_stands_for_them():
    work = work_of([item for item in RUN if item.sample.state == "cold"], (EFS, S3), 2.0)
    assert work.encode == work.first_encode


def test_a_run_without_samples_that_can_be_used_predicts_nothing():
    failed = [Judged(item.sample, FAILED) for item in RUN]
    with pytest.raises(UsageError, match="no sample that can be used tells how long the phase boot took"):
        work_of(failed, (EFS, S3), 2.0)


def counted(variant, state, number):
    """A sample with core times, whose imports waited for a slow storage."""
    spans = {phases.BOOT: 80, phases.IMPORT: 400, phases.LOAD: 60, phases.HANDLER: 90, phases.RANK: 0.4}
    clock = {**spans, phases.ENCODE: 70, phases.TOKENIZE: 1, phases.FETCH: 680}
    cores = {phases.BOOT: 75, phases.INIT: 500, phases.IMPORT: 110, phases.LOAD: 20, phases.ENCODE: 95}
    report = ReportLine(f"{variant.backend}{number}", duration_ms=80, init_ms=700 if state == "cold" else None)
    return Judged(sample(variant, state, number, cores, **clock), OK, report=report)


COUNTED = tuple(counted(variant, state, n) for variant in (EFS, S3) for state in ("cold", "warm") for n in range(3))


def test_core_times_stand_for_the_clock_where_the_run_has_them():
    work = work_of(COUNTED, (EFS, S3), 2.0)
    medians = {name: spread.points[1][1] for name, spread in vars(work).items() if name != "cores"}
    assert (medians["imports"], medians["load"], medians["first_encode"]) == (110, 20, 95)
    assert (medians["boot"], medians["rank"]) == (75, 0.4)
    assert work.cores == 1.0
    assert work_of((*COUNTED, *RUN), (EFS, S3), 2.0).cores == 2.0


def test_what_init_worked_beside_imports_and_loading_is_the_fetch():
    assert fetch_core_ms(COUNTED, S3).points[1][1] == pytest.approx((500 - 110 - 20) / 340)
    assert fetch_core_ms(RUN, S3) is None


def test_a_shaped_lab_is_compared_by_its_report_lines():
    found = agreement(COUNTED, (EFS, S3), 1769, lab_parameters())
    assert [item.variant for item in found] == [EFS, S3]
    assert {item.measured_ms for item in found} == {780}
    assert all(item.ratio == item.measured_ms / item.computed_ms for item in found)
    assert found[0].computed_ms != found[1].computed_ms
    assert {item.fetch_mb_s for item in found} == {340e3 / 680}
    assert found[0].asked_mb_s == pytest.approx(524, rel=0.01), "the limit of a client of EFS"


def test_a_shaped_lab_without_report_lines_is_an_error():
    with pytest.raises(UsageError, match="has no cold start with a REPORT line"):
        agreement(RUN, (EFS,), 1769, lab_parameters())
