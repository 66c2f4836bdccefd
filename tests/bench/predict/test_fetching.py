"""Reading takes as long as in simulations that know nothing of the formulas: packets, connections and chunks."""

import heapq
from dataclasses import replace

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.predict.fetching import fetch_ms, network_ms
from bench.predict.parameters import middle
from bench.predict.situation import Fetch, fetch_of
from contract.bucket import GET_BYTES, PLANS
from contract.engines import ENGINES, ONNX, TRANSFORMERS
from contract.precisions import FP16, FP32, INT8, PRECISIONS
from contract.storages import EFS, IMAGE, S3
from tests.bench.predict.support.situations import PREDICTED, parameters, situation

PACKET = 250_000.0


def one(value):
    return numpy.array([float(value)])


def network(burst, burst_bytes, steady):
    return replace(middle(), burst=one(burst), burst_bytes=one(burst_bytes), steady=one(steady))


def bucket_s(packets, rate, full, refill):
    """When the last packet has passed: each needs its time on the line, and as many tokens as it has bytes."""
    now, tokens = 0.0, full
    for _ in range(packets):
        line = PACKET / rate
        tokens = min(full, tokens + line * refill)
        now += line
        if tokens < PACKET:
            wait = (PACKET - tokens) / refill
            now, tokens = now + wait, PACKET
        tokens -= PACKET
    return now


def makespan_s(jobs, workers):
    """When the last job has ended: a free worker takes the next one."""
    free = [0.0] * workers
    for job in jobs:
        heapq.heappush(free, heapq.heappop(free) + job)
    return max(free)


@given(
    st.integers(40, 3000),
    st.floats(100e6, 2e9),
    st.floats(200e6, 2e9),
    st.floats(50e6, 400e6),
    st.floats(10e6, 90e6),
)
def test_the_token_bucket_agrees_with_a_simulation_of_packets(packets, offered, burst, burst_bytes, steady):
    found = network(burst, burst_bytes, steady)
    full = burst_bytes * (1 - steady / burst)
    simulated = bucket_s(packets, min(offered, burst), full, steady)
    assert network_ms(packets * PACKET, one(offered), found) == pytest.approx(simulated * 1e3, rel=0.02, abs=30)


@given(st.floats(1e3, 50e6), st.floats(1e6, 2e9))
def test_a_bucket_that_is_never_empty_costs_bytes_by_rate(bytes_, offered):
    found = network(1e9, 400e6, 50e6)
    assert network_ms(bytes_, one(offered), found) == pytest.approx(bytes_ / min(offered, 1e9) * 1e3)


@given(st.lists(st.floats(1e3, 17e6), min_size=1, max_size=200), st.integers(1, 64))
def test_connections_agree_with_a_simulation_of_a_queue(requests, readers):
    found = replace(middle(), burst=one(1e12), burst_bytes=one(1e15))
    first_byte, connect = (float(value[0]) / 1e3 for value in (found.first_byte_ms, found.connect_ms))
    jobs = [first_byte + each / float(found.connection[0]) for each in requests]
    opening = first_byte + connect * (1 + (min(readers, len(requests)) > 2))
    formula = fetch_ms(situation(S3, fetch=Fetch(tuple(requests), readers)), found)[0] / 1e3
    assert formula == pytest.approx(opening + makespan_s(jobs, readers))


def test_every_draw_has_its_own_queue():
    both = replace(middle(), connection=numpy.array([30e6, 87e6]), burst=one(1e12), burst_bytes=one(1e15))
    plan = situation(S3, fetch=fetch_of(S3, ONNX, 340e6))
    alone = [fetch_ms(plan, replace(both, connection=both.connection[at : at + 1]))[0] for at in range(2)]
    assert list(fetch_ms(plan, both)) == pytest.approx(alone)


@given(st.integers(1, 10**10), st.sampled_from(ENGINES), st.sampled_from(PRECISIONS))
def test_a_fetch_asks_for_all_bytes_in_the_gets_of_the_function(bytes_, engine, precision):
    fetch, plan = fetch_of(S3, engine, bytes_, precision=precision), PLANS[precision]
    assert fetch.bytes_ == bytes_
    assert max(fetch.requests) <= GET_BYTES
    if engine == ONNX and bytes_ >= plan.bytes_:
        assert fetch.requests[: len(plan.gets)] == plan.gets


def test_a_reduced_bundle_is_two_stretches_of_its_file():
    for precision in (FP16, INT8):
        assert fetch_of(IMAGE, ONNX, PLANS[precision].bytes_, precision=precision).gaps == 1


@given(st.integers(1, 1000), st.integers(1, 32), st.booleans())
def test_chunks_agree_with_a_simulation_of_a_queue(chunks, readers, first):
    found = replace(middle(), depth_gain=one(1))
    each = float((found.chunk_first_ms if first else found.chunk_later_ms)[0])
    simulated = each + makespan_s([each] * chunks, readers)
    bytes_ = chunks * float(found.chunk[0])
    formula = fetch_ms(situation(IMAGE, first_deploy=first, fetch=Fetch((bytes_,), readers)), found)[0]
    assert simulated - each <= formula <= simulated * (1 + 1e-9)


@given(parameters)
def test_no_bytes_cost_only_a_latency(found):
    opening = {
        S3.name: found.connect_ms + found.first_byte_ms,
        EFS.name: found.file_ms,
        IMAGE.name: found.chunk_later_ms,
    }
    for storage in PREDICTED:
        nothing = situation(storage, fetch=fetch_of(storage, ONNX, 0))
        assert fetch_ms(nothing, found) == pytest.approx(opening[storage.name])


@given(parameters, st.integers(1, 63), st.sampled_from(PREDICTED), st.booleans())
def test_more_readers_are_never_slower(found, readers, storage, first):
    few, more = (
        fetch_ms(situation(storage, first_deploy=first, fetch=Fetch((340e6 / 64,) * 64, n)), found)
        for n in (readers, readers + 1)
    )
    assert more <= few * (1 + 1e-9)


def test_streams_of_efs_stop_at_the_limit_of_a_client():
    found = replace(middle(), stream_gain=one(1), burst=one(1e12), burst_bytes=one(1e15))
    many = fetch_ms(situation(EFS, fetch=Fetch((340e6,), 64)), found)
    assert many == pytest.approx(found.file_ms + 340e6 / found.client * 1e3)
    shared = replace(found, stream_gain=one(0))
    assert fetch_ms(situation(EFS, fetch=Fetch((340e6,), 64)), shared) == pytest.approx(
        found.file_ms + 340e6 / found.stream * 1e3
    )


def test_linux_reads_on_at_the_gaps_of_the_default_model_but_not_beyond_a_whole_file():
    found = middle()
    bytes_ = PLANS[FP32].bytes_
    plan, whole = fetch_of(IMAGE, ONNX, bytes_), fetch_of(IMAGE, TRANSFORMERS, bytes_)
    assert (plan.gaps, whole.gaps) == (39, 0)
    for first in (False, True):
        each = float((found.chunk_first_ms if first else found.chunk_later_ms)[0])
        depth = 1 + float(found.depth_gain[0]) * (plan.readers - 1)
        more = fetch_ms(situation(IMAGE, first_deploy=first, fetch=plan), found) - fetch_ms(
            situation(IMAGE, first_deploy=first, fetch=whole), found
        )
        assert float(more[0]) == pytest.approx(39 * 1.6e6 / float(found.chunk[0]) * each / depth)
