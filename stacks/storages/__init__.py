"""Finds the component of every storage: each is in a module of this folder that is called as the storage."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from contract.storages import NAMES
from stacks.backend import Backend

BACKENDS: Mapping[str, type[Backend]] = {name: import_module(f"{__name__}.{name}").COMPONENT for name in NAMES}
