"""The list of storages: its names, and that whoever asks for another one is told so."""

from __future__ import annotations

import pytest

from contract.storages import IMAGE, NAMES, S3, STORAGES, default_of, storage


def test_a_storage_is_known_by_its_name() -> None:
    assert [storage(name).name for name in NAMES] == list(STORAGES)
    assert storage("oci") is IMAGE


@pytest.mark.parametrize("name", ["", "S3", "image", "efs "])
def test_an_unknown_storage_is_an_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=f"there is no storage '.*': it is one of {', '.join(NAMES)}"):
        storage(name)


def test_s3_answers_by_default_and_the_first_where_it_is_not_there() -> None:
    assert default_of(NAMES) == S3.name
    assert default_of(["oci", "efs"]) == "oci"
