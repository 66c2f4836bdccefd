from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from contract import bundle as files
from model.base.errors import BuildError
from model.bundles import incidents
from similarity.loading.tokens import Tokenizer
from tests.images.conftest import open_bundle

GOOD = {"incident_id": 1, "title": "t", "date": "2020-01-31", "text": "x", "url": "https://x.example/1"}


def test_the_sample_is_40_or_more_incidents_with_pages() -> None:
    sample = incidents.read(incidents.SAMPLE)
    assert len(sample) >= 40
    assert all(i.url == f"https://incidentdatabase.ai/cite/{i.incident_id}" for i in sample)
    assert len({i.title for i in sample}) == len(sample)


def test_vectors_are_those_of_the_transformers_engine(tiny_bundle: Path) -> None:
    opened = open_bundle(tiny_bundle)
    tokenizer = Tokenizer((tiny_bundle / files.TOKENIZER).read_bytes(), opened.manifest.max_tokens)
    stored = load_file(tiny_bundle / files.VECTORS)
    sample = incidents.read(incidents.SAMPLE)
    assert stored["ids"].tolist() == [i.incident_id for i in sample]
    assert stored["counts"].tolist() == [1] * len(sample)
    expected = [opened.transformers.encode(tokenizer.encode(i.text).ids) for i in sample]
    np.testing.assert_allclose(stored["vectors"], np.stack(expected), atol=1e-5)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["{"], "line 1: Expecting"),
        (["[]"], "line 1: is not a JSON object"),
        ([json.dumps(GOOD), json.dumps(GOOD)], "line 2: incident 1 stands there twice"),
        ([json.dumps({**GOOD, "title": " "})], "line 1: title is empty"),
        ([json.dumps({**GOOD, "date": "January"})], "line 1: Invalid isoformat"),
        ([json.dumps({**GOOD, "incident_id": "1"})], "line 1: incident_id is not an integer"),
        ([json.dumps({k: v for k, v in GOOD.items() if k != "url"})], "line 1: .*missing .*'url'"),
        ([json.dumps({**GOOD, "colour": "red"})], "line 1: .*unexpected .*'colour'"),
        ([json.dumps({**GOOD, "text": "\ud800"})], "line 1: .*surrogates not allowed"),
        ([""], "holds no incidents"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[str], words: str) -> None:
    path = tmp_path / "incidents.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(BuildError, match=words):
        incidents.read(path)


def test_a_line_ends_where_jsonl_says(tmp_path: Path) -> None:
    path = tmp_path / "incidents.jsonl"
    path.write_text(json.dumps({**GOOD, "text": "a\u2028b\u0085c"}, ensure_ascii=False) + "\n")
    assert incidents.read(path)[0].text == "a\u2028b\u0085c"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"nowhere\.jsonl cannot be read"):
        incidents.read(tmp_path / "nowhere.jsonl")
