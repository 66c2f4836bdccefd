"""Finds the bundles that a lab of the run's own serves, one for each precision that is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.process.errors import UsageError
from bench.process.say import warn
from contract.bundle import MANIFEST, read
from contract.checkout import IMAGES, ROOT
from contract.precisions import FP32, Reduction, reduction


def bundle_arguments(given: Path | None, precisions: Sequence[str]) -> list[str]:
    """The arguments of `lab up`: the bundle of the first precision, and one model for each of the others.

    A precision that the given bundle does not have is looked for in the folder beside it that is named after it
    (`images/bundle-int8`). Raises UsageError where it is not there, or is of another model.
    """
    if tuple(precisions) == (FP32,):
        return ["--bundle", str(given.resolve())] if given else []
    folders = bundle_folders(given or IMAGES / "bundle", precisions)
    for precision, folder in folders.items():
        warn(f"{precision}: the bundle in {folder.name}")
    first = next(iter(folders.values()))
    return ["--bundle", str(first), *model_arguments(folders)]


def bundle_folders(given: Path, precisions: Sequence[str]) -> dict[str, Path]:
    """The folder of each precision's bundle. Raises UsageError, as `bundle_arguments` does."""
    base = given.resolve()
    return {precision: _folder(base, precision) for precision in precisions}


def model_arguments(folders: Mapping[str, Path]) -> list[str]:
    """The arguments of `lab up` for all bundles but the first one."""
    return [part for each, folder in list(folders.items())[1:] for part in ("--model", f"{each}={folder}")]


def _folder(base: Path, precision: str) -> Path:
    known = _reduction(base, FP32)
    if known.precision == precision:
        return base
    beside = base.with_name(f"{base.name}-{precision}")
    found = _reduction(beside, precision)
    if found.precision != precision:
        raise UsageError(f"the bundle in {beside.name} has the precision {found.precision}, not {precision}")
    if found.origin != known.origin:
        raise UsageError(f"the bundle in {beside.name} is of another model than {base.name}: build both from the same")
    return beside


def _reduction(folder: Path, precision: str) -> Reduction:
    try:
        return reduction(read((folder / MANIFEST).read_bytes()))
    except OSError as error:
        shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
        raise UsageError(
            f"there is no bundle for the precision {precision} in {shown}; make it of the same model: "
            f"python -m model build --precision {precision} --out {shown}"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"the bundle in {folder.name}: {MANIFEST} {error}; build it again") from error
