"""Write the policies of the roles that deploy and preview into docs/policies: `python -m tools.policies`.

They are made from recorded runs of the program and from tools/policies/permissions.py, so the environment needs the
requirements of the tests.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

import yaml

from contract.checkout import ROOT
from tests.stacks.support import recorded
from tests.stacks.support.recorder import Graph
from tools.policies.documents import Document, documents
from tools.policies.needs import UnknownTypeError, needs

DIRECTORY = ROOT / "docs" / "policies"


def current(graphs: Iterable[Graph]) -> dict[str, Document]:
    """Return the policies that recorded runs need, by name. Raises UnknownTypeError for a type that the table lacks."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"]
    return documents(project, needs(graphs))


def text(document: Document) -> str:
    """Return a policy in the form of its file."""
    return json.dumps(document, indent=2) + "\n"


def main() -> int:
    """Write the files; return 1, with a message, if the table of permissions lacks something."""
    try:
        policies = current(recorded.runs())
    except UnknownTypeError as error:
        print(error, file=sys.stderr)
        return 1
    DIRECTORY.mkdir(exist_ok=True)
    for name, document in policies.items():
        (DIRECTORY / f"{name}.json").write_text(text(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
