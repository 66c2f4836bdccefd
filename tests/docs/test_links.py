"""The documents lead to where they say: every link, every anchor, every path in the text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from contract.checkout import ROOT
from tests.docs.support.documents import anchors, broken, code, documents, links, paths

DOCUMENTS = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in documents()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert list(broken(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_in_the_text_exists_or_is_made_by_a_command(document: Path) -> None:
    missing = [path for path in paths(document.read_text()) if not (ROOT / path).exists()]

    assert [path for path in missing if not _is_made(path)] == []


def test_readme_has_a_way_to_every_document() -> None:
    """Directly, or by way of the documents that it links to."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix == ".md" and page not in reached:
            reached.add(page)
            targets = (link.partition("#")[0] for link in links(page.read_text()))
            waiting += [(page.parent / target).resolve() for target in targets if target]

    assert set(documents()) - reached == set()


def test_readme_shows_every_folder_of_code() -> None:
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    folders = {f"{name.partition('/')[0]}/" for name in tracked if name.endswith(".py") and "/" in name}

    assert folders - set(code((ROOT / "README.md").read_text())) == set()


def test_every_kind_of_extension_has_a_trial() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "extending.md").read_text(), re.MULTILINE)
    trials = (ROOT / "tests" / "extending").glob("test_*.py")
    tried = {name for trial in trials for name in re.findall(r'listed\("([^"]+)"\)', trial.read_text())}

    assert set(headings) == tried


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 1_200


def test_links_in_code_and_to_other_hosts_are_left_alone() -> None:
    text = "[a](b.md) `[c](d.md)` [e](https://host/f)\n```\n[g](h.md)\n```\n[![i](j.png)](#k)"

    assert links(text) == ["b.md", "j.png", "#k"]


def test_a_heading_is_its_anchor_in_small_letters_without_signs() -> None:
    assert anchors("# What is made, and what it costs\n```\n# no heading\n```\n## `a_b` - c\n") == {
        "what-is-made-and-what-it-costs",
        "a_b---c",
    }


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    (tmp_path.parent / "outside.md").write_text("# Outside\n")
    (tmp_path / "other.md").write_text("# Here\n")
    page.write_text(
        "# Top\n[1](#top) [2](#bottom)\n"
        "[3](../other.md#here) [4](../other.md#there) [5](none.md) [6](../../outside.md)\n"
    )

    assert list(broken(page, tmp_path)) == ["#bottom", "../other.md#there", "none.md", "../../outside.md"]


def _is_made(path: str) -> bool:
    """Whether git ignores the path: then it is not of the checkout, but of a command that was run in it."""
    names = [path, f"{path.rstrip('/')}/"]  # as a folder, too: git cannot know that it will be one
    return subprocess.run(["git", "check-ignore", *names], cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 0
