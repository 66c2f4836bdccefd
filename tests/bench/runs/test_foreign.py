"""A function of the user's is judged by the witnesses that it has, each of which must agree; ours by all."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.process.errors import UsageError
from bench.runs.bodies import Mix, keep, kept, read_body
from bench.runs.foreign import OWN, WITNESSES, checked_witnesses, in_words
from bench.runs.judge import INVALID, OK, judge_run
from bench.runs.plan import Axes, Variant
from bench.runs.records import Observation, Sample, Session, VisitEnd
from bench.runs.store import Run
from contract.outputs import ALL_WITNESSES, ENVIRONMENT_ID, INVOCATION, LOG_LINE, NONCE

VARIANT = Variant("mine", OWN, tokens=0)
_LACKING = {
    ENVIRONMENT_ID: {"environment_id": None},
    INVOCATION: {"invocation": None},
    NONCE: {"nonce": None},
    LOG_LINE: {"request_id": None},
}
_WRONG = {
    ENVIRONMENT_ID: {"environment_id": "another"},
    INVOCATION: {"invocation": 7},
    NONCE: {"nonce": "an old one"},
    LOG_LINE: {"request_id": "unheard of"},
}


def _run(witnesses: tuple[str, ...] | None, **changed: Any) -> Run:
    """A cold and a warm request; `changed` is what the second answer said instead."""
    cold = Observation(1.0, 300.0, 200, environment_id="e", invocation=1, nonce="n", request_id="r1")
    warm = Observation(1.0, 20.0, 200, environment_id="e", invocation=2, nonce="n", request_id="r2")
    for name in () if witnesses is None else set(WITNESSES) - set(witnesses):
        cold, warm = replace(cold, **_LACKING[name]), replace(warm, **_LACKING[name])
    warm = replace(warm, **changed)
    first = Sample("v.0", "v", 1, 1, 0, False, VARIANT, "cold", "new-sandbox", "2026", 0.0, "n", 30_000.0, cold)
    second = replace(first, id="v.1", state="warm", cold_kind=None, seen=warm,
                     previous_environment=cold.environment_id, previous_invocation=cold.invocation)  # fmt: skip
    lines = ("REPORT RequestId: r1\tDuration: 9 ms\tInit Duration: 90 ms\t", "REPORT RequestId: r2\tDuration: 9 ms\t")
    backend = {"name": "mine", "function_name": "f", "log_group": "g", "storage": "s", "witnesses": witnesses}
    target = {"kind": "lab", "bundleHash": "not stated", "backends": [backend]}
    session = Session(1, "2026", Axes(("mine",)), target, {}, {})
    return Run((session,), (first, second), (VisitEnd("v", 1, log_lines=lines),), ())


_SUBSETS = [subset for size in range(1, 5) for subset in itertools.combinations(ALL_WITNESSES, size)]


@pytest.mark.parametrize("witnesses", _SUBSETS)
def test_the_witnesses_that_it_has_decide_and_only_those(witnesses: tuple[str, ...]) -> None:
    assert [item.status for item in judge_run(_run(witnesses))] == [OK, OK]
    for name in ALL_WITNESSES:
        wrong = judge_run(_run(witnesses, **_WRONG[name]))[1].status
        assert wrong == (INVALID if name in witnesses else OK), name
        lacking = judge_run(_run(witnesses, **_LACKING[name]))[1].status
        assert lacking == (INVALID if name in witnesses else OK), name


def test_a_function_of_ours_cannot_do_without_any() -> None:
    assert {item.status for item in judge_run(_run(None))} == {INVALID}  # it says neither backend nor engine


def test_witnesses_are_known_and_at_least_one() -> None:
    assert checked_witnesses(("log line", "environment")) == ("environment", "log line")
    assert set(WITNESSES) == set(ALL_WITNESSES)
    with pytest.raises(ValueError, match="no witness 'headers'"):
        checked_witnesses(("headers",))
    with pytest.raises(ValueError, match="at least one"):
        checked_witnesses(())


def test_fewer_witnesses_are_never_called_all() -> None:
    for witnesses in _SUBSETS:
        said = in_words("mine", witnesses)
        assert f"{len(witnesses)} of 4 witnesses" in said
        assert ("lacks" in said) == (len(witnesses) < 4)


def test_bodies_are_drawn_by_weight_and_kept_with_the_run(tmp_path: Path) -> None:
    for name, content in (("a.json", b"{}"), ("b.bin", b"\0\1")):
        (tmp_path / name).write_bytes(content)
    bodies = (read_body(tmp_path / "a.json", 3), read_body(tmp_path / "b.bin", 1))
    assert [body.facts.content_type for body in bodies] == ["application/json", "application/octet-stream"]
    mix, again = Mix(bodies, 1), Mix(bodies, 1)
    drawn = [mix.draw().facts.name for _ in range(2000)]
    assert drawn == [again.draw().facts.name for _ in range(2000)]
    assert drawn.count("a.json") / 2000 == pytest.approx(0.75, abs=0.04)
    keep(bodies, tmp_path)
    facts = [body.facts for body in bodies]
    assert kept(facts, tmp_path) == bodies
    (tmp_path / "bodies" / facts[0].sha256).write_bytes(b"changed")
    with pytest.raises(UsageError, match="was changed"):
        kept(facts, tmp_path)
    with pytest.raises(UsageError, match="no digest"):
        kept([replace(facts[0], sha256="../../etc/passwd")], tmp_path)


def test_a_body_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(5 << 20))
    with pytest.raises(UsageError, match="can carry 4,718,592"):
        read_body(tmp_path / "a.bin", 1)
