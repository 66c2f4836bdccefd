"""Every policy document of the deployment, as pure functions from ARNs to plain dictionaries.

No statement allows an action by a wildcard. `*` is a resource only where AWS offers nothing narrower:
X-Ray's two actions, and the two by which Lambda looks up subnets and network interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]
Statement = dict[str, Any]

_EFS_CLIENT_ACTIONS = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",
]
_INTERFACE_ACTIONS = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]
_DESCRIBE_ACTIONS = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]


def document(*statements: Statement) -> Document:
    """Return a policy document of `statements`."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def lambda_trust() -> Document:
    """Let the Lambda service, and nobody else, assume a role."""
    return document(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    )


def write_logs(log_group_arn: str) -> Statement:
    """Write to one log group; Lambda makes its streams under names of its own."""
    return {
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{log_group_arn}:log-stream:*",
    }


def trace() -> Statement:
    """Send X-Ray segments; these actions have no resources."""
    return {
        "Sid": "Trace",
        "Effect": "Allow",
        "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "Resource": "*",
    }


def attach_to_vpc(partition: str, region: str, account: str, function_arn: str) -> list[Statement]:
    """Let the Lambda service manage network interfaces, and deny the same to the function's own code.

    AWS documents the region and account as the narrowest resource that works for making and deleting interfaces, and
    offers no resource at all for describing them.
    """
    return [
        {
            "Sid": "ManageInterfaces",
            "Effect": "Allow",
            "Action": _INTERFACE_ACTIONS,
            "Resource": f"arn:{partition}:ec2:{region}:{account}:*/*",
        },
        {
            "Sid": "FindInterfaces",
            "Effect": "Allow",
            "Action": _DESCRIBE_ACTIONS,
            "Resource": "*",
        },
        {
            "Sid": "NotFromTheCode",
            "Effect": "Deny",
            "Action": [*_INTERFACE_ACTIONS, *_DESCRIBE_ACTIONS],
            "Resource": "*",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
        },
    ]


def read_objects(bucket_arn: str, prefix: str, names: Sequence[str]) -> list[Statement]:
    """Read the objects of these names below a prefix; `*` means all of them.

    ListBucket makes a missing key a 404 instead of a 403. A condition on the prefix would undo that, because a GET has
    none.
    """
    return [
        {
            "Sid": "ReadBundle",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": [f"{bucket_arn}/{prefix}/{name}" for name in names],
        },
        {
            "Sid": "TellMissingFromForbidden",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket_arn,
        },
    ]


def decrypt_from_s3(key_arn: str, region: str, dns_suffix: str) -> Statement:
    """Let S3 alone decrypt with a key what a role reads from it; EFS, ECR and CloudWatch need no more."""
    return {
        "Sid": "DecryptFromS3",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key_arn,
        "Condition": {"StringEquals": {"kms:ViaService": f"s3.{region}.{dns_suffix}"}},
    }


def mount(file_system_arn: str, access_point_arn: str, *, write: bool) -> Statement:
    """Mount a file system through one access point, read-only unless `write`."""
    actions = ["elasticfilesystem:ClientMount", *(["elasticfilesystem:ClientWrite"] if write else [])]
    return {
        "Sid": "Mount",
        "Effect": "Allow",
        "Action": actions,
        "Resource": file_system_arn,
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
    }


def guard_file_system(file_system_arn: str, access_point_arn: str) -> Document:
    """Deny clients without TLS, and through any other access point than ours.

    This does not say who may write: EFS compares none of the condition keys that identify a client. With a policy on
    the file system nobody is allowed anything by default, and only the seeder's role is granted ClientWrite (`mount`).
    """

    def deny(sid: str, condition: Mapping[str, Mapping[str, str]]) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": _EFS_CLIENT_ACTIONS,
            "Resource": file_system_arn,
            "Condition": condition,
        }

    return document(
        deny("NotWithoutTls", {"Bool": {"aws:SecureTransport": "false"}}),
        deny("OnlyOurAccessPoint", {"StringNotEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}}),
    )


def s3_files_trust(partition: str, region: str, account: str) -> Document:
    """Let S3 Files, for file systems of this account and region only, assume a role; it does so under EFS's name."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "elasticfilesystem.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": f"arn:{partition}:s3files:{region}:{account}:file-system/*"},
            },
        },
    )


def synchronise_bucket(bucket_arn: str, partition: str, region: str, account: str) -> list[Statement]:
    """Read a bucket's objects and versions, and be told of its changes; no writing, because no client may write."""
    rules = f"arn:{partition}:events:{region}:{account}:rule/DO-NOT-DELETE-S3-Files*"
    return [
        {
            "Sid": "ListObjects",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": bucket_arn,
        },
        {
            "Sid": "ReadObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": f"{bucket_arn}/*",
        },
        {
            "Sid": "HearOfChanges",
            "Effect": "Allow",
            "Action": [
                "events:DeleteRule",
                "events:DisableRule",
                "events:EnableRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
            ],
            "Resource": rules,
            "Condition": {"StringEquals": {"events:ManagedBy": "elasticfilesystem.amazonaws.com"}},
        },
        {
            "Sid": "FindRules",
            "Effect": "Allow",
            "Action": ["events:DescribeRule", "events:ListTargetsByRule"],
            "Resource": rules,
        },
    ]


def mount_s3_files(file_system_arn: str, access_point_arn: str) -> Statement:
    """Mount a file system of S3 Files through one access point, read-only."""
    return {
        "Sid": "Mount",
        "Effect": "Allow",
        "Action": "s3files:ClientMount",
        "Resource": file_system_arn,
        "Condition": {"StringEquals": {"s3files:AccessPointArn": access_point_arn}},
    }


def read_versions(bucket_arn: str, prefix: str, names: Sequence[str]) -> Statement:
    """Read the objects of these names below a prefix, and their versions; `*` means all of them."""
    return {
        "Sid": "ReadDirectly",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": [f"{bucket_arn}/{prefix}/{name}" for name in names],
    }


def guard_s3_files(file_system_arn: str, access_point_arn: str) -> Document:
    """Deny clients of an S3 Files file system any other access point than ours, and deny writing to everybody."""

    def deny(sid: str, actions: Sequence[str], condition: Mapping[str, Mapping[str, str]]) -> Statement:
        return {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": [f"s3files:Client{action}" for action in actions],
            "Resource": file_system_arn,
            **({"Condition": condition} if condition else {}),
        }

    every = ["Mount", "Write", "RootAccess"]
    return document(
        deny("OnlyOurAccessPoint", every, {"StringNotEquals": {"s3files:AccessPointArn": access_point_arn}}),
        deny("NobodyWrites", every[1:], {}),
    )


def tls_only(partition: str, bucket: str) -> Document:
    """Deny everything over plain HTTP to a bucket."""
    arn = f"arn:{partition}:s3:::{bucket}"
    return document(
        {
            "Sid": "NotWithoutTls",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def endpoint_to_bucket(bucket_arn: str, account: str) -> Document:
    """Let only reads of one bucket, by this account's roles, through the VPC's S3 endpoint."""
    return document(
        {
            "Sid": "ReadTheModelBucket",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"StringEquals": {"aws:PrincipalAccount": account}},
        }
    )


def pull_image(function_arns: Sequence[str]) -> Document:
    """Let the Lambda service pull images from a repository for these functions and their versions."""
    return document(
        {
            "Sid": "LambdaPulls",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {
                "ArnLike": {"aws:SourceArn": [arn for name in function_arns for arn in (name, f"{name}:*")]},
            },
        }
    )
