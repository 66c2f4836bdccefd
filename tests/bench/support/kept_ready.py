"""A simulated account with provisioned concurrency, honest or lying, in virtual time or behind sockets: a stand-in.

`KeptReady` implements `bench.measure.protocol.Target`; `ReadyAccount` is what `bench.deployments.versions` asks. A lie
is what a spill-over or a mistake would look like to the benchmark, and leaves all other witnesses as they would be.
"""

from __future__ import annotations

import random
import urllib.parse
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.deployments.answer import observe
from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.runs.judge import Judged, judge_run
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.records import Observation, Original, Session
from bench.runs.store import RESULTS, Recorder, read_run
from contract import headers as names
from contract.run_modes import PROVISIONED, SNAPSTART
from tests.bench.support.kills import World, state
from tests.bench.support.simulator import (
    BUNDLE,
    LIMIT_MS,
    MEMORY_MB,
    Account,
    Reply,
    Truth,
    VirtualTime,
    outputs,
    report_line,
)

LIES = (
    "spilled over",
    "spilled over, said to be provisioned",
    "spilled over, without Init Duration",
    "restored from a snapshot",
    "made in no known way",
    "nonce of an earlier visit",
    "no nonce",
    "answered by another version",
    "answered by $LATEST",
    "environment of an earlier visit",
    "no environment",
    "second request, the first of which is its own",
    "no count of invocations",
    "REPORT of another request",
    "no REPORT",
    "two REPORT lines",
    "another bundle",
)


