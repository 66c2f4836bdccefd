"""Measures what the shape must show: limits as wanted, memory that counts, agreement with the calculator, no trace."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from bench.predict.agreement import Agreement, agreement
from bench.predict.fetching import device_bytes
from bench.predict.libraries import measure
from bench.predict.parameters import draw, lab_parameters, middle
from bench.predict.situation import fetch_of
from bench.predict.validation import validate
from bench.report.report import report_of
from bench.runs.core_speed import fibonacci_ms
from bench.runs.selection import select
from bench.runs.store import read_run
from contract.bucket import PLANS
from contract.checkout import IMAGES, ROOT
from contract.engines import ONNX
from contract.environment import READERS
from contract.phases import BOOT, ENCODE, INIT
from contract.precisions import FP32
from contract.routes import SIMILAR
from contract.storages import EFS, IMAGE, S3
from lab.check.check import self_test
from lab.host.janitor import CGROUP_ROOTS, link_prefix
from lab.shape.shape import shape_named
from published.read import number
from tests.acceptance.table import Measure, Row
from tests.lab.check.test_faults import FAULTS, found_of
from tests.lab.support.bundles import make_bundle
from tests.lab.support.left import left_over
from tests.support.labs import Lab, running, started

_SEED = 15
_KILLS = 20
_LONGEST_LIFE_S = 12.0
_SMALL_MB, _LARGE_MB = 1024, 3008
_LEAST_GAIN = 1.4
_COVERED, _OF = 6, 8
_SHAPED = ("--shape", "lambda", "--memory")
_OWN_READERS: Mapping[str, int] = {}  # as deployed
_FEW_READERS = {EFS.name: 2, S3.name: 4, IMAGE.name: 1}  # these ask for 160, 240 and 440 MB/s


def limits_are_as_wanted() -> Iterator[Row]:
    """The self-test of a lab like Lambda; what this machine cannot reach is bounded, with the reason."""
    found = asyncio.run(self_test(shape_named("lambda"), lambda line: None)).found
    for each in found:
        reached = f"{each.reached:.4g} of {each.wanted:.4g} {each.unit}, ratio {each.ratio:.2f}"
        bound = "" if each.is_met or each.bound is None else f"; bounded: {each.bound}"
        yield Row(f"self-test: {each.name}", "0.95-1.05, or bounded", reached + bound, each.is_met or bool(bound))


def memory_counts() -> Iterator[Row]:
    """A sweep over memory sizes, in the lab that it starts by itself."""
    with tempfile.TemporaryDirectory() as place:
        run = _run(Path(place), "--memory", f"{_SMALL_MB},{_LARGE_MB}", "--cold", 10, "--warm", 6)
        cold = {(item["backend"], item["memory_mb"]): item["cold"]["p50_ms"] for item in _summary(run)["variants"]}
        for backend in dict.fromkeys(name for name, _ in cold):
            small, large = cold[backend, _SMALL_MB], cold[backend, _LARGE_MB]
            yield Row(
                f"cold start at {_SMALL_MB:,} MB / {_LARGE_MB:,} MB, {backend}",
                f"at least {_LEAST_GAIN}",
                f"{small:,.0f} / {large:,.0f} ms = {small / large:.2f}; {_alone(run, backend)}",
                small / large >= _LEAST_GAIN,
            )
        fastest = min(dict.fromkeys(name for name, _ in cold), key=lambda name: cold[name, _LARGE_MB])
        objective = math.sqrt(cold[fastest, _SMALL_MB] * cold[fastest, _LARGE_MB])
        asked = ("--requests-per-hour", 1, "--objective", f"{objective:.0f}", "--share", 0.5, "--json")
        chosen = _bench("choose", run, *asked)
    best = json.loads(chosen.stdout)["options"][0]
    yield Row(
        f"choose: half within {objective:,.0f} ms, between the two sizes of {fastest}",
        f"not {_SMALL_MB:,} MB by price alone",
        f"{best['name']}, {best['verdict']}",
        f"{_SMALL_MB} MB" not in best["name"],
    )


def _alone(run: Path, backend: str) -> str:
    """The same by the core time of the environment alone, as if the servers of the storage were on another machine."""
    report = report_of(read_run(run))
    times = {}
    for memory in (_SMALL_MB, _LARGE_MB):
        cores = min(float(os.cpu_count() or 1), memory / number("mb-per-vcpu").value)
        (variant,) = (each for each in report.compared if (each.backend, each.memory_mb) == (backend, memory))
        starts = [item.sample.seen.cores_ms for item in select(report.judged, variant, "cold").valid]
        init = statistics.median(each[BOOT] + each[INIT] for each in starts) + float(middle().tokenizer_ms[0])
        times[memory] = init / max(1.0, cores) + statistics.median(each[ENCODE] for each in starts) / cores
    small, large = times.values()
    return f"by its environment's core time alone {small:,.0f} / {large:,.0f} ms = {small / large:.2f}"


def lab_and_calculator_agree() -> Iterator[Row]:
    """Cold starts in the shaped lab, beside what the calculator makes of the same parameters.

    First with the function's own readers, then with so few that the servers on this machine's cores can carry what
    these ask for.
    """
    for memory in (1769, _LARGE_MB):
        with tempfile.TemporaryDirectory() as place, running(IMAGES / "bundle", *_SHAPED, str(memory)) as lab:
            for readers in (_OWN_READERS, _FEW_READERS):
                _set_readers(lab, readers)
                outputs = Path(place) / "outputs.json"
                outputs.write_text(json.dumps(lab.outputs))
                folder = Path(tempfile.mkdtemp(dir=place))
                run = _run(folder, "--outputs", outputs, "--cold", 8, "--warm", 4, bundle=False)
                report = report_of(read_run(run))
                for each in agreement(report.judged, report.compared, memory, lab_parameters(), readers=readers):
                    yield _agreeing(each, memory, readers.get(each.variant.backend))


def reads_ahead_are_counted() -> Iterator[Row]:
    """The bytes that an environment's disk is asked for in a cold start: Linux reads on at the gaps of the weights."""
    with running(IMAGES / "bundle", *_SHAPED, str(_LARGE_MB), "--backends", IMAGE.name) as lab:
        before = _from_loop_devices()
        answer = requests.post(f"{lab.url}/{IMAGE.name}/{SIMILAR.name}", json={"text": "A dog", "num": 3}, timeout=60)
        answer.raise_for_status()
        read = _from_loop_devices() - before
    wanted = PLANS[FP32].bytes_
    computed = device_bytes(fetch_of(IMAGE, ONNX, wanted))
    yield Row(
        f"bytes read of the image's disk in a cold start, {wanted / 1e6:,.0f} MB of which are wanted / computed",
        "0.95-1.05",
        f"{read / 1e6:,.0f} / {computed / 1e6:,.0f} MB = {read / computed:.2f}",
        0.95 <= read / computed <= 1.05,
    )


