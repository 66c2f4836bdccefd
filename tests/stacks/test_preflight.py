"""AWS's answers about the things that the settings name stop the program before anything is made, all at once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from stacks.errors import DeploymentError
from tests.stacks.support import cloud, recorder
from tests.stacks.support.cloud import BOUNDARY, BUCKET, GROUP, KEY, OTHER_GROUP, SUBNETS
from tests.stacks.support.invariants import violations
from tests.stacks.support.project import make_project
from tests.stacks.support.recorder import Graph, run
from tests.stacks.support.scenarios import EVERYTHING, EXISTING

A, B, ODD, LOCAL, OTHER = (SUBNETS[name] for name in ("a", "b", "odd", "local", "other"))
GONE = "subnet-99999999999999999"
STRANGE = BOUNDARY.replace(cloud.ACCOUNT, "999999999999")


def refused(project: Path, config: dict[str, Any], *, preview: bool = False) -> list[str]:
    """Return the problems that stop the program, having checked that it made nothing."""
    made: list[str] = []
    with (
        mock.patch.object(recorder, "answer", side_effect=lambda kind, *_: made.append(kind) or {"id": "x"}),
        pytest.raises(DeploymentError) as caught,
    ):
        run(project, config, preview=preview)
    assert set(made) <= {"pulumi:providers:aws"}
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"subnetIds": [A, OTHER]}, f"subnetIds names subnets of several VPCs ({A} in {cloud.VPC}, {OTHER} in"),
        ({"securityGroupId": OTHER_GROUP}, f"{OTHER_GROUP} is in {cloud.OTHER_VPC}, the subnets are in {cloud.VPC}"),
        ({"subnetIds": [A, ODD]}, f"subnetIds names {ODD} in us-east-1e, where EFS or Lambda is not: take another"),
        ({"subnetIds": [A, LOCAL]}, f"subnetIds names {LOCAL} in us-east-1-bos-1a, where EFS or Lambda is not: take"),
        ({"subnetIds": [A, GONE]}, f"subnetIds: name subnets and a group of one VPC in us-east-1 ({GONE}: invoke of"),
        ({"securityGroupId": "sg-99999999999999999"}, "securityGroupId: name subnets and a group of one VPC in us-"),
        ({"kmsKeyArn": cloud.DISABLED_KEY}, "kmsKeyArn names a key that is Disabled, for ENCRYPT_DECRYPT, SYMMETRIC"),
        ({"kmsKeyArn": cloud.SIGNING_KEY}, "for SIGN_VERIFY, RSA_2048: take an enabled, symmetric one"),
        ({"kmsKeyArn": f"{KEY}0"}, "kmsKeyArn: name a key that you may describe"),
        ({"permissionsBoundary": STRANGE}, "is a policy of account 999999999999, and roles of 123456789012 take only"),
        (
            {"permissionsBoundary": f"{BOUNDARY}-gone"},
            "permissionsBoundary: name a policy that exists and you may read",
        ),
        ({"modelBucket": "no-such-bucket"}, "modelBucket: name a bucket that exists and you may list"),
        ({"modelBucket": cloud.FAR_BUCKET}, "modelBucket is in eu-west-1, and region is us-east-1: take one of us-"),
        ({"modelBucket": BUCKET, "modelPrefix": "nothing/here"}, "modelBucket: upload images/bundle there"),
        ({"modelBucket": BUCKET, "modelPrefix": cloud.OLD_PREFIX}, "is not the manifest of images/bundle: upload it"),
        ({"reservedConcurrency": 166}, "for each of 6 functions, and the account has 1000 in all, of which 10 stay"),
        ({"backends": ["s3"], "defaultBackend": "s3", "vpcPlacement": "efs-only"}, "no function goes there: set vpc"),
    ],
    ids=lambda value: str(value)[:48],
)
def test_what_aws_does_not_have_is_refused_with_its_mend(project: Path, config: dict[str, Any], complaint: str) -> None:
    network = {"subnetIds": [A, B], "securityGroupId": GROUP}
    for preview in (False, True):
        [problem] = refused(project, {**network, **config}, preview=preview)
        assert complaint in problem


@pytest.mark.parametrize("zone", ["us-east-1z", "us-east-1e"])
def test_a_zone_that_cannot_be_used_is_refused(project: Path, zone: str) -> None:
    [problem] = refused(project, {"availabilityZones": ["us-east-1a", zone]})

    assert f"availabilityZones names {zone!r}, which does not exist or lacks Lambda or EFS: choose from us-" in problem


def test_a_region_with_one_zone_is_refused(project: Path) -> None:
    zones = {"names": ["us-east-1a"], "zoneIds": ["use1-az1"]}
    ask = cloud.look_up
    with mock.patch.object(
        cloud, "look_up", side_effect=lambda token, args: zones if "Zones" in token else ask(token, args)
    ):
        assert "us-east-1 offers too few zones (['us-east-1a']): take another region" in refused(project, {})


def test_without_credentials_it_is_the_credentials_that_are_asked_for(project: Path) -> None:
    with mock.patch.object(cloud, "look_up", return_value=None):
        problems = refused(project, {"permissionsBoundary": STRANGE})

    assert problems[0].startswith("set credentials of the account to deploy to (asked of AWS: invoke of aws:index/")
    assert not any("999999999999 " in problem for problem in problems)  # nothing is known of whose it is not


def test_everything_is_said_at_once_whoever_finds_it(tmp_path: Path) -> None:
    """Settings, names, bundles and AWS, all in one go."""
    project = make_project(tmp_path)
    (project / "images" / "bundle" / "config.json").unlink()
    config = {
        "timeoutSeconds": 31,
        "subnetIds": [A, OTHER],
        "securityGroupId": GROUP,
        "kmsKeyArn": KEY.replace("us-east-1", "eu-west-1"),
        "permissionsBoundary": "no-arn",
        "tags": {"Stack": "x"},
    }
    with mock.patch.object(recorder, "STACK", "s" * 60):
        problems = refused(project, config)

    for part in (
        *("timeoutSeconds is 31", "subnetIds names subnets of several VPCs", "kmsKeyArn is in eu-west-1"),
        *("permissionsBoundary is 'no-arn'", "tags names 'Stack'", "make the function name", "config.json is missing"),
    ):
        assert len([problem for problem in problems if part in problem]) == 1, part
    assert len(problems) == 7


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"region": "us-east"}, "region is 'us-east'"),
        ({"backends": []}, "backends is empty"),
        ({"moreModels": ["../bundle"]}, "moreModels names '../bundle'"),
        ({"engine": "torch"}, "engine is 'torch'"),
    ],
    ids=str,
)
def test_what_the_other_checks_stand_on_may_be_wrong_too(project: Path, config: dict[str, Any], complaint: str) -> None:
    problems = refused(project, {**config, "timeoutSeconds": 31})

    assert any(problem.startswith(complaint) for problem in problems)
    assert any("timeoutSeconds is 31" in problem for problem in problems)


def test_an_existing_network_keeps_every_rule(project: Path) -> None:
    graph = run(project, EXISTING)

    assert violations(graph) == violations(run(project, EXISTING, preview=True)) == []
    assert sorted(target.inputs["subnetId"] for target in graph.of(":MountTarget")) == [A, B]
    assert not [made for made in graph.resources if made.type.startswith(("aws:ec2/", "aws:vpc/"))]


def test_a_key_serves_an_existing_bucket_too(project: Path) -> None:
    """Its objects may be encrypted with it, so their readers may decrypt; the bucket itself is left alone."""
    graph = run(project, {"modelBucket": BUCKET, "kmsKeyArn": KEY})

    assert violations(graph) == []
    assert not graph.of(":BucketServerSideEncryptionConfiguration")
    assert _decrypting(graph) == {"efs-seeder", "s3-search", "s3-serve"}


def test_only_what_is_needed_is_asked(project: Path) -> None:
    tokens = [token.rpartition(":")[2] for token, _, _ in run(project, {"backends": ["s3"]}).invokes]

    assert tokens == ["getCallerIdentity"]


def test_everything_is_watched_with_one_alarm_a_name(project: Path) -> None:
    alarms = run(project, {**EVERYTHING, "auth": "none", "jwtIssuer": "", "jwtAudiences": []}).of(":MetricAlarm")
    names = [alarm.inputs["name"] for alarm in alarms]

    assert len(set(names)) == len(names)
    assert {"model-storage-test-page-errors", "model-storage-test-minilm-s3-search-duration"} < set(names)


def _decrypting(graph: Graph) -> set[str]:
    found = set()
    for policy in graph.of(":RolePolicy"):
        actions = [statement["Action"] for statement in json.loads(policy.inputs["policy"])["Statement"]]
        if "kms:Decrypt" in actions:
            found.add(re.sub("-read.*", "", policy.name))
    return found
