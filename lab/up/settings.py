"""The settings that the user of `lab up` chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.checkout import IMAGES, ROOT
from contract.storages import USUAL_NAMES, default_of
from lab.aws.account import IDLE_S
from lab.shape.shape import UNSHAPED


@dataclass(frozen=True)
class Settings:
    """The choices, with their defaults.

    `models` are further bundles by the names with which their routes begin; `cors` are the origins whose pages may
    ask, `*` for all; a `port` of 0 is any free one. `reports` holds runs of the benchmark, to whose newest report the
    page links.
    """

    bundle: Path = IMAGES / "bundle"
    models: Mapping[str, Path] = field(default_factory=dict)
    backends: tuple[str, ...] = USUAL_NAMES
    images: str = "source"
    images_dir: Path = ROOT / "build" / "images"
    engine: str = "onnx"
    cache: str = "cold"
    shape: str = UNSHAPED.name
    efs_mode: str = "fast"
    chunks: str = "cached"
    memory_mb: int = 3008
    timeout_s: int = 60
    idle_s: float = IDLE_S
    reports: Path = ROOT / "reports"
    port: int = 0
    cors: tuple[str, ...] = ()

    @property
    def default_backend(self) -> str:
        """The backend that answers where a path names none."""
        return default_of(self.backends)
