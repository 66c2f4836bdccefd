"""The number of readers: the setting READERS, its limits, and what an answer says of a value that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.readers import BUCKET, IMAGE, MOST, NFS
from similarity.base.errors import Unavailable
from similarity.encoder import EncoderService
from similarity.stores import readers
from similarity.stores.directory import DirectoryStore
from tests.images.conftest import Context


def test_without_the_setting_every_kind_of_place_has_its_own_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("READERS", raising=False)
    assert readers(7) == 7
    assert all(1 <= default <= MOST for default in (BUCKET, NFS, IMAGE))


TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.one_of(st.integers(-3, 2 * MOST).map(str), st.text(st.characters(exclude_characters="\0", codec="utf-8")))
)
def test_whole_numbers_in_the_limits_are_taken_and_all_else_is_named(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    possible = {"": 7} | {str(number): number for number in range(1, MOST + 1)}
    with monkeypatch.context() as patch:
        patch.setenv("READERS", said)
        if said in possible:
            assert readers(7) == possible[said]
        else:
            with pytest.raises(Unavailable, match=f"READERS is .*: set a whole number from 1 to {MOST}"):
                readers(7)


def test_an_answer_names_a_setting_that_cannot_be_used(
    tiny_bundle: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_BACKEND", "oci")
    monkeypatch.setenv("READERS", "many")
    response = EncoderService(DirectoryStore(str(tiny_bundle), 2)).handle({"text": "a"}, context)
    assert response["statusCode"] == 503
    assert "READERS is 'many': set a whole number" in json.loads(response["body"])["message"]
