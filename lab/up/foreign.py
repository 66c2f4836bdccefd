"""Brings functions that are not this project's up in an account: a folder with a handler in Python or Node for each."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract import outputs
from contract.auth import NONE
from contract.names import LABEL, log_group
from contract.storages import NAMES
from lab.aws.account import Account
from lab.aws.routes import Integration
from lab.host.errors import LabError
from lab.host.identity import REGION, architecture
from lab.host.workspace import Workspace
from lab.runtime.function_spec import FunctionSpec
from lab.runtime.launch import Code, NodeSource, Source
from lab.runtime.memory import enforcement

_HANDLER = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z_][A-Za-z0-9_]*")
_DEFAULTS = (("app.py", "app.handler"), ("index.mjs", "index.handler"), ("index.js", "index.handler"))
_NODE = (".mjs", ".js", ".cjs")


@dataclass(frozen=True)
class Foreign:
    """A function of the user's: its label, which is its path, too, and its code."""

    label: str
    code: Code


def parse_foreign(text: str) -> Foreign:
    """A function from `LABEL=FOLDER` or `LABEL=FOLDER:file.function`. Raises ValueError, which says what is wrong."""
    label, mark, rest = text.partition("=")
    if not mark or not LABEL.fullmatch(label) or label in NAMES:
        raise ValueError(
            f"{text!r} is not LABEL=FOLDER, with a label of up to 32 of a-z, 0-9 and -, a letter first, and not "
            f"{' or '.join(NAMES)}"
        )
    place, colon, handler = rest.rpartition(":")
    folder = Path(place if colon and _HANDLER.fullmatch(handler) else rest)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    if not (colon and _HANDLER.fullmatch(handler)):
        found = [known for file, known in _DEFAULTS if (folder / file).is_file()]
        if not found:
            raise ValueError(f"{folder} has no app.py, index.mjs or index.js; name its handler: …:file.function")
        handler = found[0]
    return Foreign(label, _code(folder.resolve(), handler))


def _code(folder: Path, handler: str) -> Code:
    stem, _, function = handler.partition(".")
    if (folder / f"{stem}.py").is_file():
        return Source((folder,), handler)
    files = [f"{stem}{ending}" for ending in _NODE if (folder / f"{stem}{ending}").is_file()]
    if not files:
        raise ValueError(f"{folder} has no {stem}.py, {stem}.mjs or {stem}.js")
    node = shutil.which("node")
    if node is None:
        raise ValueError(f"{folder}/{files[0]} needs Node, and there is no `node` on this machine")
    return NodeSource(Path(node), folder, files[0], function)


@asynccontextmanager
async def foreign_functions(
    found: Sequence[Foreign], memory_mb: int, timeout_s: int
) -> AsyncIterator[Mapping[str, Any]]:
    """Bring the functions up, yield the outputs that the benchmark reads, and leave nothing behind."""
    workspace = Workspace()
    try:
        async with Account(workspace) as account:
            routes: dict[str, Integration] = {}
            for each in found:
                each.code.warm()
                spec = FunctionSpec(each.label, each.code, memory_mb=memory_mb, timeout_s=timeout_s)
                routes[f"ANY /{each.label}"] = account.deploy(spec)
            await account.open(routes)
            yield _outputs(account, found, enforcement(workspace.root.name))
    except OSError as error:
        raise LabError(f"the functions cannot be read: {error}") from error
    finally:
        workspace.close()


def _outputs(account: Account, found: Sequence[Foreign], memory: str) -> dict[str, Any]:
    """What `--outputs` of the benchmark takes; every function is taken to have all witnesses."""
    return {
        outputs.TARGET: "lab",
        outputs.API_URL: account.api_url,
        outputs.REGION: REGION,
        outputs.AUTH_MODE: NONE,
        outputs.ARCHITECTURE: architecture(),
        outputs.BUNDLE_HASH: "not stated",
        outputs.ENDPOINT_URL: account.endpoint_url,
        outputs.ACCESS_KEY_ID: account.credentials.access_key_id,
        outputs.SECRET_ACCESS_KEY: account.credentials.secret_access_key,
        outputs.MEMORY_ENFORCEMENT: memory,
        outputs.BACKENDS: {
            each.label: {
                outputs.FUNCTION_NAME: each.label,
                outputs.LOG_GROUP: log_group(each.label),
                outputs.STORAGE: "a function of the user's, from a folder of this machine",
                outputs.PATH: f"/{each.label}",
                outputs.WITNESSES: list(outputs.ALL_WITNESSES),
            }
            for each in found
        },
    }
