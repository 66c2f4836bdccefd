"""Functions that are not ours in a lab: one in Python, one in Node, and one that has two of the four witnesses."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.checkout import ROOT
from tests.support.labs import read_outputs

IMAGES, PARTLY, HELLO = "images", "partly", "hello"

_PYTHON = """
import base64
from witness import witnessed

@witnessed
def handler(event, context):
    body = event["body"]
    size = len(base64.b64decode(body) if event["isBase64Encoded"] else body)
    return {"size": size, "type": event["headers"]["content-type"]}
"""
_PARTLY = """
import os

def handler(event, context):
    headers = {"X-Config-Nonce": os.environ.get("CONFIG_NONCE", ""), "X-Request-Id": context.aws_request_id,
               "X-Log-Stream": context.log_stream_name}
    return {"statusCode": 200, "headers": headers, "body": "done"}
"""
_NODE = """
import { witnessed } from "./witness.mjs";
export const handler = witnessed(async (event) => ({ length: event.body.length }));
"""
_FUNCTIONS = (
    (IMAGES, "app.py", _PYTHON, "witness.py"),
    (PARTLY, "app.py", _PARTLY, "witness.py"),
    (HELLO, "index.mjs", _NODE, "witness.mjs"),
)


@contextmanager
def foreign_lab(folder: Path) -> Iterator[Path]:
    """A lab with these functions, and the file of its outputs; ended as a user would end it."""
    for name, file, code, middleware in _FUNCTIONS:
        (folder / name).mkdir()
        (folder / name / file).write_text(code)
        shutil.copy(ROOT / "tools" / "middleware" / middleware, folder / name)
    named = [f"{name}={folder / name}" for name, *_ in _FUNCTIONS]
    command = [sys.executable, "-m", "lab", "functions", *named]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
        try:
            outputs = read_outputs(process)
            outputs["backends"][PARTLY]["witnesses"] = ["nonce", "log line"]
            file = folder / "outputs.json"
            file.write_text(json.dumps(outputs))
            yield file
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
