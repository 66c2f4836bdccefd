"""The first model's functions and paths are called as if there were no other, the others' by their names."""

from __future__ import annotations

import pytest

from contract.names import MODEL, Named, log_group


def test_the_first_model_has_no_name() -> None:
    first = Named("")
    assert (first.role("efs"), first.search_role("efs")) == ("efs", "efs-search")
    assert (first.path("efs"), first.path()) == ("/efs", "")


def test_another_model_is_named_before_the_backend() -> None:
    other = Named("minilm")
    assert (other.role("efs"), other.search_role("efs")) == ("minilm-efs", "minilm-efs-search")
    assert (other.path("efs"), other.path()) == ("/minilm/efs", "/minilm")


@pytest.mark.parametrize(
    ("name", "may"),
    [("minilm", True), ("a", True), ("a-2", True), ("a" * 16, True), ("a" * 17, False), ("", False), ("2a", False),
     ("-a", False), ("A", False), ("a/b", False), ("a\n", False)],
)  # fmt: skip
def test_a_models_name_is_a_part_of_paths_and_of_functions_names(name: str, may: bool) -> None:
    assert bool(MODEL.fullmatch(name)) is may


def test_a_log_group_is_where_lambda_writes() -> None:
    assert log_group("model-storage-s3") == "/aws/lambda/model-storage-s3"
