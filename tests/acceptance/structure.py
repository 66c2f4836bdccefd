"""Measures what the structure must show: one list of storages, no cycles, few files to touch, time and words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from contract.checkout import ROOT
from contract.storages import STORAGES
from tests.acceptance.table import Measure, Row
from tests.extending import test_alternative, test_cold_start, test_figure, test_route, test_storage
from tests.extending.support.tree import Tree
from tests.support.import_graph import cycles, folders, imports, production_files

_HOMES = ("images/contract", "stacks/storages", "lab/storages", *(f"images/{name}" for name in STORAGES))
_VIEWS = ("bench/report", "bench/charts", "bench/commands", "bench/limits")
_READERS = ("bench/limits/facts.py", "bench/limits/worker.py")  # of manifests and tensor files, which are not reports
_TRIALS = (
    (test_storage, "storage", 8),
    (test_cold_start, "cold-start kind", 2),
    (test_route, "route", 3),
    (test_figure, "figure", 2),
    (test_alternative, "further alternative", 2),
)
_MOST_NAMES, _MOST_WORDS, _MOST_MINUTES = 3, 1200, 15


def names_outside_their_homes() -> Iterator[Row]:
    """Counts files with the name of a storage as a string; documents and tests are left out.

    A boto3 client of the service S3 is not a storage.
    """
    found = sorted(str(path.relative_to(ROOT)) for path in _sources() if _names(path))
    listed = f"{len(found)}: {', '.join(found)}" if found else "0"
    what = "production files outside its home with a storage name as a string"
    yield Row(what, f"at most {_MOST_NAMES}", listed, len(found) <= _MOST_NAMES)


def import_cycles() -> Iterator[Row]:
    """Cycles count late imports and those for types only."""
    for what, graph in (("folders", folders()), ("modules", imports())):
        found = cycles(graph)
        yield Row(f"import cycles between {what}", "0", f"{len(found)} {found or ''}".strip(), not found)


def files_to_touch() -> Iterator[Row]:
    """Toys, added to a copy of this checkout."""
    for trial, what, most in _TRIALS:
        with tempfile.TemporaryDirectory() as directory:
            tree = Tree(Path(directory))
            trial.add_toy(tree)
        touched = sorted(tree.touched)
        what = f"files to touch for a {what}"
        yield Row(what, f"at most {most}", f"{len(touched)}: {', '.join(touched)}", len(touched) <= most)


def toys_run() -> Iterator[Row]:
    """Every toy is used as a user would use it, in a copy of this checkout."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/extending"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = done.stdout.strip().splitlines()[-1]
    yield Row("the toys run: lab, benchmark, recorded deployment, report", "all tests pass", said, done.returncode == 0)


def look_ups() -> Iterator[Row]:
    """`x["name"]` and `x.get("name")` in what derives and shows a report; annotations are not look-ups."""
    count = {str(path.relative_to(ROOT)): len(_look_ups(path)) for path in production_files() if _is_view(path)}
    where = ", ".join(f"{name} {number}" for name, number in count.items() if number)
    yield Row("string-keyed look-ups of report data", "0", f"{sum(count.values())} {where}".strip(), not where)


def words_of_readme() -> Iterator[Row]:
    """Words as `wc -w` counts them."""
    words = len((ROOT / "README.md").read_text().split())
    yield Row("README words", f"at most {_MOST_WORDS:,}", f"{words:,}", words <= _MOST_WORDS)


def continuous_integration() -> Iterator[Row]:
    """`.ci/run` on what is committed, in a clone without an environment."""
    with tempfile.TemporaryDirectory() as directory:
        clone = Path(directory) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        started = time.monotonic()
        done = subprocess.run([clone / ".ci" / "run"], cwd=clone, capture_output=True, text=True)
        minutes = (time.monotonic() - started) / 60
    passed = re.findall(r"^=*\s*(\d+ .*) in [\d.]+s", done.stdout, re.MULTILINE)
    said = f"{minutes:.1f} min, exit code {done.returncode}, {passed[-1] if passed else done.stderr[-300:]}"
    met = done.returncode == 0 and minutes <= _MOST_MINUTES
    yield Row(".ci/run in a fresh clone", f"at most {_MOST_MINUTES} min", said, met)


def _sources() -> Iterator[Path]:
    yield from production_files()
    yield from (path for kind in ("js", "html", "json") for path in (ROOT / "page").glob(f"*.{kind}"))
    yield from ROOT.glob("Pulumi*.yaml")


def _names(path: Path) -> bool:
    """Whether a file outside the homes holds a storage's name as a whole string."""
    if str(path.parent.relative_to(ROOT)) in _HOMES:
        return False
    if path.suffix != ".py":
        quoted = "|".join(STORAGES)
        return bool(
            re.search(
                rf"""(["'`])({quoted})\1|\[({quoted})[,\]]|default: ({quoted})$""", path.read_text(), re.MULTILINE
            )
        )
    tree = ast.parse(path.read_text())
    clients = {id(node.args[0]) for node in ast.walk(tree) if _is_client(node)}
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in clients)
    return any(node.value in STORAGES for node in strings)


def _is_client(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "client"
        and bool(node.args)
    )


def _is_view(path: Path) -> bool:
    name = str(path.relative_to(ROOT))
    return name.startswith(_VIEWS) and name not in _READERS


def _look_ups(path: Path) -> list[int]:
    """The lines of a file's look-ups by a name in quotes."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    return [node.lineno for node in nodes if isinstance(node, ast.Subscript | ast.Call) and _named(node)]


def _named(node: ast.Subscript | ast.Call) -> bool:
    if isinstance(node, ast.Subscript):
        key: ast.AST | None = node.slice
    else:
        gets = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        key = node.args[0] if gets and node.args else None
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


QUICK: tuple[Measure, ...] = (names_outside_their_homes, import_cycles, files_to_touch, look_ups, words_of_readme)
MEASURES: tuple[Measure, ...] = (*QUICK, toys_run, continuous_integration)
