"""The contents of the account that recorded runs deploy to, and AWS's answers about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "123456789012", "us-east-1"
ZONES = [f"{REGION}{letter}" for letter in "abcdef"]

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000000"
DISABLED_KEY, SIGNING_KEY = f"{KEY[:-2]}d0", f"{KEY[:-2]}50"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
BUCKET, FAR_BUCKET = "our-models", "our-models-in-ireland"
LIMIT = 1000  # concurrent executions

VPC, OTHER_VPC = "vpc-11111111111111111", "vpc-22222222222222222"
# Three subnets in two zones, one in a zone that lacks Lambda, one in a local zone, and one of another VPC.
SUBNETS = {
    name: f"subnet-{digit * 17}"
    for name, digit in zip(("a", "a2", "b", "odd", "local", "other"), "123456", strict=True)
}
GROUP, OTHER_GROUP = "sg-11111111111111111", "sg-22222222222222222"
_ZONE_OF = {
    "a": ("a", "use1-az1"),
    "a2": ("a", "use1-az1"),
    "odd": ("e", "use1-az3"),
    "local": ("-bos-1a", "use1-bos1-az1"),
}


def _subnets() -> dict[str, dict[str, Any]]:
    found = {}
    for name, subnet_id in SUBNETS.items():
        letter, zone_id = _ZONE_OF.get(name, ("b", "use1-az2"))
        vpc = OTHER_VPC if name == "other" else VPC
        found[subnet_id] = {
            "id": subnet_id,
            "vpcId": vpc,
            "availabilityZone": f"{REGION}{letter}",
            "availabilityZoneId": zone_id,
        }
    return found


def _manifests() -> dict[str, dict[str, Any]]:
    """Return the part of the project's bundles, in the working directory, that the bucket holds."""
    found = {f"{OLD_PREFIX}/manifest.json": {"contentLength": 1}}
    for manifest in sorted(Path("images").glob("bundle*/manifest.json")):
        described = {"contentLength": manifest.stat().st_size}
        found[f"{json.loads(manifest.read_text())['source_hash']}/manifest.json"] = described
        found.setdefault(f"{PREFIX}/manifest.json", described)
    return found


def _key(state: str = "Enabled", usage: str = "ENCRYPT_DECRYPT", spec: str = "SYMMETRIC_DEFAULT") -> dict[str, Any]:
    return {"enabled": state == "Enabled", "keyState": state, "keyUsage": usage, "keySpec": spec}


# By the function's name and the argument that names the thing.
_EXISTING: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "getSubnet": ("id", _subnets()),
    "getSecurityGroup": (
        "id",
        {GROUP: {"id": GROUP, "vpcId": VPC}, OTHER_GROUP: {"id": OTHER_GROUP, "vpcId": OTHER_VPC}},
    ),
    "getKey": (
        "keyId",
        {KEY: _key(), DISABLED_KEY: _key("Disabled"), SIGNING_KEY: _key(usage="SIGN_VERIFY", spec="RSA_2048")},
    ),
    "getPolicy": ("arn", {BOUNDARY: {"arn": BOUNDARY}}),
    "getBucket": ("bucket", {BUCKET: {"bucketRegion": REGION}, FAR_BUCKET: {"bucketRegion": "eu-west-1"}}),
    "getServiceQuota": ("quotaCode", {"L-B99A9384": {"value": float(LIMIT)}}),
}
# Prefixes in the bucket apart from the hashes of the project's bundles: of the first bundle, and of another one.
PREFIX, OLD_PREFIX = "shared/longformer", "shared/old"


def look_up(token: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
    """Return AWS's answer; None if there is no such thing. Raises KeyError for an unknown question."""
    name = token.rpartition(":")[2]
    if name == "getAvailabilityZones":
        return {"names": ZONES, "zoneIds": [f"use1-az{number}" for number in (1, 2, 4, 6, 3, 5)]}
    if name == "getCallerIdentity":
        return {"accountId": ACCOUNT}
    if name == "getObject":
        return _manifests().get(arguments["key"]) if arguments["bucket"] == BUCKET else None
    argument, known = _EXISTING[name]
    return known.get(arguments[argument])
