"""Takes AWS's Lambda Runtime Interface Emulator out of the aws-sam-cli wheel."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from lab.host.errors import LabError

_WHEEL = "aws-sam-cli==1.170.0"
_BINARIES = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64", "arm64": "aws-lambda-rie-arm64"}
#: sha256 of each binary in that wheel.
_SHA256 = {
    "aws-lambda-rie-x86_64": "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5",
    "aws-lambda-rie-arm64": "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21",
}
OVERRIDE = "AWS_LAMBDA_RIE"


def emulator() -> Path:
    """Return the emulator's path: `$AWS_LAMBDA_RIE`, else the cached binary, fetched from PyPI the first time.

    Only the binary is taken; the aws-sam-cli package and its pins are not installed.
    """
    if override := os.environ.get(OVERRIDE):
        if not os.access(override, os.X_OK):
            raise LabError(
                f"{OVERRIDE}={override} is not an executable file: unset it or name an aws-lambda-rie binary"
            )
        return Path(override)
    name = _BINARIES.get(platform.machine())
    if name is None:
        raise LabError(f"aws-lambda-rie exists for {', '.join(_BINARIES)}, not {platform.machine()}: set {OVERRIDE}")
    target = _cache() / f"{name}-{_WHEEL.partition('==')[2]}"
    if not target.exists():
        _fetch(name, target)
    return target


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "model-storage-lab"


def _fetch(name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, _WHEEL]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if result.returncode or not wheels:
            raise LabError(f"cannot fetch {_WHEEL} with pip: {result.stderr.strip()}; or set {OVERRIDE} to the binary")
        with zipfile.ZipFile(wheels[0]) as wheel:
            binary = wheel.read(f"samcli/local/rapid/{name}")
        if hashlib.sha256(binary).hexdigest() != _SHA256[name]:
            raise LabError(
                f"{name} in {_WHEEL} is not the binary this lab was written for; set {OVERRIDE} to use yours"
            )
        partial = Path(folder, name)
        partial.write_bytes(binary)
        partial.chmod(0o755)
        partial.rename(target)
