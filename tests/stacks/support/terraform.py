"""Maps a recorded graph to the JSON of a Terraform plan, which security scanners read.

Pulumi's AWS provider is made from Terraform's: names are the same up to case, and what is one object in Pulumi is a
block, a list of one, in Terraform.
"""

from __future__ import annotations

import re
from typing import Any

from tests.stacks.support.recorder import Graph, Recorded

TYPES = {
    "aws:apigatewayv2/api:Api": "aws_apigatewayv2_api",
    "aws:apigatewayv2/authorizer:Authorizer": "aws_apigatewayv2_authorizer",
    "aws:apigatewayv2/integration:Integration": "aws_apigatewayv2_integration",
    "aws:apigatewayv2/route:Route": "aws_apigatewayv2_route",
    "aws:apigatewayv2/stage:Stage": "aws_apigatewayv2_stage",
    "aws:cloudwatch/dashboard:Dashboard": "aws_cloudwatch_dashboard",
    "aws:cloudwatch/logGroup:LogGroup": "aws_cloudwatch_log_group",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "aws_cloudwatch_metric_alarm",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "aws_default_security_group",
    "aws:ec2/routeTable:RouteTable": "aws_route_table",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "aws_route_table_association",
    "aws:ec2/securityGroup:SecurityGroup": "aws_security_group",
    "aws:ec2/subnet:Subnet": "aws_subnet",
    "aws:ec2/vpc:Vpc": "aws_vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "aws_vpc_endpoint",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "aws_ecr_repository_policy",
    "aws:efs/accessPoint:AccessPoint": "aws_efs_access_point",
    "aws:efs/fileSystem:FileSystem": "aws_efs_file_system",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "aws_efs_file_system_policy",
    "aws:efs/mountTarget:MountTarget": "aws_efs_mount_target",
    "aws:iam/role:Role": "aws_iam_role",
    "aws:iam/rolePolicy:RolePolicy": "aws_iam_role_policy",
    "aws:lambda/alias:Alias": "aws_lambda_alias",
    "aws:lambda/function:Function": "aws_lambda_function",
    "aws:lambda/invocation:Invocation": "aws_lambda_invocation",
    "aws:lambda/permission:Permission": "aws_lambda_permission",
    "aws:s3/bucket:Bucket": "aws_s3_bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "aws_s3_bucket_lifecycle_configuration",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "aws_s3_bucket_ownership_controls",
    "aws:s3/bucketPolicy:BucketPolicy": "aws_s3_bucket_policy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "aws_s3_bucket_public_access_block",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "aws_s3_bucket_server_side_encryption_configuration"
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "aws_vpc_security_group_egress_rule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "aws_vpc_security_group_ingress_rule",
    "awsx:ecr:Repository": "aws_ecr_repository",
}
NOT_RESOURCES = {"awsx:ecr:Image", "pulumi:providers:aws"}
MAPS = {"dimensions", "tags", "variables", "triggers"}  # objects whose keys are the user's own
# Pulumi makes a list's name plural, and a block's name stays singular in Terraform.
SINGULAR = {
    "encryption_configurations": "encryption_configuration",
    "rules": "rule",
    "lifecycle_policies": "lifecycle_policy",
}
ASSETS = {"code"}  # what is uploaded from here, in a shape that is Pulumi's own


def plan(graph: Graph) -> dict[str, Any]:
    """Return the plan that creates everything recorded, with the references between the resources."""
    resources = [known for known in graph.resources if _is_resource(known)]
    described = [{**_identity(item), "values": _values(item.inputs), "schema_version": 0} for item in resources]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": described}},
        "resource_changes": [
            {**_identity(item), "change": {"actions": ["create"], "before": None, "after": _values(item.inputs)}}
            for item in resources
        ],
        "configuration": {
            "root_module": {
                "resources": [{**_identity(item), "expressions": _references(graph, item)} for item in resources]
            }
        },
    }


def _is_resource(known: Recorded) -> bool:
    return not known.type.startswith("model-storage:") and known.type not in NOT_RESOURCES


def _identity(known: Recorded) -> dict[str, Any]:
    kind, name = TYPES[known.type], re.sub(r"[^a-z0-9_]", "_", known.name)
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "provider_name": "aws"}


def _values(inputs: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for key, value in inputs.items():
        name = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
        values[SINGULAR.get(name, name)] = value if name in MAPS | ASSETS else _block(value)
    return values


def _block(value: Any) -> Any:
    if isinstance(value, dict):
        return [_values(value)]
    if isinstance(value, list):
        return [_values(item) if isinstance(item, dict) else item for item in value]
    return value


def _references(graph: Graph, known: Recorded) -> dict[str, Any]:
    urns = graph.by_urn()
    expressions = {}
    for key, dependencies in known.property_dependencies.items():
        addresses = [_identity(urns[urn])["address"] for urn in sorted(dependencies) if _is_resource(urns[urn])]
        if addresses:
            [name] = _values({key: ""})
            expressions[name] = {"references": [part for address in addresses for part in (f"{address}.id", address)]}
    return expressions
