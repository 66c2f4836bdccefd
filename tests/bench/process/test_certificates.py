"""A variable that names no certificates is refused before anything is asked, with the exit code of wrong use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cost.live import live_prices
from bench.cost.prices import read_prices
from bench.deployments.functions import Functions
from bench.deployments.http import HttpClient
from bench.deployments.outputs import parse_outputs
from bench.process.errors import EXIT_USAGE, UsageError
from tests.bench.support.simulator import Account, Truth, outputs

DEPLOYMENT = parse_outputs(outputs("https://api.test", "http://127.0.0.1:1", Account(Truth())))
CLIENTS: dict[str, Callable[[], object]] = {
    "REQUESTS_CA_BUNDLE": lambda: HttpClient("https://api.test", lambda request: None),
    "CURL_CA_BUNDLE": lambda: HttpClient("https://api.test", lambda request: None),
    "AWS_CA_BUNDLE": lambda: Functions(replace(DEPLOYMENT, endpoint_url=None)),
}


@pytest.fixture
def junk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CLIENTS:
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "ca.pem"
    place.write_text("junk")
    return place


@pytest.mark.parametrize("name", CLIENTS)
def test_the_variable_is_named(junk: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, str(junk))
    with pytest.raises(UsageError, match=f"{name} names .*ca.pem, which holds no certificates") as caught:
        CLIENTS[name]()
    assert caught.value.exit_code == EXIT_USAGE


def test_live_prices_name_it_too(junk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(junk))
    with pytest.raises(UsageError, match="AWS_CA_BUNDLE names"):
        live_prices(read_prices(), "eu-west-1")


def test_a_lab_needs_no_certificates(junk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CLIENTS:
        monkeypatch.setenv(name, str(junk))
    assert Functions(DEPLOYMENT)
    assert HttpClient("http://127.0.0.1:1", lambda request: None)
