"""The fetch plan as a property: it has everything that is used, nothing else beyond the slack, and nothing twice."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto

from model.checkpoints import synthetic
from model.checkpoints.architecture import FULL, Architecture
from model.graphs import graph
from similarity.bundle import byte_ranges, safetensors_header
from similarity.bundle.byte_ranges import Range
from similarity.bundle.safetensors_header import Tensor

FULL_HEADER = safetensors_header.parse(safetensors_header.build(synthetic.tensors(FULL)))


def external_ranges(model: ModelProto) -> list[Range]:
    """The byte ranges that a graph's initializers point to, which the encoder really reads."""
    found = []
    for initializer in model.graph.initializer:
        data = {entry.key: entry.value for entry in initializer.external_data}
        found.append(Range(int(data["offset"]), int(data["length"])))
    return found


SHAPES = st.builds(
    Architecture,
    layers=st.integers(1, 13),
    hidden=st.sampled_from([16, 48]),
    heads=st.just(2),
    intermediate=st.integers(1, 40),
    vocabulary=st.integers(5, 50),
    positions=st.integers(10, 50),
)


@settings(deadline=None)
@given(SHAPES)
def test_plan_covers_what_the_graphs_read_and_little_more(shape: Architecture) -> None:
    header = safetensors_header.parse(safetensors_header.build(synthetic.tensors(shape)))
    slack, page = 64, 32
    ranges = byte_ranges.fetch_plan(header, slack, page)
    planned = {byte for r in ranges for byte in range(r.offset, r.end)}
    for used in (*external_ranges(graph.build_short(shape, header)), *external_ranges(graph.build_long(shape, header))):
        assert not set(range(used.offset, used.end)) - planned, used
    needed = sum(header.tensors[name].size for name in byte_ranges.needed_tensors(header))
    gaps = sum(r.size for r in ranges) - needed
    assert gaps <= slack * len(byte_ranges.needed_tensors(header)) + 2 * page * len(ranges)
    assert all(r.offset % page == 0 and (r.end % page == 0 or r.end == header.file_size) for r in ranges)
    by_place = sorted(ranges, key=lambda r: r.offset)
    assert all(a.end <= b.offset for a, b in pairwise(by_place))  # nothing is read twice


def test_layers_come_in_the_order_of_the_encoder() -> None:
    layers = [int(name.split(".")[2]) for name in byte_ranges.needed_tensors(FULL_HEADER) if name.startswith("encoder")]
    assert layers == sorted(layers)
    assert set(layers) == set(range(12))


def test_full_size_plan_is_340_of_595_megabytes() -> None:
    planned = sum(r.size for r in byte_ranges.fetch_plan(FULL_HEADER))
    assert 340e6 < planned < 341e6
    assert FULL_HEADER.file_size - 594_637_824 == FULL_HEADER.size  # 148,659,456 parameters of four bytes


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 100))),
    st.integers(0, 50),
    st.integers(1, 64),
    st.integers(1, 9),
)
def test_coalesced_split_and_shared_ranges_hold_the_same_bytes(
    parts: list[tuple[int, int]], slack: int, chunk: int, readers: int
) -> None:
    tensors = [Tensor("F32", (), offset, size) for offset, size in parts]
    ranges = byte_ranges.coalesce(tensors, slack)
    pieces = byte_ranges.split(ranges, chunk)
    shares = byte_ranges.share(ranges, readers, chunk)

    def bytes_of(things: list[Range] | list[Tensor]) -> set[int]:
        return {byte for thing in things for byte in range(thing.offset, thing.end)}

    assert bytes_of(tensors) <= bytes_of(ranges)
    assert bytes_of(pieces) == bytes_of(ranges)
    assert all(0 < piece.size <= chunk for piece in pieces)
    assert [piece for part in shares for piece in part] == pieces
    assert len(shares) <= readers
    fair = sum(piece.size for piece in pieces) / readers
    assert all(sum(piece.size for piece in part) <= fair + chunk for part in shares)
