"""The type checker reads the part of pulumi_aws that the program uses."""

from __future__ import annotations

import ast
import tomllib

from contract.checkout import ROOT


def test_every_service_that_the_program_uses_is_read() -> None:
    """pyproject.toml names them; what it does not name may be called in any way."""
    used = {
        node.attr
        for path in (ROOT / "stacks").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "aws"
    }
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    [read] = [entry["module"] for entry in overrides if entry.get("follow_imports") == "normal"]

    services = {name.split(".")[1] for name in read if name.endswith(".*")}

    assert {name for name in used if name.islower() and not name.startswith("get_")} == services
