"""Rules for condition keys: a policy may use only keys that its service fills in and compares.

A key that a service leaves out is absent from the request: then a negated operator (ArnNotEquals, …) is true for
everybody and any other for nobody, which gives a Deny that hits its own owner, or an Allow that allows nothing. No
stand-in shows that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.stacks.rules.reading import as_list, statements
from tests.stacks.support.recorder import Graph, Recorded

_DOCS = "https://docs.aws.amazon.com"
# In every signed request to a service's API, whatever the service: of the global keys, those that name the caller and
# the way. What EFS's clients send over NFS is not such a request.
_CALLER = frozenset({"aws:PrincipalAccount", "aws:PrincipalArn", "aws:SecureTransport", "aws:SourceIp"})


class Enforced(NamedTuple):
    """The keys that count in one kind of policy, and AWS's page that says so."""

    keys: frozenset[str]
    source: str


_EFS_CLIENTS = Enforced(
    frozenset(
        {
            "aws:SecureTransport",
            "aws:SourceIp",
            "elasticfilesystem:AccessPointArn",
            "elasticfilesystem:AccessedViaMountTarget",
        }
    ),
    f"{_DOCS}/efs/latest/ug/iam-access-control-nfs-efs.html",
)
_S3_FILES_CLIENTS = Enforced(
    frozenset({"s3files:AccessPointArn"}), f"{_DOCS}/service-authorization/latest/reference/list_s3files.html"
)
RESOURCE_POLICIES = {
    "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy": _S3_FILES_CLIENTS,
    "aws:efs/fileSystemPolicy:FileSystemPolicy": _EFS_CLIENTS,
    "aws:s3/bucketPolicy:BucketPolicy": Enforced(
        _CALLER | {"aws:SourceVpc", "aws:SourceVpce", "s3:prefix", "s3:x-amz-server-side-encryption"},
        f"{_DOCS}/AmazonS3/latest/userguide/amazon-s3-policy-keys.html",
    ),
    # Lambda pulls and says for which function, so the keys of a service that calls another are there.
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Enforced(
        frozenset({"aws:SourceAccount", "aws:SourceArn"}),
        f"{_DOCS}/lambda/latest/dg/images-create.html",
    ),
    # Without aws:SourceIp: through an endpoint a request comes from a private address, and the key is not there.
    "aws:ec2/vpcEndpoint:VpcEndpoint": Enforced(
        _CALLER - {"aws:SourceIp"} | {"aws:ResourceAccount", "aws:SourceVpc", "aws:SourceVpce", "s3:prefix"},
        f"{_DOCS}/vpc/latest/privatelink/vpc-endpoints-s3.html",
    ),
    # The Lambda service takes a function's role without saying for which function.
    "aws:iam/role:Role": Enforced(frozenset(), f"{_DOCS}/lambda/latest/dg/lambda-intro-execution-role.html"),
}
# S3 Files takes its role under EFS's name, and says for which file system.
_S3_FILES_ROLE = Enforced(
    frozenset({"aws:SourceAccount", "aws:SourceArn"}),
    f"{_DOCS}/AmazonS3/latest/userguide/s3-files-prereq-policies.html",
)
ROLE_POLICIES = {
    "s3files": _S3_FILES_CLIENTS,
    "events": Enforced(
        _CALLER | {"events:ManagedBy"}, f"{_DOCS}/AmazonS3/latest/userguide/s3-files-prereq-policies.html"
    ),
    "elasticfilesystem": _EFS_CLIENTS,
    "ec2": Enforced(
        _CALLER | {"lambda:SourceFunctionArn"}, f"{_DOCS}/lambda/latest/dg/permissions-source-function-arn.html"
    ),
    "s3": Enforced(_CALLER | {"s3:prefix"}, f"{_DOCS}/AmazonS3/latest/userguide/amazon-s3-policy-keys.html"),
    "logs": Enforced(_CALLER, f"{_DOCS}/service-authorization/latest/reference/list_amazoncloudwatchlogs.html"),
    "xray": Enforced(_CALLER, f"{_DOCS}/service-authorization/latest/reference/list_awsx-ray.html"),
    "kms": Enforced(
        _CALLER | {"kms:ViaService", "kms:CallerAccount", "kms:EncryptionContextKeys"},
        f"{_DOCS}/kms/latest/developerguide/conditions-kms.html",
    ),
}


def conditions_are_enforced(graph: Graph) -> Iterator[str]:
    """A condition on a key that the service does not compare is true for everybody or for nobody: see above."""
    for resource, statement in statements(graph):
        asked = {key for operands in statement.get("Condition", {}).values() for key in operands}
        for what, enforced in _tables(resource, statement) if asked else []:
            if enforced is None:
                yield f"{resource.name} has a condition, and no table says which keys count in {what}"
            elif unknown := asked - enforced.keys:
                yield f"{resource.name} asks for {sorted(unknown)}, which does not count in {what} ({enforced.source})"


def _tables(resource: Recorded, statement: dict[str, Any]) -> Iterator[tuple[str, Enforced | None]]:
    """Yield what has to hold all keys of a statement: the resource's table, or those of all its actions' services."""
    if resource.type != "aws:iam/rolePolicy:RolePolicy":
        if statement.get("Principal") == {"Service": "elasticfilesystem.amazonaws.com"}:
            yield "a role of S3 Files", _S3_FILES_ROLE
            return
        yield f"a {resource.type.rpartition(':')[2]}", RESOURCE_POLICIES.get(resource.type)
        return
    for service in sorted({action.partition(":")[0] for action in as_list(statement["Action"])}):
        yield f"a role's policy for {service}", ROLE_POLICIES.get(service)


RULES = (conditions_are_enforced,)
