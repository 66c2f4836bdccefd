"""The production code has no import cycle, and the search for cycles finds those that are there."""

from __future__ import annotations

from pathlib import Path

from tests.support.import_graph import cycles, folders, imports


def test_no_module_and_no_folder_takes_part_in_an_import_cycle() -> None:
    assert cycles(imports()) == []
    assert cycles(folders()) == []


def test_a_cycle_is_found_between_modules_and_between_folders(tmp_path: Path) -> None:
    files = {
        "bench/one/a.py": "from bench.two import b",
        "bench/two/b.py": "def late():\n    from bench.one.c import x",
        "bench/one/c.py": "",
        "lab/d.py": "import lab.e",
        "lab/e.py": "from lab.d import x",
        "__main__.py": "import bench.one.a",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cycles(imports(tmp_path)) == [["lab.d", "lab.e"]]
    assert cycles(folders(tmp_path)) == [["bench/one", "bench/two"]]
