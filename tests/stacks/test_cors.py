"""Other origins' pages may read exactly the headers that the service really sends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from contract.cors import EXPOSED
from tests.stacks.support.project import ROOT

# Headers that every page may read (the Fetch standard's list), and those that are for the browser and not for the page.
SAFELISTED = {
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
}
FOR_THE_BROWSER = {
    *("content-security-policy", "referrer-policy", "strict-transport-security"),
    *("x-content-type-options", "x-frame-options"),
}
ASK = """
import json, sys
from similarity.function import serve
from similarity.stores.directory import DirectoryStore

class Context:
    aws_request_id = "r"
    def get_remaining_time_in_millis(self): return 30_000

sent = set()
for directory, event in ((sys.argv[1], {"text": "a"}), (sys.argv[1], {}), ("/nowhere", {"text": "a"})):
    sent |= set(serve(DirectoryStore(directory, 4)).handle(event, Context())["headers"])
print(json.dumps(sorted(sent)))
"""


def test_pages_may_read_every_header_that_the_service_sends(tiny_bundle: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "images"), "STORAGE_BACKEND": "oci", "ENGINE": "onnx"}
    environment |= {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}  # then it sends more
    command = [sys.executable, "-c", ASK, str(tiny_bundle)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    sent = {name.lower() for name in json.loads(said.splitlines()[-1])}

    assert "server-timing" in sent
    assert "retry-after" in sent
    assert sent - SAFELISTED - FOR_THE_BROWSER == set(EXPOSED)
