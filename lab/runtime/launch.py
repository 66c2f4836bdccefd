"""Launches the code of a function: a working copy on this machine's Python, or a container image."""

from __future__ import annotations

import compileall
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.host import enter_image
from lab.host.page_cache import fill

_NODE_RUNTIME = Path(__file__).with_name("node_runtime.mjs")


@dataclass(frozen=True)
class Launch:
    """How an environment starts: RIE starts `runtime` at INIT, and `wrapper` starts RIE, in `folder`."""

    runtime: tuple[str | Path, ...]
    variables: Mapping[str, str]
    folder: Path
    wrapper: tuple[str | Path, ...] = ()


class Code(Protocol):
    """The code of a function."""

    def warm(self) -> None:
        """Make the first start as fast as all later ones. Takes a while; raises OSError if a file cannot be read."""

    def launch(self, tmp: Path, binds: Mapping[str, Path]) -> Launch:
        """How to start it with the folder `tmp` as its /tmp; in an image, the host folders `binds` are seen, too."""


@dataclass(frozen=True)
class Source:
    """Folders that go on PYTHONPATH, the handler's own folder last."""

    folders: tuple[Path, ...]
    handler: str = "app.handler"

    def warm(self) -> None:
        """Compile it, because an image carries its .pyc files, too."""
        for folder in self.folders:
            compileall.compile_dir(folder, maxlevels=2, quiet=2)

    def launch(self, tmp: Path, binds: Mapping[str, Path]) -> Launch:
        """Run it on the lab's own interpreter, which sees all folders; `tempfile` finds `tmp` by TMPDIR."""
        variables = _on_this_machine(tmp, self.folders[-1])
        variables["PYTHONPATH"] = os.pathsep.join(map(str, self.folders))
        return Launch((sys.executable, "-m", "awslambdaric", self.handler), variables, self.folders[-1])


@dataclass(frozen=True)
class NodeSource:
    """A folder with a handler in Node: `function`, as `file` exports it."""

    node: Path
    folder: Path
    file: str
    function: str

    def warm(self) -> None:
        """Do nothing: Node compiles at each start, here as on Lambda."""

    def launch(self, tmp: Path, binds: Mapping[str, Path]) -> Launch:
        """Run it on this machine's Node, by a loop of the lab's own."""
        command = (self.node, _NODE_RUNTIME, self.folder, self.file, self.function)
        return Launch(command, _on_this_machine(tmp, self.folder), self.folder)


def _on_this_machine(tmp: Path, task_root: Path) -> dict[str, str]:
    """The variables of a process that runs outside an image."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(tmp),
        "TMPDIR": str(tmp),
        "LAMBDA_TASK_ROOT": str(task_root),
    }


@dataclass(frozen=True)
class Image:
    """An image whose file system is mounted at `root`; `binds` are host folders by their paths inside."""

    root: Path
    command: tuple[str, ...]
    variables: Mapping[str, str]
    binds: Mapping[str, Path] = field(default_factory=dict)

    def warm(self) -> None:
        """Read interpreter and packages into the page cache, where those of a working copy always are."""
        fill(path for top in ("usr", "var") for path in _loadable(self.root / top))

    def launch(self, tmp: Path, binds: Mapping[str, Path]) -> Launch:
        """Run the image's own command in a mount namespace that ends with it."""
        tmp.chmod(0o1777)
        places = {**self.binds, **binds, "/tmp": tmp}  # noqa: S108 -- a private folder is seen there
        return Launch(self.command, self.variables, self.root, self.entrance(places))

    def entrance(self, binds: Mapping[str, Path]) -> tuple[str | Path, ...]:
        """The command line that enters the image; a program and its arguments may follow."""
        places = [word for inside, host in binds.items() for word in (host, inside)]
        return (sys.executable, "-I", "-S", enter_image.__file__, self.root, *places, "--")


def _loadable(top: Path) -> Iterator[Path]:
    """The files below a folder that a start may read: all except source code that has byte code beside it."""
    for folder, folders, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            compiled = "__pycache__" in folders and path.suffix == ".py"
            if not compiled and path.is_file() and not path.is_symlink():
                yield path