@dataclass
class KeptReady:
    """The target. `lies` says what the request of this number among all that are sent at once tells.

    With `shares` the last request of each visit finds the environment of the one before it, which is honest, too.
    """

    lies: dict[int, str] = field(default_factory=dict)
    shares: bool = False

    def __post_init__(self) -> None:
        self.time, self._rng = VirtualTime(), random.Random(18)
        self._version, self._nonce, self._before = 0, "", ""
        self._ready, self._asked, self._warm = 0, 0, 0
        self._environment, self._last = "none", "none"
        self._lines: dict[str, tuple[str, ...]] = {}
        self.most_ready = 0

    def describe(self) -> dict[str, dict[str, object]]:
        return {"oci": {"MemorySize": MEMORY_MB, "Timeout": 30}}

    def originals(self, backends: Sequence[str]) -> dict[str, Original]:
        return {name: Original(MEMORY_MB, 30, {"CONFIG_NONCE": None}, "$LATEST") for name in backends}

    def limit_ms(self, variant: Variant) -> float:
        return LIMIT_MS

    def force_cold(self, variant: Variant, nonce: str) -> None:
        self.time.now += 60.0
        self._before, self._nonce, self._warm = self._nonce, nonce, 0

    def keep_ready(self, variant: Variant, nonce: str, count: int) -> str:
        self._version, self._ready = self._version + 1, count
        self.most_ready = max(self.most_ready, count)
        return str(self._version)

    def let_go(self, variant: Variant) -> None:
        self._ready = 0

    def ping(self, variant: Variant) -> None:
        return None

    def call(self, variant: Variant) -> Observation:
        """A request to $LATEST."""
        self._warm += 1
        if self._warm == 1:
            self._environment = self._new_id()
        is_cold = self._warm == 1
        request = self._log(20.0, 500.0 if is_cold else None)
        told = self._told(variant, request, self._environment, self._warm, idle=1.0)
        return observe(0.0, 900.0 if is_cold else 30.0, 200, told, b"{}", self._lines[request])

    def call_at_once(self, variant: Variant, count: int) -> list[Observation]:
        earlier, seen, environment = self._last, [], ""
        for number in range(count):
            second = self.shares and number == count - 1 and count > 1
            environment = environment if second else self._new_id()
            seen.append(self._one(variant, environment, 2 if second else 1, earlier))
        self._last = environment
        return seen[::-1]  # answers come in any order

    def _one(self, variant: Variant, environment: str, invocation: int, earlier: str) -> Observation:
        lie, other = self.lies.get(self._asked), next(reversed(self._lines), "none")
        self._asked += 1
        spilled = lie is not None and lie.startswith("spilled over")
        init = None if invocation > 1 or lie == "spilled over, without Init Duration" else 700.0
        request = self._log(20.0, init, lie)
        told = self._told(variant, request, environment, invocation, idle=1.0 if spilled else 2_000.0)
        told |= {names.INITIALIZATION: PROVISIONED.initialization, names.FUNCTION_VERSION: str(self._version)}
        told |= {
            "spilled over": {names.INITIALIZATION: "", names.FUNCTION_VERSION: ""},
            "restored from a snapshot": {names.INITIALIZATION: SNAPSTART.initialization},
            "made in no known way": {names.INITIALIZATION: "otherwise"},
            "nonce of an earlier visit": {names.CONFIG_NONCE: self._before},
            "no nonce": {names.CONFIG_NONCE: ""},
            "answered by another version": {names.FUNCTION_VERSION: str(self._version - 1)},
            "answered by $LATEST": {names.FUNCTION_VERSION: "$LATEST"},
            "environment of an earlier visit": {names.ENVIRONMENT_ID: earlier},
            "no environment": {names.ENVIRONMENT_ID: ""},
            "second request, the first of which is its own": {names.INVOCATION: "2"},
            "no count of invocations": {names.INVOCATION: ""},
            "REPORT of another request": {names.REQUEST_ID: other},
            "another bundle": {names.BUNDLE_HASH: "0" * 64},
        }.get(lie or "", {})
        return observe(0.0, 900.0 if spilled else 40.0, 200, told, b"{}", self._lines[request])

    def _told(self, variant: Variant, request: str, environment: str, count: int, idle: float) -> dict[str, str]:
        return {
            names.ENVIRONMENT_ID: environment,
            names.INVOCATION: str(count),
            names.CONFIG_NONCE: self._nonce,
            names.STORAGE_BACKEND: variant.storage,
            names.ENGINE: variant.engine,
            names.BUNDLE_HASH: BUNDLE,
            names.REQUEST_ID: request,
            names.LOG_STREAM: "stream",
            names.SERVER_TIMING: f"idle;dur={idle if count == 1 else 0.0}, handler;dur=20",
        }

    def _log(self, duration: float, init: float | None, lie: str | None = None) -> str:
        request = self._new_id()
        lines = [report_line(request, duration, MEMORY_MB, 9, init)]
        if lie == "two REPORT lines":
            lines.append(report_line(request, duration + 1, MEMORY_MB, 9, init))
        self._lines[request] = () if lie == "no REPORT" else tuple(lines)
        return request

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128)))

    def log_lines(self, variant: Variant, seen: Sequence[Observation]) -> tuple[str, ...]:
        return tuple(line for one in seen for line in one.log_tail)

    def restore(self) -> None:
        pass


def judged(target: KeptReady, directory: Path, rounds: int, ready: int) -> tuple[Judged, ...]:
    """The requests at once of a run of so many rounds, through the real runner, records and judge."""
    axes = Axes(("oci",), cold=rounds, warm=rounds, arms=("invoke",), provisioned=ready)
    recorded = parse_outputs(outputs("http://localhost", None, Account(Truth()), "aws")).recorded()
    header = Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), {})
    with Recorder(directory / RESULTS) as recorder:
        carry_out(build_plan(axes), target, header, recorder, target.time.clock)
    found = judge_run(read_run(directory))
    assert all(item.status == "ok" for item in found if item.sample.state != "provisioned")
    return tuple(item for item in found if item.sample.state == "provisioned")


