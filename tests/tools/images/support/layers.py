"""Builds the layer of the weights as different people would: with other modification times and another umask."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from contract.checkout import IMAGES
from tools.images import base, layout
from tools.images.buildah import Buildah

UMASKS = (0o022, 0o002)
PYTHON = "3.13"


def weights_layers(bundle: Path, store: Path, scratch: Path) -> list[str]:
    """Return the digests of the layer of the weights, built without a cache, once for each umask and another hour."""
    buildah = Buildah(store)
    with buildah.alone():
        base.make(buildah, PYTHON)
        return [_weights_layer(buildah, _checkout(bundle, scratch / f"{umask:o}", umask)) for umask in UMASKS]


def _checkout(bundle: Path, directory: Path, umask: int) -> Path:
    """Return a build context with the bundle, made anew by somebody with that umask."""
    context = directory / "images"
    shutil.copytree(IMAGES / "oci", context / "oci", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(bundle, context / "bundle")
    for path in [context, *context.rglob("*")]:
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)
        os.utime(path, (1_700_000_000 + umask, 1_700_000_000 + umask))
    return context


def _weights_layer(buildah: Buildah, context: Path) -> str:
    dockerfile, name = context / "oci" / "Last.Dockerfile", "localhost/model-storage:weights"
    dockerfile.write_text(_last_stage((context / "oci" / "Dockerfile").read_text()))
    ignore = f"--ignorefile={context / 'oci' / 'Dockerfile.dockerignore'}"
    arguments = ["--build-arg", f"BASE={base.name(PYTHON)}"]
    buildah.build(name, dockerfile, context, "--layers", "--no-cache", *arguments, ignore)
    layers = layout.read(buildah, name).layers
    [digest] = [layer.digest for layer in layers if set(layer.files) == {"opt/model/model.safetensors"}]
    return digest


def _last_stage(dockerfile: str) -> str:
    """Return the last stage without its copies from other stages, on which the layer of the weights does not depend."""
    first, *_ = [line for line in dockerfile.splitlines() if line.startswith("ARG BASE=")]
    lines = dockerfile[dockerfile.rindex("\nFROM ") :].splitlines()
    return "\n".join([first, *(line for line in lines if not line.startswith("COPY --from="))]) + "\n"
