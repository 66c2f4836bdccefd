"""Mutated inputs of every reader in model/, images/, lab/ and stacks/; `make acceptance ARGS=sound` tries many more."""

from __future__ import annotations

from pathlib import Path

from tests.model.support.readers import readers
from tests.support import mutate


def test_no_mutated_input_ends_in_anything_but_words(tiny_bundle: Path) -> None:
    for reader in readers(tiny_bundle):
        failures = mutate.run(reader, 10 if reader.name == "tokenizer.json" else 60, seed=1)
        assert not failures, failures[0]
