"""A copy of this checkout to which something is added, and the list of the files that this took."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contract.checkout import ROOT

PAGE = ROOT / "docs" / "extending.md"


class Tree:
    """A copy of all files that are kept in the repository, as they are now; `touched` are those changed since."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.touched: set[str] = set()
        listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
        for name in listed.splitlines():
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, root / name)

    def add(self, name: str, text: str) -> None:
        """Write a file that there was not."""
        file = self.root / name
        assert not file.exists(), f"{name} exists"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.touched.add(name)

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one place of a file; `old` must be in it just once."""
        file = self.root / name
        text = file.read_text()
        assert text.count(old) == 1, f"{old!r} is in {name} {text.count(old)} times"
        file.write_text(text.replace(old, new))
        self.touched.add(name)

    def python(self, *arguments: str, **variables: str) -> str:
        """Run Python on the copy's own modules and return what it printed. Its failure is the test's."""
        done = subprocess.run([sys.executable, *arguments], **self.options(**variables), capture_output=True)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr[-3000:]}"
        return str(done.stdout)

    @contextmanager
    def lab(self, bundle: Path, backend: str) -> Iterator[dict[str, Any]]:
        """The outputs of a lab that runs the copy's service, with this backend."""
        command = [sys.executable, "-m", "lab", "up", "--json", "--backends", backend, "--bundle", str(bundle)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, **self.options()) as process:
            try:
                assert process.stdout is not None
                yield json.loads(process.stdout.readline())
            finally:
                process.send_signal(signal.SIGINT)

    def options(self, **variables: str) -> dict[str, Any]:
        """How `subprocess` starts a program on the copy: there, and with its modules before the installed ones."""
        path = os.pathsep.join([str(self.root), str(self.root / "images")])
        return {"cwd": self.root, "env": {**os.environ, "PYTHONPATH": path, **variables}, "text": True}


def listed(what: str) -> set[str]:
    """The files that docs/extending.md names under a heading, such as "A storage": the first code of each list item."""
    section = re.search(rf"^## {re.escape(what)}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert section, f"docs/extending.md has no heading {what!r}"
    return set(re.findall(r"^- `([^`]+)`", section[1], re.MULTILINE))


def generic(touched: set[str], name: str) -> set[str]:
    """The files as the page names them: NAME stands for what was added."""
    return {file.replace(name, "NAME") for file in touched}
