"""The simulated account with versions, snapshots and aliases, as far as a run uses them: a stand-in, not Lambda.

A version holds the variables of its moment, is Pending for a few looks, then Active with a snapshot. Lambda's refusals
are here too: an alias needs a version that is there, and a version that an alias points at is not deleted.
"""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field, replace
from typing import Any

from contract import headers as names
from contract.run_modes import SNAPSTART, path_segment
from tests.bench.support.kills import World, state
from tests.bench.support.simulator import Account, Function, Reply, Truth, outputs

BACKEND, ALIAS = "oci", "snapstart"
_PENDING_LOOKS = 2


@dataclass
class Version:
    function: Function
    description: str
    looks: int = 0


@dataclass
class VersionedAccount(Account):
    """`broken` makes every snapshot fail; `most` is how many versions of a run there ever were at one moment."""

    published: dict[str, Version] = field(default_factory=dict)
    alias: str = "1"
    last: int = 1
    broken: bool = False
    most: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.published["1"] = Version(self.functions[BACKEND], "deployed by the stack")

    def versions(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        url = urllib.parse.urlsplit(path)
        qualifier = urllib.parse.parse_qs(url.query).get("Qualifier", [None])[0]
        last = url.path.rsplit("/", 2)[-2:]
        if method == "POST" and last[-1] == "versions":
            return self._publish(body)
        if method == "GET" and last[-1] == "versions":
            found = [{"Version": name, "Description": each.description} for name, each in self.published.items()]
            return 200, {"Versions": [{"Version": "$LATEST", "Description": ""}, *found]}
        if last[-2] == "aliases":
            return self._alias(method, body)
        if method == "DELETE" and qualifier:
            return self._delete(qualifier)
        if method == "GET" and last[-1] == "configuration" and qualifier:
            return self._look(qualifier)
        return None

    def _publish(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        latest = self.functions[BACKEND]
        self.last += 1
        copy = Function(BACKEND, dict(latest.variables), latest.memory_mb)
        self.published[str(self.last)] = Version(copy, str(body.get("Description", "")))
        self.most = max(self.most, len(self.published) - 1)
        return 201, {"Version": str(self.last)}

    def _alias(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if method == "PUT":
            wanted = str(body["FunctionVersion"])
            if wanted not in self.published:
                return _refused(404, "ResourceNotFoundException", f"no version {wanted}")
            self.alias = wanted
        return 200, {"Name": ALIAS, "FunctionVersion": self.alias}

    def _delete(self, version: str) -> tuple[int, dict[str, Any]]:
        if version == self.alias:
            return _refused(409, "ResourceConflictException", "an alias points at it")
        del self.published[version]
        return 204, {}

    def _look(self, version: str) -> tuple[int, dict[str, Any]]:
        found = self.published[version]
        found.looks += 1
        if found.looks <= _PENDING_LOOKS and version != "1":
            return 200, {"State": "Pending", "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}}
        if self.broken:
            return 200, {"State": "Failed", "StateReason": "the snapshot could not be taken"}
        return 200, {"State": "Active", "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}}

    def call(self, backend: str) -> Reply:
        if backend != path_segment(BACKEND, SNAPSTART):
            return super().call(backend)
        latest, version = self.functions[BACKEND], self.published[self.alias]
        self.functions[BACKEND] = version.function
        try:
            return self._restored(super().call(BACKEND))
        finally:
            self.functions[BACKEND] = latest

    def _restored(self, reply: Reply) -> Reply:
        stream = reply.headers.get(names.LOG_STREAM, "")
        lines = tuple(line.replace("Init Duration", "Restore Duration") for line in reply.lines)
        self.logs[stream] = [line.replace("Init Duration", "Restore Duration") for line in self.logs.get(stream, [])]
        told = {
            names.LOG_STREAM: "",
            names.INITIALIZATION: SNAPSTART.initialization,
            names.FUNCTION_VERSION: self.alias,
        }
        return replace(reply, headers={**reply.headers, **told}, lines=lines)

    def log_events(self, asked: dict[str, Any]) -> list[str]:
        if "filterPattern" not in asked:
            return super().log_events(asked)
        ids = {part.strip('?"') for part in asked["filterPattern"].split()}
        return [line for lines in self.logs.values() for line in lines if any(each in line for each in ids)]


def an_account() -> VersionedAccount:
    """One whose functions answer quickly."""
    truth = Truth(lambda backend, engine, rng: 30.0, lambda backend, engine, rng: 5.0)
    return VersionedAccount(truth, ("s3", BACKEND))


def left(account: VersionedAccount) -> tuple[object, str, set[str]]:
    """Everything that a run could have changed."""
    return state(account), account.alias, set(account.published)


def _refused(status: int, code: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"Code": code, "message": message}


def versioned_outputs(url: str, account: Account) -> dict[str, Any]:
    """The outputs of a stack whose image has snapshots."""
    found: dict[str, Any] = outputs(url, url, account)
    found["backends"][BACKEND]["snapshotAlias"] = ALIAS
    return found


WORLD = World(
    an_account,
    left,
    versioned_outputs,
    ("--backends", "s3,oci+snapstart", "--memory", "512", "--cold", "2", "--warm", "2"),
)
"""What is ended at random moments."""
