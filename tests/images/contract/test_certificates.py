"""Which variable names certificates that cannot be used, by what the clients themselves do with it."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from contract.certificates import BOTO, HTTPX, REQUESTS, unusable

HTTPS = "https://example.org"


@pytest.mark.parametrize("variables", [REQUESTS, BOTO, HTTPX])
@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "which is not there"), ("", "which holds no certificates"), ("junk", "which holds no certificates")],
)
def test_the_variable_and_the_file_are_named(
    tmp_path: Path, variables: tuple[str, ...], content: str | None, words: str
) -> None:
    place = tmp_path / "ca.pem"
    if content is not None:
        place.write_text(content)
    for name in variables:
        assert unusable(HTTPS, variables, {name: str(place)}) == f"{name} names {place}, {words} (mend or unset it)"


def test_the_first_variable_counts_and_only_over_https(tmp_path: Path) -> None:
    wrong = {"REQUESTS_CA_BUNDLE": certifi.where(), "CURL_CA_BUNDLE": "/nowhere"}
    assert unusable(HTTPS, REQUESTS, wrong) == ""
    assert unusable(HTTPS, REQUESTS, {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "/nowhere"}).startswith("CURL_CA_B")
    assert unusable("http://127.0.0.1:1", REQUESTS, {"CURL_CA_BUNDLE": "/nowhere"}) == ""
    assert unusable(HTTPS, REQUESTS, {"CURL_CA_BUNDLE": str(tmp_path)}) == "", "a folder of certificates"
    assert unusable(HTTPS, HTTPX, {"CURL_CA_BUNDLE": "/nowhere"}) == ""


def test_what_is_not_a_path_is_named_too() -> None:
    assert "AWS_CA_BUNDLE names a\0b, which cannot be read" in unusable(HTTPS, BOTO, {"AWS_CA_BUNDLE": "a\0b"})
