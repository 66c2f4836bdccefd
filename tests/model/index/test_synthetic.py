"""An index on synthetic weights: the command says what that means before it embeds."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from model.index import build, sources


def test_synthetic_weights_are_named_before_anything_is_embedded(tiny_bundle: Path, tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_text("id,title,text\n4,Crane,a crane fell\n")
    said = io.StringIO()
    options = build.Options(sources.detect(source), tiny_bundle, tmp_path / "out", tmp_path / "cache")
    build.build(options, Console(file=said, width=300))
    words = said.getvalue()
    assert "--bundle images/bundle-minilm" in words
    assert words.index("synthetic weights") < words.index("new texts")
