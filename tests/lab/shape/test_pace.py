"""The pace of reads, on a clock that only the tests move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.shape.pace import Chunks, Pace, Streams
from lab.shape.shape import FileSystem, ImageChunks

CHUNK = 512 << 10
IMAGE = ImageChunks(CHUNK, later_ms=1.2, first_ms=54)
PIECE = 128 << 10
SHARE = FileSystem(PIECE, piece_ms=1.6, client=5 * PIECE / 1.6e-3)

chunk_counts = st.integers(1, 40)
read_sizes = st.lists(st.integers(4096, 3 * CHUNK), min_size=1, max_size=30)


def in_turn(pace: Pace, sizes: list[int], offset: int = 0, start: float = 0.0) -> float:
    """When a reader is done that asks for each part after the answer to the one before."""
    now = start
    for size in sizes:
        now = max(now, pace.due(offset, size, now))
        pace.answered(offset, size)
        offset += size
    return now


def chunks_of(sizes: list[int]) -> int:
    return -(-sum(sizes) // CHUNK)


@given(read_sizes)
def test_a_chunk_is_paid_once_however_the_reads_are_cut(sizes: list[int]) -> None:
    cut, whole = Chunks(IMAGE, bytearray(200)), Chunks(IMAGE, bytearray(200))
    chunks = chunks_of(sizes)
    at_most = in_turn(whole, [CHUNK] * chunks)
    assert at_most == pytest.approx(chunks * 0.054)
    assert in_turn(cut, sizes) == pytest.approx(at_most)
    assert in_turn(cut, [CHUNK] * chunks, start=at_most) == at_most, "the environment has them"


@given(read_sizes)
def test_a_later_environment_finds_in_the_cache_what_another_one_has_read(sizes: list[int]) -> None:
    cached = bytearray(200)
    in_turn(Chunks(IMAGE, cached), sizes)
    chunks = chunks_of(sizes)
    assert list(cached) == [1] * chunks + [0] * (200 - chunks)
    assert in_turn(Chunks(IMAGE, cached), [CHUNK] * chunks) == pytest.approx(chunks * 0.0012)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=64))
def test_chunks_apart_that_are_asked_for_at_once_come_at_once(wanted: list[int]) -> None:
    pace = Chunks(IMAGE, bytearray(200))
    assert {pace.due(2 * chunk * CHUNK, CHUNK, 1.0) for chunk in wanted} == {1.054}


@given(chunk_counts, st.integers(1, 8), st.floats(0, 0.5))
def test_one_reader_has_the_published_rate_however_far_the_kernel_reads_ahead(
    chunks: int, ahead: int, own_ms: float
) -> None:
    pace, answers = Chunks(IMAGE, bytearray([1]) * 200, own_ms), [0.0]
    for turn in range(chunks):
        now = answers[max(0, turn + 1 - ahead)]  # `ahead` chunks are in flight
        answers.append(max(answers[-1], pace.due(turn * CHUNK, CHUNK, now) + own_ms / 1e3))
    assert answers[-1] == pytest.approx(chunks * 1.2e-3, abs=own_ms / 1e3 + 1e-9)


@given(st.lists(st.permutations(range(4)), min_size=1, max_size=8), st.booleans())
def test_the_rate_does_not_depend_on_which_read_of_those_in_flight_arrives_first(
    turns: list[list[int]], of_chunks: bool
) -> None:
    pace: Pace = Chunks(IMAGE, bytearray(100)) if of_chunks else Streams(SHARE)
    size, takes = (CHUNK, 0.054) if of_chunks else (PIECE, 1.6e-3)
    for turn, permutation in enumerate(turns):
        for place in permutation:
            pace.due((4 * turn + place) * size, size, turn * 3 * takes)  # before the last ones are answered
    last = 4 * len(turns)
    assert pace.due(last * size, size, 0.0) == pytest.approx((last + 1) * takes)


@given(st.integers(2, 8))
def test_readers_of_parts_do_not_wait_for_each_other(readers: int) -> None:
    pace = Chunks(IMAGE, bytearray(200))
    done = [0.0] * readers
    for turn in range(20):
        done = [pace.due((reader * 20 + turn) * CHUNK, CHUNK, now) for reader, now in enumerate(done)]
    assert done == pytest.approx([20 * 0.054] * readers)


def test_a_read_waits_for_the_chunk_that_another_one_fetches_and_no_longer() -> None:
    pace = Chunks(IMAGE, bytearray(2))
    assert pace.due(0, 4096, 1.0) == 1.054
    assert pace.due(8192, 4096, 1.05) == 1.054
    assert pace.due(8192, 4096, 2.0) == 1.054, "which is over: it is answered at once"


def test_what_was_asked_for_but_never_answered_is_in_no_cache() -> None:
    cached = bytearray(2)
    Chunks(IMAGE, cached).due(0, 2 * CHUNK, 1.0)
    assert not any(cached)


@given(st.lists(st.integers(1, 8), min_size=2, max_size=30), st.integers(1, 4))
def test_a_stream_has_its_rate_however_far_the_kernel_reads_ahead(pieces: list[int], ahead: int) -> None:
    pace, offset, answers = Streams(SHARE), 0, [0.0]
    for turn, count in enumerate(pieces):
        now = answers[max(0, turn + 1 - ahead)]  # `ahead` reads are in flight
        answers.append(pace.due(offset, count * PIECE, now))
        offset += count * PIECE
    assert answers[-1] == pytest.approx(offset / SHARE.stream)


@given(st.integers(1, 12))
def test_streams_have_their_rate_each_until_the_client_has_its_own(streams: int) -> None:
    pace = Streams(SHARE)
    done = [0.0] * streams
    for turn in range(20):
        done = [pace.due((one * 1000 + turn) * PIECE, PIECE, now) for one, now in enumerate(done)]
    rate = streams * 20 * PIECE / max(done)
    assert rate == pytest.approx(min(streams * SHARE.stream, SHARE.client), rel=0.05)


@given(st.integers(1, PIECE))
def test_a_small_read_takes_as_long_as_a_piece(size: int) -> None:
    assert Streams(SHARE).due(0, size, 1.0) == pytest.approx(1.0 + 1.6e-3)


def test_a_stream_does_not_wait_for_one_that_comes_to_where_it_began() -> None:
    pace = Streams(SHARE)
    for turn in range(10):
        pace.due((10 + turn) * PIECE, PIECE, 0.0)
    pace.due(9 * PIECE, PIECE, 2e-3)  # the first read of the other stream is answered by now
    assert pace.due(20 * PIECE, PIECE, 2e-3) == pytest.approx(11 * 1.6e-3)
