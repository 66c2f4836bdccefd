"""Writes and checks images/locks/: the run-time requirements with all that they need, and their wheels' hashes.

images/install.py installs from these alone, so pip refuses any other file than the locked one. Each lock has the wheels
for both architectures and for every Python of a base image.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contract.checkout import ROOT
from contract.engines import ENGINES, ONNX, TRANSFORMERS
from tools.images import index
from tools.images.base import SUITES
from tools.images.resolve import MACHINES, Wheel, wheels
from tools.images.shell import ToolError

IMAGES = ROOT / "images"
LOCKS = IMAGES / "locks"
PINS = {engine: IMAGES / f"requirements-{engine}.txt" for engine in ENGINES}
PARTS = {ONNX: ("onnx",), TRANSFORMERS: ("onnx", "transformers", "torch-cuda")}  # the locks of each engine
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
# PyPI's build of torch, with the packages that only that build needs; PyTorch's index has a build without them.
_CUDA = re.compile(r"torch|triton|(?:nvidia|cuda)-.+")
_HEADER = "# Written by `python -m tools.images lock`: the SHA-256 of the wheels for both architectures.\n"
_ENTRY = re.compile(r"^(\S+)==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


@dataclass(frozen=True)
class Locked:
    """A package's only allowed version, and the SHA-256, in hex, of each of its wheels."""

    version: str
    hashes: frozenset[str]


def lock() -> list[str]:
    """Resolve the pins anew and write the locks; return a message about each.

    Raises ToolError, and changes no file, when a wheel is missing or architectures or Pythons need different packages.
    """
    pins = [word for path in PINS.values() for word in ("-r", path)]
    every = merge([wheels(pins, machine, python) for machine, python in itertools.product(MACHINES, SUITES)])
    cpu = _cpu_torch(every["torch"].version)
    named = {line.partition("==")[0] for line in PINS["onnx"].read_text().splitlines()}
    parts: dict[str, dict[str, Locked]] = {"onnx": {}, "transformers": {}, "torch-cuda": {}}
    for name, locked in every.items():
        parts["onnx" if name in named else "torch-cuda" if _CUDA.fullmatch(name) else "transformers"][name] = locked
    for part, packages in parts.items():
        path(part).write_text(_HEADER + render(packages))
    if cpu:
        path("torch-cpu").write_text(f"{_HEADER}--index-url {TORCH_INDEX}\n{render(cpu)}")
    said = [f"{path(part)}: {len(packages)} packages" for part, packages in parts.items()]
    return [*said, f"{path('torch-cpu')}: {'written' if cpu else f'as it was, {TORCH_INDEX} is out of reach'}"]


def check(engine: str, machine: str, python: str) -> None:
    """Find the wheels of an engine's locks for `machine` (Lambda's name) and a Python version.

    Raises ToolError when a locked package has no such wheel, or one with another hash.
    """
    locked = {name: entry for part in PARTS[engine] for name, entry in read(path(part)).items()}
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda item: index.wheel(item[0], item[1].version, machine, python), locked.items()))
    if odd := [wheel.name for wheel in found if wheel.sha256 not in locked[wheel.name].hashes]:
        raise ToolError(f"not the wheels that are locked for {machine} and Python {python}: {', '.join(odd)}; "
                        "if these are to be trusted, run `python -m tools.images lock`")  # fmt: skip


def path(part: str) -> Path:
    """Return the path of the lock of that name."""
    return LOCKS / f"{part}.txt"


def read(lock_file: Path) -> dict[str, Locked]:
    """Return the packages of a lock by name."""
    entries = _ENTRY.findall(lock_file.read_text())
    return {name: Locked(version, frozenset(re.findall("[0-9a-f]{64}", hashes))) for name, version, hashes in entries}


def render(packages: Mapping[str, Locked]) -> str:
    """Return the lines of a lock, as pip reads them."""
    return "".join(
        " \\\n    ".join(
            [f"{name}=={locked.version}", *(f"--hash=sha256:{digest}" for digest in sorted(locked.hashes))]
        )
        + "\n"
        for name, locked in sorted(packages.items())
    )


def merge(resolutions: Iterable[Iterable[Wheel]]) -> dict[str, Locked]:
    """Return the packages of all resolutions, which must agree, with all their hashes.

    Raises ToolError when a package is in only some of them, or in several versions.
    """
    each = [{(wheel.name, wheel.version): wheel.sha256 for wheel in resolution} for resolution in resolutions]
    everywhere = set.intersection(*map(set, each))
    if odd := set.union(*map(set, each)) - everywhere:
        names = ", ".join(f"{name}=={version}" for name, version in sorted(odd))
        raise ToolError(f"not for every architecture and Python: {names}; pin versions that do for all")
    return {
        name: Locked(version, frozenset(resolution[name, version] for resolution in each))
        for name, version in everywhere
    }


def _cpu_torch(version: str) -> dict[str, Locked]:
    """Return the lock of torch's CPU build; empty if its index is out of reach and that version is locked already."""
    words = ["--no-deps", "--retries", "0", "--timeout", "10", "--index-url", TORCH_INDEX, f"torch=={version}"]
    try:
        found = [wheels(words, machine, python) for machine, python in itertools.product(MACHINES, SUITES)]
        if {wheel.version for resolution in found for wheel in resolution} != {f"{version}+cpu"}:
            raise ToolError(f"{TORCH_INDEX} has no CPU build of torch {version} for every architecture")
    except ToolError:
        if read(path("torch-cpu"))["torch"].version == version:
            return {}
        raise
    return {"torch": Locked(version, merge(found)["torch"].hashes)}
