"""Copies an initialised process, as a stand-in for Lambda's snapshots: `python copied_process.py BUNDLE COPIES HOOKS`.

The kernel's fork is called past Python's own, which would seed random numbers anew, so every copy has the memory of
the process as it was: what a snapshot has. It shares open files and lacks the other threads, which a restored virtual
machine has, so a copy cannot read from a bucket. It says nothing about time. The hooks are run by Lambda's own runtime
client.

Prints what each copy says of itself, one JSON object a line.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]


class Context:
    """Lambda's context. A stand-in."""

    aws_request_id = "3f1c"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Copy(NamedTuple):
    """What a copy of the process says of itself; `phases` are those that its first answer tells.

    `answered` is the status of the answer to the text that was primed, and `fetches` how often it read the store.
    """

    environment_id: str
    random_number: float
    nonce: str  # by the kernel's own random numbers
    invocation: str
    initialization: str
    version: str
    status: str
    phases: str
    tokenizer_processes: int
    answered: int
    fetches: int


def copies(bundle: Path, number: int, hooks: str = "all", bucket: Mapping[str, str] | None = None) -> list[Copy]:
    """Start the program in a process of its own; `hooks` are `all`, or `none` to leave out those after a restore.

    With the variables for a `bucket`, the bundle is read from there.
    """
    import subprocess

    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'images'}:{ROOT}",
        "STORAGE_BACKEND": "oci",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_LAMBDA_FUNCTION_VERSION": "7",
        **(bucket or {}),
    }
    command = [sys.executable, __file__, str(bundle), str(number), hooks]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return [Copy(**json.loads(line)) for line in said.stdout.splitlines() if line.startswith(b'{"environment_id"')]


def main(bundle: str, number: int, hooks: str) -> None:
    from awslambdaric import lambda_runtime_hooks_runner as runtime

    from similarity.encoder import EncoderService
    from similarity.stores.bucket import BucketStore
    from similarity.stores.directory import DirectoryStore

    name = os.environ.get("MODEL_BUCKET")
    service = EncoderService(BucketStore(name, os.environ["MODEL_PREFIX"]) if name else DirectoryStore(bundle, 4))
    runtime.run_before_snapshot()
    for _ in range(number):
        if not ctypes.PyDLL(None).fork():
            if hooks == "all":
                runtime.run_after_restore()
            print(json.dumps(_said(service)._asdict()), flush=True)
            os._exit(0)
        os.wait()


def _said(service: Any) -> Copy:
    from similarity.encoder import PRIMING_TEXT

    answer = service.handle({"route": "health"}, Context())
    said = answer["headers"]
    primed = service.handle({"text": PRIMING_TEXT}, Context())
    return Copy(
        environment_id=said["X-Environment-Id"],
        random_number=random.random(),
        nonce=os.urandom(16).hex(),
        invocation=said["X-Invocation"],
        initialization=said.get("X-Initialization-Type", ""),
        version=said.get("X-Function-Version", ""),
        status=json.loads(answer["body"])["body"]["status"],
        phases=said["Server-Timing"],
        tokenizer_processes=len(list(_children())),
        answered=primed["statusCode"],
        fetches=int(said["X-Fetches"]) + int(primed["headers"]["X-Fetches"]),
    )


def _children() -> Iterator[str]:
    """The processes that the copied one had started."""
    for task in Path(f"/proc/{os.getppid()}/task").iterdir():
        yield from (pid for pid in (task / "children").read_text().split() if pid != str(os.getpid()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
