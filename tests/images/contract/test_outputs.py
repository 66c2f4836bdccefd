"""The outputs are those that users and scripts read: their names stay."""

from __future__ import annotations

import inspect
from typing import Any

from contract import outputs

BACKEND = {
    "function_name": "f", "search_function_name": "f-search", "log_group": "/f", "storage": "in s3", "curl": "curl x",
}  # fmt: skip
COMMON: dict[str, Any] = {
    "target": "aws", "api_url": "http://a", "page_url": "http://a/", "region": "us-east-1", "auth_mode": "none",
    "engine": "onnx", "architecture": "arm64", "default_backend": "s3",
}  # fmt: skip


def model(digest: str) -> dict[str, Any]:
    backends = {"s3": outputs.backend(**BACKEND)}
    return outputs.model(bundle_hash=digest, bundle_bytes=600, weights="hub", backends=backends)


def test_outputs_of_one_model_are_flat() -> None:
    assert outputs.deployment(**COMMON, models={"": model("a")}) == {
        "target": "aws",
        "apiUrl": "http://a",
        "pageUrl": "http://a/",
        "region": "us-east-1",
        "authMode": "none",
        "engine": "onnx",
        "architecture": "arm64",
        "defaultBackend": "s3",
        "bundleHash": "a",
        "bundleBytes": 600,
        "weights": "hub",
        "backends": {
            "s3": {
                "functionName": "f",
                "searchFunctionName": "f-search",
                "logGroup": "/f",
                "storage": "in s3",
                "curl": "curl x",
            }
        },
    }


def test_a_backend_tells_what_its_storage_is_deployed_in_where_there_is_a_choice() -> None:
    chosen = outputs.backend(**BACKEND, mode="provisioned", provisioned_mibps=64)
    assert chosen == {**outputs.backend(**BACKEND), "mode": "provisioned", "provisionedMibps": 64}


def test_further_models_are_told_by_name_and_a_page_only_where_there_is_one() -> None:
    found = outputs.deployment(**{**COMMON, "page_url": None}, models={"": model("a"), "minilm": model("b")})
    assert "pageUrl" not in found
    assert found["bundleHash"] == "a"
    assert found["models"] == {"minilm": model("b")}


def test_every_output_is_built_here_or_of_a_stack_or_a_lab_alone() -> None:
    built = [
        name
        for make in (outputs.deployment, outputs.model, outputs.backend)
        for name in inspect.signature(make).parameters
    ]
    constants = {name.lower() for name in vars(outputs) if name.isupper()}
    assert constants - set(built) == {
        *("endpoint_url", "access_key_id", "secret_access_key", "images"),
        *("cache_policy", "memory_enforcement", "capacity", "shape", "primed"),
        *(
            "path",
            "witnesses",
            "all_witnesses",
            "environment_id",
            "invocation",
            "nonce",
            "log_line",
        ),  # of other functions
    }
