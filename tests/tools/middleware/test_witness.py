"""The middleware in Python and in Node sends the headers of the contract, whatever the handler returns."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contract import headers
from contract.checkout import ROOT
from tools.middleware.witness import witnessed

NAMES = {
    headers.ENVIRONMENT_ID, headers.INVOCATION, headers.CONFIG_NONCE, headers.REQUEST_ID, headers.LOG_STREAM,
    headers.SERVER_TIMING,
}  # fmt: skip
CONTEXT = SimpleNamespace(aws_request_id="r", log_stream_name="2026/[$LATEST]1")
_NODE = """
import { witnessed } from "WHERE";
const context = { awsRequestId: "r", logStreamName: "2026/[$LATEST]1" };
const answers = [];
for (const answer of [{ found: 1 }, { statusCode: 404, headers: { "X-Mine": "yes" }, body: "no" }, null]) {
  answers.push(await witnessed(async () => answer)({}, context));
}
console.log(JSON.stringify(answers));
"""


def _python() -> list[dict[str, Any]]:
    answers = ({"found": 1}, {"statusCode": 404, "headers": {"X-Mine": "yes"}, "body": "no"}, None)
    return [witnessed(lambda event, context, answer=answer: answer)({}, CONTEXT) for answer in answers]


def _node(tmp_path: Path) -> list[dict[str, Any]]:
    script = tmp_path / "ask.mjs"
    script.write_text(_NODE.replace("WHERE", str(ROOT / "tools" / "middleware" / "witness.mjs")))
    done = subprocess.run(["node", script], capture_output=True, text=True, check=True, env={"CONFIG_NONCE": "n",
                          "PATH": "/usr/local/bin:/usr/bin:/bin"})  # fmt: skip
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(params=["python", "node"])
def answers(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.setenv("CONFIG_NONCE", "n")
    if request.param == "python":
        return _python()
    if shutil.which("node") is None:
        pytest.skip("no Node on this machine")
    return _node(tmp_path)


def test_every_answer_carries_the_headers_and_keeps_its_own(answers: list[dict[str, Any]]) -> None:
    plain, own, nothing = answers
    for answer in answers:
        assert set(answer["headers"]) >= NAMES
        assert (answer["headers"]["X-Config-Nonce"], answer["headers"]["X-Request-Id"]) == ("n", "r")
    assert (plain["statusCode"], json.loads(plain["body"])) == (200, {"found": 1})
    assert (own["statusCode"], own["headers"]["X-Mine"], own["body"]) == (404, "yes", "no")
    assert nothing["body"] == "null"


def test_invocations_count_up_in_one_environment(answers: list[dict[str, Any]]) -> None:
    counts = [int(answer["headers"]["X-Invocation"]) for answer in answers]
    assert counts == list(range(counts[0], counts[0] + 3))
    assert len({answer["headers"]["X-Environment-Id"] for answer in answers}) == 1
