"""The models of a lab, and the names that tell their functions and routes apart."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from contract.routes import ROUTES
from lab.storages.bundle import Bundle

_NAME = re.compile(r"[a-z][a-z0-9-]{0,15}")


@dataclass(frozen=True)
class Model:
    """One model: its name, empty for the first, and its bundle. What belongs to the first is called as if there were
    no other."""

    name: str
    bundle: Bundle

    def role(self, backend: str) -> str:
        """What is made for this model on a backend: s3, minilm-s3."""
        return "-".join(filter(None, (self.name, backend)))

    def function(self, backend: str, *ending: str) -> str:
        """The name of its function on a backend."""
        return "-".join(("model-storage", self.role(backend), *ending))

    def path(self, backend: str = "") -> str:
        """The path below which it answers, without a backend from the default one: /s3, /minilm/s3, /minilm."""
        return "".join(f"/{part}" for part in (self.name, backend) if part)


def check_name(name: str, backends: Collection[str]) -> str:
    """Return a name that a further model may have; raises ValueError that says why it may not."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no model's name: up to 16 of a-z, 0-9 and -, beginning with a letter")
    if name in (*backends, *ROUTES):
        raise ValueError(f"a model cannot be called {name!r}: paths that begin with /{name} are taken")
    return name
