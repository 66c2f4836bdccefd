"""Says how long an idle environment stays: a range, because AWS does not publish it."""

from __future__ import annotations

from dataclasses import dataclass

from published.read import figure, number

# The newest figure has the middle; older ones are longer, and nobody knows that they no longer hold.
_NEWEST, _OLDER = "idle-life", ("idle-life-2019", "idle-life-2017")


@dataclass(frozen=True)
class KeepAlive:
    """In minutes, with where it comes from."""

    low_min: float
    middle_min: float
    high_min: float
    source: str

    @property
    def ends_s(self) -> tuple[float, float]:
        """Both ends, in seconds."""
        return self.low_min * 60, self.high_min * 60

    @property
    def middle_s(self) -> float:
        """In seconds."""
        return self.middle_min * 60

    @property
    def words(self) -> str:
        """The range, such as `5 to 65 minutes`."""
        if self.low_min == self.high_min:
            return f"{self.low_min:g} minutes"
        return f"{self.low_min:g} to {self.high_min:g} minutes"


def published_keep_alive() -> KeepAlive:
    """What others measured."""
    newest, older = number(_NEWEST), [figure(key) for key in _OLDER]
    highs = [each.high for each in older if each.high is not None]
    years = ", ".join(sorted(each.date[:4] for each in (figure(_NEWEST), *older)))
    return KeepAlive(newest.low, newest.value, max(newest.high, *highs), f"as others measured it ({years})")


def assumed_keep_alive(low_min: float, high_min: float) -> KeepAlive:
    """What a user says."""
    return KeepAlive(low_min, (low_min + high_min) / 2, high_min, "as given")
