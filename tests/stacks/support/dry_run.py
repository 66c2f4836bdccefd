"""Runs the program as it is in this folder, real bundles and all, and prints its requests to the engine.

    python -m tests.stacks.support.dry_run [--stack NAME] [--project NAME]

It needs only what requirements.txt installs: `make deploy-ready` runs it in the deployer's own environment. Exit code 1
if the program refuses; its message goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from stacks.errors import DeploymentError
from tests.stacks.support import recorder
from tests.stacks.support.project import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Run the program once and print a line of JSON: how many resources, and the outputs that say what is deployed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.stacks.support.dry_run", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--stack", default="", help="take the settings of Pulumi.NAME.yaml (default: those of Pulumi.yaml)"
    )
    parser.add_argument("--project", default=recorder.PROJECT, help="under this project's name (default %(default)s)")
    options = parser.parse_args(arguments)
    try:
        config = stack_config(ROOT / f"Pulumi.{options.stack}.yaml", options.project) if options.stack else {}
        graph = recorder.run(ROOT, config, name=options.project)
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return 1
    outputs = {name: graph.exports[name] for name in ("architecture", "authMode", "bundleHash", "region", "weights")}
    print(json.dumps({"resources": len(graph.resources), "backends": sorted(graph.exports["backends"]), **outputs}))
    return 0


def stack_config(file: Path, project: str) -> dict[str, Any]:
    """Return the settings in a stack's file as the engine hands them to the project of that name.

    A key without a namespace belongs to the project, whatever its name is; keys of other namespaces are not for it.
    Raises DeploymentError for a file that is missing, or holds a value that only Pulumi can decrypt.
    """
    if not file.exists():
        raise DeploymentError.of(
            [f"there is no {file.name}: make the stack with `pulumi stack init`, and commit the file"]
        )
    known = {}
    for key, value in (yaml.safe_load(file.read_text()) or {}).get("config", {}).items():
        namespace, _, name = key.rpartition(":")
        if namespace not in ("", project):
            continue
        if isinstance(value, dict) and "secure" in value:
            mend = f"no setting here is a secret: `pulumi config set --plaintext {name} VALUE`"
            raise DeploymentError.of([f"{name} in {file.name} is encrypted, which is not read here; {mend}"])
        known[name] = value
    return known


if __name__ == "__main__":
    sys.exit(main())
