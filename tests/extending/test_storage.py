"""A storage is an entry of the list, and a module in each of the places that are called as it."""

from __future__ import annotations

import json
from pathlib import Path

import requests

from tests.extending.support.tree import Tree, generic, listed

ENTRY = """
TOY = Storage(
    name="toy",
    title="toy box",
    label="toy",
    kept="in a box of toys",
    opened="directory",
    charges={"standard": Charges("ecr_storage_gb_month")},
    baked=True,
)
"""
LAB = '''"""Holds a bundle in a plain folder."""

from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site, plain_folder


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    return await plain_folder(site.workspace, bundle, label, "a toy")
'''
DEPLOY = """
import json, pathlib, sys
from tests.stacks.support.invariants import violations
from tests.stacks.support.project import MODEL, make_project
from tests.stacks.support.recorder import run
graph = run(make_project(pathlib.Path(sys.argv[1])), {"auth": "none", "monitoring": True, "moreModels": [MODEL]})
print(json.dumps([violations(graph), sorted(graph.exports["backends"])]))
"""
# What compares the other places with the list.
COMPARISONS = (
    "tests/images/contract/test_storages.py",
    "tests/stacks/test_parts.py::test_every_backend_has_its_images_and_its_component_and_the_reverse",
    "tests/stacks/test_settings.py::test_every_usual_storage_is_deployed_by_default_and_the_lists_default_answers",
    "tests/lab/storages/test_storages.py::test_every_storage_of_the_list_has_a_module_that_provides_it",
    "tests/bench/cost/test_model.py::test_every_charge_of_a_storage_is_in_the_shipped_table_and_looked_up_live",
    "tests/page/test_openapi.py::test_its_paths_are_the_routes_with_and_without_a_backend",
)


def add_toy(tree: Tree) -> None:
    """A storage that is kept as the container image is, but that the lab holds in a plain folder."""
    home = "images/contract/storages.py"
    tree.replace(home, "STORAGES: Mapping", f"{ENTRY.lstrip()}STORAGES: Mapping")
    tree.replace(home, "(EFS, S3, IMAGE, S3_FILES)", "(EFS, S3, IMAGE, S3_FILES, TOY)")
    for name in ("app.py", "Dockerfile", "Dockerfile.dockerignore"):
        tree.add(
            f"images/toy/{name}", (tree.root / "images/oci" / name).read_text().replace("oci/app.py", "toy/app.py")
        )
    component = (tree.root / "stacks/storages/oci.py").read_text()
    tree.add("stacks/storages/toy.py", component.replace("OciBackend", "ToyBackend"))
    tree.add("lab/storages/toy.py", LAB)
    tree.replace("Pulumi.yaml", "default: [efs, s3, oci]", "default: [efs, s3, oci, toy]")
    document = (tree.root / "page/openapi.json").read_text()
    (last,) = [line for line in document.splitlines() if line.strip() == '"s3files"']
    tree.replace("page/openapi.json", f"{last}\n", f"{last},\n{last.replace('s3files', 'toy')}\n")


def test_a_storage_takes_the_listed_files_and_is_served_measured_and_deployed(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    tree, outputs, report = Tree(tmp_path / "tree"), tmp_path / "outputs.json", tmp_path / "report"
    add_toy(tree)
    assert generic(tree.touched, "toy") == listed("A storage")
    assert len(tree.touched) <= 8

    with tree.lab(tiny_bundle, "toy") as told:
        answer = requests.get(f"{told['apiUrl']}/toy/similar", params={"text": "a robot"}, timeout=60)
        assert (answer.status_code, answer.headers["X-Storage-Backend"]) == (200, "toy")
        page = requests.get(told["pageUrl"], timeout=60).text
        assert 'content="toy" data-title="Toy" data-kept="in a box of toys"' in page
        outputs.write_text(json.dumps(told))
        few = ("--backends", "toy", "--cold", "2", "--warm", "2")
        tree.python("bench/run.py", *few, "--outputs", str(outputs), "--out", str(report))
    assert "| toy |" in (report / "report.md").read_text()

    project = tmp_path / "project"
    project.mkdir()
    deployed = json.loads(tree.python("-c", DEPLOY, str(project)).splitlines()[-1])
    assert deployed == [[], ["efs", "oci", "s3", "toy"]]
    tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *COMPARISONS)
