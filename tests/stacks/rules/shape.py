"""Rules for the graph: kinds, parents, names, providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stacks import storages
from tests.stacks.support.recorder import Graph

# The only kinds of things there are. None of them can be reached from outside but the API: no public address, internet
# or NAT gateway, load balancer, function URL, or public bucket can be added without being added here.
KINDS = {
    "aws:apigatewayv2/api:Api",
    "aws:apigatewayv2/authorizer:Authorizer",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/stage:Stage",
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:efs/accessPoint:AccessPoint",
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
    "aws:efs/mountTarget:MountTarget",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/alias:Alias",
    "aws:lambda/function:Function",
    "aws:lambda/invocation:Invocation",
    "aws:lambda/permission:Permission",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:s3/filesAccessPoint:FilesAccessPoint",
    "aws:s3/filesFileSystem:FilesFileSystem",
    "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy",
    "aws:s3/filesMountTarget:FilesMountTarget",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "awsx:ecr:Image",
    "awsx:ecr:Repository",
    "pulumi:providers:aws",
}
# The resources that __main__.py makes itself; all others are children.
BACKENDS = {component.__name__ for component in storages.BACKENDS.values()}
ROOTS = {"aws", "HttpApi", "ModelStore", "Monitoring", "Network", "Page", *BACKENDS}


def only_known_kinds(graph: Graph) -> Iterator[str]:
    """Nothing is public but the API, and nothing costs money by the hour: see KINDS."""
    for resource in graph.resources:
        if resource.type not in KINDS and not resource.type.startswith("model-storage:index:"):
            yield f"{resource.name} is a {resource.type}, which is not in the list of kinds"


def children_have_parents(graph: Graph) -> Iterator[str]:
    """A child without parent=self loses the provider, the aliases and its place in the tree that a user sees."""
    for resource in graph.resources:
        if resource.type.rpartition(":")[2] not in ROOTS and resource.parent not in graph.by_urn():
            yield f"{resource.name} ({resource.type}) has no parent"


def names_begin_with_the_components(graph: Graph) -> Iterator[str]:
    """A component used twice must not make two resources of one name."""
    for resource in graph.resources:
        for ancestor in graph.ancestors(resource):
            if not ancestor.custom and not resource.name.startswith(f"{ancestor.name}-"):
                yield f"{resource.name} does not begin with the name of its component {ancestor.name}"


def components_are_complete(graph: Graph) -> Iterator[str]:
    """A component that never registers its outputs is shown as unfinished; one that does so twice fails."""
    for resource in graph.resources:
        times = graph.completed.count(resource.urn)
        if resource.type.startswith("model-storage:index:") and times != 1:
            yield f"{resource.name} called register_outputs {times} times"


def one_provider(graph: Graph) -> Iterator[str]:
    """A resource of the default provider would be in whatever region the environment names, and untagged."""
    provider = graph.one("providers:aws")
    for resource in graph.resources:
        if resource.type.startswith("aws:") and not resource.provider.startswith(f"{provider.urn}::"):
            yield f"{resource.name} has the provider {resource.provider or 'by default'}"
        if resource.remote and not resource.providers.get("aws", "").startswith(f"{provider.urn}::"):
            yield f"{resource.name} hands its children {resource.providers}"
    for token, _, used in graph.invokes:
        if not used.startswith(f"{provider.urn}::"):
            yield f"{token} asks the provider {used or 'by default'}"
    # Default tags reach every resource that can be tagged, so no list of those is needed.
    tags = _value(provider.inputs.get("defaultTags", {})).get("tags", {})
    stack, project, _ = provider.urn.removeprefix("urn:pulumi:").split("::", 2)
    ours = {"Project": project, "Stack": stack, "ManagedBy": "pulumi"}
    if tags != {**graph.config["tags"], **ours}:
        yield f"the provider's default tags are {tags}"


def nothing_outlives_a_destroy(graph: Graph) -> Iterator[str]:
    """Things that can be built again must not stop `pulumi destroy` because something is left in them."""
    for resource in graph.resources:
        flag = {"aws:s3/bucket:Bucket": "forceDestroy", "awsx:ecr:Repository": "forceDelete"}.get(resource.type)
        if flag and resource.inputs.get(flag) is not True:
            yield f"{resource.name} cannot be destroyed while there is something in it"


def _value(value: Any) -> Any:
    """Providers get their settings as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


RULES = (
    only_known_kinds,
    children_have_parents,
    names_begin_with_the_components,
    components_are_complete,
    one_provider,
    nothing_outlives_a_destroy,
)
