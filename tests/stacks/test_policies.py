"""The policies in docs/policies: current, enough for every combination, minimal, and small enough for IAM."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.stacks.support import cloudformation, handlers, iam, recorded
from tests.stacks.support.cloudformation import REGION
from tests.stacks.support.recorder import Graph
from tests.stacks.support.scenarios import Scenario
from tools.policies import __main__ as policies
from tools.policies.documents import PREVIEW
from tools.policies.needs import UnknownTypeError, actions, is_set, names_arn_of, needs, service_of
from tools.policies.permissions import ACTIONS, LOOKUPS, WITH_ARN, WITH_INPUT

S3_FILES = "elasticfilesystem.amazonaws.com"  # the name under which it takes its role and manages its rules
LIMIT = 6144  # characters of a managed policy, white space not counted
LONGEST = {
    **iam.VALUES,
    "STACK": "s" * 40,
    "STATE_BUCKET": "b" * 63,
    "MODEL_BUCKET": "b" * 63,
    "REGION": "ap-southeast-1",
}
# Pulumi's own needs, and the roles that services make.
NOT_OF_THE_GRAPH = {
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
    *("kms:Decrypt", "kms:Encrypt", "iam:CreateServiceLinkedRole"),
}
# Resources of others in the same account.
FOREIGN = (
    f"arn:aws:lambda:{REGION}:{iam.ACCOUNT}:function:payroll",
    f"arn:aws:lambda:{REGION}:{iam.ACCOUNT}:function:model-storage-other-efs",
    f"arn:aws:iam::{iam.ACCOUNT}:role/Admin",
    f"arn:aws:iam::{iam.ACCOUNT}:role/service-role/payroll-role-0a1b2c3d",
    f"arn:aws:logs:{REGION}:{iam.ACCOUNT}:log-group:/aws/lambda/payroll",
    f"arn:aws:logs:{REGION}:{iam.ACCOUNT}:log-group:/aws/vendedlogs/model-storage-other-api",
    f"arn:aws:ecr:{REGION}:{iam.ACCOUNT}:repository/payroll",
    f"arn:aws:cloudwatch:{REGION}:{iam.ACCOUNT}:alarm:payroll-errors",
    f"arn:aws:kms:{REGION}:{iam.ACCOUNT}:key/99999999-0000-4000-8000-000000000000",
    f"arn:aws:ec2:{REGION}:{iam.ACCOUNT}:instance/i-0123456789abcdef0",
    "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0123456789abcdef0",
    "arn:aws:s3files:eu-west-1:123456789012:file-system/fs-0123456789abcdef0",
    f"arn:aws:events:{REGION}:{iam.ACCOUNT}:rule/payroll",
    "arn:aws:s3:::payroll",
    "arn:aws:s3:::payroll/2026.csv",
)


@pytest.fixture(scope="module")
def runs() -> list[Graph]:
    """The runs that the policies are made from."""
    return recorded.runs()


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    """The policies as they are in the repository, by name."""
    return {path.stem: json.loads(path.read_text()) for path in policies.DIRECTORY.glob("*.json")}


@pytest.fixture(scope="module")
def deploy(files: dict[str, Any]) -> list[Any]:
    """Those of the deploying role, filled in for the account of the recorded runs."""
    return [iam.fill(document) for name, document in files.items() if name != PREVIEW]


@pytest.fixture(scope="module")
def preview(files: dict[str, Any]) -> list[Any]:
    """That of the previewing role, filled in."""
    return [iam.fill(files[PREVIEW])]


def test_the_files_are_current(runs: list[Graph]) -> None:
    """If this fails, run `python -m tools.policies`."""
    held = {path.stem: path.read_text() for path in policies.DIRECTORY.iterdir()}

    assert held == {name: policies.text(document) for name, document in policies.current(runs).items()}


def test_the_deploying_role_can_make_every_combination(deploy: list[Any], graphs: dict[Scenario, Graph]) -> None:
    updates = {str(scenario): graph for scenario, graph in graphs.items() if not scenario.preview}
    lacking = {scenario: iam.missing(deploy, graph) for scenario, graph in updates.items()}

    assert {scenario: problems for scenario, problems in lacking.items() if problems} == {}


def test_both_roles_can_do_what_stands_for_all(deploy: list[Any], preview: list[Any], runs: list[Graph]) -> None:
    for graph in runs:
        assert iam.missing(deploy, graph) == []
        assert iam.missing_for_preview(preview, graph) == []


def test_the_previewing_role_can_preview_every_combination(preview: list[Any], graphs: dict[Scenario, Graph]) -> None:
    previews = [graph for scenario, graph in graphs.items() if scenario.preview]

    assert {problem for graph in previews for problem in iam.missing_for_preview(preview, graph)} == set()


def test_no_action_is_allowed_that_nothing_needs(deploy: list[Any], preview: list[Any], runs: list[Graph]) -> None:
    found = needs(runs)

    assert _actions(deploy) - NOT_OF_THE_GRAPH == (found.deploy | found.lookups) - NOT_OF_THE_GRAPH
    assert _actions(preview) - NOT_OF_THE_GRAPH == (found.preview | found.lookups) - NOT_OF_THE_GRAPH


def test_an_action_that_is_taken_away_is_missed(deploy: list[Any], runs: list[Graph]) -> None:
    """Each one; otherwise the checks above could not notice its absence."""
    asked = {pair for graph in runs for pair in iam.asked(graph)}
    for action in sorted(_actions(deploy) - NOT_OF_THE_GRAPH):
        without = [_without(document, action) for document in deploy]
        assert [arn for name, arn in asked if name == action and not iam.allowed(without, name, arn)], action


def test_what_belongs_to_others_is_out_of_reach(deploy: list[Any], preview: list[Any]) -> None:
    """Except for actions that AWS allows only on `*`, which look things up and set up the delivery of access logs."""
    reached = [
        f"{action} on {arn}"
        for arn in FOREIGN
        for action in sorted(_actions([*deploy, *preview]))
        if action.partition(":")[0] == arn.split(":")[2]
        and any(iam.allowed([_scoped(document)], action, arn) for document in [*deploy, *preview])
    ]

    assert reached == []


def test_roles_are_passed_to_lambda_and_to_s3_files_alone(files: dict[str, Any], runs: list[Graph]) -> None:
    parts = [part for document in files.values() for part in document["Statement"] if "iam:PassRole" in part["Action"]]
    passing = {part["Condition"]["StringEquals"]["iam:PassedToService"]: part for part in parts}
    # Who may take a role is in the role itself, which the service that it is passed to must be.
    taken = {
        (json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"]["Service"], role.outputs["arn"])
        for graph in runs
        for role in graph.of(":Role")
    }
    allowed = {
        (service, arn)
        for service, part in passing.items()
        for _, arn in taken
        if iam.allowed([iam.fill({"Statement": [part]})], "iam:PassRole", arn)
    }

    assert len(parts) == len(passing) == 2
    assert taken <= allowed
    assert {arn for service, arn in allowed if service == S3_FILES} == {
        arn for service, arn in taken if service == S3_FILES
    }


def test_only_the_rules_of_s3_files_are_changed(files: dict[str, Any]) -> None:
    changing = [
        part
        for document in files.values()
        for part in document["Statement"]
        if any(action.startswith(("events:Put", "events:Delete", "events:Remove")) for action in part["Action"])
    ]

    assert [part["Condition"] for part in changing] == [{"StringEquals": {"events:ManagedBy": S3_FILES}}]


def test_no_action_is_a_wildcard(files: dict[str, Any]) -> None:
    assert [action for action in _actions(files.values()) if "*" in action] == []


def test_previews_change_nothing(files: dict[str, Any]) -> None:
    reading = ("Describe", "Get", "List", "Decrypt")

    assert all(action.partition(":")[2].startswith(reading) for action in _actions([files[PREVIEW]]))


def test_a_policy_fits_into_iam(files: dict[str, Any]) -> None:
    for name, document in files.items():
        text = json.dumps(iam.fill(document, LONGEST), separators=(",", ":"))
        assert len(text) <= LIMIT, name


def test_a_file_that_is_not_filled_in_allows_nothing_of_the_account(files: dict[str, Any], default: Graph) -> None:
    arns = {arn for held in iam.inventory(default).values() for arn in held if not arn.startswith("arn:aws:s3")}

    for document in files.values():
        unfilled = _scoped(document)
        assert [arn for arn in arns for action in _actions([document]) if iam.allowed([unfilled], action, arn)] == []


def test_aws_knows_the_actions_and_allows_them_on_these_resources(files: dict[str, Any]) -> None:
    """cfn-lint has the lists: W3037 for the actions, I3510 for the resources."""
    for name, document in files.items():
        resource = {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": name, "Roles": ["role"], "PolicyDocument": iam.fill(document)},
        }
        template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Policy": resource}}
        found = cloudformation.findings(template, included=("I3510", "W3037"))
        assert [f"{name}: {match.message}" for match in found] == []


def test_the_table_has_nothing_that_is_never_recorded(runs: list[Graph]) -> None:
    """A line that no run uses has never been checked."""
    resources = [resource for graph in runs for resource in graph.resources]
    lookups = {token for graph in runs for token, *_ in graph.invokes}

    assert set(ACTIONS) - {resource.type for resource in resources} == set()
    assert set(LOOKUPS) - lookups == set()
    for kind, name in WITH_INPUT:
        assert any(found.type == kind and is_set(found.inputs, name) for found in resources), (kind, name)
    for kind, line in ((kind, line) for kind, lines in WITH_ARN.items() for line in lines):
        assert any(found.type == kind and names_arn_of(found.inputs, service_of(line)) for found in resources), line


def test_every_reason_not_to_need_an_action_is_used() -> None:
    every = {action for kind in handlers.MAPPED.values() for action in handlers.permissions(kind)}

    assert [pattern for pattern in handlers.UNUSED if not any(fnmatchcase(action, pattern) for action in every)] == []


def test_a_type_that_the_table_lacks_is_named(default: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ACTIONS, "aws:lambda/permission:Permission")

    with pytest.raises(UnknownTypeError, match=r"permissions.py lacks aws:lambda/permission:Permission: say there"):
        needs([default])


def test_a_lookup_that_the_table_lacks_is_named(default: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LOOKUPS, "aws:index/getCallerIdentity:getCallerIdentity")

    with pytest.raises(UnknownTypeError, match="getCallerIdentity"):
        needs([default])


def test_a_line_of_the_table_names_a_service_and_its_actions() -> None:
    assert actions(["ec2: CreateVpc DeleteVpc", "iam: PassRole"]) == {"ec2:CreateVpc", "ec2:DeleteVpc", "iam:PassRole"}


def _actions(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    return {action for document in documents for part in document["Statement"] for action in part["Action"]}


def _without(document: Mapping[str, Any], action: str) -> dict[str, Any]:
    parts = [
        {**part, "Action": [other for other in part["Action"] if other != action]} for part in document["Statement"]
    ]
    return {**document, "Statement": parts}


def _scoped(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "Statement": [part for part in document["Statement"] if part["Resource"] != "*"]}
