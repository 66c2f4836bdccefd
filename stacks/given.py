"""Checks what a deployer brings along (identifiers, ARNs and tags) before AWS is asked about it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from stacks.naming import partition

MAX_SUBNETS = 16  # of a Lambda function
OWN_TAGS = ("Project", "Stack", "ManagedBy")
# An object in S3 can have ten tags; three of them are ours.
MAX_TAGS = 10 - len(OWN_TAGS)
_MAX_TAG_KEY, _MAX_TAG_VALUE = 128, 256

_SUBNET = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_GROUP = re.compile(r"sg-([0-9a-f]{8}|[0-9a-f]{17})")
_KEY = re.compile(r"arn:(?P<partition>[a-z-]+):kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")
_POLICY = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+")
_TOPIC = re.compile(r"arn:(?P<partition>[a-z-]+):sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")


def network_problems(subnet_ids: Sequence[str], security_group_id: str) -> Iterator[str]:
    """Yield the faults in the IDs of an existing network."""
    if bool(subnet_ids) is not bool(security_group_id):
        yield "subnetIds and securityGroupId belong together: set both, or neither to have a VPC made"
    if len(subnet_ids) > MAX_SUBNETS or len(set(subnet_ids)) < len(subnet_ids):
        yield f"subnetIds has {len(subnet_ids)} entries: name up to {MAX_SUBNETS} subnets, each once"
    for subnet_id in subnet_ids:
        if not _SUBNET.fullmatch(subnet_id):
            yield f"subnetIds names {subnet_id!r}: set IDs of subnets, such as subnet-0123456789abcdef0"
    if security_group_id and not _GROUP.fullmatch(security_group_id):
        yield f"securityGroupId is {security_group_id!r}: set the ID of a group, such as sg-0123456789abcdef0"


def key_problems(arn: str, region: str) -> Iterator[str]:
    """Yield the reasons why a KMS key cannot encrypt things in `region`."""
    example = f"arn:{partition(region)}:kms:{region}:111122223333:key/…"
    yield from _arn_problems("kmsKeyArn", arn, _KEY, region, "the ARN of a key, not of an alias,", example)


def topic_problems(arn: str, region: str) -> Iterator[str]:
    """Yield the reasons why alarms in `region` cannot be sent to an SNS topic."""
    example = f"arn:{partition(region)}:sns:{region}:111122223333:alarms"
    yield from _arn_problems("alarmTopicArn", arn, _TOPIC, region, "the ARN of a standard topic", example)


def boundary_problems(arn: str, region: str) -> Iterator[str]:
    """Yield the reasons why an ARN cannot be a permissions boundary."""
    example = f"arn:{partition(region)}:iam::111122223333:policy/boundary"
    yield from _arn_problems("permissionsBoundary", arn, _POLICY, region, "the ARN of an IAM policy", example)


def _arn_problems(key: str, arn: str, shape: re.Pattern[str], region: str, what: str, example: str) -> Iterator[str]:
    if not arn:
        return
    parsed = shape.fullmatch(arn)
    if not parsed:
        yield f"{key} is {arn!r}: set {what} such as {example}"
    elif (there := parsed.groupdict().get("region", region)) != region:
        yield f"{key} is in {there}, and region is {region}: take one of {region}, or deploy to {there}"
    elif parsed["partition"] != partition(region):
        yield f"{key} is of the partition {parsed['partition']}, and {region} is in {partition(region)}: take one of it"


def tag_problems(tags: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """Yield whatever any of the services would refuse in tags that all resources get."""
    if len(tags) > MAX_TAGS:
        yield f"tags has {len(tags)} entries: {MAX_TAGS} at most, because an object in S3 takes no more beside ours"
    # IAM ignores the case of keys.
    taken = {own.casefold(): f"the program's own {own}" for own in OWN_TAGS}
    for key, value in tags:
        if other := taken.get(key.casefold()):
            yield f"tags names {key!r}, which is {other} to IAM: take another name"
        taken[key.casefold()] = key
        if not isinstance(value, str):
            yield f"tags has {key!r}: {value!r}, which is not text: put it in quotes in the stack's file"
            continue
        if key.casefold().startswith("aws:") or value.casefold().startswith("aws:"):
            yield f"tags has {key!r}: {value!r}, and aws: is reserved for AWS: begin otherwise"
        if not 1 <= len(key) <= _MAX_TAG_KEY or len(value) > _MAX_TAG_VALUE:
            yield f"tags has {key!r}: names have 1 to {_MAX_TAG_KEY} characters, values up to {_MAX_TAG_VALUE}"
        if odd := sorted({character for character in key + value if not _taggable(character)}):
            yield f"tags has {key!r} with {''.join(odd)!r}: use letters, digits, spaces and _.:/=+-@"


def _taggable(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNZ" or character in "_.:/=+-@"
