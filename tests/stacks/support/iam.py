"""Judges policies by recorded runs: is every action allowed on exactly the resources that the program asks for?"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.stacks.support import cloud, handlers
from tests.stacks.support.recorder import ACCOUNT, REGION, STACK, Graph, Recorded
from tools.policies.documents import resource_types
from tools.policies.needs import actions, needs
from tools.policies.permissions import LOOKUPS

Documents = Iterable[Mapping[str, Any]]
Inventory = Mapping[tuple[str, str], set[str]]
KEY_ID = cloud.KEY.rpartition("/")[2]
VALUES = {
    "STATE_BUCKET": "our-state",
    "STATE_KEY_ID": "11111111-2222-3333-4444-555555555555",
    "MODEL_BUCKET": "our-models",
    "ACCOUNT": ACCOUNT,
    "REGION": REGION,
    "STACK": STACK,
    "KEY_ID": KEY_ID,
}
_KEY = re.compile(r"arn:aws:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_IN_EC2 = {
    "aws:ec2/vpc:Vpc": "vpc",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/securityGroup:SecurityGroup": "security-group",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "security-group",
    "aws:ec2/routeTable:RouteTable": "route-table",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpc-endpoint",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "security-group-rule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "security-group-rule",
}
_WITH_ARN = {
    "aws:efs/accessPoint:AccessPoint": ("elasticfilesystem", "access-point"),
    "aws:efs/fileSystem:FileSystem": ("elasticfilesystem", "file-system"),
    "aws:iam/role:Role": ("iam", "role"),
    "aws:lambda/alias:Alias": ("lambda", "function"),
    "aws:lambda/function:Function": ("lambda", "function"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log-group"),
    "aws:s3/bucket:Bucket": ("s3", "bucket"),
    "aws:s3/filesAccessPoint:FilesAccessPoint": ("s3files", "access-point"),
    "aws:s3/filesFileSystem:FilesFileSystem": ("s3files", "file-system"),
}


def fill(document: Mapping[str, Any], values: Mapping[str, str] = VALUES) -> Any:
    """Return a policy with the words in capitals replaced, as a user of the file must do."""
    text = json.dumps(document)
    for name, value in values.items():  # STATE_KEY_ID before KEY_ID
        text = text.replace(name, value)
    return json.loads(text)


def allowed(documents: Documents, action: str, arn: str) -> bool:
    """Return whether a statement allows an action on a resource; `*` is a resource that only `*` matches."""
    for document in documents:
        for statement in document["Statement"]:
            resources = statement["Resource"]
            listed = [resources] if isinstance(resources, str) else resources
            if action.lower() in map(str.lower, statement["Action"]) and any(fnmatchcase(arn, one) for one in listed):
                return True
    return False


def missing(documents: Documents, graph: Graph) -> list[str]:
    """Return what policies lack to deploy the recorded resources: actions, each on a resource."""
    return _refused(documents, asked(graph))


def missing_for_preview(documents: Documents, graph: Graph) -> list[str]:
    """Return what policies lack to preview the recorded resources."""
    return _refused(documents, _pairs(graph, needs([graph]).preview))


def asked(graph: Graph) -> set[tuple[str, str]]:
    """Return what a deployment is asked for: actions, by our table or by AWS's schemas, each on a resource."""
    return _pairs(graph, needs([graph]).deploy | handlers.needed(graph))


def _pairs(graph: Graph, wanted: Iterable[str]) -> set[tuple[str, str]]:
    held = inventory(graph)
    pairs = {(action, arn) for action in wanted for arn in _on(action, held)}
    for token, arguments, _ in graph.invokes:
        pairs |= set(_looked_up(token, arguments, held))
    return pairs


def _refused(documents: Documents, pairs: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(f"{action} on {arn}" for action, arn in pairs if not allowed(documents, action, arn))


def inventory(graph: Graph) -> Inventory:
    """Return the ARNs of everything recorded, by service and kind."""
    held: dict[tuple[str, str], set[str]] = defaultdict(set)
    for resource in graph.resources:
        for service, kind, arn in _arns(resource):
            held[service, kind].add(arn)
    held["ec2", "network-interface"] = {f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-0123456789abcdef0"}
    return held


def _on(action: str, held: Inventory) -> set[str]:
    """Return the resources that an action is needed on. There must be one, or the action would not be tested."""
    service = action.partition(":")[0]
    kinds = resource_types(action)
    found = {arn for kind in kinds for arn in held.get((service, kind), ())}
    return found or {"*" if not kinds else f"any of {', '.join(kinds)}"}


def _looked_up(token: str, arguments: Mapping[str, Any], held: Inventory) -> Iterator[tuple[str, str]]:
    """Yield what a lookup needs, on what it names."""
    given = dict(held)
    if bucket := arguments.get("bucket"):
        given["s3", "bucket"], given["s3", "object"] = {f"arn:aws:s3:::{bucket}"}, {f"arn:aws:s3:::{bucket}/a/b"}
    if policy := arguments.get("arn"):
        given["iam", "policy"] = {policy}
    if key := arguments.get("keyId"):
        given["kms", "key"] = {key}
    given["servicequotas", "quota"] = {f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:lambda/{arguments.get('quotaCode')}"}
    for action in actions(LOOKUPS[token]):
        for arn in _on(action, given):
            yield action, arn


def _arns(resource: Recorded) -> Iterator[tuple[str, str, str]]:
    """Yield service, kind and ARN of what a resource is to IAM."""
    outputs, inputs, kind = resource.outputs, resource.inputs, resource.type
    if kind in _WITH_ARN and "arn" in outputs:  # unknown in previews
        yield *_WITH_ARN[kind], outputs["arn"]
    if kind in _IN_EC2:
        part = _IN_EC2[kind]
        yield "ec2", part, f"arn:aws:ec2:{REGION}:{ACCOUNT}:{part}/{resource.name}"
    if kind == "aws:s3/bucketObjectv2:BucketObjectv2":
        yield "s3", "object", f"arn:aws:s3:::{inputs['bucket']}/{inputs['key']}"
    if kind == "awsx:ecr:Repository" and "url" in outputs:
        name = outputs["url"].partition("/")[2]
        yield "ecr", "repository", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"
    if kind.startswith("aws:apigatewayv2/"):
        yield "apigateway", "apis", f"arn:aws:apigateway:{REGION}::/apis"
        yield "apigateway", "api", f"arn:aws:apigateway:{REGION}::/apis/a1b2c3/{resource.name}"
        yield "apigateway", "tags", f"arn:aws:apigateway:{REGION}::/tags/arn%3Aaws%3Aapigateway"
    if kind == "aws:cloudwatch/metricAlarm:MetricAlarm":
        yield "cloudwatch", "alarm", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{inputs['name']}"
    if kind == "aws:cloudwatch/dashboard:Dashboard":
        yield "cloudwatch", "dashboard", f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{inputs['dashboardName']}"
    if kind == "aws:s3/filesFileSystem:FilesFileSystem":  # the rule that it makes has this name, and a suffix
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/DO-NOT-DELETE-S3-Files-0123456789"
        yield "events", "rule-on-default-event-bus", rule
    for key in _KEY.findall(json.dumps(inputs)):
        yield "kms", "key", key
