"""Publishes a version with a snapshot for each cold start, and points the alias at it.

There are never more than two versions of a run: the one that answers, and the one that takes its place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.deployments.deployment import Backend
from bench.deployments.functions import Functions, explained, pauses
from bench.process.errors import TargetError
from bench.process.signals import deferred

PUBLISH_TIMEOUT_S = 900.0
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

    def publish(self, backend: Backend, nonce: str, original: str | None) -> str:
        """Delete what answers no more, publish $LATEST, wait for its snapshot, and let the alias answer from it.

        `original` is what the alias pointed at before the run. Raises TargetError where Lambda makes no snapshot.
        """
        name = backend.function_name
        self._delete_all(backend, but={self.current(backend), original})
        with explained(f"publishing a version of {name}"), deferred():
            published = self._api.publish_version(FunctionName=name, Description=f"{_MARK}{nonce}"[:256])
        version: str = published["Version"]
        self._wait_for_snapshot(name, version)
        self._point(backend, version)
        return version

    def put_back(self, backend: Backend, original: str | None) -> bool:
        """Point the alias at what it pointed at before the run, and delete the run's versions; whether it had to."""
        if backend.alias is None or original is None:
            return False
        moved = self.current(backend) != original
        if moved:
            self._point(backend, original)
        return self._delete_all(backend, but={original}) or moved

    def _point(self, backend: Backend, version: str) -> None:
        with explained(f"pointing the alias {backend.alias} of {backend.function_name} at {version}"), deferred():
            self._api.update_alias(FunctionName=backend.function_name, Name=backend.alias, FunctionVersion=version)

    def _wait_for_snapshot(self, function: str, version: str) -> None:
        deadline, waits = time.monotonic() + PUBLISH_TIMEOUT_S, pauses()
        while True:
            with explained(f"reading version {version} of {function}"):
                found = self._api.get_function_configuration(FunctionName=function, Qualifier=version)
            state, snapshot = found.get("State", "Active"), found.get("SnapStart", {})
            if "Failed" in (state, found.get("LastUpdateStatus")):
                raise TargetError(f"version {version} of {function} has no snapshot: {found.get('StateReason')}")
            if state == "Active":
                if snapshot.get("OptimizationStatus") == "On":
                    return
                if snapshot.get("ApplyOn") != "PublishedVersions":
                    raise TargetError(f"{function} publishes versions without snapshots: deploy it with SnapStart")
            if time.monotonic() > deadline:
                raise TargetError(f"version {version} of {function} is {state} after {PUBLISH_TIMEOUT_S:.0f} s")
            time.sleep(next(waits))

    def _delete_all(self, backend: Backend, but: set[str | None]) -> bool:
        """Delete the versions that runs published, except these; whether there were any."""
        doomed = [version for version in self._published(backend) if version not in but]
        for version in doomed:
            with explained(f"deleting version {version} of {backend.function_name}"), deferred():
                self._api.delete_function(FunctionName=backend.function_name, Qualifier=version)
        return bool(doomed)

    def _published(self, backend: Backend) -> Iterator[str]:
        with explained(f"listing the versions of {backend.function_name}"):
            pages = self._api.get_paginator("list_versions_by_function").paginate(FunctionName=backend.function_name)
            found = [each for page in pages for each in page["Versions"]]
        return (each["Version"] for each in found if each.get("Description", "").startswith(_MARK))
