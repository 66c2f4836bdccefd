"""The generated tables in the documents are current."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract.checkout import ROOT
from contract.limits import API_ROUTES
from contract.storages import USUAL
from tests.stacks.support.project import MODEL, make_project
from tests.stacks.support.recorder import defaults, run
from tools.generated import insert
from tools.tables import configuration
from tools.tables.__main__ import main
from tools.tables.registry import TABLES


@pytest.mark.parametrize(("document", "name"), [(page, name) for page, tables in TABLES.items() for name in tables])
def test_the_document_holds_the_current_table(document: str, name: str) -> None:
    """Mend it with `python -m tools.tables`."""
    text = (ROOT / document).read_text()

    assert insert(text, name, TABLES[document][name]()) == text


def test_there_is_a_row_for_every_key() -> None:
    rows = configuration.keys().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == list(defaults())
    assert all(row.count(" | ") == 3 for row in rows)


def test_a_model_has_as_many_routes_as_are_deployed(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    config = {"auth": "none", "corsOrigins": ["https://incidentdatabase.ai"]}
    one, two = (len(run(project, {**config, "moreModels": more}).of(":Route")) for more in ([], [MODEL]))
    each = configuration.routes(storages=len(USUAL), preflights=1)

    assert two - one == each
    most = int(configuration.models().splitlines()[-1].split("|")[3])
    assert one + (most - 1) * each <= API_ROUTES < one + most * each


def test_a_document_without_a_place_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for document in TABLES:
        (tmp_path / document).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / document, tmp_path / document)
    assert main(tmp_path) == 0
    assert {page: (tmp_path / page).read_text() for page in TABLES} == {
        page: (ROOT / page).read_text() for page in TABLES
    }

    page = tmp_path / next(iter(TABLES))
    page.write_text("no place\n")
    assert main(tmp_path) == 1

    assert page.read_text() == "no place\n"
    assert "once" in capsys.readouterr().err
