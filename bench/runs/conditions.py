"""Compares the conditions of sessions: what must agree before figures may be put side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.runs.plan import Axes, function_name
from bench.runs.recorded import recorded_bundles, recorded_function
from bench.runs.records import Session
from contract.precisions import FP32
from contract.shapes import NONE

THE_BUNDLE = "the model bundle"
THE_PRECISION = "the precision"

_TARGET = {
    "the target": "kind",
    "the architecture": "architecture",
    "the page cache": "cache_policy",
    "the enforcement of memory": "memory_enforcement",
    "what the images are": "images",
}
#: What a comparison may be allowed to differ in, by a short name: the beginning of its name in words.
ALLOWED = {
    "target": "the target",
    "bundle": THE_BUNDLE,
    "precision": THE_PRECISION,
    "architecture": "the architecture",
    "cache": "the page cache",
    "enforcement": "the enforcement of memory",
    "images": "what the images are",
    "shape": "the shape",
    "machine": "the machine",
    "memory": "the memory of",
    "engine": "the engine",
}


def conditions(target: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, str | None]:
    """The conditions in words, by name; None if the records do not say, or if there is none (AWS).

    There is a bundle for each precision; the names of all of them begin with THE_BUNDLE.
    """
    found = {what: target.get(key) for what, key in _TARGET.items()}
    found |= {_bundle_in(precision): digest for precision, digest in recorded_bundles(target).items()}
    return found | {"the shape": _shape(target), "the machine": _machine(facts.get("machine"))}


def differences(a: Mapping[str, str | None], b: Mapping[str, str | None]) -> dict[str, tuple[str | None, str | None]]:
    """The conditions that are not the same in both."""
    return {what: (a.get(what), b.get(what)) for what in {**a, **b} if a.get(what) != b.get(what)}


def _bundle_in(precision: str) -> str:
    return THE_BUNDLE if precision == FP32 else f"{THE_BUNDLE} in {precision}"


def _shape(target: Mapping[str, Any]) -> str:
    """What a lab was shaped like, and how; earlier labs had no shape, and AWS has none."""
    shape = target.get("shape") or {"name": NONE, "limited": {}}
    return ", ".join([shape["name"], *(f"{what} {how}" for what, how in shape["limited"].items())])


def _machine(facts: Mapping[str, Any] | None) -> str | None:
    """The machine without what changes at each start; memory in whole GB, because kernels keep a little back."""
    if not isinstance(facts, Mapping) or not facts:
        return None
    memory = facts.get("memory_gb")
    size = f"{memory:.0f} GB" if isinstance(memory, int | float) else "memory not known"
    idle = facts.get("idle_memory")
    return f"{facts.get('cpu')}, {facts.get('cores')} cores, {size}" + (f", idle memory {idle}" if idle else "")


def differences_in_kind(a: Session, b: Session, allowed: Sequence[str] = ()) -> list[str]:
    """Why what two sessions measured is not like for like, apart from what is `allowed` (by its short name)."""
    found = differences(_comparable(a, b), _comparable(b, a))
    shared = set(a.axes.backends) & set(b.axes.backends)
    found |= differences(_memory_sizes(a, b, shared), _memory_sizes(b, a, shared))
    if not set(a.axes.engines) & set(b.axes.engines):
        found["the engine"] = ", ".join(a.axes.engines), ", ".join(b.axes.engines)
    expected = tuple(ALLOWED[name] for name in allowed)
    return [
        f"{what} differs: {x or 'not recorded'} and {y or 'not recorded'}"
        for what, (x, y) in found.items()
        if not what.startswith(expected)
    ]


def across(a: Axes, b: Axes) -> tuple[str, str] | None:
    """The precisions of two runs that have one each, and not the same: the one is then compared with the other."""
    if len(a.precisions) == len(b.precisions) == 1 and a.precisions != b.precisions:
        return a.precisions[0], b.precisions[0]
    return None


def _comparable(session: Session, other: Session) -> dict[str, str | None]:
    """The conditions; of the bundles those of the precisions that both runs have.

    Where each has one, and not the same, both bundles must be made of the same model: of the same origin.
    """
    mine, theirs = recorded_bundles(session.target), recorded_bundles(other.target)
    if across(session.axes, other.axes):
        both_known = all(each.target.get("origin") for each in (session, other))
        bundle = f"origin {session.target['origin']}" if both_known else next(iter(mine.values()))
        shown = {THE_PRECISION: session.axes.precisions[0], THE_BUNDLE: bundle}
        lacking = [_bundle_in(each) for each in mine]
    else:
        shown, lacking = {}, [_bundle_in(each) for each in mine if each not in theirs]
    found = conditions(session.target, session.facts)
    return {what: value for what, value in found.items() if what not in lacking} | shown


def _memory_sizes(session: Session, other: Session, backends: set[str]) -> dict[str, str | None]:
    """The memory that these backends' functions had as deployed; empty if the run set the memory sizes."""
    if None not in session.axes.memories:
        return {}
    mine, theirs = session.axes.precisions, other.axes.precisions
    if across(session.axes, other.axes):
        functions = {name: function_name(name, mine[0]) for name in sorted(backends)}
    else:
        both = [each for each in mine if each in theirs]
        functions = {each: each for name in sorted(backends) for each in (function_name(name, of) for of in both)}
    sizes = {name: recorded_function(session, function).memory_mb for name, function in functions.items()}
    return {f"the memory of {name}": f"{size} MB" for name, size in sizes.items() if size is not None}


def unfair_differences(session: Session) -> list[str]:
    """Settings in which the compared functions differ although the comparison needs them equal."""
    memory_is_an_axis = None not in session.axes.memories
    names = ["Timeout", "Architectures"] if memory_is_an_axis else ["MemorySize", "Timeout", "Architectures"]
    differences = []
    for name in names:
        values = {function: session.functions.get(function, {}).get(name) for function in session.axes.functions}
        if len({str(value) for value in values.values()}) > 1:
            differences.append(f"{name} is " + ", ".join(f"{value} for {key}" for key, value in values.items()))
    return differences
