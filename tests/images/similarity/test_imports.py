"""The modules that the ONNX function imports: this list, not a clock, guards the start-up time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "torch",
    "transformers",
    "boto3",
    "botocore",
    "pandas",
    "scipy",
    "onnx",
    "huggingface_hub",
    "safetensors",
    "requests",
}

PROBE = """
import json, sys
before = set(sys.modules)
import similarity.service, similarity.encoder, similarity.stores.directory, similarity.stores.bucket
light = {m.partition('.')[0] for m in set(sys.modules) - before}
class Context:
    aws_request_id = 'r'
    def get_remaining_time_in_millis(self): return 30000
service = similarity.encoder.EncoderService(similarity.stores.directory.DirectoryStore(sys.argv[1], 4))
assert service.handle({'text': 'a'}, Context())['statusCode'] == 200
print(json.dumps([sorted(light), sorted({m.partition('.')[0] for m in sys.modules})]))
"""


def test_the_onnx_function_imports_nothing_heavy_and_reads_before_it_imports(tiny_bundle: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": "images", "STORAGE_BACKEND": "oci", "ENGINE": "onnx"}
    command = [sys.executable, "-c", PROBE, str(tiny_bundle)]
    light, everything = json.loads(subprocess.check_output(command, env=environment).splitlines()[-1])
    assert "similarity" in light
    assert not {"numpy", "onnxruntime", "tokenizers", "obstore"} & set(light)
    assert {"numpy", "onnxruntime"} <= set(everything)
    assert not {*HEAVY, "tokenizers"} & set(everything)  # the tokenizer has a process of its own


SEARCH_PROBE = """
import json, sys
import similarity.function, similarity.stores.directory
class Context:
    aws_request_id = 'r'
    def get_remaining_time_in_millis(self): return 30000
service = similarity.function.serve(similarity.stores.directory.DirectoryStore(sys.argv[1], 4))
assert service.handle({'embed': [1] * 64}, Context())['statusCode'] == 200
print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))
"""


def test_the_search_function_imports_numpy_and_nothing_that_encodes(tiny_bundle: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": "images", "STORAGE_BACKEND": "oci", "SERVES": "search"}
    command = [sys.executable, "-c", SEARCH_PROBE, str(tiny_bundle)]
    imported = set(json.loads(subprocess.check_output(command, env=environment).splitlines()[-1]))
    assert {"numpy", "similarity"} <= imported
    assert not {*HEAVY, "onnxruntime", "tokenizers", "obstore", "anyascii"} & imported
