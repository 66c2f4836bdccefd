"""docs/options.md says what deployments need; this compares it with recorded ones."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path

import pytest

from tests.stacks.rules.reading import as_list, statements
from tests.stacks.support.cloud import ACCOUNT, KEY, REGION
from tests.stacks.support.project import ROOT
from tests.stacks.support.recorder import PROJECT, STACK, Graph, defaults, run

PAGE = (ROOT / "docs" / "options.md").read_text()


def block(language: str) -> str:
    """Return the page's only code block of a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("auth", ["iam", "none"])
def test_the_key_policy_covers_every_log_group(project: Path, auth: str) -> None:
    text = block("json")
    for name, value in {"REGION": REGION, "ACCOUNT": ACCOUNT, "PROJECT": PROJECT, "STACK": STACK}.items():
        text = text.replace(name, value)
    statement = json.loads(text)
    [patterns] = [values for operator in statement["Condition"].values() for values in operator.values()]
    groups = run(project, {"auth": auth, "kmsKeyArn": KEY}).of(":LogGroup")

    for group in groups:
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group.inputs['name']}"
        assert any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns), arn
    for pattern in patterns:
        assert any(
            fnmatch.fnmatchcase(f"…{group.inputs['name']}", f"…{pattern[pattern.index('/') :]}") for group in groups
        )
    assert statement["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}


def test_the_boundary_has_to_allow_what_the_roles_may_do(everything: Graph, project: Path) -> None:
    mounted = run(project, {"backends": ["s3files"], "defaultBackend": "s3files"})
    allowed = {
        action
        for graph in (everything, mounted)
        for resource, statement in statements(graph)
        if resource.type.endswith(":RolePolicy") and statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
    }

    assert block("text").split() == sorted(allowed)


def test_the_keys_that_the_page_names_exist() -> None:
    named = set(re.findall(r"pulumi config set (?:--path )?'?([A-Za-z]+)", PAGE))

    assert named <= set(defaults())
    assert {"subnetIds", "securityGroupId", "kmsKeyArn", "permissionsBoundary", "tags", "monitoring"} <= named
