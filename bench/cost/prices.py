"""Reads the price table and applies a user's own prices to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NotRequired

from pydantic import TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from bench.process.errors import UsageError
from bench.runs.checks import CHECKED, Usd, explain

SHIPPED = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Prices:
    """USD per unit by name, as of `date` in `region`; `sources` says where each comes from."""

    region: str
    date: str
    usd: Mapping[str, float]
    sources: Mapping[str, str]

    def __getitem__(self, name: str) -> float:
        """The price of that name. Raises UsageError when the table has none."""
        if name not in self.usd:
            raise UsageError(f"the price table of {self.region}, {self.date}, has no price of {name}")
        return self.usd[name]

    def recorded(self) -> dict[str, Any]:
        """The table as the results record it, so that a report can be derived again after prices have changed."""
        return asdict(self)


@with_config(CHECKED)
class _Entry(TypedDict):
    """A price; `date` is when it was last seen there, if that is not the table's date."""

    usd: Usd
    source: str
    date: NotRequired[str]


@with_config(CHECKED)
class _Table(TypedDict):
    region: str
    date: str
    prices: dict[str, _Entry]


_TABLE: TypeAdapter[_Table] = TypeAdapter(_Table)


def read_prices(override: Path | None = None, base: Prices | None = None) -> Prices:
    """`base` (the shipped table), with entries of an override file (same form, any subset) put over it.

    Raises UsageError for an override that is unreadable, or names a price that does not exist.
    """
    prices = base or _parse(SHIPPED)
    if override is None:
        return prices
    other = _parse(override)
    unknown = sorted(set(other.usd) - set(prices.usd))
    if unknown:
        raise UsageError(f"{override} names unknown prices: {', '.join(unknown)}; known are {', '.join(prices.usd)}")
    return replace(other, usd={**prices.usd, **other.usd}, sources={**prices.sources, **other.sources})


def _parse(path: Path) -> Prices:
    try:
        table = _TABLE.validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise UsageError(
            f"{path} is not a price table (region, date, prices: name: usd, source): {explain(error)}"
        ) from error
    prices = {name: entry["usd"] for name, entry in table["prices"].items()}
    sources = {
        name: f"{entry['source']} ({entry.get('date', table['date'])})" for name, entry in table["prices"].items()
    }
    return Prices(table["region"], table["date"], prices, sources)
