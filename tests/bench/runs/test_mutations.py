"""No input makes a reader of the benchmark fail except by the benchmark's own errors."""

from __future__ import annotations

import pytest

from tests.bench.support.mutations import readers
from tests.support.mutate import Reader, run


@pytest.mark.parametrize("reader", list(readers()), ids=lambda reader: reader.name)
def test_mutated_inputs_are_read_or_refused(reader: Reader) -> None:
    reader.read(reader.samples[0])
    assert [failure.what for failure in run(reader, 60, 5)] == []