@dataclass
class ReadyAccount(Account):
    """The Lambda API of versions and of what is kept ready. `fails`: nothing is provided; `spills`: less than asked."""

    published: dict[str, dict[str, str]] = field(default_factory=dict)  # by function: descriptions by version
    ready: dict[str, dict[str, int]] = field(default_factory=dict)
    last: int = 0
    most: int = 0
    fails: bool = False
    spills: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for backend in self.backends:
            self.published[backend], self.ready[backend] = {"0": "released by somebody"}, {}
        self._qualifier: str | None = None
        self._free = 0

    def versions(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        url = urllib.parse.urlsplit(path)
        query = urllib.parse.parse_qs(url.query)
        qualifier = query.get("Qualifier", [None])[0]
        if "/functions/" not in url.path:
            return None
        name, *rest = url.path.split("/functions/")[1].split("/")
        backend, what = name.removeprefix("model-storage-"), rest[0] if rest else ""
        if what == "invocations":
            self._qualifier = qualifier
            return None
        if what == "versions":
            return self._of_versions(method, backend, body)
        if what == "provisioned-concurrency":
            return self._of_ready(method, backend, qualifier, body)
        if method == "DELETE" and qualifier:
            return self._delete(backend, qualifier)
        if method == "GET" and qualifier:
            return 200, {"State": "Active"}
        return None

    def _of_versions(self, method: str, backend: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        found = self.published[backend]
        if method == "GET":
            return 200, {"Versions": [{"Version": key, "Description": value} for key, value in found.items()]}
        self.last += 1
        found[str(self.last)] = str(body.get("Description", ""))
        self.most = max(self.most, sum(map(len, self.published.values())) - len(self.published))
        return 201, {"Version": str(self.last)}

    def _of_ready(
        self, method: str, backend: str, qualifier: str | None, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        found = self.ready[backend]
        if qualifier is None:
            arn = f"arn:aws:lambda:us-east-1:1:function:model-storage-{backend}"
            return 200, {"ProvisionedConcurrencyConfigs": [{"FunctionArn": f"{arn}:{key}"} for key in found]}
        if method == "PUT":
            found[qualifier] = self._free = int(body["ProvisionedConcurrentExecutions"])
            return 202, {"Status": "IN_PROGRESS"}
        if qualifier not in found:
            return 404, {"Code": "ProvisionedConcurrencyConfigNotFoundException", "message": "none"}
        if method == "DELETE":
            del found[qualifier]
            return 204, {}
        return 200, {"Status": "FAILED", "StatusReason": "too little concurrency"} if self.fails else {
            "Status": "READY"
        }

    def _delete(self, backend: str, version: str) -> tuple[int, dict[str, Any]]:
        if version in self.ready[backend]:
            return 409, {"Code": "ResourceConflictException", "message": "it has provisioned concurrency"}
        del self.published[backend][version]
        return 204, {}

    def call(self, backend: str) -> Reply:
        if self._qualifier is None:
            return super().call(backend)
        function = self.functions[backend]
        kept, function.environment = function.environment, None
        reply = super().call(backend)
        function.environment = kept
        self._free -= 1
        if self._free < self.spills:
            return reply
        timing = reply.headers[names.SERVER_TIMING].replace("idle;dur=1.000", "idle;dur=2000.000")
        told = {
            names.SERVER_TIMING: timing,
            names.INITIALIZATION: PROVISIONED.initialization,
            names.FUNCTION_VERSION: self._qualifier,
        }
        return replace(reply, latency_ms=5.0, headers={**reply.headers, **told})


def an_account() -> ReadyAccount:
    """One whose functions answer quickly."""
    return ReadyAccount(Truth(lambda backend, engine, rng: 30.0, lambda backend, engine, rng: 5.0), ("s3", "oci"))


def left(account: ReadyAccount) -> tuple[object, ...]:
    """Everything that a run could have changed."""
    published = {name: frozenset(found) for name, found in account.published.items()}
    return state(account), published, {name: dict(found) for name, found in account.ready.items()}


def ready_outputs(url: str, account: Account) -> dict[str, Any]:
    """The outputs of a stack at this address."""
    return outputs(url, url, account, "aws")


WORLD = World(
    an_account,
    left,
    ready_outputs,
    ("--backends", "s3,oci", "--arms", "invoke", "--provisioned", "2", "--cold", "2", "--warm", "2", "--yes"),
)
"""What is ended at random moments."""
