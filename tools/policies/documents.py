"""Builds the policy documents: every action on the narrowest resources whose names are known beforehand.

The service lists that cfn-lint bundles say which actions have resources, and of which kind. Words in capitals stand for
what differs between accounts; one that nobody replaces names nothing, and so allows nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource

from contract.storages import NAMES, S3_FILES
from tools.policies.needs import Needs
from tools.policies.permissions import MANAGED_RULES

Document = dict[str, Any]
Statement = dict[str, Any]
Patterns = Mapping[tuple[str, str], tuple[str, ...]]

# A managed policy may have 6,144 characters, so the actions of a deployment are in several, by service.
FILES = {
    "deploy-functions": ("apigateway", "cloudwatch", "iam", "lambda", "logs", "servicequotas"),
    "deploy-network": ("ec2",),
    "deploy-storage": ("ecr", "elasticfilesystem", "events", "kms", "s3", "s3files"),
}
PREVIEW = "preview"
_SERVICES: dict[str, Any] = load_resource(AdditionalSpecs, "Policies.json")  # type: ignore[no-untyped-call]
_ROLE_OWNERS = (*(f"{name}-*" for name in NAMES), "page")
# S3 Files takes its role and manages its rules under the name of EFS.
_S3_FILES_PRINCIPAL = "elasticfilesystem.amazonaws.com"
_MANAGED_RULES = [f"events:{action}" for action in MANAGED_RULES.split()]
# Things that the settings name and the program only looks up.
_GIVEN: Patterns = {
    ("s3", "bucket"): ("arn:aws:s3:::MODEL_BUCKET",),
    ("s3", "object"): ("arn:aws:s3:::MODEL_BUCKET/*",),
}


def documents(project: str, needs: Needs) -> dict[str, Document]:
    """Return the policies by name, for the stacks of a project.

    Those that begin with `deploy` belong together; `preview` is for previews alone.
    """
    patterns = _patterns(project)
    given = {**patterns, **_GIVEN}
    looks = {action for action in needs.lookups if action not in needs.deploy or action.startswith("s3:")}
    found = {}
    for name, services in FILES.items():
        statements = [
            *_statements(needs.deploy - {"iam:PassRole", *_MANAGED_RULES}, patterns, services),
            *_statements(looks, given, services, "Look"),
        ]
        if "iam" in services:
            statements += [*_pass_roles(patterns), _linked_roles(needs.linked)]
        if "events" in services:
            statements.append(_managed_rules(patterns))
        if "s3" in services:
            statements += _state(("DeleteObject", "GetObject", "PutObject"), ("Decrypt", "Encrypt"))
        found[name] = document(statements)
    previews = _statements(needs.lookups | needs.preview, given, _SERVICES, "Look")
    found[PREVIEW] = document([*previews, *_state(("GetObject",), ("Decrypt",))])
    return found


def document(statements: Iterable[Statement]) -> Document:
    """Return a policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def resource_types(action: str) -> list[str]:
    """Return the kinds of resources that an action is allowed on; none if AWS accepts only `*`."""
    service, _, name = action.partition(":")
    types = _SERVICES[service]["Actions"][name.lower()].get("Resources", [])
    return [kind.lower() for kind in ([types] if isinstance(types, str) else types)]


