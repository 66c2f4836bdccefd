"""Install the run-time requirements of one engine: the build stage of all three images runs this.

usage: install.py onnx|transformers TARGET_DIRECTORY

AWS's base image is minimal, without find, tar, or which, so all of this is done in Python.
"""

from __future__ import annotations

import compileall
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

ENGINES = ("onnx", "transformers")  # those of contract.engines, which is not there where this runs
LOCKS = Path(__file__).parent / "locks"
PIP = [sys.executable, "-m", "pip"]
# Never used at run time: tests, C++ headers, command-line scripts, the C library that onnxruntime's extension module
# has built in.
UNUSED = ("**/tests", "**/libonnxruntime.so.*", "torch/test", "torch/include", "bin")


def main(arguments: list[str]) -> int:
    """Install, prune and compile; return the exit code: 0 done, 1 pip failed, 2 for a wrong command line."""
    if len(arguments) != 2 or arguments[0] not in ENGINES:
        engine = arguments[0] if arguments else ""
        print(f"ENGINE is '{engine}': build with ENGINE=onnx or ENGINE=transformers", file=sys.stderr)
        return 2
    engine, target = arguments[0], Path(arguments[1])
    try:
        _install(engine, target)
    except subprocess.CalledProcessError:
        return 1  # pip has printed the reason
    prune(target)
    compile_all(target)
    return 0


def _install(engine: str, target: Path) -> None:
    if engine == "onnx":
        _pip(target, "onnx")
        return
    _pip(target, "onnx", "transformers")
    try:  # the CPU build of torch, a tenth of the default build, which works if that index is out of reach
        _pip(target, "torch-cpu", "--quiet", "--retries=0", "--timeout=10")
    except subprocess.CalledProcessError:
        print("no CPU build of torch to be had from PyTorch's index: taking the default index's", file=sys.stderr)
        _pip(target, "torch-cuda")


def _pip(target: Path, *words: str) -> None:
    """Install locks, by name, with further words for pip. Only a file with a locked hash gets in, for each package."""
    command: list[str | Path] = [*PIP, "install", "--no-cache-dir", "--no-compile", "--only-binary=:all:"]
    command += ["--no-deps", "--require-hashes", "--target", target]
    for word in words:
        command += [word] if word.startswith("-") else ["-r", LOCKS / f"{word}.txt"]
    subprocess.run(command, check=True)


def prune(target: Path) -> None:
    """Remove the files and directories that UNUSED lists."""
    for pattern in UNUSED:
        for path in sorted(target.glob(pattern)):  # it may be gone already with its directory
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def compile_all(target: Path) -> None:
    """Compile every source. The image's root is read-only, so the byte code must exist already; it is never checked."""
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(target, quiet=1, workers=0, invalidation_mode=unchecked):
        print("the files named above are for another Python version and stay as they are", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
