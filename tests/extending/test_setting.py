"""A setting is a key of the schema, a field, and the place that uses it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.extending.support.tree import Tree, generic, listed

USER = "stacks/function.py"  # whichever module uses the setting
RUN = """
import json, pathlib, sys
from tests.stacks.support.project import make_project
from tests.stacks.support.recorder import run
project = pathlib.Path(sys.argv[1])
make_project(project)
graph = run(project, json.loads(sys.argv[2]))
functions = [each for each in graph.resources if each.type == "aws:lambda/function:Function"]
print(json.dumps([each.inputs.get("description") for each in functions]))
"""


def add_toy(tree: Tree) -> None:
    """A setting whose text is shown in the description of every function."""
    tree.replace(
        "Pulumi.yaml",
        "  memoryMb:\n",
        "  toyNote:\n    type: string\n    default: nothing\n    description: A note on every function.\n  memoryMb:\n",
    )
    tree.replace("stacks/settings.py", "    memory_mb: int\n", "    toy_note: str\n    memory_mb: int\n")
    tree.replace(
        "stacks/settings.py",
        '            memory_mb=source.require_int("memoryMb"),\n',
        '            toy_note=source.require("toyNote"),\n            memory_mb=source.require_int("memoryMb"),\n',
    )
    tree.replace(USER, "description=args.description", 'description=f"{args.description} ({args.settings.toy_note})"')


def test_a_setting_takes_the_listed_files_and_reaches_what_is_deployed(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    add_toy(tree)

    assert generic(tree.touched, "toy") - {USER} == listed("A setting")
    (by_default,) = {text.rpartition("(")[2] for text in _descriptions(tree, tmp_path / "one", {})}
    (as_set,) = {text.rpartition("(")[2] for text in _descriptions(tree, tmp_path / "two", {"toyNote": "hello"})}
    assert (by_default, as_set) == ("nothing)", "hello)")
    assert "| `toyNote` | string | `nothing` | A note on every function. |" in _documented(tree)


def _documented(tree: Tree) -> str:
    tree.python("-m", "tools.tables")
    return (tree.root / "docs" / "configuration.md").read_text()


def _descriptions(tree: Tree, project: Path, config: dict[str, str]) -> list[str]:
    project.mkdir()
    found: list[str] = json.loads(tree.python("-c", RUN, str(project), json.dumps(config)).splitlines()[-1])
    return found
