"""With a store so slow that INIT cannot wait for it, INIT ends at 8 s, because Lambda would run it again after 10 s."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path

import requests

from contract import bundle as files
from contract.checkout import ROOT
from lab.runtime.function_spec import FunctionSpec
from lab.runtime.launch import Source
from tests.images.support import replacing
from tests.images.support.objects import Objects, Turn, environment
from tests.lab.support.accounts import serve

IMAGES = ROOT / "images"
SLOW_S = 9.5


def ask(store: str) -> requests.Response:
    """The first answer of a function in the lab whose bucket is behind this URL."""
    variables = {**environment(store), "MODEL_BUCKET": "models", "MODEL_PREFIX": "tiny", "STORAGE_BACKEND": "s3"}
    with serve(FunctionSpec("s3", Source((IMAGES, IMAGES / "s3")), {**variables, "ENGINE": "onnx"})) as account:
        return requests.post(f"{account.api_url}/s3/similar", json={"text": "a dog"}, timeout=60)


def test_init_ends_at_its_budget_and_the_first_invocation_waits_for_the_rest(tiny_bundle: Path) -> None:
    bundle = replacing.read(tiny_bundle)
    opened: list[float] = []

    def script(number: int, name: str) -> Turn:
        """The weights are kept back for a while after the first request for them, which asks for the header."""
        if name != files.WEIGHTS:
            return Turn(bundle)
        opened.append(time.monotonic())
        return Turn(bundle, wait=0 if len(opened) == 1 else opened[0] + SLOW_S - time.monotonic())

    with Objects(script) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        answer = ask(server.url)
        server.shutdown()
    assert answer.status_code == 200
    assert answer.headers["X-Invocation"] == "1"
    phases = {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([\d.]+)", answer.headers["Server-Timing"])}
    assert phases["boot"] + phases["init"] < 8_300  # the budget that INIT must keep, not a measure of speed
    assert phases["wait"] > 0
    assert phases["fetch"] >= SLOW_S * 1000


def test_a_hung_store_gives_a_503_of_ours_before_the_api_gives_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung:
        answer = ask(f"http://127.0.0.1:{hung.getsockname()[1]}")
    assert answer.status_code == 503
    assert answer.headers["X-Invocation"] == "1"
    assert "model file" in answer.json()["message"]
    assert "cannot be read" in answer.json()["message"]
