"""The command that a report prints makes the same plan again, in the same kind of deployment."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.commands.options import ARMS, add_axes_options, add_target_options, axes_from, choice_from
from bench.report.repeating import about_again, command_again
from bench.runs.plan import Axes
from bench.runs.records import Session
from contract.engines import ENGINES
from contract.storages import NAMES


def session(axes: Axes, **source: str) -> Session:
    return Session(1, "2026-01-01T00:00:00+00:00", axes, {}, {}, {"revision": "abc"}, source=source)


def again(axes: Axes, **source: str) -> str:
    return command_again(session(axes, **source), axes)


def parsed(command: str) -> argparse.Namespace:
    program, script, subcommand, *arguments = shlex.split(command)
    assert (program, script, subcommand) == (".venv/bin/python", "bench/run.py", "run")
    parser = argparse.ArgumentParser()
    add_target_options(parser)
    add_axes_options(parser)
    return parser.parse_args(arguments)


def some(values: st.SearchStrategy[object] | tuple[object, ...]) -> st.SearchStrategy[tuple[object, ...]]:
    each = st.sampled_from(values) if isinstance(values, tuple) else values
    return st.lists(each, min_size=1, max_size=3, unique=True).map(tuple)


AXES = st.builds(
    Axes,
    backends=some(NAMES),
    engines=some(ENGINES),
    memories=st.just((None,)) | some(st.integers(128, 10_240)),
    tokens=some(st.integers(1, 4_096)),
    arms=some(ARMS),
    cold=st.integers(1, 20),
    warm=st.integers(0, 50),
    bursts=st.just(()) | some(st.integers(1, 9)),
    seed=st.integers(0, 99),
)


@given(AXES)
def test_the_plan_is_the_same(axes: Axes) -> None:
    assert axes_from(parsed(again(axes))) == axes


@pytest.mark.parametrize("option", ["--idle 300", "--first-deploy"])
def test_other_kinds_of_cold_starts_are_asked_for_again(option: str) -> None:
    parser = argparse.ArgumentParser()
    add_axes_options(parser)
    axes = axes_from(parser.parse_args(option.split()))
    assert axes != Axes(NAMES)
    assert axes_from(parsed(again(axes))) == axes


def test_defaults_are_left_out_and_a_deployment_is_named() -> None:
    axes = replace(Axes(NAMES), cold=3)
    plain = f".venv/bin/python bench/run.py run --backends {','.join(NAMES)} --cold 3"
    assert again(axes, lab="started for the run", cache="cold") == plain
    shaped = again(axes, lab="started for the run", cache="warm", shape="lambda")
    assert (parsed(shaped).cache, parsed(shaped).shape) == ("warm", "lambda")
    stack = parsed(again(axes, stack="my stack; rm -rf"))
    assert choice_from(stack).stack == "my stack; rm -rf"


def test_a_path_is_said_to_begin_at_the_run() -> None:
    assert len(list(about_again(session(Axes(NAMES), stack="dev")))) == 1
    assert "relative to the folder" in list(about_again(session(Axes(NAMES), outputs="../o.json")))[1]


def test_a_run_that_was_extended_is_made_as_long_and_an_adaptive_one_adapts_again() -> None:
    planned = Axes(NAMES, cold=4, warm=8)
    assert axes_from(parsed(command_again(session(planned), planned.extended(7)))) == planned.extended(7)
    adaptive = replace(planned, until_resolved=("cold",), at_most=16)
    assert axes_from(parsed(command_again(session(adaptive), adaptive.extended(9)))) == adaptive
