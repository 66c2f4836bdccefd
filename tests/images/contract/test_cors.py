"""Tests which texts are origins."""

from __future__ import annotations

import pytest

from contract.cors import ORIGIN


@pytest.mark.parametrize("text", ["*", "https://example.org", "http://127.0.0.1:8000"])
def test_an_origin_is_scheme_host_and_port(text: str) -> None:
    assert ORIGIN.fullmatch(text)


@pytest.mark.parametrize("text", ["", "null", "example.org", "https://example.org/", "ftp://example.org", "https://*"])
def test_all_else_is_not_an_origin(text: str) -> None:
    assert not ORIGIN.fullmatch(text)
