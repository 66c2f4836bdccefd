"""Incidents of one's own, from the table to the answer: their links, their title, and their texts as they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from contract import bundle as files
from model.index import own
from similarity.api.plain_text import to_ascii
from similarity.bundle.manifest import AIID, Collection, parse
from similarity.encoder import EncoderService
from similarity.search import SearchService
from similarity.stores.directory import DirectoryStore
from tests.images.conftest import Context
from tests.model.support.deployments import Stub, served
from tests.model.support.indexing import Folder

TEXT = "Ein Röbot fiel in Zürich über einen Gast – “autsch”"
ROWS = [
    {"id": 1, "title": "One", "text": TEXT, "url": "https://x.example/one?a=b&c=d"},
    {"id": 22, "title": "Two", "text": "A crane fell on a car", "url": ""},
]


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "efs")
    monkeypatch.setenv("ENGINE", "onnx")
    monkeypatch.setattr("similarity.service.since_process_start", lambda: 0.0)  # pytest may be long at work


def table(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    """The rows as a CSV or JSONL file, by the name of the file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def ask(folder: Folder, event: dict[str, Any], kind: Any = EncoderService) -> dict[str, Any]:
    """The body of the answer of a function that serves the folder's bundle."""
    response = kind(DirectoryStore(str(folder.out), 4)).handle(event, Context())
    assert response["statusCode"] == 200, response
    body: dict[str, Any] = json.loads(response["body"])["body"]
    return body


def links(body: dict[str, Any]) -> dict[int, str | None]:
    return {result["incident_id"]: result["url"] for result in body["results"]}


@pytest.mark.parametrize("name", ["tickets.csv", "tickets.jsonl"])
def test_each_incident_is_answered_with_its_own_link_or_none(folder: Folder, name: str) -> None:
    assert folder.index(table(folder.path / name)) == 0
    for kind in (EncoderService, SearchService):
        body = ask(folder, {"embed": [1.0] * 64, "num": -1}, kind)
        assert links(body) == {1: ROWS[0]["url"], 22: None}
    assert ask(folder, {"text": TEXT, "num": 1})["best_url"] == ROWS[0]["url"]
    assert "best_url" not in ask(folder, {"text": ROWS[1]["text"], "num": 1})
    health = ask(folder, {"route": "health"})
    assert (health["title"], health["transliterates"]) == ("tickets", False)


def test_a_template_gives_links_to_those_that_have_none(folder: Folder) -> None:
    template = "https://y.example/{incident_id}.html"
    assert folder.index(table(folder.path / "t.csv"), "--url-template", template, "--title", " Our tickets ") == 0
    body = ask(folder, {"text": ROWS[1]["text"], "num": 2})
    assert links(body) == {1: ROWS[0]["url"], 22: "https://y.example/22.html"}
    assert body["best_url"] == "https://y.example/22.html"
    manifest = parse((folder.out / files.MANIFEST).read_bytes())
    assert manifest.collection == Collection("Our tickets", template, "", transliterate=False)


def test_texts_of_ones_own_are_embedded_as_they_are(folder: Folder) -> None:
    """The query as it was written finds its incident exactly, and its transliteration does not."""
    assert folder.index(table(folder.path / "t.csv")) == 0
    here, there = (ask(folder, {"text": text, "num": 2})["results"][0] for text in (TEXT, to_ascii(TEXT)))
    assert here["incident_id"] == 1
    assert here["similarity"] == pytest.approx(1, abs=1e-6)
    assert there["similarity"] < 0.9999


def test_aiids_texts_stay_transliterated_and_its_links_as_they_were(folder: Folder) -> None:
    assert folder.index(folder.snapshot([(7, "Faces", "2020-01-09", [1])], {1: TEXT})) == 0
    first, second = (ask(folder, {"text": text, "num": 1}) for text in (TEXT, to_ascii(TEXT)))
    assert first == second
    assert first["results"][0]["similarity"] == pytest.approx(1, abs=1e-6)
    assert links(first) == {7: "https://incidentdatabase.ai/cite/7"}
    assert first["best_url"] == "https://incidentdatabase.ai/apps/discover?display=details&incident_id=7"
    assert parse((folder.out / files.MANIFEST).read_bytes()).collection == AIID


def test_an_index_from_before_these_fields_answers_as_it_did(folder: Folder) -> None:
    assert folder.index(folder.snapshot([(7, "Faces", "2020-01-09", [1])], {1: TEXT})) == 0
    now = ask(folder, {"text": TEXT})
    path = folder.out / files.MANIFEST
    older = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("collection", "embedded_by")}
    path.write_text(json.dumps(older))
    assert ask(folder, {"text": TEXT}) == now


