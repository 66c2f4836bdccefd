"""What a sound instrument must show."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.acceptance.table import Measure, Row


def pages_and_the_lab() -> Iterator[Row]:
    """Attack a running lab from pages of other sites in Chromium; the lab's own page shows that the means work."""
    from tests.lab.attacks import attack, own_page_reaches
    from tests.lab.bundles import make_bundle
    from tests.lab.labs import lab, read_outputs

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = make_bundle(folder / "bundle")
        with lab(bundle, folder, "--json", "--backends", "oci") as process:
            outputs = read_outputs(process)
            outcome, own = attack(outputs), own_page_reaches(outputs)
            process.terminate()
            process.wait(60)
    yield Row(
        "cross-site and rebinding requests that reached a function or a configuration",
        "0",
        f"{', '.join(outcome.reached) or 0}, of {outcome.sent} sent ({own} from the lab's own page did)",
        not outcome.reached and own > 0,
    )


MEASURES: list[Measure] = [pages_and_the_lab]
