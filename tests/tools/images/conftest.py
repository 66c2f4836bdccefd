"""The three images, built for real from their Dockerfiles, and a way to run commands in them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.checkout import ROOT
from contract.storages import NAMES
from tools.images import build, layout, shell

LAMBDA_USER = "993:990"  # neither root nor the owner of any file, as in Lambda


@dataclass(frozen=True)
class Built:
    """The result of a build: the images as they would be pushed, the directory with the ext4 files, buildah's store."""

    images: dict[str, layout.Image]
    out: Path
    store: Path

    def run(self, backend: str, script: str, *binds: tuple[Path, str], **environment: str) -> str:
        """Run a Python script in an image, read-only and as Lambda's user; return what it prints.

        `binds` are host directories and where the image sees them. The mounts live in a mount namespace of their own
        and are gone with it.
        """
        root = self.out / "root"
        root.mkdir(exist_ok=True)
        mounts = [f"mount -o loop,ro {self.out / backend}.ext4 {root}", f"mount -t tmpfs tmpfs {root}/tmp -o mode=1777"]
        mounts += [f"mount --bind {device} {root}{device}" for device in ("/proc", "/dev")]
        mounts += [f"mount --bind {host} {root}{inside}" for host, inside in binds]
        config = self.images[backend].config
        variables = [*config["Env"], *(f"{name}={value}" for name, value in environment.items())]
        inside = ["env", "-i", "-C", config["WorkingDir"], *variables, "/var/lang/bin/python3", "-c", script]
        chroot = ["chroot", f"--userspec={LAMBDA_USER}", str(root), *inside]
        command = ["unshare", "--mount", "sh", "-ec", "\n".join([*mounts, 'exec "$@"']), "sh", *chroot]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> Built:
    """All three images with the tiny bundle. Layers are kept in build/, so that only the first run takes long."""
    if missing := shell.missing_packages():
        pytest.skip(f"building images needs: apt-get install -y {' '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("building images mounts file systems, which needs root")
    out = tmp_path_factory.mktemp("images")
    store = ROOT / "build" / "image-store"
    request = build.Request(tiny_bundle, out, store, "onnx", NAMES, "3.13")
    return Built(build.build(request, say=print), out, store)
