"""The API: routes, authorisation, permissions, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.stacks.recorder import UNKNOWN, Graph

# The only kinds of things there are. None of them can be reached from outside but the API: no public address, internet
# or NAT gateway, load balancer, function URL, or public bucket can be added without being added here.
KINDS = {
    "aws:apigatewayv2/api:Api",
    "aws:apigatewayv2/authorizer:Authorizer",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/stage:Stage",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:efs/accessPoint:AccessPoint",
    "aws:efs/fileSystem:FileSystem",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
    "aws:efs/mountTarget:MountTarget",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
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
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "awsx:ecr:Image",
    "awsx:ecr:Repository",
    "pulumi:providers:aws",
}
# AWS offers no resource for these actions.
UNSCOPED = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "ec2:DescribeNetworkInterfaces"}
AUTHORIZATION = {"iam": "AWS_IAM", "jwt": "JWT", "none": "NONE"}
PLATFORM = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
NFS = 2049


def routes_are_authorised(graph: Graph) -> Iterator[str]:
    """One route without authorisation is an open door; only CORS preflights come without credentials."""
    expected = AUTHORIZATION[graph.exports["authMode"]]
    for route in graph.of(":Route"):
        preflight = route.inputs["routeKey"].startswith("OPTIONS ")
        if route.inputs.get("authorizationType") != ("NONE" if preflight else expected):
            yield f"{route.inputs['routeKey']} is authorised by {route.inputs.get('authorizationType')}"
        if (expected == "JWT" and not preflight) is not ("authorizerId" in route.inputs):
            yield f"{route.inputs['routeKey']} has the wrong authorizer"


def routes_are_complete(graph: Graph) -> Iterator[str]:
    """Every known path of every backend, and a catch-all each, so that it is the function that says what is wrong."""
    keys = {route.inputs["routeKey"] for route in graph.of(":Route")}
    known = ("similar", "text-to-embed", "embed-to-db-similar", "text-to-db-similar")
    for prefix in ["", *(f"/{backend}" for backend in graph.exports["backends"])]:
        expected = {f"{method} {prefix}/{path}" for method in ("GET", "POST") for path in known}
        expected |= {f"GET {prefix}/health", f"ANY {prefix}/{{proxy+}}" if prefix else "$default"}
        if missing := expected - keys:
            yield f"missing: {sorted(missing)}"


def routes_may_invoke(graph: Graph) -> Iterator[str]:
    """A route without permission answers 500; a permission without a source lets every API in AWS call the function."""
    permissions = {permission.parent: permission for permission in graph.of(":Permission")}
    for route in graph.of(":Route"):
        permission = permissions.pop(route.urn, None)
        if permission is None:
            yield f"{route.inputs['routeKey']} may not invoke"
            continue
        method, _, path = route.inputs["routeKey"].partition(" ")
        end = f"/*/{'*' if method == 'ANY' else method}{path}" if path else "/*/$default"
        source = permission.inputs.get("sourceArn", "")
        if source != UNKNOWN and not (source.startswith("arn:aws:execute-api:") and source.endswith(end)):
            yield f"{route.inputs['routeKey']} may be invoked by {source or 'everybody'}"
        [integration] = [graph.by_urn()[urn] for urn in route.property_dependencies["target"] if "Integration" in urn]
        [called] = integration.property_dependencies["integrationUri"]
        if called not in permission.property_dependencies["function"]:
            yield f"{route.inputs['routeKey']} may invoke another function than it does"
    if permissions:
        yield f"permissions without a route: {sorted(item.name for item in permissions.values())}"


def the_api_is_throttled_and_logged(graph: Graph) -> Iterator[str]:
    """Without a limit anybody can spend the owner's money; without latencies in its log its own is unknown."""
    stage = graph.one(":Stage")
    limits = stage.inputs.get("defaultRouteSettings", {})
    if not limits.get("throttlingRateLimit") or not limits.get("throttlingBurstLimit"):
        yield f"the stage's limits are {limits}"
    text = stage.inputs.get("accessLogSettings", {}).get("format", "")
    if not {"$context.integrationLatency", "$context.responseLatency"} <= set(json.loads(text or "{}").values()):
        yield f"the access log is {text}"
    if stage.inputs.get("name") != "$default" or stage.inputs.get("autoDeploy") is not True:
        yield "the stage is not $default, or routes are not deployed"


RULES = (
    routes_are_authorised,
    routes_are_complete,
    routes_may_invoke,
    the_api_is_throttled_and_logged,
)