def test_aiids_vectors_do_not_get_the_titles_of_ones_own(folder: Folder) -> None:
    assert folder.index(table(folder.path / "t.csv")) == 0
    folder.bundle = folder.out
    state = folder.path / "state.csv"
    state.write_text(f'incident_id,count,mean\n22,2,"{[0.5] * 64}"\n')
    assert folder.index(state) == 0
    (result,) = ask(folder, {"embed": [1.0] * 64, "num": -1})["results"]
    assert (result["title"], result["url"]) == ("Incident 22", "https://incidentdatabase.ai/cite/22")


@pytest.mark.parametrize(("transliterates", "sent"), [(True, [ROWS[1]["text"]]), (False, [ROWS[1]["text"], TEXT])])
def test_a_deployment_embeds_what_it_would_not_change(folder: Folder, transliterates: bool, sent: list[str]) -> None:
    stub = Stub(parse((folder.bundle / files.MANIFEST).read_bytes()))
    status, headers, content = stub.health()
    content["body"]["transliterates"] = transliterates
    stub.health = lambda: (status, headers, content)  # type: ignore[method-assign]
    with served(stub) as url:
        assert folder.index(table(folder.path / "t.csv"), "--via", url, "--concurrency", "1") == 0
    assert sorted(json.loads(body)["text"] for path, _, body in stub.seen if body) == sorted(sent)
    here = folder.vectors()["vectors"][0]
    assert (here == len(TEXT)).all() != transliterates


def test_names_in_upper_case_are_read_in_both_kinds_of_table(folder: Folder) -> None:
    rows = [{name.upper(): value for name, value in row.items()} for row in ROWS]
    for name in ("t.csv", "t.jsonl"):
        assert folder.index(table(folder.path / name, rows)) == 0
        assert "1 of 2 have no url: they are answered without a link" in folder.said
        assert links(ask(folder, {"embed": [1.0] * 64, "num": -1})) == {1: ROWS[0]["url"], 22: None}


def test_a_hostile_link_is_refused_by_name_and_nothing_of_it_is_kept(folder: Folder) -> None:
    bad = ["javascript:alert(1)", "https://x.example/\x07", "https://x.example/" + "a" * 2000, "https://a@b.example/"]
    rows = [ROWS[0], *({**ROWS[1], "id": n, "url": url} for n, url in enumerate(bad, 30))]
    source = table(folder.path / "t.jsonl", rows)
    assert folder.index(source) == 0
    for line, words in enumerate(
        ("does not begin with https:// or http://", "a control character", "has 2,018 characters", "a user's name"), 2
    ):
        assert f"left out: t.jsonl, line {line}: url 'http" in folder.said or line == 2
        assert words in folder.said
    assert folder.vectors()["ids"].tolist() == [1]
    assert folder.index(source, "--strict") == 1


def test_a_title_is_a_line_that_can_be_seen_also_of_a_strange_file(folder: Folder) -> None:
    assert folder.index(table(folder.path / "a\u202eb\nc.jsonl")) == 0
    assert ask(folder, {"route": "health"})["title"] == "abc"
    assert own.title_of(Path("\udcffd.csv")) == "d"
    assert own.title_of(Path("\n.csv")) == "incidents"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--title", " "], "has to be a line of 1 to 100 characters"),
        (["--title", "a\nb"], "has to be a line of 1 to 100 characters"),
        (["--title", "x" * 101], "has to be a line of 1 to 100 characters"),
        (["--url-template", "https://x.example/{id}"], "has to hold {incident_id}"),
        (["--url-template", "javascript:{incident_id}"], "does not begin with https:// or http://"),
    ],
)
def test_a_wrong_option_is_wrong_use(folder: Folder, options: list[str], words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        folder.index(table(folder.path / "t.csv"), *options)
    assert ended.value.code == 2
    assert words in folder.capture.readouterr().err
    assert not folder.out.exists()


@pytest.mark.parametrize("option", [["--title", "Mine"], ["--url-template", "https://x.example/{incident_id}"]])
def test_aiids_own_data_takes_no_other_title_or_links(folder: Folder, option: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        folder.index(folder.snapshot(), *option)
    assert ended.value.code == 2
    assert "are for a table of your own; " in folder.capture.readouterr().err
    assert not folder.out.exists()
