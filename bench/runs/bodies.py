"""Holds the bodies that requests carry in place of a text, and draws one of them for each request."""

from __future__ import annotations

import hashlib
import mimetypes
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.process.errors import StorageError, UsageError
from bench.runs.checks import CHECKED, Count, Positive
from contract.limits import PAYLOAD

FOLDER = "bodies"  # in the folder of a run, so that it can be resumed and repeated
UNKNOWN_TYPE = "application/octet-stream"
_TEXT_TYPES = ("text/", "application/json")
_MOST = 100
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class BodyFacts:
    """A body as the records name it: never its path nor its content, which are nobody else's."""

    __pydantic_config__ = CHECKED

    name: str
    sha256: str
    size: Count
    content_type: str
    weight: Positive


@dataclass(frozen=True)
class Body:
    """A body with its content."""

    facts: BodyFacts
    content: bytes


class Mix:
    """Draws bodies by their weights, with a seed: the same one draws the same sequence."""

    def __init__(self, bodies: Sequence[Body], seed: int) -> None:
        self._bodies = tuple(bodies)
        self._weights = [body.facts.weight for body in bodies]
        self._rng = random.Random(seed)  # noqa: S311 - a reproducible order, no secret

    def draw(self) -> Body:
        """The body of the next request; threads may ask at the same time."""
        return self._rng.choices(self._bodies, self._weights)[0]


def read_body(path: Path, weight: float, content_type: str | None = None) -> Body:
    """A body from a file, its type guessed by its name unless given. Raises UsageError where it cannot be sent."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    kind = content_type or mimetypes.guess_type(path.name)[0] or UNKNOWN_TYPE
    most = PAYLOAD if kind.startswith(_TEXT_TYPES) else PAYLOAD * 3 // 4  # Lambda gets other types as base64
    if len(content) > most:
        raise UsageError(f"{path} has {len(content):,} bytes; a request of the type {kind} can carry {most:,}")
    return Body(BodyFacts(path.name, hashlib.sha256(content).hexdigest(), len(content), kind, weight), content)


def checked(bodies: Sequence[Body]) -> tuple[Body, ...]:
    """The bodies of a run. Raises UsageError for too many, or for one that is given twice."""
    if len(bodies) > _MOST:
        raise UsageError(f"{len(bodies)} bodies are given; at most {_MOST} are sent")
    names = [body.facts.name for body in bodies]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise UsageError(f"two bodies have the name {twice[0]}; give each a name of its own")
    return tuple(bodies)


def keep(bodies: Sequence[Body], directory: Path) -> None:
    """Put copies of the bodies into the folder of a run. Raises StorageError."""
    if not bodies:
        return
    folder = directory / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        for body in bodies:
            (folder / body.facts.sha256).write_bytes(body.content)
    except OSError as error:
        raise StorageError(f"cannot write to {folder}: {error.strerror}") from error


def kept(facts: Sequence[BodyFacts], directory: Path) -> tuple[Body, ...]:
    """The bodies of a run from its folder. Raises UsageError where one is gone or was changed."""
    found = []
    for each in facts:
        if not _DIGEST.fullmatch(each.sha256):  # it becomes a path, and the records may be anybody's
            raise UsageError(f"the body {each.name} of the run has no digest: start anew")
        path = directory / FOLDER / each.sha256
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UsageError(f"the body {each.name} of the run cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != each.sha256:
            raise UsageError(f"the body {each.name} of the run was changed since; start anew")
        found.append(Body(each, content))
    return tuple(found)
