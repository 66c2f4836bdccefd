"""Builds the images and flattens them into ext4 files, with an index for whoever runs them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contract.bundle import MANIFEST, WEIGHTS, read
from contract.checkout import IMAGES
from contract.storages import NAMES, storage
from tools.images import base, ext4, host, layout
from tools.images.buildah import Buildah
from tools.images.shell import ToolError

LAMBDA_LIMIT = 10 * 1024**3  # bytes of all layers of an image, uncompressed


@dataclass(frozen=True)
class Request:
    """What to build: bundle to bake in, engine, backends, Python of the base; `out` gets results, `store` layers."""

    bundle: Path
    out: Path
    store: Path
    engine: str
    backends: tuple[str, ...]
    python: str


def build(request: Request, say: Callable[[str], None]) -> dict[str, layout.Image]:
    """Build every backend's image; write `<out>/<backend>.ext4` and `<out>/index.json`; return the images.

    Raises ToolError when a tool fails, an image is too large for Lambda, or weights are in a wrong place.
    """
    if not (request.bundle / MANIFEST).is_file():
        raise ToolError(f"{request.bundle} holds no model bundle: run `make model`, or name one with --bundle")
    request.out.mkdir(parents=True, exist_ok=True)
    (request.out / "index.json").unlink(missing_ok=True)  # an index must never be beside files of another build
    buildah = Buildah(request.store)
    with buildah.alone():
        images = _build_all(buildah, request, say)
    _write_index(request, images)
    return images


def _build_all(buildah: Buildah, request: Request, say: Callable[[str], None]) -> dict[str, layout.Image]:
    say(f"base image: {'made' if base.make(buildah, request.python) else 'as before'} ({base.name(request.python)})")
    images = {}
    with tempfile.TemporaryDirectory(dir=request.out) as scratch, _context(request.bundle, request.out) as context:
        mounts = [word for mount in host.mounts(Path(scratch)) for word in ("--volume", mount)]
        for backend in request.backends:
            image = images[backend] = _build_one(buildah, backend, request, context, mounts)
            _check(backend, image, request.bundle)
            say(f"{backend}: {image.size / 1e6:,.0f} MB in {len(image.layers)} layers")
    return images


def _build_one(buildah: Buildah, backend: str, request: Request, context: Path, mounts: list[str]) -> layout.Image:
    name = f"localhost/model-storage:{backend}-{request.engine}"
    folder = context / backend
    arguments = {"BASE": base.name(request.python), "ENGINE": request.engine}
    options = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    ignore = ["--ignorefile", str(folder / "Dockerfile.dockerignore")]
    buildah.build(name, folder / "Dockerfile", context, "--layers", *options, *ignore, *mounts)
    with buildah.mounted(name) as root:
        ext4.write(root, request.out / f"{backend}.ext4")
    return layout.read(buildah, name)


@contextmanager
def _context(bundle: Path, near: Path) -> Iterator[Path]:
    """Yield a build context: images/ as it is, with `bundle` (hard links where possible) as its only bundle."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)

    with tempfile.TemporaryDirectory(dir=near) as scratch:
        context = Path(scratch) / "images"
        copy_sources(context)
        shutil.copytree(bundle, context / "bundle", copy_function=link)
        yield context


def copy_sources(context: Path) -> None:
    """Copy images/ without bundles and byte code."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        bundles = (
            ("bundle", "bundle-*", ".bundle*") if Path(folder) == IMAGES else ()
        )  # the service has a folder of that name
        return shutil.ignore_patterns("__pycache__", *bundles)(folder, names)

    shutil.copytree(IMAGES, context, ignore=left_out)


def _check(backend: str, image: layout.Image, bundle: Path) -> None:
    if image.size > LAMBDA_LIMIT:
        raise ToolError(f"{backend}: {image.size:,} bytes of layers are over Lambda's limit of {LAMBDA_LIMIT:,}")
    sizes = {name: file.size for name, file in read((bundle / MANIFEST).read_bytes())["files"].items()}
    held = [
        {path.name for name, size in layer.files.items() if sizes.get((path := Path(name)).name) == size}
        for layer in image.layers
    ]
    holders = [names for names in held if names]
    weights = {WEIGHTS}
    if holders != ([weights, set(sizes) - weights] if storage(backend).baked else []):
        baked = ", ".join(name for name in NAMES if storage(name).baked)
        raise ToolError(f"{backend}: the {baked} image holds the model, weights and all else in a layer each, and no "
                        f"other image does; found in layers: {[sorted(names) for names in holders]}")  # fmt: skip


def _write_index(request: Request, images: dict[str, layout.Image]) -> None:
    manifest = read((request.bundle / MANIFEST).read_bytes())
    index = {
        "format": 1,
        "engine": request.engine,
        "bundleHash": manifest["source_hash"],
        "base": f"stand-in for {base.name(request.python)}: Debian {base.SUITES[request.python]}, {base.AWSLAMBDARIC}",
        "images": {backend: _entry(backend, image) for backend, image in images.items()},
    }
    part = request.out / "index.json.part"
    part.write_text(json.dumps(index, indent=2) + "\n")
    part.replace(request.out / "index.json")


def _entry(backend: str, image: layout.Image) -> dict[str, Any]:
    layers = [{key: value for key, value in asdict(layer).items() if key != "files"} for layer in image.layers]
    return {
        "ext4": f"{backend}.ext4",
        "command": [*image.config["Entrypoint"], *image.config["Cmd"]],
        "env": dict(item.split("=", 1) for item in image.config["Env"]),
        "workingDir": image.config["WorkingDir"],
        "digest": image.digest,
        "size": image.size,
        "layers": layers,
    }
