"""The manifest: what it names the model by, what older ones mean, and what in it is damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract import bundle as files
from similarity.base.errors import StoreError
from similarity.bundle.manifest import AIID, Collection, Manifest, parse

OWN = Collection("Tickets", "https://x.example/{incident_id}", "", transliterate=False)


@pytest.fixture
def fields(tiny_bundle: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((tiny_bundle / files.MANIFEST).read_text())
    return read


def of(fields: dict[str, Any]) -> Manifest:
    return parse(json.dumps(fields).encode())


def test_what_is_written_is_read(fields: dict[str, Any]) -> None:
    manifest = replace(of(fields), collection=OWN)
    assert parse(manifest.to_json().encode()) == manifest


def test_an_older_manifest_is_of_aiid_and_of_any_model(fields: dict[str, Any]) -> None:
    del fields["collection"], fields["embedded_by"]
    manifest = of(fields)
    assert manifest.collection == AIID
    assert manifest.collection.transliterate
    manifest.check_index()


def test_the_limit_of_tokens_and_every_file_but_the_index_make_the_model(fields: dict[str, Any]) -> None:
    manifest = of(fields)
    for name, file in manifest.files.items():
        changed = {**manifest.files, name: replace(file, size=file.size + 1)}
        assert (replace(manifest, files=changed).model_hash == manifest.model_hash) == (name in files.INDEX), name
    assert replace(manifest, max_tokens=manifest.max_tokens - 1).model_hash != manifest.model_hash
    assert replace(manifest, collection=OWN).model_hash == manifest.model_hash


def test_an_index_of_another_limit_is_refused(fields: dict[str, Any]) -> None:
    of(fields).check_index()
    with pytest.raises(StoreError, match="under another limit of tokens: make it anew with `python -m model index`"):
        of({**fields, "max_tokens": fields["max_tokens"] - 1}).check_index()


@pytest.mark.parametrize(
    "collection",
    [
        None,
        [],
        "AI Incident Database",
        {},
        {**AIID._asdict(), "title": None},
        {**AIID._asdict(), "transliterate": "no"},
        {**AIID._asdict(), "transliterate": 0},
        {**AIID._asdict(), "colour": "red"},
    ],
)
def test_a_collection_of_another_kind_is_damage(fields: dict[str, Any], collection: object) -> None:
    with pytest.raises(StoreError, match=r"is damaged: .*ollection"):
        of({**fields, "collection": collection})
