"""README repeats the costs of docs/deploying.md, which are computed."""

from __future__ import annotations

from pathlib import Path

from contract.checkout import ROOT


def test_the_costs_in_readme_are_those_of_the_deploying_page() -> None:
    """Mend it with `python -m tools.deploying`, and by copying what has changed."""
    computed = _table(ROOT / "docs" / "deploying.md", "| | efs |")
    shown = _table(ROOT / "README.md", "| storage |")
    storages = ("efs", "s3", "oci")

    assert [shown[name][-2] for name in storages] == computed["1,000 cold starts"][:3]
    assert [shown[name][-1] for name in storages] == computed["an idle month"][:3]


def _table(page: Path, head: str) -> dict[str, list[str]]:
    """The rows of the page's table that begins with `head`: the first cell of each, and the others."""
    _, _, below = page.read_text().partition(f"\n{head}")
    lines = below.partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: others for first, *others in cells}