def _patterns(project: str) -> Patterns:
    """Return the ARN patterns of a stack's resources, by service and kind; of those that AWS names, by region."""

    def arns(service: str, *paths: str, region: str = "REGION", account: str = "ACCOUNT") -> tuple[str, ...]:
        return tuple(f"arn:aws:{service}:{region}:{account}:{path}" for path in paths)

    stack = f"{project}-STACK"
    network = ("network-interface", "route-table", "security-group", "security-group-rule", "subnet", "vpc")
    parts = ("api", "authorizer", "authorizers", "integration", "integrations", "route", "routes", "stage", "stages")
    return {
        **{("apigateway", part): arns("apigateway", "/apis/*", account="") for part in parts},
        ("apigateway", "apis"): arns("apigateway", "/apis", account=""),
        ("apigateway", "tags"): arns("apigateway", "/tags/*", account=""),
        ("cloudwatch", "alarm"): arns("cloudwatch", f"alarm:{stack}-*"),
        ("cloudwatch", "dashboard"): arns("cloudwatch", f"dashboard/{stack}", region=""),
        **{("ec2", kind): arns("ec2", f"{kind}/*") for kind in (*network, "vpc-endpoint")},
        ("ecr", "repository"): arns("ecr", "repository/*image-repository-*"),
        ("elasticfilesystem", "access-point"): arns("elasticfilesystem", "access-point/*"),
        ("elasticfilesystem", "file-system"): arns("elasticfilesystem", "file-system/*"),
        ("events", "rule-on-default-event-bus"): arns("events", "rule/DO-NOT-DELETE-S3-Files*"),
        ("iam", "policy"): arns("iam", "policy/*", region="", account="*"),
        ("iam", "role"): arns("iam", *(f"role/{owner}-role-*" for owner in _ROLE_OWNERS), region=""),
        ("kms", "key"): arns("kms", "key/KEY_ID"),
        ("lambda", "function"): arns("lambda", f"function:{stack}-*"),
        ("logs", "log-group"): arns("logs", *(f"log-group:/aws/{of}/{stack}-*" for of in ("lambda", "vendedlogs"))),
        ("s3", "bucket"): arns("s3", "model-bucket-*", region="", account=""),
        ("s3", "object"): arns("s3", "model-bucket-*/*", region="", account=""),
        ("s3files", "access-point"): arns("s3files", "file-system/*"),
        ("s3files", "file-system"): arns("s3files", "file-system/*"),
        ("servicequotas", "quota"): arns("servicequotas", "lambda/*"),
    }


def _statements(
    actions: Collection[str], patterns: Patterns, services: Iterable[str], prefix: str = ""
) -> Iterator[Statement]:
    """Yield a statement for each service's resources, and one for actions without resources."""
    anywhere = []
    for service in services:
        named, resources = [], set[str]()
        for action in sorted(action for action in actions if action.partition(":")[0] == service):
            if kinds := resource_types(action):
                named.append(action)
                resources.update(arn for kind in kinds for arn in patterns.get((service, kind), ()))
            else:
                anywhere.append(action)
        if named:
            yield _allow(f"{prefix}{service.title()}", named, sorted(resources))
    if anywhere:
        yield _allow(f"{prefix}Anywhere", anywhere, "*")


def _pass_roles(patterns: Patterns) -> Iterator[Statement]:
    """Yield what lets Lambda have the roles of functions, and S3 Files its own."""

    def to(sid: str, service: str, roles: Sequence[str]) -> Statement:
        return _allow(sid, ["iam:PassRole"], list(roles), {"StringEquals": {"iam:PassedToService": service}})

    yield to("PassRoles", "lambda.amazonaws.com", patterns["iam", "role"])
    yield to("PassFilesRole", _S3_FILES_PRINCIPAL, [f"arn:aws:iam::ACCOUNT:role/{S3_FILES.name}-files-role-*"])


def _managed_rules(patterns: Patterns) -> Statement:
    condition = {"StringEquals": {"events:ManagedBy": _S3_FILES_PRINCIPAL}}
    return _allow("ManagedRules", _MANAGED_RULES, list(patterns["events", "rule-on-default-event-bus"]), condition)


def _linked_roles(services: Collection[str]) -> Statement:
    condition = {"StringEquals": {"iam:AWSServiceName": sorted(services)}}
    roles = "arn:aws:iam::ACCOUNT:role/aws-service-role/*"
    return _allow("ServiceLinkedRoles", ["iam:CreateServiceLinkedRole"], roles, condition)


def _state(objects: Iterable[str], key: Iterable[str]) -> list[Statement]:
    """Return what Pulumi needs for its state: objects of a bucket, and a key that encrypts the secrets in it."""
    return [
        _allow("State", [f"s3:{action}" for action in objects], "arn:aws:s3:::STATE_BUCKET/*"),
        _allow("ListState", ["s3:ListBucket"], "arn:aws:s3:::STATE_BUCKET"),
        _allow("StateKey", [f"kms:{action}" for action in key], "arn:aws:kms:REGION:ACCOUNT:key/STATE_KEY_ID"),
    ]


def _allow(
    sid: str, actions: list[str], resources: str | list[str], condition: Mapping[str, Any] | None = None
) -> Statement:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement
