"""The list of environment variables is true: the functions read these, and a deployment sets no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from contract import environment
from contract.checkout import IMAGES, ROOT

NAMES = {variable.name for variable in environment.VARIABLES}
READERS = [*(IMAGES / "similarity").rglob("*.py"), *IMAGES.glob("*/*.py"), ROOT / "page" / "handler.py"]


def read_in(path: Path) -> Iterator[str]:
    """The variables that a module reads or sets: a constant of the contract counts as its value."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=key):
                yield _value(key)
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ")), args=[key, *_]):
                yield _value(key)


def _value(key: ast.expr) -> str:
    if isinstance(key, ast.Constant):
        return str(key.value)
    name = key.attr if isinstance(key, ast.Attribute) else ast.unparse(key)
    return str(getattr(environment, name, f"{name}, which is not of the contract"))


def test_the_functions_read_the_variables_of_the_list_and_no_others() -> None:
    assert {name for path in READERS for name in read_in(path)} == NAMES


def test_no_variable_is_listed_twice() -> None:
    assert len(NAMES) == len(environment.VARIABLES)


def test_only_what_the_benchmark_and_an_operator_set_may_be_changed() -> None:
    changeable = {each.name for each in environment.VARIABLES if each.changeable}
    assert changeable == {"CONFIG_NONCE", "COPY_WEIGHTS", "ENGINE", "FETCH_INTO_MEMORY", "READERS", "VERIFY_WEIGHTS"}
