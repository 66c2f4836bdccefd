"""`pulumi new` from this repository gives another project name over the same files, and everything still works."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.errors import DeploymentError
from tests.stacks.support.dry_run import stack_config
from tests.stacks.support.project import ROOT
from tests.stacks.support.recorder import STACK, Graph, run

STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))


@pytest.fixture(scope="module")
def template() -> Any:
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def under_another_name(project: Path, file: Path) -> Graph:
    return run(project, stack_config(file, "renamed"), name="renamed")


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_settings_of_a_stack_count_under_another_project_name(project: Path, file: Path) -> None:
    """The engine drops keys of another namespace without a word."""
    settings = yaml.safe_load(file.read_text())["config"]

    assert stack_config(file, "renamed") == settings
    graph = under_another_name(project, file)
    assert graph.exports["authMode"] == settings["auth"]
    assert graph.one(":Stage").inputs["defaultRouteSettings"]["throttlingRateLimit"] == settings["throttleRate"]


def test_another_project_name_changes_names_and_nothing_else(project: Path) -> None:
    ours, theirs = run(project, {}), run(project, {}, name="renamed")

    assert {(r.type, r.name) for r in theirs.resources} == {(r.type, r.name) for r in ours.resources}
    for name, backend in theirs.exports["backends"].items():
        assert backend["functionName"] == f"renamed-{STACK}-{name}"
    assert "model-storage" not in str([resource.inputs.get("name") for resource in theirs.resources])


def test_a_project_name_that_lambda_would_refuse_is_refused(project: Path) -> None:
    with pytest.raises(DeploymentError, match=r"'my\.models'"):
        run(project, {}, name="my.models")


def test_nothing_else_is_rewritten_by_pulumi_new() -> None:
    """It replaces these two strings in the text of every file that it copies."""
    placeholders = ["${" + name + "}" for name in ("PROJECT", "DESCRIPTION")]
    patterns = [part for placeholder in placeholders for part in ("-e", placeholder)]
    found = subprocess.run(["git", "grep", "-IlF", *patterns], cwd=ROOT, capture_output=True, text=True)

    assert (found.returncode, found.stdout) == (1, "")


def test_the_template_asks_for_settings_that_there_are(template: Any) -> None:
    for key, entry in template["template"]["config"].items():
        assert entry["default"] == template["config"][key]["default"]


def test_the_template_names_the_command_that_makes_ready(template: Any) -> None:
    assert "make deploy-ready" in template["template"]["quickstart"]


def test_keys_of_other_namespaces_are_not_the_projects(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text("config:\n  model-storage:auth: none\n  renamed:region: eu-west-1\n  tracing: true\n")

    assert stack_config(file, "renamed") == {"region": "eu-west-1", "tracing": True}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(None, "make the stack with `pulumi stack init`"), ("config:\n  auth:\n    secure: v1:abc\n", "--plaintext auth")],
)
def test_a_stack_file_that_cannot_be_read_is_said(tmp_path: Path, text: str | None, complaint: str) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(DeploymentError, match=complaint):
        stack_config(file, "renamed")