def _from_loop_devices() -> int:
    """The bytes that all loop devices of this machine were asked for so far."""
    return sum(int(file.read_text().split()[2]) * 512 for file in Path("/sys/block").glob("loop*/stat"))


def _agreeing(each: Agreement, memory: int, few: int | None) -> Row:
    """With few readers it must agree; with more this machine's servers may carry less than they ask for."""
    beyond = few is None and each.fetch_mb_s < 0.9 * each.asked_mb_s
    said = f"reads at {each.fetch_mb_s:,.0f} of {each.asked_mb_s:,.0f} MB/s that the limits allow"
    return Row(
        f"shaped lab / prediction, {each.variant.backend} with {few or 'its own'} readers, {memory:,} MB",
        "0.9-1.1" if few else "0.9-1.1, or beyond this machine",
        f"{each.measured_ms:,.0f} / {each.computed_ms:,.0f} ms = {each.ratio:.2f}"
        + (f"; beyond this machine: it {said}" if beyond else f"; it {said}"),
        0.9 <= each.ratio <= 1.1 or beyond,
    )


def _set_readers(lab: Lab, readers: Mapping[str, int]) -> None:
    client = lab.lambda_client()
    for backend, few in readers.items():
        name = lab.outputs["backends"][backend]["functionName"]
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, READERS: str(few)}}
        )


