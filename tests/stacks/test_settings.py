"""Settings refuse whatever could not be deployed, before anything is made, and say what to set instead."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.storages import NAMES, USUAL_NAMES, default_of
from stacks import cidr
from stacks.errors import DeploymentError
from stacks.given import tag_problems
from stacks.settings import RETENTION_DAYS, Settings
from stacks.storages import BACKENDS
from tests.stacks.support.cloud import BOUNDARY, GROUP, KEY, SUBNETS, TOPIC
from tests.stacks.support.project import ROOT
from tests.stacks.support.recorder import defaults
from tests.stacks.support.scenarios import EVERYTHING, EXISTING, combinations

SUBNET = SUBNETS["a"]
NETWORK = {"subnetIds": [SUBNET], "securityGroupId": GROUP}


class Config(dict[str, Any]):
    """A pulumi.Config, as far as the settings use it, over a dictionary."""

    def require(self, key: str) -> Any:
        return self[key]

    require_int = require_bool = require_object = require


def read(**changes: Any) -> Settings:
    """Return settings that have no problems; raises DeploymentError with all that they have."""
    settings = Settings.read(Config({**defaults(), **changes}))
    if problems := list(settings.problems(BACKENDS)):
        raise DeploymentError.of(problems)
    return settings


def test_the_defaults_are_valid() -> None:
    assert read().auth == "iam"


def test_every_usual_storage_is_deployed_by_default_and_the_lists_default_answers() -> None:
    assert tuple(defaults()["backends"]) == USUAL_NAMES
    assert tuple(BACKENDS) == NAMES
    assert defaults()["defaultBackend"] == default_of(NAMES)


def test_the_scenarios_of_the_other_tests_are_valid() -> None:
    assert read(**EVERYTHING).everything_in_vpc
    assert read(**EXISTING).subnet_ids
    updates = [scenario for scenario in combinations() if not scenario.preview]
    assert len({read(**scenario.config) for scenario in combinations()}) == len(updates)


def test_every_key_of_the_schema_is_a_setting_and_the_reverse() -> None:
    keys = {re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower() for key in defaults()}
    assert keys == {field.name for field in dataclasses.fields(Settings)}


def test_every_key_has_type_default_and_description() -> None:
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
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
        ({"snapStart": ["efs"]}, "snapStart names 'efs', which mounts a file system"),
        ({"backends": ["s3files", "s3"], "snapStart": ["s3files"]}, "snapStart names 's3files', which mounts"),
        ({"backends": ["s3"], "snapStart": ["oci"]}, "snapStart names 'oci': name backends of this deployment (s3)"),
        ({"snapStart": ["oci", "oci"]}, "snapStart is ['oci', 'oci']: name each backend once"),
        ({"snapStart": "oci"}, "snapStart is 'oci': set a list of strings"),
        ({"moreModels": ["oci-snapstart"]}, "moreModels names 'oci-snapstart', which is a path already"),
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
        ({"modelBucket": "our-models", "modelPrefix": "a" * 901}, "900 characters at most"),
        ({"auth": "jwt", "jwtIssuer": "https://a.example/?b=c", "jwtAudiences": ["a"]}, "needs the https URL"),
        ({"subnetIds": [SUBNET]}, "subnetIds and securityGroupId belong together: set both"),
        ({"securityGroupId": GROUP}, "subnetIds and securityGroupId belong together: set both"),
        ({"subnetIds": ["subnet-1"], "securityGroupId": GROUP}, "subnetIds names 'subnet-1': set IDs of subnets"),
        ({"subnetIds": [SUBNET], "securityGroupId": "default"}, "securityGroupId is 'default': set the ID of a group"),
        ({"subnetIds": [SUBNET, SUBNET], "securityGroupId": GROUP}, "name up to 16 subnets, each once"),
        ({"subnetIds": [f"subnet-{n:08x}" for n in range(17)], "securityGroupId": GROUP}, "name up to 16 subnets"),
        ({**NETWORK, "vpcCidr": "10.0.0.0/16"}, "set for a VPC to be made, but subnetIds names one: clear one"),
        ({**NETWORK, "availabilityZones": ["us-east-1a", "us-east-1b"]}, "but subnetIds names one: clear one of them"),
        ({"kmsKeyArn": "alias/ours"}, "set the ARN of a key, not of an alias, such as arn:aws:kms:us-east-1:1111"),
        ({"kmsKeyArn": KEY.replace("key/", "alias/")}, "not of an alias"),
        ({"kmsKeyArn": KEY.replace("us-east-1", "eu-west-1")}, "kmsKeyArn is in eu-west-1, and region is us-east-1"),
        ({"kmsKeyArn": KEY.replace("aws:kms", "aws-cn:kms")}, "is of the partition aws-cn, and us-east-1 is in aws"),
        ({"permissionsBoundary": "boundary"}, "permissionsBoundary is 'boundary': set the ARN of an IAM policy"),
        ({"permissionsBoundary": BOUNDARY.replace("policy/", "role/")}, "set the ARN of an IAM policy such as arn:aws"),
        ({"permissionsBoundary": BOUNDARY.replace("arn:aws:", "arn:aws-cn:")}, "is of the partition aws-cn"),
        ({"monitoring": True, "alarmTopicArn": "alarms"}, "set the ARN of a standard topic such as arn:aws:sns"),
        ({"monitoring": True, "alarmTopicArn": f"{TOPIC}.fifo"}, "set the ARN of a standard topic"),
        (
            {"monitoring": True, "alarmTopicArn": TOPIC.replace("us-east-1", "eu-west-1")},
            "alarmTopicArn is in eu-west-1",
        ),
        ({"alarmTopicArn": TOPIC}, "there are no alarms: set monitoring to true, or clear it"),
        ({"tags": []}, "tags is []: set names and values"),
        ({"tags": {"Project": "x"}}, "tags names 'Project', which is the program's own Project to IAM"),
        ({"tags": {"managedby": "x"}}, "tags names 'managedby', which is the program's own ManagedBy to IAM"),
        ({"tags": {"Team": "x", "team": "y"}}, "tags names 'team', which is Team to IAM: take another name"),
        ({"tags": {"aws:x": "y"}}, "aws: is reserved for AWS: begin otherwise"),
        ({"tags": {"x": "AWS:y"}}, "aws: is reserved for AWS: begin otherwise"),
        ({"tags": {f"t{n}": "" for n in range(8)}}, "tags has 8 entries: 7 at most, because an object in S3"),
        ({"tags": {"a" * 129: "x"}}, "names have 1 to 128 characters, values up to 256"),
        ({"tags": {"": "x"}}, "names have 1 to 128 characters"),
        ({"tags": {"x": "a" * 257}}, "values up to 256"),
        ({"tags": {"x": "a,b"}}, "tags has 'x' with ',': use letters, digits, spaces and _.:/=+-@"),
        ({"tags": {"x": 4711}}, "tags has 'x': 4711, which is not text: put it in quotes in the stack's file"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses_nonsense_and_says_what_to_set(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DeploymentError, match=re.escape(complaint)):
        read(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {**NETWORK, "subnetIds": ["subnet-01234567"], "securityGroupId": "sg-01234567"},
        {"kmsKeyArn": KEY.replace("key/", "key/mrk-")},
        {"permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
        {"permissionsBoundary": BOUNDARY.replace("policy/", "policy/teams/safety/")},
        {"region": "cn-north-1", "kmsKeyArn": "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd"},
        {"tags": {"Kostenstelle für Straße": "4711 + 1 = 4712 @ x/y:z"}},
    ],
    ids=lambda value: str(value)[:40],
)
def test_lets_through_what_aws_takes(changes: dict[str, Any]) -> None:
    assert read(**changes)


def test_any_other_range_than_the_default_was_chosen_by_somebody() -> None:
    assert defaults()["vpcCidr"] == cidr.DEFAULT


@given(st.dictionaries(st.text(max_size=130), st.text(max_size=260), max_size=9))
def test_tags_that_pass_are_tags_to_every_service(tags: dict[str, str]) -> None:
    """An oracle of IAM's own words, which are the narrowest of those services'."""
    pattern = re.compile(r"[\w\s.:/=+@-]*")  # of AWS's patterns, in Python's letters
    fits = all(
        [
            len(tags) <= 7,
            len({key.casefold() for key in (*tags, "Project", "Stack", "ManagedBy")}) == len(tags) + 3,
            all(1 <= len(key) <= 128 and len(value) <= 256 for key, value in tags.items()),
            all(pattern.fullmatch(key + value) for key, value in tags.items()),
            not any(text.casefold().startswith("aws:") for pair in tags.items() for text in pair),
        ]
    )
    if not list(tag_problems(list(tags.items()))):
        assert fits


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
