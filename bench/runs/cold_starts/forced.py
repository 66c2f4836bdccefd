"""Makes a forced cold start, then warm requests to the same environment, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.runs.cold_starts.axes import CommonAxes
from bench.runs.cold_starts.kind import WARM, A, Asking, ColdStart

COLD = "cold"


@dataclass(frozen=True)
class Forced(ColdStart[A]):
    """A cold start by configuration: nothing else can answer its first request."""

    arms: ClassVar[tuple[str, ...]] = ("http", "invoke")
    pinged: ClassVar[bool] = True

    warm: int

    @classmethod
    def claims_cold(cls, invocation: int | None) -> bool:
        """Always: a sample that is not the first of its environment is a broken one."""
        return True

    @property
    def mark(self) -> str:
        """None: it is the plain visit of its round."""
        return ""

    @property
    def words(self) -> str:
        """How many warm requests follow."""
        return f"{self.warm} warm" if self.warm else ""

    @property
    def colds(self) -> int:
        """The first request."""
        return 1

    @property
    def warms(self) -> int:
        """All others."""
        return self.warm

    def ask(self, asking: Asking) -> None:
        """One cold request, then the warm ones."""
        asking.one(COLD)
        for _ in range(self.warm):
            asking.one(WARM)


def warm_requests(axes: CommonAxes, number: int) -> int:
    """Spread the warm requests evenly over the rounds; the warm-up has as many as the first."""
    whole, rest = divmod(axes.warm, axes.cold)
    return whole + (max(number, 1) <= rest)
