"""An encoder family is one file."""

from __future__ import annotations

from pathlib import Path

from tests.extending.support.tree import Tree, generic, listed

FAMILY = '''"""Data2Vec for text: the network of RoBERTa under other names."""

from model.families import Family

FAMILY = Family("data2vec_text", ("data2vec-text",), padding_takes_a_position=False)
'''
# Builds a bundle of a random checkpoint of that family, and compares the service's engine with transformers' own model.
COMPARE = """
import pathlib, sys
import torch
from rich.console import Console
from model.bundles import bundle, incidents
from tests.images.conftest import open_bundle
from tests.model.support.checkpoints import ROBERTA, Kind, save
folder = pathlib.Path(sys.argv[1])
oracle = save(Kind("Data2VecTextModel", 92, ROBERTA), folder / "checkpoint")
few = folder / "few.jsonl"
few.write_text(incidents.SAMPLE.read_text().splitlines()[0])
options = bundle.Options(str(folder / "checkpoint"), "auto", few, folder / "bundle", pooling="cls")
bundle.build(options, Console(quiet=True))
ids = [0, 7, 100, 31, 2]
with torch.inference_mode():
    expected = oracle(input_ids=torch.tensor([ids])).last_hidden_state[0, 0].numpy()
print(abs(open_bundle(folder / "bundle").onnx.encode(ids) - expected).max())
"""


def add_toy(tree: Tree) -> None:
    """A family that transformers knows and this project does not."""
    tree.add("model/families/toy.py", FAMILY)


def test_a_family_takes_one_file_and_answers_as_transformers_does(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    add_toy(tree)

    assert generic(tree.touched, "toy") == listed("An encoder family")
    assert float(tree.python("-c", COMPARE, str(tmp_path)).splitlines()[-1]) <= 1e-5
