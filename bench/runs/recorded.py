"""Reads what a session recorded about its deployment and its functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.runs.foreign import witnesses_of
from bench.runs.plan import named_in
from bench.runs.records import Session
from bench.runs.shapes import Shape
from contract.precisions import FP32, Agreement
from contract.shapes import NONE


@dataclass(frozen=True)
class RecordedMode:
    """What a storage is deployed in (None: not recorded, or no choice), and the MiB/s that it always has."""

    name: str | None = None
    provisioned_mibps: int = 0


@dataclass(frozen=True)
class RecordedTarget:
    """A deployment as recorded; None: an earlier version did not record it. `storages` are sentences by backend.

    `bundle_bytes` is what the whole bundle takes; `witnesses` are those of functions that are not ours, by backend.

    `shape` is a lab's; earlier labs had none.
    """

    kind: str | None
    architecture: str | None
    bundle_hash: str | None
    bundle_bytes: int | None
    weights: str | None
    storages: Mapping[str, str]
    shape: Shape | None
    witnesses: Mapping[str, tuple[str, ...]]

    @property
    def is_lab(self) -> bool:
        """Whether the figures are a local machine's, not AWS's."""
        return self.kind == "lab"


@dataclass(frozen=True)
class RecordedFunction:
    """A function's settings as recorded: memory and /tmp in MB, time-out in s; None where they were not recorded."""

    memory_mb: int | None
    timeout_s: int | None
    ephemeral_mb: int | None


def recorded_target(session: Session) -> RecordedTarget:
    """The deployment that a session measured."""
    target = session.target
    return RecordedTarget(
        kind=target.get("kind"),
        architecture=target.get("architecture"),
        bundle_hash=target.get("bundleHash"),
        bundle_bytes=target.get("bundle_bytes"),
        weights=target.get("weights"),
        storages={item["name"]: item["storage"] for item in target.get("backends", ())},
        shape=Shape.model_validate(target["shape"]) if target.get("shape") else None,
        witnesses=witnesses_of(target),
    )


def recorded_function(session: Session, backend: str) -> RecordedFunction:
    """The function of a backend."""
    found = session.functions.get(backend, {})
    ephemeral = found.get("EphemeralStorage", {})
    return RecordedFunction(found.get("MemorySize"), found.get("Timeout"), ephemeral.get("Size"))


@dataclass(frozen=True)
class RecordedBundle:
    """The bundle of a function; None where that was not recorded. `agreement` with fp32 is the build's own measure."""

    hash: str | None
    bytes_: int | None
    agreement: Agreement | None = None


def recorded_bundle(session: Session, function: str) -> RecordedBundle:
    """The bundle of a function: its own where a run compares precisions, else that of the deployment."""
    target = recorded_target(session)
    for item in session.target.get("backends", ()):
        if item["name"] == function and item.get("bundle_hash"):
            return RecordedBundle(item["bundle_hash"], item.get("bundle_bytes"), agreement_of(item.get("agreement")))
    return RecordedBundle(target.bundle_hash, target.bundle_bytes)


def agreement_of(said: Mapping[str, Any] | None) -> Agreement | None:
    """The agreement that outputs or records name, if they do."""
    return Agreement(**{name: said[name] for name in Agreement._fields}) if said else None


def recorded_bundles(target: Mapping[str, Any]) -> dict[str, str | None]:
    """The hash of the bundle in each precision of a recorded target; that of earlier versions counts as fp32."""
    found = {
        named_in(item["name"])[1]: item["bundle_hash"] for item in target.get("backends", ()) if item.get("bundle_hash")
    }
    return found or {FP32: target.get("bundleHash") or target.get("bundle_hash")}


def recorded_mode(session: Session, backend: str) -> RecordedMode:
    """What the storage of a backend is deployed in."""
    for item in session.target.get("backends", ()):
        if item["name"] == backend:
            return RecordedMode(item.get("mode"), item.get("provisioned_mibps", 0))
    return RecordedMode()


def recorded_cores(session: Session) -> int | None:
    """The cores of the machine that measured; None where that was not recorded."""
    found = session.facts.get("machine", {}).get("cores")
    return found if isinstance(found, int) and found > 0 else None


def recorded_fibonacci_ms(session: Session) -> float | None:
    """How long a core of the machine took for the task of `core_speed`; None where no core's time was recorded."""
    found = session.facts.get("machine", {}).get("fibonacci_ms")
    is_time = isinstance(found, int | float) and not isinstance(found, bool) and 1 <= found <= 1e6
    return float(found) if is_time else None


def recorded_shape(session: Session) -> str:
    """What a lab was shaped like; `none` for earlier labs, and on AWS."""
    shape = recorded_target(session).shape
    return shape.name if shape else NONE
