"""A simulated account whose functions answer from snapshots, honestly or with a lie: a stand-in, not Lambda.

It implements `bench.measure.protocol.Target` in virtual time. Each lie is what a real mistake would look like to the
benchmark, and leaves all other witnesses as they would be.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.deployments.answer import observe
from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.runs.judge import Judged, judge_run
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.records import Observation, Original, Session
from bench.runs.store import RESULTS, Recorder, read_run
from contract import headers as names
from contract.run_modes import ON_DEMAND, SNAPSTART, label
from tests.bench.support.simulator import BUNDLE, LIMIT_MS, MEMORY_MB, Account, Truth, VirtualTime, outputs

RESTORED = label("oci", SNAPSTART)

# What a lie is, and which requests of a visit tell it: the restored one, or those after it.
COLD_LIES = (
    "environment of an earlier restore",
    "environment drawn before the snapshot",
    "no Restore Duration",
    "initialised instead of restored",
    "initialised beside a restore",
    "nonce of an earlier version",
    "no nonce",
    "answered by another version",
    "answered by $LATEST",
    "made on demand",
    "REPORT of another request",
    "no REPORT",
    "two REPORT lines",
    "second invocation",
    "restored before the request",
    "another bundle",
)
WARM_LIES = ("restored once more", "another environment", "initialised once more", "invocation left out")


@dataclass
class Restoring:
    """The target. `lies` says what the request of this number among all requests tells; None: the truth."""

    lies: dict[int, str] = field(default_factory=dict)
    json_logs: bool = False

    def __post_init__(self) -> None:
        self.time, self._version, self._nonce, self._asked = VirtualTime(), 0, "", 0
        self._environment, self._invocation = "", 0
        self._lines: dict[str, tuple[str, ...]] = {}
        self._all: list[str] = []  # request ids, as they were truly made
        self._rng = random.Random(7)

    def describe(self) -> dict[str, dict[str, object]]:
        return {RESTORED: {"MemorySize": MEMORY_MB, "Timeout": 30}}

    def originals(self, backends: Sequence[str]) -> dict[str, Original]:
        return {name: Original(MEMORY_MB, 30, {"CONFIG_NONCE": None}) for name in backends}

    def limit_ms(self, variant: Variant) -> float:
        return LIMIT_MS

    def force_cold(self, variant: Variant, nonce: str) -> str:
        self.time.now += 60.0
        self._version, self._before, self._nonce, self._invocation = self._version + 1, self._nonce, nonce, 0
        return str(self._version)

    def ping(self, variant: Variant) -> None:
        return None

    def call(self, variant: Variant) -> Observation:
        lie = self.lies.get(self._asked)
        self._asked += 1
        self._invocation += 1
        is_cold = self._invocation == 1
        earlier = self._environment
        if is_cold:
            self._environment = str(uuid.UUID(int=self._rng.getrandbits(128)))
        request, latency = str(uuid.UUID(int=self._rng.getrandbits(128))), 900.0 if is_cold else 30.0
        self.time.now += latency / 1e3
        self._log(request, is_cold, lie)
        told = {
            names.ENVIRONMENT_ID: self._environment,
            names.INVOCATION: str(self._invocation),
            names.CONFIG_NONCE: self._nonce,
            names.STORAGE_BACKEND: variant.storage,
            names.ENGINE: variant.engine,
            names.BUNDLE_HASH: BUNDLE,
            names.REQUEST_ID: request,
            names.LOG_STREAM: "",
            names.INITIALIZATION: SNAPSTART.initialization,
            names.FUNCTION_VERSION: str(self._version),
            names.SERVER_TIMING: "handler;dur=20",
        }
        told |= self._told_instead(lie, earlier)
        self._all.append(request)
        return observe(1.0, latency, 200, told, b'{"body": {"warnings": [], "results": []}}')

    def _told_instead(self, lie: str | None, earlier: str) -> dict[str, str]:
        other = self._all[-1] if self._all else "none"
        return {
            "environment of an earlier restore": {names.ENVIRONMENT_ID: earlier},
            "environment drawn before the snapshot": {names.ENVIRONMENT_ID: ""},
            "nonce of an earlier version": {names.CONFIG_NONCE: getattr(self, "_before", "")},
            "no nonce": {names.CONFIG_NONCE: ""},
            "answered by another version": {names.FUNCTION_VERSION: str(self._version - 1)},
            "answered by $LATEST": {names.FUNCTION_VERSION: "$LATEST"},
            "made on demand": {names.INITIALIZATION: ON_DEMAND.initialization},
            "REPORT of another request": {names.REQUEST_ID: other},
            "second invocation": {names.INVOCATION: "2"},
            "another bundle": {names.BUNDLE_HASH: "0" * 64},
            "another environment": {names.ENVIRONMENT_ID: str(uuid.UUID(int=self._rng.getrandbits(128)))},
            "invocation left out": {names.INVOCATION: str(self._invocation + 1)},
        }.get(lie or "", {})

    def _log(self, request: str, is_cold: bool, lie: str | None) -> None:
        restore = 450.0 if is_cold else None
        init = None
        if lie == "restored once more":
            restore = 450.0
        if lie == "restored before the request":
            restore = 5_000.0
        if lie in ("no Restore Duration", "initialised instead of restored"):
            restore = None
        if lie in ("initialised instead of restored", "initialised beside a restore", "initialised once more"):
            init = 700.0
        lines = [_report(request, 20.0, init, restore, as_json=self.json_logs)]
        if lie == "two REPORT lines":
            lines.append(_report(request, 21.0, init, restore, as_json=self.json_logs))
        self._lines[request] = () if lie == "no REPORT" else tuple(lines)

    def call_at_once(self, variant: Variant, count: int) -> list[Observation]:
        return [self.call(variant) for _ in range(count)]

    def log_lines(self, variant: Variant, seen: Sequence[Observation]) -> tuple[str, ...]:
        return tuple(line for one in seen for line in self._lines.get(one.request_id or "", ()))

    def restore(self) -> None:
        pass


def _report(request: str, duration: float, init: float | None, restore: float | None, *, as_json: bool) -> str:
    billed = int(duration + (init or 0.0)) + (54 if restore else 0)
    if as_json:
        numbers = {"durationMs": duration, "billedDurationMs": billed, "memorySizeMB": MEMORY_MB, "maxMemoryUsedMB": 9,
                   "initDurationMs": init, "restoreDurationMs": restore}  # fmt: skip
        metrics = ", ".join(f'"{name}": {value}' for name, value in numbers.items() if value is not None)
        return f'{{"type": "platform.report", "record": {{"requestId": "{request}", "metrics": {{{metrics}}}}}}}'
    line = (f"REPORT RequestId: {request}\tDuration: {duration:.2f} ms\tBilled Duration: {billed} ms\t"
            f"Memory Size: {MEMORY_MB} MB\tMax Memory Used: 9 MB\t")  # fmt: skip
    line += "" if init is None else f"Init Duration: {init:.2f} ms\t"
    return line + ("" if restore is None else f"Restore Duration: {restore:.2f} ms\tBilled Restore Duration: 54 ms\t")


def judged(target: Restoring, directory: Path, rounds: int, warm: int = 1) -> tuple[Judged, ...]:
    """A run of so many rounds after the warm-up, through the real runner, records and judge."""
    axes = Axes((RESTORED,), cold=rounds, warm=warm * rounds)
    recorded = parse_outputs(outputs("http://localhost", None, Account(Truth()))).recorded()
    header = Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), {})
    with Recorder(directory / RESULTS) as recorder:
        carry_out(build_plan(axes), target, header, recorder, target.time.clock)
    return judge_run(read_run(directory))
