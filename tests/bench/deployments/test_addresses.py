"""Addresses in the outputs: a wrong one ends in one sentence, before anything is asked."""

from __future__ import annotations

import pytest

from bench.deployments.outputs import parse_outputs
from bench.process.errors import UsageError
from tests.bench.support.simulator import Account, Truth, outputs


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:8000", "must begin with http"),
        ("ftp://example.org", "must begin with http"),
        ("https://", "must begin with http"),
        ("http://[::1", "is not an address"),
        ("http://example.org:port", "is not an address"),
        ("http://exa mple.org", "blanks or control characters"),
        ("http://example.org\n", "blanks or control characters"),
        ("[secret]", "--show-secrets"),
    ],
)
@pytest.mark.parametrize("name", ["apiUrl", "endpointUrl"])
def test_a_wrong_address_is_named(name: str, address: str, words: str) -> None:
    given = {**outputs("http://localhost", "http://localhost", Account(Truth())), name: address}
    with pytest.raises(UsageError, match=words) as caught:
        parse_outputs(given)
    assert name in str(caught.value)
