"""A cold start's parts add up, and no change for the better makes it slower, whatever the parameters are."""

from dataclasses import fields, replace

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.predict.calculator import _Loading, cold, warm
from bench.predict.fetching import fetch_ms
from bench.predict.parameters import PARAMETERS, Parameters, lab_parameters, middle
from bench.predict.situation import INIT_BUDGET_MS, Fetch, fetch_of
from contract.engines import TRANSFORMERS
from contract.storages import EFS, IMAGE, S3
from tests.bench.predict.support.situations import PREDICTED, at, parameters, quantiles, situation, situations, sizes

FASTER = {
    *("init_cores", "burst", "burst_bytes", "steady", "connection", "stream", "client", "stream_gain"),
    *("chunk", "depth_gain"),
}
EITHER = {"parallel_share"}  # it also says how much the measured encoding would have taken on one core
SLOWER = set(PARAMETERS) - FASTER - EITHER
SLACK = 1 + 1e-9  # of floating point


@given(situations, parameters)
def test_the_parts_add_up_and_none_is_negative(given_situation, given_parameters):
    start = cold(given_situation, given_parameters)
    assert all((part >= -1e-6).all() for part in start.parts.values())
    assert numpy.allclose(sum(start.parts.values()), start.total)


@given(situations, parameters, st.integers(128, 10_240))
def test_more_memory_is_never_slower(given_situation, given_parameters, memory):
    less, more = sorted((given_situation.memory_mb, memory))
    small, large = (replace(given_situation, memory_mb=size) for size in (less, more))
    assert cold(large, given_parameters).total <= cold(small, given_parameters).total * SLACK
    assert warm(large, given_parameters) <= warm(small, given_parameters) * SLACK


@given(situations, parameters, sizes)
def test_more_bytes_are_never_faster(given_situation, given_parameters, size):
    engine, readers = given_situation.engine, given_situation.fetch.readers
    few, many = sorted((given_situation.fetch.bytes_, size))
    small, large = (
        replace(given_situation, fetch=fetch_of(given_situation.storage, engine, each, readers)) for each in (few, many)
    )
    assert cold(small, given_parameters).total <= cold(large, given_parameters).total * SLACK


@given(situations, parameters)
def test_side_by_side_is_never_slower_than_one_after_the_other(given_situation, given_parameters):
    in_turn = replace(given_situation, one_after_the_other=True, ends_init_ms=None)
    beside = replace(in_turn, one_after_the_other=False)
    in_turn = replace(in_turn, memory_mb=10_240)  # the tokenizer's process needs a core of its own
    beside = replace(beside, memory_mb=10_240)
    free = replace(given_parameters, file_core_ms=numpy.zeros(1), bucket_core_ms=numpy.zeros(1))
    tokenizer_ms = 100 * 2.0  # which the other does not have
    assert cold(beside, free).total <= cold(in_turn, free).total + tokenizer_ms


@given(situations, quantiles, st.sampled_from(sorted(FASTER | SLOWER)), st.floats(0, 1))
def test_a_time_rises_or_falls_with_each_parameter(given_situation, drawn, name, other):
    low, high = sorted((drawn[name], other))
    first, second = (at({**drawn, name: each}) for each in (low, high))
    if name in FASTER:
        first, second = second, first
    assert cold(given_situation, first).total <= cold(given_situation, second).total * SLACK
    assert warm(given_situation, first) <= warm(given_situation, second) * SLACK


def test_code_that_comes_later_never_makes_a_cold_start_faster():
    """Also where the weights take longest and share the cores with the imports."""
    starts = [cold(situation(EFS, memory_mb=1024, code_bytes=size), middle()).total for size in (0.0, 60e6, 120e6)]
    assert starts == sorted(starts)


def test_every_parameter_matters_somewhere():
    """Each changes a cold start or a warm request of some situation; a list that grows without use is found here."""
    tried = [
        situation(storage, first_deploy=first, memory_mb=memory, fetch=fetch, engine=TRANSFORMERS)
        for storage in PREDICTED
        for first in (True, False)
        for memory in (1024, 3008)
        for fetch in (Fetch((size / 60,) * 60, readers) for size, readers in ((340e6, 4), (250e6, 64), (900e6, 64)))
    ]
    quantile = dict.fromkeys(PARAMETERS, 0.4)

    def times(drawn):
        found = at(drawn)
        return [float(value[0]) for each in tried for value in (cold(each, found).total, warm(each, found))]

    base = times(quantile)
    known = {name for name, each in PARAMETERS.items() if each.spread.points[0][1] == each.spread.points[-1][1]}
    unused = [name for name in PARAMETERS if name not in known and times({**quantile, name: 0.9}) == base]
    assert unused == []


