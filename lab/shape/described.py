"""Describes a shape in words: what it limits and how, what it does not, and what the self-test found."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.shape.shape import Shape
from lab.shape.tested import SelfTest, recall

#: What no shape limits, and why.
_NEVER = {
    "processor's speed": "a core is this machine's",
    "/tmp": "it is on this machine's disk",  # noqa: S108 -- its name in Lambda
    "HTTP API": "its time is this machine's",
    "time before INIT": "the emulator is started ahead of a request",
}


@dataclass(frozen=True)
class Described:
    """What a lab says of its shape. `limited` and `unlimited` are sentences by dimension.

    `reachable` is the largest memory size in MB whose share of the processors this machine has, None without shares;
    `test` is the last self-test of this machine with this lab.
    """

    name: str
    limited: Mapping[str, str]
    unlimited: Mapping[str, str]
    reachable: int | None
    test: SelfTest | None


def described(shape: Shape) -> Described:
    """Describe a shape on this machine."""
    limited = _limited(shape)
    unlimited = {what: "as fast as this machine" for what in _DIMENSIONS if what not in limited}
    share = shape.processor
    return Described(
        name=shape.name,
        limited=limited,
        unlimited={**unlimited, **_NEVER},
        reachable=int((os.cpu_count() or 1) * share.mb_per_core) if share else None,
        test=recall(shape.name),
    )


def note_of(shape: Shape) -> str:
    """What the page says of a shape, in two sentences; nothing where nothing is limited."""
    limited = ", ".join(_limited(shape))
    if not limited:
        return ""
    return f"This lab limits its functions by published figures of Lambda: {limited}. The times are not AWS's."


def _processor(shape: Shape) -> str | None:
    share = shape.processor
    if share is None:
        return None
    return (
        f"a core for each {share.mb_per_core:,.0f} MB, in INIT at least {share.init_cores:g}, in periods of "
        f"{share.period_ms:g} ms; all processors of the machine are visible"
    )


def _network(shape: Shape) -> str | None:
    limits = shape.network
    if limits is None:
        return None
    return (
        f"{limits.bucket / 1e6:,.0f} MB at {limits.burst / 1e6:,.0f} MB/s, then {limits.steady / 1e6:,.0f} MB/s, for "
        "each environment"
    )


def _bucket(shape: Shape) -> str | None:
    limits = shape.bucket
    if limits is None:
        return None
    return f"first byte after {limits.first_byte_ms:g} ms, one connection at {limits.connection / 1e6:,.0f} MB/s"


def _file_system(shape: Shape) -> str | None:
    limits = shape.file_system
    if limits is None:
        return None
    return f"one stream at {limits.stream / 1e6:,.0f} MB/s, all of an environment at {limits.client / 1e6:,.0f} MB/s"


def _image(shape: Shape) -> str | None:
    limits = shape.image
    if limits is None:
        return None
    return (
        f"a chunk of {limits.chunk >> 10} KiB takes {limits.first_ms:g} ms after a deployment, and then "
        f"{limits.later_ms:g} ms; at first {'all are' if limits.cached else 'none is'} cached"
    )


_DIMENSIONS: Mapping[str, Callable[[Shape], str | None]] = {
    "processor": _processor,
    "network": _network,
    "S3": _bucket,
    "mounted file system": _file_system,
    "image": _image,
}


def _limited(shape: Shape) -> dict[str, str]:
    """How each dimension is limited, without those that are not."""
    return {what: how for what, say in _DIMENSIONS.items() if (how := say(shape)) is not None}
