"""Makes one backend of a running lab fail or hang, for tests of whatever stands in front of it.

    with down(lab.up.outputs, "oci"):              # its functions answer 503: their model is gone
        ...
    with held(lab.up.outputs) as release:          # requests to s3 hang: its storage says nothing
        ...                                     # (the service gives up after some 12 s, with 503)
        release()                               # now they are answered

The functions keep their configuration, which nobody may change to such ends: the storages themselves fail, and are
mended at the end. The backend's first request in the `with` is a cold start, and so is the first one after it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.lab.support.accounts import owner


@contextmanager
def down(outputs: Mapping[str, Any], backend: str) -> Iterator[None]:
    """Take the model away from a backend's functions: an empty file system covers its folder. Not for s3."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount")
    folder = _restarted(outputs, backend)["MODEL_DIR"]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=4k", "nothing", folder], check=True, timeout=60)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True, timeout=60)
        _restarted(outputs, backend)


@contextmanager
def held(outputs: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """Let the storage of the backend s3 accept connections but say nothing until the yielded function is called."""
    port = urlsplit(_restarted(outputs, "s3")["AWS_ENDPOINT_URL_S3"]).port
    [gateway] = [one for one in psutil.process_iter() if f"-port={port}" in _command(one)]

    def release() -> None:
        gateway.send_signal(signal.SIGCONT)

    gateway.send_signal(signal.SIGSTOP)
    try:
        yield release
    finally:
        release()  # hanging requests must end before the functions can be started again
        _restarted(outputs, "s3")


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _restarted(outputs: Mapping[str, Any], backend: str) -> dict[str, str]:
    """End the environments of a backend's functions by an update that changes nothing; the functions' variables."""
    aws, names = owner("lambda", outputs), outputs["backends"][backend]
    for name in (names["functionName"], names["searchFunctionName"]):
        found = aws.get_function_configuration(FunctionName=name)
        aws.update_function_configuration(FunctionName=name, Environment=found["Environment"])
        aws.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
    return dict(found["Environment"]["Variables"])
