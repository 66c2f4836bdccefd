#!/bin/sh
# Install the run-time requirements of one engine; runs in the build stage of all three images.
# usage: install.sh onnx|transformers TARGET_DIRECTORY
set -eu
engine=$1 target=$2
cd "$(dirname "$0")"

install() { python3 -m pip install --no-cache-dir --no-compile --only-binary=:all: --target "$target" "$@"; }

case $engine in
onnx)
    install --no-deps -r requirements-onnx.txt
    ;;
transformers)
    # The CPU build of torch is a tenth of the default one; where its index is out of reach, the default one works, too.
    cpu=$(mktemp -d)
    python3 -m pip download --quiet --retries 0 --timeout 10 --no-deps --only-binary=:all: --dest "$cpu" \
        --index-url https://download.pytorch.org/whl/cpu "$(grep ^torch== requirements-transformers.txt)" ||
        echo "no CPU build of torch to be had from download.pytorch.org: taking the default index's" >&2
    install --find-links "$cpu" -r requirements-onnx.txt -r requirements-transformers.txt
    rm -r "$cpu"
    ;;
*)
    echo "ENGINE is '$engine': build with ENGINE=onnx or ENGINE=transformers" >&2
    exit 2
    ;;
esac

# Never used at run time: tests, C++ headers, command-line scripts, the C library that onnxruntime's extension module
# has built in.
find "$target" \( -name tests -o -path "$target/torch/test" -o -path "$target/torch/include" -o -path "$target/bin" \
    -o -name 'libonnxruntime.so.*' \) -prune -exec rm -r {} +
# The image's root is read-only: byte code must be there, and is never checked against the sources.
python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$target" ||
    echo "the files named above are for another Python version and stay as they are" >&2
