"""A run records its conditions, takes them over at resume, and is refused where they contradict."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.deployments.connect import Choice, recorded_choice, resumed_choice
from bench.deployments.outputs import parse_outputs
from bench.measure.session import must_match
from bench.process.errors import StorageError, UsageError
from bench.runs.conditions import conditions, differences, differences_in_kind
from bench.runs.lock import only_writer
from bench.runs.plan import Axes
from bench.runs.records import Session
from bench.runs.store import Run
from tests.bench.support.command import bench, write_outputs
from tests.bench.support.simulator import Account, Truth, outputs, serve

LAB = {"cachePolicy": "cold: evicted", "memoryEnforcement": "memory cgroup", "images": "none"}
MACHINE = {"machine": {"cpu": "A", "cores": 2, "memory_gb": 25.2, "kernel": "6.1", "idle_memory": "kept"}}


def a_session(changes: dict[str, Any] | None = None, **facts: Any) -> Session:
    given = {**outputs("http://localhost", None, Account(Truth())), **LAB, **(changes or {})}
    functions = {name: {"MemorySize": 3008, "Timeout": 30} for name in ("efs", "s3", "oci")}
    machine = {"machine": {**MACHINE["machine"], **facts}}
    return Session(1, "2026", Axes(("efs", "s3", "oci")), parse_outputs(given).recorded(), functions, machine)


def run(session: Session) -> Run:
    return Run((session,), (), (), ())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"cachePolicy": "warm: read"}, "page cache"),
        ({"memoryEnforcement": "watching"}, "memory"),
        ({"images": "built"}, "images"),
        ({"bundleHash": "c" * 64}, "bundle"),
        ({"architecture": "arm64"}, "architecture"),
        ({"target": "aws"}, "target"),
    ],
)
def test_other_settings_are_refused_at_resume_and_named_by_compare(change: dict[str, str], what: str) -> None:
    first, other = a_session(), a_session(change)
    given = {**outputs("http://localhost", None, Account(Truth())), **LAB}
    must_match(run(first), parse_outputs(given).recorded(), MACHINE)
    with pytest.raises(UsageError, match=f"{what}.*start anew"):
        must_match(run(first), parse_outputs({**given, **change}).recorded(), MACHINE)
    assert differences_in_kind(first, first) == []
    [reason] = differences_in_kind(first, other)
    assert what in reason


def test_another_machine_memory_size_or_engine_is_named() -> None:
    first = a_session()
    assert differences_in_kind(first, a_session(kernel="6.2", memory_gb=25.4)) == []
    [reason] = differences_in_kind(first, a_session(cores=8))
    assert "machine" in reason
    smaller = replace(first, functions={**first.functions, "s3": {"MemorySize": 512, "Timeout": 30}})
    assert differences_in_kind(first, smaller) == ["the memory of s3 differs: 3008 MB and 512 MB"]
    set_by_the_run = replace(smaller, axes=replace(first.axes, memories=(1024,)))
    assert differences_in_kind(set_by_the_run, set_by_the_run) == []
    other = replace(first, axes=replace(first.axes, engines=("transformers",)))
    assert differences_in_kind(first, other) == ["the engine differs: onnx and transformers"]
    with pytest.raises(UsageError, match="machine"):
        must_match(run(first), parse_outputs({**outputs("http://x", None, Account(Truth())), **LAB}).recorded(), {})


def test_what_an_earlier_version_did_not_record_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    old = replace(a_session(), target={"kind": "lab", "bundle_hash": "b" * 64, "architecture": "x86_64"}, facts={})
    must_match(run(old), parse_outputs({**outputs("http://x", None, Account(Truth())), **LAB}).recorded(), MACHINE)
    said = capsys.readouterr().err
    assert "no record of the page cache" in said
    assert "no record of the machine" in said
    assert len(differences_in_kind(old, a_session())) == 4


def test_differences_are_those_of_either_side() -> None:
    assert differences({"a": "1", "b": "2"}, {"a": "1", "c": "3"}) == {"b": ("2", None), "c": (None, "3")}
    assert conditions({}, {})["the machine"] is None


def test_a_choice_is_recorded_and_read_again_wherever_the_folders_are_moved_together(tmp_path: Path) -> None:
    directory = tmp_path / "reports" / "run"
    for choice in (
        Choice(stack="dev"),
        Choice(outputs=tmp_path / "outputs.json"),
        Choice(cache="warm", bundle=tmp_path / "bundle"),
        Choice(cache="cold"),
    ):
        source = choice.recorded(directory)
        assert str(tmp_path) not in json.dumps(source)
        again = recorded_choice(replace(a_session(), source=source), directory)
        resolved = {
            name: path and path.resolve() for name, path in (("outputs", again.outputs), ("bundle", again.bundle))
        }
        assert replace(again, **resolved) == choice


def test_resume_takes_over_what_is_not_given_again(tmp_path: Path) -> None:
    warm = replace(a_session(), source=Choice(cache="warm", bundle=tmp_path / "b").recorded(tmp_path))
    assert resumed_choice(Choice(), warm, tmp_path).cache == "warm"
    taken = resumed_choice(Choice(), warm, tmp_path).bundle
    assert taken is not None
    assert taken.resolve() == tmp_path / "b"
    with pytest.raises(UsageError, match="--cache warm"):
        resumed_choice(Choice(cache="cold"), warm, tmp_path)
    stack = replace(a_session(), source={"stack": "dev"})
    assert resumed_choice(Choice(), stack, tmp_path) == Choice(stack="dev")
    assert resumed_choice(Choice(stack="other"), stack, tmp_path) == Choice(stack="other")
    with pytest.raises(UsageError, match="did not start a lab"):
        resumed_choice(Choice(cache="warm"), stack, tmp_path)
    assert resumed_choice(Choice(cache="warm"), a_session(), tmp_path) == Choice(cache="warm")


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    with only_writer(tmp_path / "new" / "run"):
        with pytest.raises(StorageError, match="another process is writing"), only_writer(tmp_path / "new" / "run"):
            pass
        with only_writer(tmp_path / "other"):
            pass
    with only_writer(tmp_path / "new" / "run"):
        pass


def test_a_place_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "run", tmp_path / "file", Path("/proc/run")):
        with pytest.raises(StorageError, match="cannot"), only_writer(place):
            pass


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    account = Account(Truth(lambda backend, engine, rng: 20.0, lambda backend, engine, rng: 4.0))
    with serve(account) as url:
        yield write_outputs(tmp_path, url, account)


@pytest.mark.parametrize("arguments", [["run", "--out"], ["run", "--resume"], ["load", "--out"], ["restore"]])
def test_a_second_writer_is_refused_and_changes_nothing(arguments: list[str], file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "results.jsonl").write_text("{}\n")
    held = os.open(out, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    target = [] if arguments == ["restore"] else ["--outputs", str(file)]
    done = bench(*arguments, out, *target)
    os.close(held)
    assert done.returncode == 5
    assert "another process is writing" in done.stderr
    assert [path.name for path in out.iterdir()] == ["results.jsonl"]
