"""Measures what a start with a library takes on this machine: Python, imports, making a model of DistilBERT's shape.

Published cold starts say which library they used, and not how long it takes elsewhere. Every measurement is a process
of its own, in core time, so that a busy machine does not lengthen it; files are in the page cache, because reading them
is another part of the calculation.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.predict.spread import Spread, between
from bench.process.errors import TargetError
from bench.stats.quantiles import quantile

REPEATS = 5
_PATIENCE_S = 300

# Prints core times in ms, and the bytes that the imports touched: of mapped files what is in memory, and what was read.
_MEASURE = """
import json, re, time
import awslambdaric.bootstrap
boot = time.process_time()
{imports}
imported = time.process_time()
touched, of_file = 0, False
for line in open("/proc/self/smaps"):
    if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
        of_file = len(line.split()) > 5 and line.split()[5].startswith("/")
    elif line.startswith("Rss:") and of_file:
        touched += int(line.split()[1]) * 1024
read = int(open("/proc/self/io").readline().split()[1])
before = time.process_time()
{load}
print(json.dumps([boot * 1e3, (imported - boot) * 1e3, (time.process_time() - before) * 1e3, touched + read]))
"""

_MAKE_TORCH = """
import sys
from transformers import DistilBertConfig, DistilBertForTokenClassification
DistilBertForTokenClassification(DistilBertConfig(num_labels=9)).save_pretrained(sys.argv[1])
"""

# DistilBERT's weights in its multiplications: an embedding and, six times, four and two matrices.
_MAKE_ONNX = """
import sys
import numpy, onnx
from onnx import TensorProto, helper, numpy_helper
random = numpy.random.default_rng(1)
def weight(name, rows, columns):
    return numpy_helper.from_array(random.standard_normal((rows, columns), numpy.float32) * 0.02, name)
weights, nodes, last = [weight("table", 30522, 768)], [helper.make_node("Gather", ["table", "ids"], ["x0"])], "x0"
for layer in range(6):
    for number, (rows, columns) in enumerate([(768, 768)] * 4 + [(768, 3072), (3072, 768)]):
        name = f"w{layer}.{number}"
        weights.append(weight(name, rows, columns))
        nodes.append(helper.make_node("MatMul", [last, name], [f"x{name}"]))
        last = f"x{name}"
ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])
output = helper.make_tensor_value_info(last, TensorProto.FLOAT, ["tokens", 768])
graph = helper.make_graph(nodes, "g", [ids], [output], weights)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
onnx.save(model, sys.argv[1] + "/float.onnx")
from onnxruntime.quantization import quantize_dynamic
quantize_dynamic(sys.argv[1] + "/float.onnx", sys.argv[1] + "/int8.onnx")
"""

_SESSION = 'session = onnxruntime.InferenceSession("{folder}/{file}", providers=["CPUExecutionProvider"])'


@dataclass(frozen=True)
class Library:
    """What a start with a library takes in ms of a core, and how many bytes its imports touch."""

    boot: Spread
    imports: Spread
    load: Spread
    code_bytes: float


@dataclass(frozen=True)
class Program:
    """A start with a library: the packages it needs, what makes its model, and the lines that import and load it."""

    needs: tuple[str, ...]
    make: str
    imports: str
    load: str


_ONNX = ("onnx", "onnxruntime", "tokenizers")
_TORCH = ("torch", "transformers")
PROGRAMS: Mapping[str, Program] = {
    "onnxruntime, FP32": Program(
        _ONNX, _MAKE_ONNX, "import numpy, onnxruntime, tokenizers", _SESSION.replace("{file}", "float.onnx")
    ),
    "onnxruntime, INT8": Program(
        _ONNX, _MAKE_ONNX, "import numpy, onnxruntime, tokenizers", _SESSION.replace("{file}", "int8.onnx")
    ),
    "transformers": Program(
        _TORCH,
        _MAKE_TORCH,
        "import torch\nfrom transformers import AutoTokenizer, DistilBertForTokenClassification",
        'DistilBertForTokenClassification.from_pretrained("{folder}")',
    ),
    "torch": Program(("torch",), "", "import torch", ""),
}


def measure(programs: Mapping[str, Program] = PROGRAMS, repeats: int = REPEATS) -> dict[str, Library]:
    """Measure these; one whose packages are not installed is left out. Raises TargetError if a process fails."""
    found = {}
    for name, program in programs.items():
        if all(importlib.util.find_spec(package) for package in program.needs):
            with _made(program) as folder:
                found[name] = _library([_run(program, folder) for _ in range(1 + repeats)][1:])
    return found


@contextmanager
def _made(program: Program) -> Iterator[str]:
    """A folder with the model that the program loads."""
    with tempfile.TemporaryDirectory(prefix="libraries-") as folder:
        if program.make:
            _python(program.make, folder)
        yield folder


def _run(program: Program, folder: str) -> Sequence[float]:
    script = _MEASURE.format(imports=program.imports, load=program.load.replace("{folder}", folder))
    found: list[float] = json.loads(_python(script, folder).splitlines()[-1])
    return found


def _python(script: str, folder: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, folder],
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE_S,
            cwd=Path(folder),
        )
    except subprocess.CalledProcessError as error:
        raise TargetError(f"a library could not be measured: {error.stderr.strip()[-300:]}") from error
    except subprocess.TimeoutExpired as error:
        raise TargetError(f"a library could not be measured within {_PATIENCE_S} s") from error
    return done.stdout


def _library(runs: Sequence[Sequence[float]]) -> Library:
    boot, imports, load, touched = zip(*runs, strict=True)
    return Library(_spread(boot), _spread(imports), _spread(load), quantile(touched, 0.5))


def _spread(points: Sequence[float]) -> Spread:
    return between(min(points), quantile(points, 0.5), max(points))
