"""The models of a lab, and the names that tell their functions and routes apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from contract import names
from contract.routes import ROUTES
from lab.storages.bundle import Bundle

_PROJECT = "model-storage"


@dataclass(frozen=True)
class Model(names.Named):
    """One model: its name, empty for the first, and its bundle."""

    bundle: Bundle

    def function(self, backend: str) -> str:
        """The name of its encoder function on a backend."""
        return f"{_PROJECT}-{self.role(backend)}"

    def search_function(self, backend: str) -> str:
        """The name of its search function on a backend."""
        return f"{_PROJECT}-{self.search_role(backend)}"


def check_name(name: str, backends: Collection[str]) -> str:
    """Return a name that a further model may have; raises ValueError that says why it may not."""
    if not names.MODEL.fullmatch(name):
        raise ValueError(f"{name!r} is not a model's name: up to 16 of a-z, 0-9 and -, beginning with a letter")
    if name in (*backends, *ROUTES):
        raise ValueError(f"a model cannot be called {name!r}: paths that begin with /{name} are taken")
    return name
