"""A route is an entry of the list, what answers it, and its description."""

from __future__ import annotations

import json
from pathlib import Path

import requests

from tests.extending.support.tree import Tree, generic, listed

HANDLER = '''def tokens(wanted: Request, model: Model, call: Call) -> dict[str, Any]:
    """How many tokens the text of the request has."""
    read = model.tokenizer.encode(_plain(wanted.text, model)).ids
    return answer.envelope(200, {"warnings": [], "msg": str(len(read))})


'''
DEPLOY = """
import json, pathlib, sys
from tests.stacks.support.invariants import violations
from tests.stacks.support.project import make_project
from tests.stacks.support.recorder import run
graph = run(make_project(pathlib.Path(sys.argv[1])), {"auth": "none", "corsOrigins": ["https://example.org"]})
keys = [route.inputs["routeKey"] for route in graph.of(":Route")]
print(json.dumps([violations(graph), list(graph.exports["backends"]), [key for key in keys if key.endswith("/toy")]]))
"""
# What compares the other places with the list.
COMPARISONS = (
    "tests/images/contract/test_routes.py",
    "tests/tools/tables/test_tables.py",
    "tests/page/test_openapi.py::test_the_document_is_openapi_3_1",
    "tests/page/test_openapi.py::test_its_paths_are_the_routes_with_and_without_a_backend",
    "tests/page/test_openapi.py::test_its_fields_are_those_that_each_route_reads",
)


def add_toy(tree: Tree) -> None:
    """A route that says how many tokens a text has."""
    home, encoder = "images/contract/routes.py", "images/similarity/encoder.py"
    entry = 'TOY = Route("toy", takes=("text",), needs="model")\n'
    tree.replace(home, "\nROUTES = {", f"{entry}\nROUTES = {{")
    tree.replace(home, "EMBED_TO_DB, HEALTH)", "EMBED_TO_DB, HEALTH, TOY)")
    tree.replace(encoder, "def _plain(", f"{HANDLER}def _plain(")
    tree.replace(encoder, "    **search.ANSWERS,\n", '    **search.ANSWERS,\n    "toy": tokens,\n')
    for start, ending in (("/{backend}", "Of"), ("", "")):
        head = f'    "{start}/health": {{\n'
        tree.replace("page/openapi.json", head, described(tree, start, ending) + head)


def described(tree: Tree, start: str, ending: str) -> str:
    """The path of the document: that of another route with the same fields, under its own names."""
    paths = json.loads((tree.root / "page/openapi.json").read_text())["paths"]
    item = json.dumps({f"{start}/toy": paths[f"{start}/text-to-embed"]}, indent=2)
    for method in ("get", "post"):
        item = item.replace(f'"{method}TextToEmbed{ending}"', f'"{method}Toy{ending}"')
    item = item.replace("The vector of a text", "The number of its tokens")
    return "".join(f"  {line}\n" for line in item.splitlines()[1:-1]).rstrip("\n") + ",\n"


def test_a_route_takes_the_listed_files_and_is_answered_described_and_deployed(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    tree, project = Tree(tmp_path / "tree"), tmp_path / "project"
    add_toy(tree)
    assert generic(tree.touched, "toy") == listed("A route")
    assert len(tree.touched) <= 3

    with tree.lab(tiny_bundle, "oci") as outputs:
        for path in ("/oci/toy", "/toy"):
            answer = requests.get(f"{outputs['apiUrl']}{path}", params={"text": "a robot"}, timeout=60)
            assert (answer.status_code, answer.headers["X-Storage-Backend"]) == (200, "oci"), answer.text
            assert int(answer.json()["body"]["msg"]) > 2
        refused = requests.put(f"{outputs['apiUrl']}/toy", timeout=60)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")

    project.mkdir()
    broken, backends, keys = json.loads(tree.python("-c", DEPLOY, str(project)).splitlines()[-1])
    assert broken == []
    prefixes = ("", *(f"/{backend}" for backend in backends))
    assert set(keys) == {f"{method} {prefix}/toy" for method in ("GET", "POST") for prefix in prefixes}

    tree.python("-m", "tools.tables")
    row = "| `/toy` | GET, POST | `text` | The number of its tokens | encoder |"
    assert row in (tree.root / "docs/api.md").read_text()
    tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *COMPARISONS)
