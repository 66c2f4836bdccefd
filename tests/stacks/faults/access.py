"""Faults in permissions."""

from __future__ import annotations

from tests.stacks.faults.fault import MODELS, TWO, Fault

FAULTS = (
    Fault("a wildcard action", "policies.py", '"Action": "s3:GetObject"', '"Action": "s3:*"', "no_wildcards"),
    Fault(
        "a wildcard resource",
        "policies.py",
        '"Resource": [f"{bucket_arn}/{prefix}/{name}" for name in names]',
        '"Resource": "*"',
        "no_wildcards",
    ),
    Fault(
        "everybody may read the bucket",
        "policies.py",
        '"Effect": "Deny",\n            "Principal": {"AWS": "*"},\n            "Action": "s3:*"',
        '"Effect": "Allow",\n            "Principal": {"AWS": "*"},\n            "Action": "s3:GetObject"',
        "no_wildcards",
    ),
    Fault(
        "the whole bucket is readable",
        "policies.py",
        'f"{bucket_arn}/{prefix}/{name}"',
        'f"{bucket_arn}/*"',
        "functions_read_their_own_bundle_only",
    ),
    Fault(
        "a search that may read the weights",
        "storages/s3.py",
        "search_grants=stored.index_grant",
        "search_grants=stored.read_grant",
        "functions_read_their_own_bundle_only",
        TWO,
    ),
    Fault(
        "a model that may read the other's weights",
        "storages/s3.py",
        "stored = store.holding(model.bundle)",
        "stored = store.holding(args.models[0].bundle)",
        "functions_read_their_own_bundle_only",
        {**TWO, **MODELS},
    ),
    Fault(
        "a seeder that may not read the second model",
        "storages/efs.py",
        "for model in args.models for",
        "for model in args.models[:1] for",
        "functions_read_their_own_bundle_only",
        MODELS,
    ),
    Fault(
        "the server may write",
        "storages/efs.py",
        "self._mount_grant(write=False)",
        "self._mount_grant(write=True)",
        "serving_reads_only",
    ),
    Fault(
        "a public bucket",
        "model_store.py",
        "block_public_policy=True",
        "block_public_policy=False",
        "buckets_are_private",
    ),
    Fault(
        "an unencrypted file system", "storages/efs.py", "encrypted=True", "encrypted=False", "file_system_is_guarded"
    ),
    Fault(
        "NFS without TLS",
        "policies.py",
        'deny("NotWithoutTls", {"Bool": {"aws:SecureTransport": "false"}}),',
        "",
        "file_system_is_guarded",
    ),
    Fault(
        "NFS from anywhere",
        "network.py",
        "referenced_security_group_id=self.functions_group_id",
        'cidr_ipv4="0.0.0.0/0"',
        "only_named_groups_talk",
    ),
    Fault("all ports to S3", "network.py", "from_port=443", "from_port=0", "only_named_groups_talk"),
    Fault(
        "public addresses",
        "network.py",
        "map_public_ip_on_launch=False",
        "map_public_ip_on_launch=True",
        "network_is_private",
    ),
    Fault(
        "subnets in one zone",
        "network.py",
        "availability_zone=zone",
        'availability_zone="us-east-1a"',
        "network_is_private",
    ),
    Fault("an impatient destroy", "network.py", 'delete="60m"', 'delete="5m"', "network_is_private"),
    Fault("an interface endpoint, by the hour", "network.py", '"Gateway"', '"Interface"', "network_is_private"),
    Fault(
        "a zone without mount targets",
        "network.py",
        '"use1-az3", "usw1-az2"',
        '"use1-az3"',
        "network_is_private",
        {"availabilityZones": []},
    ),
)
