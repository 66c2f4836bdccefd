"""Reads the deploying steps of docs/deploying.md as commands, and says which of them can run without an account."""

from __future__ import annotations

import re

from contract.checkout import ROOT

PAGE = ROOT / "docs" / "deploying.md"
SECTION = "The steps in short"
_COMMANDS = ("make", "pulumi", "docker", "aws", "eval", "git", ".venv/bin/python")
_ELSEWHERE = {
    "pulumi": "Pulumi's command line",
    "docker": "a Docker engine",
    "aws": "an AWS account",
    "eval": "a stack",
}
# Fenced blocks and code spans, in the order of the text; a span may go on in the next line.
_CODE = re.compile(r"^ *```\w*\n(?P<block>.*?)^ *```|`(?P<span>[^`]+)`", re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    """Return the commands from the section's first one to its first `pulumi up`, which is left out.

    Raises ValueError where the section or its `pulumi up` is missing: else nothing would be proved.
    """
    section = re.search(rf"^## {SECTION}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    if not section:
        raise ValueError(f"the page has no section {SECTION!r}")
    found: list[str] = []
    for command in _code(section[1]):
        if command.split()[:2] == ["pulumi", "up"]:
            return found
        found.append(command)
    raise ValueError(f"the section {SECTION!r} has no `pulumi up`")


def needs(command: str) -> str | None:
    """Return what a command needs that a fresh clone on any machine lacks, or None."""
    return _ELSEWHERE.get(command.split()[0])


def _code(text: str) -> list[str]:
    found = []
    for match in _CODE.finditer(text):
        lines = [match["span"]] if match["span"] else match["block"].replace("\\\n", " ").splitlines()
        found += [" ".join(re.sub(r"\s#\s.*", "", line).split()) for line in lines]
    return [line for line in found if line.partition(" ")[0] in _COMMANDS and " " in line]