@pytest.mark.parametrize("storage", PREDICTED, ids=lambda storage: storage.name)
def test_a_second_core_shortens_the_request_below_one(storage):
    small, large = (cold(situation(storage, memory_mb=memory), middle()) for memory in (512, 1769))
    assert small.answer > 3 * large.answer
    assert small.load == large.load  # INIT has a core in both


def test_init_at_its_limit_is_run_again_and_the_image_keeps_what_was_read():
    slow = situation(IMAGE, first_deploy=True, fetch=Fetch((340e6,), 1), ends_init_ms=None, one_after_the_other=True)
    start = cold(slow, middle())
    assert start.init > 10_000
    again_whole = 10_000 + start.init
    assert start.init < start.total < again_whole
    lost = cold(replace(slow, storage=S3, first_deploy=False, fetch=Fetch((1.2e9,), 1)), middle())
    assert lost.init_limit == pytest.approx(10_000)


def test_a_function_that_ends_init_itself_goes_on_with_the_cores_of_its_memory():
    heavy = situation(EFS, engine=TRANSFORMERS, fetch=Fetch((600e6,), 1), memory_mb=512)
    work = replace(heavy.work, imports=heavy.work.imports.scaled(100))
    start = cold(replace(heavy, work=work), middle())
    assert start.init > INIT_BUDGET_MS
    assert start.init_limit > 0
    enough = cold(replace(heavy, work=work, memory_mb=1769), middle())
    assert enough.init_limit == pytest.approx(0, abs=1e-6)


def test_the_lab_has_no_time_outside_report_and_reads_that_add_up():
    lab = lab_parameters()
    start = cold(situation(EFS), lab)
    assert start.outside == start.api == 0
    assert lab.stream_gain == lab.depth_gain == lab.core_time == 1
    slow = lab_parameters(fast_file_system=False)
    assert slow.stream < lab.stream


def test_the_published_form_of_a_parallel_read_from_s3():
    """340 MB: 0.25 s at the burst rate, then 31 MB at 78 MB/s (`s3-parallel-time`), with connections enough."""
    wide = situation(S3, fetch=Fetch((340e6 / 400,) * 400, 400))
    found = middle()
    expected = 2 * found.connect_ms + found.first_byte_ms + 309 / 1250 * 1e3 + (340 - 309) / 78 * 1e3
    assert fetch_ms(wide, found) == pytest.approx(expected, rel=1e-6)


def test_parameters_are_arrays_of_one_length():
    found = middle()
    assert {len(getattr(found, each.name)) for each in fields(Parameters)} == {1}


def simulated_fetch(fetch, fetching, thread, tokenizer, cores):
    """When a fetch is done beside a thread and the tokenizer, in steps in which all get the same share of a quota."""
    step, now, left = 0.2, 0.0, {"fetch": fetch, "thread": thread, "tokenizer": tokenizer}
    wants = {"fetch": fetching / fetch, "thread": 1.0, "tokenizer": 1.0}
    while left["fetch"] > 0:
        active = [name for name in left if left[name] > 0]
        speed = min(1.0, cores / max(1e-9, sum(wants[name] for name in active)))
        for name in active:
            left[name] -= step * speed
        now += step
    return now


@given(
    *(st.floats(20, 200), st.floats(0, 2), st.floats(0, 150), st.floats(0, 150), st.floats(0, 300)),
    *(st.floats(0.3, 6), st.booleans()),
)
def test_a_fetch_is_slowed_by_what_shares_its_quota(fetch, wanted, imports, tokenizer, code, cores, before_model):
    one = {"fetch": fetch, "fetching": wanted * fetch, "imports": imports, "tokenizer": tokenizer, "code": code}
    arrays = {name: numpy.array([value]) for name, value in one.items()}
    loading = _Loading(**arrays, model=numpy.zeros(1), after_imports=False, before_model=before_model)
    at = numpy.array([cores])
    expected = simulated_fetch(fetch, wanted * fetch, imports, tokenizer, cores)
    assert loading.takes(at) == pytest.approx(max(expected, float(loading.without_fetch(at)[0])), rel=0.01, abs=2)
