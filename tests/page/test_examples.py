"""docs/api.md: every block runs as it is, and the languages agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest
import requests

from contract.checkout import ROOT
from tests.conftest import Lab
from tests.page.support.screen import NODE

PAGE = ROOT / "docs" / "api.md"
BLOCK = re.compile(r"```(sh|python|js)\n(.*?)```", re.DOTALL)
COMMANDS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "js": [NODE, "--input-type=module", "-e"],
}


@dataclass(frozen=True)
class Example:
    """One block of the page: the heading above it, its language and its code."""

    heading: str
    language: str
    code: str


def examples() -> list[Example]:
    """All blocks, in the page's order."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [
        Example(section.partition("\n")[0], match[1], match[2])
        for section in sections
        for match in BLOCK.finditer(section)
    ]


def run(example: Example, lab: Lab) -> str:
    """The output of a block."""
    variables = {
        "API": lab.url,
        "FUNCTION": lab.outputs["backends"][lab.outputs["defaultBackend"]]["functionName"],
        "AWS_ENDPOINT_URL_LAMBDA": lab.outputs["endpointUrl"],
        "AWS_REGION": lab.outputs["region"],
        "AWS_DEFAULT_REGION": lab.outputs["region"],
        "AWS_ACCESS_KEY_ID": lab.outputs["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": lab.outputs["secretAccessKey"],
    }
    command = [*COMMANDS[example.language], example.code]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def similar(lab: Lab) -> str:
    sent = {"text": "A delivery robot ran over a dog", "num": 3}
    results = requests.post(f"{lab.url}/similar", json=sent, timeout=60).json()["body"]["results"]
    assert len(results) == 3
    return "".join(f"{result['incident_id']} {result['date']} {result['title']}\n" for result in results)


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.heading}-{example.language}")
def test_every_block_runs_and_prints_what_it_is_for(lab: Lab, example: Example) -> None:
    printed = run(example, lab)
    if example.heading == "What is deployed":
        assert printed == "ok: 60 incidents, synthetic weights\n"
    elif example.heading == "When something is wrong":
        assert printed.startswith("text is missing: send") or printed == "200\n"
    else:
        assert printed == similar(lab)


def test_the_page_has_all_three_languages_for_every_route() -> None:
    by_heading: dict[str, set[str]] = {}
    for example in examples():
        by_heading.setdefault(example.heading, set()).add(example.language)
    assert [languages for heading, languages in by_heading.items() if heading != "Without HTTP"] == [set(COMMANDS)] * 4
