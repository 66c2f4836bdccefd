"""Faults in the conditions of policies: keys that the service does not fill in or does not compare."""

from __future__ import annotations

from tests.stacks.faults.fault import Fault

FAULTS = (
    Fault(
        "a file system that asks who writes",
        "policies.py",
        '        deny("NotWithoutTls", {"Bool": {"aws:SecureTransport": "false"}}),\n',
        '        deny("NotWithoutTls", {"Bool": {"aws:SecureTransport": "false"}}),\n'
        '        deny("OnlyTheSeederWrites", {"ArnNotEquals": {"aws:PrincipalArn": access_point_arn}}),\n',
        "conditions_are_enforced",
    ),
    Fault(
        "a mount that asks for a principal's tag",
        "policies.py",
        '"StringEquals": {"elasticfilesystem:AccessPointArn"',
        '"StringEquals": {"aws:PrincipalTag/mount"',
        "conditions_are_enforced",
    ),
    Fault(
        "an S3 endpoint that asks for a public address",
        "policies.py",
        '"StringEquals": {"aws:PrincipalAccount": account}',
        '"StringEquals": {"aws:PrincipalAccount": account}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}',
        "conditions_are_enforced",
    ),
    Fault(
        "an image's pull that asks for a role",
        "policies.py",
        '"ArnLike": {"aws:SourceArn"',
        '"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}, "ArnLike": {"aws:SourceArn"',
        "conditions_are_enforced",
    ),
    Fault(
        "a role that Lambda takes for one function only",
        "policies.py",
        '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}',
        '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole", '
        '"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*"}}}',
        "conditions_are_enforced",
    ),
    Fault(
        "a bucket that asks for an access point of EFS",
        "policies.py",
        '"Resource": [arn, f"{arn}/*"],\n            "Condition": {"Bool": {"aws:SecureTransport": "false"}},',
        '"Resource": [arn, f"{arn}/*"],\n            "Condition": {"Bool": {"aws:SecureTransport": "false"}, '
        '"Null": {"elasticfilesystem:AccessPointArn": "true"}},',
        "conditions_are_enforced",
    ),
)
