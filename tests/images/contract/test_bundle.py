"""A manifest is read in one way: what is not one is refused in words, and no name leads out of the bundle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import bundle
from contract.bundle import File

SUM = hashlib.sha256(b"x").hexdigest()
FILES = {"config.json": {"size": 1, "sha256": SUM}, "model.safetensors": {"size": 7, "sha256": SUM}}
LINES = f"config.json 1 {SUM}\nmodel.safetensors 7 {SUM}\n"
GOOD: dict[str, Any] = {
    "format": bundle.FORMAT,
    "source_hash": hashlib.sha256(LINES.encode()).hexdigest(),
    "weights": "synthetic",
    "files": FILES,
}


def read(**changes: Any) -> dict[str, Any]:
    return bundle.read(json.dumps({**GOOD, **changes}).encode())


def test_a_manifest_has_its_fields_and_its_files() -> None:
    fields = read()
    assert fields["files"] == {"config.json": File(1, SUM), "model.safetensors": File(7, SUM)}
    assert fields["weights"] == "synthetic"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": bundle.FORMAT + 1}, f"has format {bundle.FORMAT + 1}, this program reads format {bundle.FORMAT}"),
        ({"source_hash": "0" * 64}, "source_hash does not fit its list of files"),
        ({"source_hash": None}, "source_hash does not fit"),
        ({"files": []}, "the list of files is not a JSON object"),
        ({"files": {"../x": FILES["config.json"]}}, "is not the name of a file in a bundle"),
        ({"files": {"x": {"size": True, "sha256": SUM}}}, "x has no size in bytes"),
        ({"files": {"x": {"size": 1.0, "sha256": SUM}}}, "x has no size in bytes"),
        ({"files": {"x": {"size": -1, "sha256": SUM}}}, "x has no size in bytes"),
        ({"files": {"x": {"size": 1, "sha256": SUM.upper()}}}, "x has no size in bytes"),
        ({"files": {"x": 1}}, "x has no size in bytes"),
    ],
)
def test_a_manifest_that_is_wrong_says_why(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(**changes)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"format": 2, "files": {}}'])
def test_what_is_not_a_manifest_is_damaged(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^is damaged: "):
        bundle.read(data)


@given(st.text(max_size=300) | st.text(alphabet="./\\a-\0\n", max_size=6))
def test_no_file_name_leads_out_of_the_bundle(name: str) -> None:
    try:
        files = bundle.read_files({name: FILES["config.json"]})
    except ValueError:
        return
    [there] = files
    assert (Path("/bundle") / there).resolve() == Path("/bundle", name)
    assert Path(there).name == name
    assert not name.startswith(".")
    assert len(name.encode()) <= 255


@given(st.dictionaries(st.from_regex(r"[a-z][a-z.]{0,9}", fullmatch=True), st.integers(0, 1 << 60)))
def test_a_list_that_was_written_is_read_as_it_was(sizes: dict[str, int]) -> None:
    files = {name: File(size, SUM) for name, size in sizes.items()}
    written = bundle.write_files(files)
    assert bundle.read_files(json.loads(json.dumps(written))) == files
    assert list(written) == sorted(sizes)


@pytest.mark.parametrize(
    ("index_bytes", "memory_mb"),
    [(0, 512), (85 << 20, 512), ((85 << 20) + 400_000, 576), (100 << 20, 576), (3 << 30, 9472), (4 << 30, 12_544)],
)
def test_memory_of_a_search_function(index_bytes: int, memory_mb: int) -> None:
    assert bundle.search_memory_mb(index_bytes) == memory_mb
