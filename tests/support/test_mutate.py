"""The engine that tries readers finds exceptions, hangs, excessive memory and crashes."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable

import pytest

from tests.support import mutate
from tests.support.mutate import Reader

SAMPLE = json.dumps({"numbers": [1, 2, 3], "name": "x", "inner": {"a": 1.5}}).encode()


def careful(data: bytes) -> object:
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError from error


def test_a_reader_that_only_refuses_survives() -> None:
    assert mutate.run(Reader("careful", [SAMPLE], careful, (ValueError,)), 300, 1) == []


def test_an_exception_of_another_kind_is_found_with_its_input() -> None:
    reader = Reader("careless", [SAMPLE], lambda data: careful(data)["inner"]["a"], (ValueError,))  # type: ignore[index]
    found = mutate.run(reader, 60, 1)
    assert found
    with pytest.raises((TypeError, KeyError)):
        reader.read(found[0].data)


def hangs(data: bytes) -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (hangs, "no end within"),
        (lambda data: bytearray(2 << 30), "MemoryError"),
        (lambda data: os.kill(os.getpid(), signal.SIGUSR1), "died"),
    ],
)
def test_hangs_appetite_and_death_are_found(
    read: Callable[[bytes], object], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutate, "LIMIT_S", 0.2)
    found = mutate.run(Reader("bad", [SAMPLE], read, ()), 2, 1)
    assert [failure.number for failure in found] == [0, 1]
    assert all(what in failure.what for failure in found)


def test_inputs_are_the_same_each_time_and_differ_from_each_other() -> None:
    reader = Reader("any", [SAMPLE], careful, (ValueError,))
    inputs = [mutate.input_of(reader, number, 7) for number in range(200)]
    assert inputs == [mutate.input_of(reader, number, 7) for number in range(200)]
    assert len(set(inputs)) > 150


def test_any_bytes_can_be_mutated() -> None:
    rng = random.Random(3)
    for data in (b"", b"\n", b"7", b"[]", b"{}\n{}\n", bytes(range(256))):
        for _ in range(300):
            assert isinstance(mutate.mutate(data, rng), bytes)
