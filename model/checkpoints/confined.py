"""Runs a module of this folder on foreign files, in a process of its own and within limits.

Some of a checkpoint's files are programs: normalised text may grow without end, and a library that reads them may end
the whole process when memory runs out.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

SECONDS = 60


class Failed(Exception):
    """The module ended with an error, or exceeded a limit; the text says which."""


def run(module: str, memory: int, *arguments: str) -> Any:
    """Run `python -m module` and return the JSON value that it prints; raises Failed.

    The module calls `serve`. `memory` is in bytes of data.
    """
    path = os.pathsep.join(place for place in sys.path if place)
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-P", "-m", module, str(memory), *arguments]
    environment = {**os.environ, **quiet, "PYTHONPATH": path}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        raise Failed(f"takes more than {SECONDS} s for a short text") from None
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])  # libraries may print, too
    except (ValueError, IndexError):
        if done.returncode < 0 or "memory allocation" in done.stderr or "MemoryError" in done.stderr:
            raise Failed(f"cannot be read, or takes more than {memory >> 20} MB of memory") from None
        said = done.stderr.strip().splitlines()[-1:] or ["it ended without a word"]
        raise Failed(f"cannot be read: {said[0][:300]}") from None


def serve(answer: Callable[..., Any]) -> None:
    """In the process that `run` started: print the answer to its arguments, within their limit of memory."""
    memory, *arguments = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(answer(*arguments)))
