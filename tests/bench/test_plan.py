"""`plan` says first what a run takes, and says it as JSON, too."""

from __future__ import annotations

import json

from tests.bench.support.failing import command


def test_the_summary_comes_first() -> None:
    code, printed = command("plan", "--cold", 2, "--warm", 4)
    first, assumed, *visits = printed.splitlines()
    assert code == 0
    assert first.startswith("27 requests, 9 cold starts; on AWS about ")
    assert "in a lab about" in first
    assert assumed.startswith("assumed: onnx: cold 5 s")
    assert len(visits) == 9


def test_json_has_the_estimate_and_every_visit() -> None:
    code, printed = command("plan", "--cold", 2, "--warm", 4, "--bursts", 3, "--json")
    found = json.loads(printed)
    assert code == 0
    assert (found["estimate"]["requests"], len(found["visits"])) == (51, 15)
    assert next(iter(found)) == "estimate"
    assert sum(visit["requests"] for visit in found["visits"]) == 51
    assert {visit["cold_kind"] for visit in found["visits"]} == {"new-sandbox", "scale-out"}
