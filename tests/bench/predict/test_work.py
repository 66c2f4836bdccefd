"""The work comes from the samples of a run, each phase from the storage that lengthened it least."""

import pytest

from bench.predict.work import work_of
from bench.process.errors import UsageError
from bench.runs.judge import FAILED, OK, Judged
from bench.runs.plan import Variant
from bench.runs.records import Observation, Sample
from contract import phases

EFS, S3 = Variant("efs", "onnx"), Variant("s3", "onnx")


def sample(variant, state, number, **measured):
    seen = Observation(connect_ms=1, request_ms=100, status=200, phases_ms=measured)
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
