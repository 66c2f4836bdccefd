"""Names what a run knows of a function that is not ours: the witnesses that it has, of all that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.outputs import ENVIRONMENT_ID, INVOCATION, LOG_LINE, NONCE

OWN = "own"
"""The engine of a variant whose function is not ours: nobody but its owner knows what computes in it."""

WITNESSES: Mapping[str, str] = {
    ENVIRONMENT_ID: "the environment's id",
    INVOCATION: "its count of invocations",
    NONCE: "the echoed configuration nonce",
    LOG_LINE: "Lambda's REPORT line",
}


def checked_witnesses(names: tuple[str, ...]) -> tuple[str, ...]:
    """These witnesses. Raises ValueError where one is not known, or where there is none to judge by."""
    known = ", ".join(WITNESSES)
    if unknown := [name for name in names if name not in WITNESSES]:
        raise ValueError(f"there is no witness {unknown[0]!r}: known are {known}")
    if not names:
        raise ValueError(f"a function without a witness cannot be judged: it needs at least one of {known}")
    return tuple(name for name in WITNESSES if name in names)


def witnesses_of(target: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The witnesses of the functions of a recorded target that are not ours, by backend."""
    found = {item["name"]: item.get("witnesses") for item in target.get("backends", ())}
    return {name: checked_witnesses(tuple(names)) for name, names in found.items() if names is not None}


def in_words(name: str, witnesses: tuple[str, ...]) -> str:
    """How far the samples of such a function are proven, as a sentence."""
    lacking = [words for witness, words in WITNESSES.items() if witness not in witnesses]
    had = ", ".join(WITNESSES[witness] for witness in witnesses)
    of_all = f"{len(witnesses)} of {len(WITNESSES)} witnesses"
    said = f"{name} is a function of yours. Its samples are judged by {of_all}: {had}"
    return f"{said}; it lacks {', '.join(lacking)}." if lacking else f"{said}."
