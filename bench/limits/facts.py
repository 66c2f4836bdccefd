"""Reads where and on what a run of the study is made, for its first samples."""

from __future__ import annotations

import json
from pathlib import Path

from bench.runs.facts import gather
from contract.bundle import MANIFEST, read
from contract.precisions import reduction


def facts(bundle: Path) -> dict[str, str]:
    """The place and the machine of the run."""
    found, manifest = gather(), json.loads((bundle / MANIFEST).read_text())
    machine = found.machine
    return {
        "machine": f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb} GB, Linux {machine.kernel}",
        "model": f"{manifest['model']}, {manifest['weights']} weights, bundle {manifest['source_hash'][:12]}",
        "idle memory": machine.idle_memory,
        "revision": found.revision,
    }


def agreement(bundle: Path) -> dict[str, float]:
    """How far the answers of a reduced bundle are fp32's, as its build measured; nothing if it did not."""
    found = reduction(read((bundle / MANIFEST).read_bytes())).agreement
    return {name: float(value) for name, value in found._asdict().items()} if found else {}
