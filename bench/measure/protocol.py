"""The interface between runner and target: the live target calls a deployment, tests use a simulated one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bench.runs.plan import Variant
from bench.runs.records import Observation, Original


class Target(Protocol):
    """A deployment whose functions can be made cold, called, and asked for their logs."""

    def describe(self) -> Mapping[str, Mapping[str, Any]]:
        """Facts about each backend's function that decide whether the comparison is fair."""
        ...

    def originals(self, backends: Sequence[str]) -> Mapping[str, Original]:
        """What a run changes in these backends' functions, as it was before."""
        ...

    def limit_ms(self, variant: Variant) -> float:
        """After how many ms the path to this variant gives up waiting."""
        ...

    def force_cold(self, variant: Variant, nonce: str) -> str | None:
        """Configure the variant so that its next request starts a new environment. Raises TargetError.

        Returns the published version that must answer; None where $LATEST does.
        """
        ...

    def keep_ready(self, variant: Variant, nonce: str, count: int) -> str:
        """After `force_cold`: have `count` environments of provisioned concurrency answer the requests that follow.

        Returns the published version that they are of. Raises TargetError where Lambda does not provide them.
        """
        ...

    def let_go(self, variant: Variant) -> None:
        """Give back what was kept ready."""
        ...

    def ping(self, variant: Variant) -> float | None:
        """The time in ms of a request that a warm function refuses at once; None if it did not refuse."""
        ...

    def call(self, variant: Variant) -> Observation:
        """Send one request and wait for its answer."""
        ...

    def call_at_once(self, variant: Variant, count: int) -> Sequence[Observation]:
        """Send `count` requests at the same moment and wait for all answers."""
        ...

    def log_lines(self, variant: Variant, seen: Sequence[Observation]) -> tuple[str, ...]:
        """Lambda's REPORT and INIT_REPORT lines about these observations."""
        ...

    def restore(self) -> None:
        """Put every function's configuration back to what it was."""
        ...
