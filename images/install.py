"""Install the run-time requirements of one engine: the build stage of all three images runs this.

usage: install.py onnx|transformers TARGET_DIRECTORY

AWS's base image is a minimal one, without find, tar, or which: what there is to do is done in Python.
"""

from __future__ import annotations

import compileall
import py_compile
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ONNX, TRANSFORMERS = HERE / "requirements-onnx.txt", HERE / "requirements-transformers.txt"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
PIP = [sys.executable, "-m", "pip"]
# Never used at run time: tests, C++ headers, command-line scripts, the C library that onnxruntime's extension module
# has built in.
UNUSED = ("**/tests", "**/libonnxruntime.so.*", "torch/test", "torch/include", "bin")


def main(arguments: list[str]) -> int:
    """Install, prune and compile; return the exit code: 0 done, 1 pip failed, 2 for a wrong command line."""
    if len(arguments) != 2 or arguments[0] not in ("onnx", "transformers"):
        engine = arguments[0] if arguments else ""
        print(f"ENGINE is '{engine}': build with ENGINE=onnx or ENGINE=transformers", file=sys.stderr)
        return 2
    engine, target = arguments[0], Path(arguments[1])
    try:
        _install(engine, target)
    except subprocess.CalledProcessError:
        return 1  # pip has said why
    prune(target)
    compile_all(target)
    return 0


def _install(engine: str, target: Path) -> None:
    command: list[str | Path] = [*PIP, "install", "--no-cache-dir", "--no-compile", "--only-binary=:all:"]
    command += ["--target", target]
    if engine == "onnx":
        subprocess.run([*command, "--no-deps", "-r", ONNX], check=True)
        return
    with tempfile.TemporaryDirectory() as wheels:
        _download_cpu_torch(wheels)
        subprocess.run([*command, "--find-links", wheels, "-r", ONNX, "-r", TRANSFORMERS], check=True)


def _download_cpu_torch(wheels: str) -> None:
    """Try for the CPU build of torch, a tenth of the default one; where its index is out of reach, that one works."""
    [torch] = [line for line in TRANSFORMERS.read_text().splitlines() if line.startswith("torch==")]
    quick = ["--quiet", "--retries", "0", "--timeout", "10"]
    wanted = ["--no-deps", "--only-binary=:all:", "--dest", wheels, "--index-url", TORCH_INDEX, torch]
    if subprocess.run([*PIP, "download", *quick, *wanted], check=False).returncode:
        print("no CPU build of torch to be had from download.pytorch.org: taking the default index's", file=sys.stderr)


def prune(target: Path) -> None:
    """Remove what is UNUSED."""
    for pattern in UNUSED:
        for path in sorted(target.glob(pattern)):  # what a removed directory held is gone with it
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def compile_all(target: Path) -> None:
    """Compile every source. The image's root is read-only, so byte code must be there, and is never checked."""
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(target, quiet=1, workers=0, invalidation_mode=unchecked):
        print("the files named above are for another Python version and stay as they are", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
