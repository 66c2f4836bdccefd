"""What the deployment must show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.acceptance.table import Measure, Row
from tests.tools.ready.fresh import NotProved, prove


def fresh_clone() -> Iterator[Row]:
    """README's steps in a clone with an environment of its own; what pip fetches takes most of a minute or two."""
    what = "fresh clone, README's steps, import of the three SDKs and a recorded run in that .venv"
    try:
        with tempfile.TemporaryDirectory() as directory:
            proof = prove(Path(directory))
    except (NotProved, ValueError) as error:
        yield Row(what, "passes", str(error), False)
        return
    versions = ", ".join(f"{name} {version}" for name, version in proof.versions.items())
    asked = f"{proof.program['resources']} resources asked for, in {proof.seconds:.0f} s; {versions}"
    yield Row(what, "passes", f"{asked}; not run here: {'; '.join(proof.skipped) or 'none'}", True)


MEASURES: list[Measure] = [fresh_clone]
