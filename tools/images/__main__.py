"""Build the container images without a Docker engine, lock their requirements and check that, renew their base.

    python -m tools.images build [--engine onnx|transformers] [--backends NAME,…] [--bundle DIR] [--out DIR]
    python -m tools.images lock
    python -m tools.images resolve
    python -m tools.images pin

`build` needs root (it mounts file systems), buildah and mmdebstrap. It writes one ext4 file per backend and index.json.
`lock` resolves images/requirements-*.txt and writes images/locks/; `resolve` looks for the locked packages.
`pin` asks the registry for the newest base image and writes its digest into the Dockerfiles.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from contract.checkout import IMAGES, ROOT
from contract.engines import ENGINES, ONNX
from contract.storages import DESCRIBED, NAMES, storage
from tools.images import base, build, layout, lock, pin, resolve, shell

BUILD = ROOT / "build"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 done, 1 failed, 2 this machine cannot do it."""
    options = _parser().parse_args(arguments)
    try:
        return {"lock": _lock, "resolve": _resolve, "pin": _pin, "build": _build}[options.command](options)
    except shell.ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.images", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="build the images and flatten them into ext4 files")
    make.add_argument("--bundle", type=Path, default=IMAGES / "bundle", help="model bundle (default %(default)s)")
    make.add_argument("--out", type=Path, default=BUILD / "images", help="where results go (default %(default)s)")
    make.add_argument("--store", type=Path, default=BUILD / "image-store", help="layers, kept for the next build")
    make.add_argument("--engine", choices=ENGINES, default=ONNX, help="build argument ENGINE")
    make.add_argument("--backends", type=_backends, default=NAMES, help=f"some of {DESCRIBED} (default: all)")
    check = commands.add_parser("resolve", help="find what is locked, for both architectures")
    commands.add_parser(
        "lock", help="resolve the requirements and write what was found, with hashes, into images/locks"
    )
    commands.add_parser("pin", help="renew the digest of the base image in the Dockerfiles")
    for command in (make, check):
        command.add_argument("--python", choices=list(base.SUITES), default="3.13", help="the base image's Python")
    return parser


def _backends(text: str) -> tuple[str, ...]:
    try:
        return tuple(storage(name).name for name in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _build(options: argparse.Namespace) -> int:
    if missing := shell.missing_packages():
        print(f"error: tools are missing: apt-get install -y {' '.join(missing)}", file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("error: building mounts file systems: run it as root", file=sys.stderr)
        return 2
    out, store = options.out.resolve(), options.store.resolve()
    request = build.Request(options.bundle, out, store, options.engine, options.backends, options.python)
    images = build.build(request, say=lambda line: print(line, file=sys.stderr, flush=True))
    for backend, image in images.items():
        _print_layers(backend, image)
    print(f"\n{request.out / 'index.json'}")
    return 0


def _print_layers(backend: str, image: layout.Image) -> None:
    print(
        f"\n{backend}: {image.size / 1e6:,.1f} MB uncompressed, {image.size / build.LAMBDA_LIMIT:.1%} of Lambda's 10 GB"
    )
    for layer in image.layers:
        print(f"  {layer.size / 1e6:9,.1f} MB  {layer.digest[7:19]}  {layer.instruction[:60]}")


def _pin(_: argparse.Namespace) -> int:
    print(pin.pin([IMAGES / backend / "Dockerfile" for backend in NAMES]))
    return 0


def _lock(_: argparse.Namespace) -> int:
    print("\n".join(lock.lock()))
    return 0


def _resolve(options: argparse.Namespace) -> int:
    for engine in ENGINES:
        for machine in resolve.MACHINES:
            lock.check(engine, machine, options.python)
            print(f"{engine:13} {machine:7} python {options.python}: every requirement has the locked wheel")
    return 0


if __name__ == "__main__":
    sys.exit(main())