def published_starts() -> Iterator[Row]:
    """Cold starts that others published; the test set was kept apart, and nothing was tuned for either."""
    found = validate(measure(), draw(fibonacci_ms=fibonacci_ms()))
    for name, rows in (
        ("all", found),
        ("test set", found.only(lambda row: row.start.test)),
        ("the others", found.only(lambda row: not row.start.test)),
    ):
        count = len(rows.starts)
        yield Row(
            f"published cold starts, {name}: covered; median ratio",
            f"aim {_COVERED} of {_OF}; 0.67-1.5",
            f"{rows.covered} of {count}; {rows.median_ratio:.2f}",
            rows.covered >= count * _COVERED / _OF and 0.67 <= rows.median_ratio <= 1.5,
        )


def faults_are_found() -> Iterator[Row]:
    """Each fault is planted alone, in a lab with small limits."""
    missed = [name for name in FAULTS if found_of(name).is_sound]
    yield Row(
        "seeded faults of the shape that the self-test finds",
        "all, at least 6",
        f"{len(FAULTS) - len(missed)} of {len(FAULTS)}{'; missed: ' if missed else ''}{', '.join(missed)}",
        not missed and len(FAULTS) >= 6,
    )


def nothing_is_left() -> Iterator[Row]:
    """Shaped labs, each killed with SIGKILL at a random moment of its start or its life."""
    rng = random.Random(_SEED)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        folder = Path(place)
        bundle, labs = make_bundle(folder / "bundle"), folder / "labs"
        labs.mkdir()
        names: set[str] = set()
        for _ in range(_KILLS):
            with started(bundle, labs, "--json", "--shape", "lambda", stderr=subprocess.DEVNULL) as process:
                time.sleep(rng.uniform(0.2, _LONGEST_LIFE_S))
                names |= {path.name for path in labs.iterdir()}
                process.kill()
                process.wait()
        left = _left(labs, names)
    yield Row(
        f"networks, links, qdiscs, cgroups, mounts, loop devices, processes left after {_KILLS} kill -9",
        "0",
        f"{len(left)} things of {len(names)} labs {left[:5] if left else ''}".strip(),
        not left and len(names) > _KILLS // 2,
    )


def _left(labs: Path, names: set[str]) -> list[str]:
    """What is left of the labs of these names in a folder when their janitors have had a minute to sweep."""
    deadline = time.monotonic() + 60
    while (left := [*left_over(labs), *_traces(names)]) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left


def _traces(names: set[str]) -> Iterator[str]:
    """Control groups of labs, and their links on the host; networks and qdiscs go with mounts and links."""
    links = [name for _, name in socket.if_nameindex()]
    for name in names:
        yield from (str(root / name) for root in CGROUP_ROOTS if (root / name).exists())
        yield from (link for link in links if link.startswith(link_prefix(Path(name))))


def _run(folder: Path, *options: object, bundle: bool = True) -> Path:
    """A run, with the full-size bundle if it starts a lab; that must have been built."""
    out = folder / "run"
    done = _bench("run", *(("--bundle", IMAGES / "bundle") if bundle else ()), *options, "--out", out)
    if not (out / "summary.json").exists():
        raise RuntimeError(
            f"the run failed (has `python -m model build` made {IMAGES / 'bundle'}?): {done.stderr[-2000:]}"
        )
    return out


def _bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "bench/run.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def _summary(run: Path) -> Any:
    return json.loads((run / "summary.json").read_text())


QUICK: tuple[Measure, ...] = ()
MEASURES: tuple[Measure, ...] = (
    limits_are_as_wanted,
    faults_are_found,
    memory_counts,
    reads_ahead_are_counted,
    lab_and_calculator_agree,
    published_starts,
    nothing_is_left,
)
