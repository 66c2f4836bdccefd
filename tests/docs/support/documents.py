"""Reads the documents of this checkout: their links, anchors, and what stands in them as code."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from contract.checkout import ROOT

_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z]+:")


def documents() -> list[Path]:
    """All Markdown files of the checkout."""
    names = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, text=True)
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


def links(text: str) -> list[str]:
    """The targets of the links and pictures in a document, as written; those to other hosts are left out."""
    prose = _SPAN.sub("", _FENCED.sub("", text))
    return [target for target in _LINK.findall(prose) if not _ELSEWHERE.match(target)]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a document, where no two headings are the same."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(_FENCED.sub("", text))
    }


def broken(document: Path, root: Path = ROOT) -> Iterator[str]:
    """The links of a document that lead nowhere: no such file below `root`, or no such heading in it."""
    for link in links(document.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        is_here = target.exists() and target.is_relative_to(root.resolve())
        if not is_here or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


def code(text: str) -> list[str]:
    """Every block and span of code, a string each; line breaks within a span are spaces."""
    blocks = [match[0] for match in _FENCED.finditer(text)]
    return [*blocks, *(" ".join(span.split()) for span in _SPAN.findall(_FENCED.sub("", text)))]


def paths(text: str) -> list[str]:
    """The code spans that are a path in a folder of this checkout; NAME stands for what a reader chooses."""
    folders = "|".join(re.escape(entry.name) for entry in ROOT.iterdir() if entry.is_dir())
    return [span for span in code(text) if re.fullmatch(rf"(?:{folders})/[\w./-]*", span) and "NAME" not in span]
