"""Settings refuse what could not be deployed, before anything is made, and say what to set instead."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.backends import BACKENDS
from stacks.errors import DeploymentError
from stacks.settings import RETENTION_DAYS, Settings
from tests.stacks.project import ROOT
from tests.stacks.recorder import defaults
from tests.stacks.scenarios import EVERYTHING, combinations


class Config(dict[str, Any]):
    """What pulumi.Config is to the settings, over a dictionary."""

    def require(self, key: str) -> Any:
        return self[key]

    require_int = require_bool = require_object = require


def read(**changes: Any) -> Settings:
    return Settings.read(Config({**defaults(), **changes}), BACKENDS)


def test_the_defaults_are_valid() -> None:
    assert read().auth == "iam"


def test_the_scenarios_of_the_other_tests_are_valid() -> None:
    assert read(**EVERYTHING).everything_in_vpc
    updates = [scenario for scenario in combinations() if not scenario.preview]
    assert len({read(**scenario.config) for scenario in combinations()}) == len(updates)


def test_every_key_of_the_schema_is_a_setting_and_the_reverse() -> None:
    keys = {re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower() for key in defaults()}
    assert keys == {field.name for field in dataclasses.fields(Settings)}


def test_every_key_has_type_default_and_description() -> None:
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list}
    for key, entry in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"].items():
        assert isinstance(entry["default"], kinds[entry["type"]]), key
        assert entry["description"].endswith("."), key
        assert (entry["type"] == "array") is ("items" in entry), key


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"region": "us-east"}, "region is 'us-east': set the name of an AWS region"),
        ({"backends": []}, "backends is empty: name at least one of efs, s3, oci"),
        ({"backends": ["s3", "ssd"]}, "backends names 'ssd', which does not exist"),
        ({"backends": ["s3", "s3"]}, "name each backend once"),
        ({"backends": "s3"}, "backends is 's3': set a list of strings"),
        ({"backends": [1]}, "set a list of strings"),
        ({"backends": ["efs"]}, "defaultBackend is 's3': set it to one of backends"),
        ({"moreModels": ["MiniLM"]}, "moreModels names 'MiniLM': a lower-case letter, then up to 15"),
        ({"moreModels": ["a" * 17]}, "letters, digits and hyphens"),
        ({"moreModels": ["efs"]}, "moreModels names 'efs', which is a path already"),
        ({"moreModels": ["health"]}, "moreModels names 'health', which is a path already"),
        ({"moreModels": ["embed-to-db-similar"]}, "letters, digits and hyphens"),
        ({"moreModels": ["a", "a"]}, "name each model once"),
        ({"architecture": "amd64"}, "architecture is 'amd64': set one of arm64, x86_64"),
        ({"engine": "torch"}, "engine is 'torch': set one of onnx, transformers"),
        ({"memoryMb": 767}, "memoryMb is 767: set 768 to 10240"),
        ({"memoryMb": 1535, "engine": "transformers"}, "memoryMb is 1535: set 1536 to 10240"),
        ({"memoryMb": 10241}, "memoryMb is 10241"),
        ({"timeoutSeconds": 0}, "timeoutSeconds is 0: set 1 to 30"),
        ({"timeoutSeconds": 31}, "timeoutSeconds is 31: set 1 to 30"),
        ({"ephemeralStorageMb": 511}, "ephemeralStorageMb is 511: set 512 to 10240, or 0"),
        ({"reservedConcurrency": 0}, "reservedConcurrency is 0: set 1 to 1000, or -1"),
        ({"logRetentionDays": 8}, "logRetentionDays is 8: set one of 1, 3, 5"),
        ({"vpcPlacement": "none"}, "vpcPlacement is 'none': set one of efs-only, all"),
        ({"vpcCidr": "10.0.0.0/8"}, "vpcCidr is '10.0.0.0/8', too large or too small"),
        ({"vpcCidr": "8.8.0.0/16"}, "vpcCidr is '8.8.0.0/16', not a private range"),
        ({"vpcCidr": "127.0.0.0/16"}, "vpcCidr is '127.0.0.0/16', not a private range"),
        ({"vpcCidr": "169.254.0.0/16"}, "vpcCidr is '169.254.0.0/16', not a private range"),
        ({"vpcCidr": "192.0.2.0/24"}, "take a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"),
        ({"vpcCidr": "10.0.0.1/16"}, "vpcCidr is '10.0.0.1/16', no network"),
        ({"availabilityZones": ["us-east-1a"]}, "name two to 4 different zones, or none"),
        ({"availabilityZones": ["us-east-1a", "us-east-1a"]}, "name two to 4 different zones"),
        ({"availabilityZones": ["us-east-1a", "eu-west-1a"]}, "names 'eu-west-1a': name zones of us-east-1"),
        ({"efsThroughput": "elastik"}, "efsThroughput is 'elastik': set one of elastic, bursting, provisioned"),
        ({"efsThroughput": "provisioned"}, "efsProvisionedMibps is 0: set 24 to 3414"),
        ({"efsProvisionedMibps": 64}, "set efsThroughput to provisioned, or efsProvisionedMibps to 0"),
        ({"modelBucket": "s3://models"}, "set the name of a bucket, not a URL or an ARN"),
        ({"modelPrefix": "a"}, "modelPrefix is set without modelBucket"),
        ({"modelBucket": "our-models", "modelPrefix": "/a/"}, "modelPrefix is '/a/'"),
        ({"modelBucket": "our-models", "modelPrefix": "a/../b"}, "modelPrefix is 'a/../b'"),
        ({"auth": "open"}, "auth is 'open': set one of iam, jwt, none"),
        ({"auth": "jwt"}, "auth jwt needs the https URL"),
        ({"auth": "jwt", "jwtIssuer": "https://a.example"}, "auth jwt needs at least one audience"),
        ({"auth": "jwt", "jwtIssuer": "http://a.example", "jwtAudiences": ["a"]}, "needs the https URL"),
        ({"auth": "jwt", "jwtIssuer": "https://a.example", "jwtAudiences": [""]}, "at least one audience"),
        ({"jwtIssuer": "https://a.example"}, "but auth is iam: set auth to jwt, or clear them"),
        ({"corsOrigins": ["https://a.example/path"]}, "an origin is scheme://host[:port] without a path"),
        ({"throttleRate": 0}, "throttleRate is 0: set 1 to 10000"),
        ({"throttleBurst": 5001}, "throttleBurst is 5001: set 1 to 5000"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses_nonsense_and_says_what_to_set(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DeploymentError, match=re.escape(complaint)):
        read(**changes)


def test_lists_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(DeploymentError, match=r"(?s)engine.*memoryMb.*auth"):
        read(engine="torch", memoryMb=1, auth="jwt")


@settings(deadline=None)
@given(
    memory=st.integers(0, 20000),
    timeout=st.integers(-5, 60),
    scratch=st.integers(0, 12000),
    retention=st.integers(0, 4000),
)
def test_lets_through_exactly_what_is_in_range(memory: int, timeout: int, scratch: int, retention: int) -> None:
    valid = all(
        [
            768 <= memory <= 10240,
            1 <= timeout <= 30,
            scratch == 0 or 512 <= scratch <= 10240,
            retention in RETENTION_DAYS,
        ]
    )
    changes = {
        "memoryMb": memory,
        "timeoutSeconds": timeout,
        "ephemeralStorageMb": scratch,
        "logRetentionDays": retention,
    }
    if valid:
        assert read(**changes).memory_mb == memory
    else:
        with pytest.raises(DeploymentError):
            read(**changes)
