"""The page for people and the OpenAPI document: a small function of its own, which never touches a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulumi

from contract.environment import BACKENDS
from stacks.account import Place
from stacks.errors import DeploymentError
from stacks.function import Code, FunctionArgs, LambdaFunction
from stacks.settings import Settings

# Relative, so that the state names no machine's paths.
DIRECTORY = Path("page")
CONTRACT = Path("images/contract")  # what the handler knows of the storages
REQUIRED = ("handler.py", "index.html", "openapi.json")
_KINDS = (".css", ".html", ".js", ".json", ".py")
_MEMORY_MB = 128
_TIMEOUT_SECONDS = 5


class Page(LambdaFunction):
    """The function that answers `GET /` and `GET /openapi.json`. It may only write its log."""

    def __init__(self, name: str, settings: Settings, place: Place, opts: pulumi.ResourceOptions | None = None) -> None:
        args = FunctionArgs(
            settings=settings,
            place=place,
            function_name=place.names.function(name),
            description="The page, and the OpenAPI document",
            memory_mb=_MEMORY_MB,
            timeout_seconds=_TIMEOUT_SECONDS,
            environment={BACKENDS: ",".join(settings.backends)},
        )
        # Pulumi makes the archive from names and contents alone: no times, no modes, no byte code.
        archive = pulumi.AssetArchive({name: pulumi.FileAsset(str(path)) for name, path in files()})
        inputs = {"package_type": "Zip", "runtime": "python3.13", "handler": "handler.handler", "code": archive}
        super().__init__(name, args, Code(inputs), opts)


def files() -> Iterator[tuple[str, Path]]:
    """Yield names in the archive and their files, in order. Raises DeploymentError where something is missing."""
    if missing := [name for name in REQUIRED if not (DIRECTORY / name).is_file()]:
        raise DeploymentError.of(
            [f"{DIRECTORY} lacks {', '.join(missing)}: get it back with `git checkout {DIRECTORY}`"]
        )
    for path in sorted(path for path in DIRECTORY.iterdir() if path.suffix in _KINDS and path.is_file()):
        yield path.name, path
    for path in sorted(CONTRACT.glob("*.py")):
        yield f"{CONTRACT.name}/{path.name}", path
