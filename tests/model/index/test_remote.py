"""Embedding through a deployment: the lab, also behind a proxy that throttles, fails and hangs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from safetensors.numpy import load_file

from contract import bundle as files
from model.__main__ import main
from model.base.errors import BuildError
from model.index import deployment
from model.index.remote import spread
from similarity.bundle.manifest import parse
from tests.conftest import Lab
from tests.model.support import snapshots
from tests.model.support.deployments import HIDDEN, Answer, Stub, served
from tests.model.support.faulty_proxy import FAULTS, proxy

REPORTS = {
    n: f"Report {n}: the driverless car did not see the {word}. naïve 车祸" for n, word in enumerate("abcdefghijkl" * 3)
}
TOO_LARGE = {100: "<mask>" * 90_000}  # more than the service takes, and what tokenizers read fastest


@pytest.fixture
def source(tmp_path: Path) -> Path:
    incidents = [(n, f"Incident {n}", "2020-01-31", [3 * n, 3 * n + 1, 3 * n + 2]) for n in range(12)]
    return snapshots.write(
        tmp_path / "snapshot", [*incidents, (99, "Long", "2020-01-31", [100])], {**REPORTS, **TOO_LARGE}.items()
    )


@pytest.fixture
def index(tiny_bundle: Path, tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `model index` into `out` with options; returns what it said."""

    def run(out: str, *options: str, code: int = 0) -> str:
        command = ["index", str(source), "--bundle", str(tiny_bundle), "--out", str(tmp_path / out)]
        found = main([*command, "--cache", str(tmp_path / f"{out}-cache"), *options])
        said = capsys.readouterr().err
        assert found == code, said
        return said

    return run


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and time-outs short enough for a test, and long enough for an answer of a busy machine."""
    monkeypatch.setattr(deployment, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(deployment, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(deployment, "TIMEOUT", (60.0, 4.0))
    monkeypatch.setattr(deployment, "ATTEMPTS", 60)


def test_faults_lose_nothing_and_nothing_is_counted_twice(
    lab: Lab, index: Callable[..., str], tmp_path: Path, impatient: None
) -> None:
    index("here")
    index("warm", "--via", lab.url)  # so that no answer takes longer than the impatient wait
    with proxy(lab.url, share=0.5, seed=4) as (url, traffic):
        said = index("there", "--via", url, "--concurrency", "6")
    assert "embedding 37 texts, 6 at a time" in said
    assert set(traffic.faults) == set(FAULTS)
    assert set(traffic.answered) >= {t.replace("ï", "i").replace("车祸", "CheHuo") for t in REPORTS.values()}
    assert traffic.most_at_once > 1  # may exceed 6: the proxy continues requests that the caller gave up
    here, there = (load_file(tmp_path / name / files.VECTORS) for name in ("here", "there"))
    for name in ("ids", "counts"):
        np.testing.assert_array_equal(here[name], there[name])
    np.testing.assert_allclose(here["vectors"], there["vectors"], atol=1e-5)


@pytest.fixture
def stub(tiny_bundle: Path) -> Stub:
    return Stub(parse((tiny_bundle / files.MANIFEST).read_bytes()))


def test_a_text_that_a_deployment_finds_too_large_is_embedded_here(
    stub: Stub, index: Callable[..., str], tmp_path: Path
) -> None:
    usual = stub.embed
    stub.embed = lambda text: usual(text) if len(text) < 10_000 else (413, {}, {"message": "too large"})  # type: ignore[method-assign]
    index("here")
    with served(stub) as url:
        said = index("there", "--via", url)
        assert "embedding 1,024 tokens on this machine" in said
        assert stub.count("/text-to-embed") == len(REPORTS) + 1
        assert "0 new texts" in index("there", "--via", url)
        assert stub.count("/text-to-embed") == len(REPORTS) + 1
    here, there = (load_file(tmp_path / name / files.VECTORS)["vectors"] for name in ("here", "there"))
    np.testing.assert_array_equal(here[-1], there[-1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_hash": "0" * 64}, "runs another model (m, 000000000000) than the bundle"),
        ({"model_hash": None}, "runs another model"),
    ],
)
def test_a_deployment_of_another_model_is_refused_before_anything_is_sent(
    stub: Stub, index: Callable[..., str], tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    status, headers, content = stub.health()
    content["body"].update(change)
    stub.health = lambda: (status, headers, content)  # type: ignore[method-assign]
    with served(stub) as url:
        assert words in index("out", "--via", url, code=1)
    assert stub.count("/text-to-embed") == 0
    assert not (tmp_path / "out").exists()


def test_a_deployment_that_gets_another_model_meanwhile_is_refused(stub: Stub, index: Callable[..., str]) -> None:
    usual, health = stub.embed, stub.health()

    def embed(text: str) -> Answer:
        status, headers, content = usual(text)
        if stub.count("/text-to-embed") > 10:
            health[2]["body"].update(model_hash="1" * 64, bundle_hash="b2")
            headers["X-Bundle-Hash"] = "b2"
        return status, headers, content

    stub.embed, stub.health = embed, lambda: health  # type: ignore[method-assign]
    with served(stub) as url:
        said = index("out", "--via", url, "--concurrency", "1", code=1)
        assert "runs another model" in said
        stub.embed, stub.health = usual, Stub(stub.manifest).health  # type: ignore[method-assign]
        sent = stub.count("/text-to-embed")
        assert f"{len(REPORTS) + 1 - (sent - 1)} new texts" in index("out", "--via", url)


def test_a_new_index_of_the_same_model_is_asked_for_once(stub: Stub, index: Callable[..., str]) -> None:
    usual = stub.embed
    stub.embed = lambda text: (200, {"X-Bundle-Hash": "b2"}, usual(text)[2])  # type: ignore[method-assign]
    with served(stub) as url:
        index("out", "--via", url, "--concurrency", "1")
    assert stub.count("/health") == 2


def test_a_deployment_that_is_still_loading_is_asked_again(
    stub: Stub, index: Callable[..., str], impatient: None
) -> None:
    usual, loading = stub.health, {"status": "loading", "model_hash": None, "bundle_hash": None}
    stub.health = lambda: usual() if stub.count("/health") > 2 else (200, {}, {"body": loading})  # type: ignore[method-assign]
    with served(stub) as url:
        index("out", "--via", url)
    assert stub.count("/health") == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((403, {}, {"message": "Forbidden"}), "refuses: HTTP 403: Forbidden; for a stack with auth iam say --auth iam"),
        ((404, {}, {"message": "Not Found"}), "refuses: HTTP 404: Not Found; give --via the apiUrl of a stack"),
        ((200, {}, ["x"]), "does not answer like this service"),
        ((200, {"X-Bundle-Hash": "b1"}, {"body": {}}), "answered for another text"),
    ],
)
def test_an_answer_that_will_not_get_better_ends_the_run_at_once(
    stub: Stub, index: Callable[..., str], answer: Answer, words: str
) -> None:
    stub.embed = lambda text: answer  # type: ignore[method-assign]
    with served(stub) as url:
        assert words in index("out", "--via", url, "--concurrency", "1", code=1)
    assert stub.count("/text-to-embed") == 1


@pytest.mark.parametrize("vector", [None, [], [1.0], "x", [1e39] * HIDDEN, [[1.0] * HIDDEN]])
def test_a_vector_that_is_none_is_refused(stub: Stub, index: Callable[..., str], vector: Any) -> None:
    usual = stub.embed

    def embed(text: str) -> Answer:
        status, headers, content = usual(text)
        content["body"]["embedding"]["vector"] = vector
        return status, headers, content

    stub.embed = embed  # type: ignore[method-assign]
    with served(stub) as url:
        assert f"with no list of {HIDDEN} finite numbers" in index("out", "--via", url, code=1)


def test_attempts_are_bounded_and_what_was_embedded_is_kept(
    stub: Stub, index: Callable[..., str], impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment, "ATTEMPTS", 3)
    usual = stub.embed
    stub.embed = lambda text: usual(text) if stub.count("/text-to-embed") <= 5 else (503, {}, {"message": "full"})  # type: ignore[method-assign]
    with served(stub) as url:
        said = index("out", "--via", url, "--concurrency", "1", code=1)
        assert "failed 3 times, at last with HTTP 503: full; what was embedded is kept" in said
        assert stub.count("/text-to-embed") == 5 + 3
        stub.embed = usual  # type: ignore[method-assign]
        assert f"{len(REPORTS) + 1 - 5} new texts" in index("out", "--via", url)


def test_nobody_there_is_said(index: Callable[..., str], impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "ATTEMPTS", 2)
    said = index("out", "--via", "http://127.0.0.1:9", code=1)
    assert "/health failed 2 times, at last with no answer (ConnectionError)" in said


def test_an_address_that_is_none_is_said(index: Callable[..., str]) -> None:
    assert "cannot be asked (Invalid URL" in index("out", "--via", "http://", code=1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3), ("0", 0), ("100000", 60), ("", 0), ("soon", 0), ("-5", 0), (formatdate(0, usegmt=True), 0)],
)
def test_retry_after_is_heeded_within_bounds(header: str, seconds: float) -> None:
    assert deployment._wish(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert 28 <= deployment._wish(formatdate(time() + 30, usegmt=True)) <= 30


def test_pauses_grow_to_a_bound_and_differ() -> None:
    for attempt in range(12):
        bound = min(deployment.LONGEST_PAUSE, deployment.FIRST_PAUSE * 2**attempt)
        pauses = [deployment._pause(attempt) for _ in range(200)]
        assert 0 <= min(pauses) < max(pauses) <= bound
        assert max(pauses) > bound / 2


def test_requests_are_signed_as_botocore_does(
    stub: Stub, index: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ACCESS_KEY_ID": "AKID", "SECRET_ACCESS_KEY": "s", "DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with served(stub) as url:
        index("out", "--via", url, "--auth", "iam")
    for path, headers, body in stub.seen[:3]:
        found = headers["Authorization"]
        assert re.search(r"Credential=AKID/\d{8}/eu-west-1/execute-api/aws4_request", found)
        plain = {"Content-Type": headers["Content-Type"]} if body else {}
        request = AWSRequest("POST" if body else "GET", f"{url}{path}", data=body or None, headers=plain)
        request.context["timestamp"] = headers["X-Amz-Date"]
        signer = SigV4Auth(boto3.Session().get_credentials(), "execute-api", "eu-west-1")
        request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        assert found.endswith(f"Signature={signature}")


def test_a_bearer_token_comes_from_the_environment(
    stub: Stub, index: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(deployment.TOKEN_VARIABLE, raising=False)
    with served(stub) as url:
        assert f"environment variable {deployment.TOKEN_VARIABLE}" in index(
            "out", "--via", url, "--auth", "jwt", code=1
        )
        monkeypatch.setenv(deployment.TOKEN_VARIABLE, "abc")
        index("out", "--via", url, "--auth", "jwt")
    assert {headers["Authorization"] for _, headers, _ in stub.seen} == {"Bearer abc"}


def test_spreading_keeps_to_its_number_and_loses_nothing() -> None:
    lock, most, now = threading.Lock(), 0, 0

    def work(item: int) -> int:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.001)
        with lock:
            now -= 1
        return item * item

    assert sorted(spread(work, range(200), 7)) == [(n, n * n) for n in range(200)]
    assert 1 < most <= 7


def test_spreading_raises_the_first_error_and_starts_nothing_more() -> None:
    started = []

    def work(item: int) -> int:
        started.append(item)
        if item == 20:
            raise BuildError("no")
        return item

    with pytest.raises(BuildError, match="no"):
        list(spread(work, range(1000), 3))
    assert len(started) < 30
