"""Types and ranges of a record's values, as pydantic checks them when a file is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, GetPydanticSchema, ValidationError, with_config
from typing_extensions import TypedDict

from bench.runs.cold_starts import cold_start
from bench.runs.shapes import as_shape

CHECKED = ConfigDict(strict=True)
_OPEN = ConfigDict(strict=True, extra="allow")

LONGEST_MS = 1e9  # eleven days: no request lasts longer
MOST_SIMILAR = 1e6  # a cosine similarity lies within 1; a value far beyond is an error

Milliseconds = Annotated[float, Field(ge=0, le=LONGEST_MS)]
Positive = Annotated[float, Field(gt=0, le=LONGEST_MS)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_MS)]
Similarity = Annotated[float, Field(ge=-MOST_SIMILAR, le=MOST_SIMILAR)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=1 << 60)]
Usd = Annotated[float, Field(ge=0, le=1e6)]
ColdKind = Annotated[str, AfterValidator(lambda name: cold_start(name).name)]
Shape = Annotated[Mapping[str, Any], AfterValidator(as_shape)]
Fact = str | bool | int | float | None


@with_config(_OPEN)
class AgreementFacts(TypedDict):
    """How far answers agree with those in fp32, as the build measured it for so many texts."""

    items: Annotated[int, Field(ge=1, le=1 << 60)]
    top_1: Share
    top_3: Share
    cosine_median: Similarity
    cosine_p1: Similarity


@with_config(_OPEN)
class BackendFacts(TypedDict):
    """One backend of a recorded target."""

    name: str
    function_name: str
    log_group: str
    storage: str
    mode: NotRequired[str | None]
    provisioned_mibps: NotRequired[Count]
    bundle_hash: NotRequired[str | None]
    bundle_bytes: NotRequired[Count | None]
    agreement: NotRequired[AgreementFacts | None]
    alias: NotRequired[str | None]


@with_config(_OPEN)
class TargetFacts(TypedDict, total=False):
    """The outputs of the deployment that was measured."""

    kind: str
    api_url: str
    endpoint_url: str | None
    region: str
    auth_mode: str
    bundle_hash: str
    bundleHash: str
    bundle_bytes: Count | None
    origin: str
    weights: str
    engine: str
    architecture: Literal["arm64", "x86_64"]
    cache_policy: str | None
    memory_enforcement: str | None
    images: str | None
    shape: Shape | None
    backends: list[BackendFacts]


@with_config(_OPEN)
class EphemeralStorage(TypedDict):
    """The size of /tmp in MB."""

    Size: Count


@with_config(_OPEN)
class FunctionFacts(TypedDict, total=False):
    """The part of a function's configuration that decides whether a comparison is fair."""

    MemorySize: Count
    Timeout: Count
    Architectures: list[str]
    PackageType: str
    EphemeralStorage: EphemeralStorage


@with_config(CHECKED)
class PriceTable(TypedDict, total=False):
    """The prices of the day of the run; empty where none were recorded."""

    region: str
    date: str
    usd: dict[str, Usd]
    sources: dict[str, str]


def _whole(table: Mapping[str, Any]) -> Mapping[str, Any]:
    if table and set(table) != set(PriceTable.__annotations__):
        raise ValueError(f"a price table has {', '.join(PriceTable.__annotations__)}")
    return table


Target = Annotated[Mapping[str, Any], GetPydanticSchema(lambda source, handler: handler(TargetFacts))]
Function = Annotated[Mapping[str, Any], GetPydanticSchema(lambda source, handler: handler(FunctionFacts))]
Prices = Annotated[
    Mapping[str, Any], GetPydanticSchema(lambda source, handler: handler(PriceTable)), AfterValidator(_whole)
]
Facts = Annotated[
    Mapping[str, Any], GetPydanticSchema(lambda source, handler: handler(dict[str, Fact | dict[str, Fact]]))
]


def explain(error: ValidationError) -> str:
    """The first error: its place, and what was expected. The value is left out, because it may be anything."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
