"""Publishes a version for each cold start from a snapshot, and for each visit to what is kept ready.

The first needs the alias pointed at it, the second provisioned concurrency. There are never more than two versions of a
run for a function: the one that answers, and the one that takes its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.deployments.deployment import Backend
from bench.deployments.functions import Functions, explained, looks
from bench.process.errors import TargetError
from bench.process.signals import deferred

PUBLISH_TIMEOUT_S = 900.0
LATEST = "$LATEST"  # what answers where there is no alias
_READY_FOR_S = 1.0  # a last environment may be ready just now: an INIT that ended before the request shows as such
_MARK = "bench/run.py "  # what the description of such a version begins with: nobody else's is ever deleted


class Versions:
    """The published versions of the functions of one deployment."""

    def __init__(self, functions: Functions) -> None:
        self._api = functions.api

    def current(self, backend: Backend) -> str | None:
        """The version that the backend's alias points at; None for a backend without one."""
        if backend.alias is None:
            return None
        with explained(f"reading the alias {backend.alias} of {backend.function_name}"):
            found: str = self._api.get_alias(FunctionName=backend.function_name, Name=backend.alias)["FunctionVersion"]
        return found

    def with_snapshot(self, backend: Backend) -> tuple[str | None, bool]:
        """The version that the backend's alias points at, and whether it has a snapshot to restore."""
        version = self.current(backend)
        with explained(f"reading version {version} of {backend.function_name}"):
            found = self._api.get_function_configuration(
                FunctionName=backend.function_name, Qualifier=version or LATEST
            )
        return version, found.get("SnapStart", {}).get("OptimizationStatus") == "On"

    def publish(self, backend: Backend, nonce: str, original: str | None) -> str:
        """Delete what answers no more, publish $LATEST, wait for its snapshot, and let the alias answer from it.

        `original` is what the alias pointed at before the run. Raises TargetError where Lambda makes no snapshot.
        """
        self._delete_all(backend, but={self.current(backend), original})
        version = self._publish(backend, nonce)
        self._wait(backend.function_name, version, _has_snapshot)
        self._point(backend, version)
        return version

    def keep_ready(self, backend: Backend, nonce: str, count: int) -> str:
        """Publish $LATEST and wait until `count` of its environments are ready for requests.

        Raises TargetError where Lambda does not provide them.
        """
        self._delete_all(backend, but=set())
        version = self._publish(backend, nonce)
        name = backend.function_name
        self._wait(name, version, lambda found: found.get("State", "Active") == "Active")
        with explained(f"asking for provisioned concurrency of {name}"), deferred():
            self._api.put_provisioned_concurrency_config(
                FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=count
            )
        self._wait_until_ready(name, version)
        time.sleep(_READY_FOR_S)
        return version

    def let_go(self, backend: Backend) -> bool:
        """Delete what runs kept ready, and its versions; whether there was anything."""
        return self._delete_all(backend, but=set())

    def put_back(self, backend: Backend, original: str | None) -> bool:
        """Point the alias at what it pointed at before the run, and delete the run's versions; whether it had to."""
        if original is None:
            return False
        moved = backend.alias is not None and self.current(backend) != original
        if moved:
            self._point(backend, original)
        return self._delete_all(backend, but={original}) or moved

    def _publish(self, backend: Backend, nonce: str) -> str:
        with explained(f"publishing a version of {backend.function_name}"), deferred():
            published = self._api.publish_version(
                FunctionName=backend.function_name, Description=f"{_MARK}{nonce}"[:256]
            )
        version: str = published["Version"]
        return version

    def _point(self, backend: Backend, version: str) -> None:
        with explained(f"pointing the alias {backend.alias} of {backend.function_name} at {version}"), deferred():
            self._api.update_alias(FunctionName=backend.function_name, Name=backend.alias, FunctionVersion=version)

    def _wait(self, function: str, version: str, is_done: Callable[[Mapping[str, Any]], bool]) -> None:
        state = ""
        for _ in looks(PUBLISH_TIMEOUT_S):
            with explained(f"reading version {version} of {function}"):
                found = self._api.get_function_configuration(FunctionName=function, Qualifier=version)
            state = found.get("State", "Active")
            if "Failed" in (state, found.get("LastUpdateStatus")):
                raise TargetError(f"version {version} of {function} was not made: {found.get('StateReason')}")
            if is_done(found):
                return
        raise TargetError(f"version {version} of {function} is {state} after {PUBLISH_TIMEOUT_S:.0f} s")

    def _wait_until_ready(self, function: str, version: str) -> None:
        for _ in looks(PUBLISH_TIMEOUT_S):
            with explained(f"reading the provisioned concurrency of {function}"):
                found = self._api.get_provisioned_concurrency_config(FunctionName=function, Qualifier=version)
            if found["Status"] == "READY":
                return
            if found["Status"] == "FAILED":
                raise TargetError(f"{function} gets no provisioned concurrency: {found.get('StatusReason')}")
        raise TargetError(f"provisioned concurrency of {function} is not ready after {PUBLISH_TIMEOUT_S:.0f} s")

    def _delete_all(self, backend: Backend, but: set[str | None]) -> bool:
        """Delete the versions that runs published, except these; whether there were any."""
        name = backend.function_name
        doomed = [version for version in self._published(backend) if version not in but]
        ready = self._ready(name) if doomed and backend.alias is None else set()
        for version in doomed:
            if version in ready:
                with explained(f"giving back the provisioned concurrency of {name}"), deferred():
                    self._api.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=version)
            with explained(f"deleting version {version} of {name}"), deferred():
                self._api.delete_function(FunctionName=name, Qualifier=version)
        return bool(doomed)

    def _ready(self, function: str) -> set[str]:
        """The versions and aliases that have provisioned concurrency."""
        with explained(f"listing the provisioned concurrency of {function}"):
            pages = self._api.get_paginator("list_provisioned_concurrency_configs").paginate(FunctionName=function)
            found = [each for page in pages for each in page["ProvisionedConcurrencyConfigs"]]
        return {each["FunctionArn"].rpartition(":")[2] for each in found}

    def _published(self, backend: Backend) -> Iterator[str]:
        with explained(f"listing the versions of {backend.function_name}"):
            pages = self._api.get_paginator("list_versions_by_function").paginate(FunctionName=backend.function_name)
            found = [each for page in pages for each in page["Versions"]]
        return (each["Version"] for each in found if each.get("Description", "").startswith(_MARK))


def _has_snapshot(found: Mapping[str, Any]) -> bool:
    """Whether a version is ready with its snapshot. Raises TargetError for one that never gets any."""
    snapshot = found.get("SnapStart", {})
    if found.get("State", "Active") != "Active":
        return False
    if snapshot.get("OptimizationStatus") != "On" and snapshot.get("ApplyOn") != "PublishedVersions":
        raise TargetError("versions are published without snapshots: deploy the function with SnapStart")
    return bool(snapshot.get("OptimizationStatus") == "On")
