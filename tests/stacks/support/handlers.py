"""Reads the actions that a resource needs from AWS's own CloudFormation schemas, an independent list.

A handler is for every property that a type has. `UNUSED` are the actions for those that the program does not set, and
for what CloudFormation does in another way than Terraform's provider.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.stacks.support.cloudformation import TYPES
from tests.stacks.support.recorder import REGION, Graph

MAPPED = {
    **TYPES,
    "aws:cloudwatch/dashboard:Dashboard": "AWS::CloudWatch::Dashboard",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "AWS::CloudWatch::Alarm",
}
STEPS = ("create", "read", "update", "delete")
UNUSED = {
    "apigateway:*agResource": "not actions that IAM knows: tags are put and deleted",
    "codedeploy:*": "traffic that moves to a new version step by step",
    "ec2:*SubnetCidrBlock": "subnets with IPv6",
    "ec2:*VpcEncryptionControl*": "encryption between instances",
    "ec2:DescribeInstances": "the provider asks for network interfaces",
    "ec2:ModifyVpcTenancy": "dedicated hosts",
    "ec2:UpdateSecurityGroupRuleDescriptions*": "the provider has ModifySecurityGroupRules",
    "elasticfilesystem:*BackupPolicy": "backups",
    "elasticfilesystem:*ReplicationConfiguration": "replication",
    "elasticfilesystem:DescribeMountTargets": "a mounted file system, which the inputs tell",
    "elasticfilesystem:DeleteTags": "the older name of UntagResource",
    "elasticfilesystem:PutLifecycleConfiguration": "moving files to cheaper storage",
    "elasticfilesystem:UpdateFileSystemProtection": "replication",
    "firehose:*": "logs to Firehose",
    "iam:*PermissionsBoundary": "a boundary, which the inputs tell",
    "iam:*tachRolePolicy": "managed policies: the roles have inline ones",
    "iam:CreateServiceLinkedRole": "in a statement of its own",
    "kms:*": "a key of one's own, which the inputs tell",
    "lambda:*ProvisionedConcurrencyConfig": "provisioned concurrency",
    "lambda:*CodeSigningConfig": "signed code",
    "lambda:*RecursionConfig": "recursive loops",
    "lambda:*RuntimeManagementConfig": "pinned runtimes",
    "lambda:*ScalingConfig": "capacity providers",
    "lambda:AssociateRuntimeAlias": "pinned runtimes",
    "lambda:GetLayerVersion": "layers",
    "lambda:PassCapacityProvider": "capacity providers",
    "lambda:PublishVersion": "versions",
    "logs:*BearerTokenAuthentication": "senders without AWS credentials",
    "logs:*DataProtectionPolicy": "masking",
    "logs:*IndexPolic*": "field indexes",
    "logs:*KmsKey": "a key of one's own, which the inputs tell",
    "logs:DeleteResourcePolicy": "the policy that the log delivery made is the account's",
    "logs:PutLogGroupDeletionProtection": "protection from deletion",
    "s3:*Abac": "access by tags",
    "s3:*Accelerate*": "transfer acceleration",
    "s3:*Acl": "access lists: the owner is enforced",
    "s3:*Analytics*": "analytics",
    "s3:*Inventory*": "inventories",
    "s3:*Metadata*": "metadata tables",
    "s3:*Metrics*": "request metrics",
    "s3:*Notification": "notifications; those of a mounted bucket are in our table",
    "s3:*ObjectLock*": "locks",
    "s3:*Replication*": "replication",
    "s3:*Tiering*": "cheaper storage",
    "s3:*Versioning": "versions, which are a resource of their own in our table",
    "s3:*Website": "websites",
    "s3:DeleteBucketEncryption": "allowed by PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "allowed by PutLifecycleConfiguration",
    "s3:?etObject": "code and API definitions in S3; the program's own objects are in our table",
    "s3:GetObjectVersion": "code in S3",
    "s3:PutBucketCORS": "CORS of a bucket",
    "s3:DeleteBucketCors": "CORS of a bucket",
    "s3:PutBucketLogging": "access logs of a bucket",
    "s3:REST.PUT.OBJECT": "logs to S3",
    "s3files:*SynchronizationConfiguration": "rules of one's own for what is copied, and when it goes",
    "s3files:ListMountTargets": "a mounted file system, which the inputs tell",
    "s3tables:*": "metadata tables",
    "vpc-lattice:*": "VPC Lattice",
    "vpce:*": "endpoints in another region",
}


def permissions(kind: str) -> set[str]:
    """Return the actions that a CloudFormation type needs in all steps."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema.get("handlers", {})
    return {action for step in STEPS for action in handlers.get(step, {}).get("permissions", ())}


def needed(graph: Graph) -> set[str]:
    """Return what AWS's schemas say that the recorded resources need, but for what is not used."""
    kinds = {MAPPED[resource.type] for resource in graph.resources if resource.type in MAPPED}
    return {action for kind in kinds for action in permissions(kind) if not unused(action)}


def unused(action: str) -> bool:
    """Return whether an action is for something that the program does not do."""
    return any(fnmatchcase(action, pattern) for pattern in UNUSED)
