"""What the deploying workflow may never do. That the workflows are well-formed is for actionlint to say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.stacks.project import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"


@pytest.fixture
def deploy() -> Any:
    return yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())


@pytest.fixture
def steps(deploy: Any) -> dict[str, Any]:
    """The steps of the job by the action they use, or `run`."""
    return {step.get("uses", "run").partition("@")[0]: step for step in deploy["jobs"]["pulumi"]["steps"]}


def test_synthetic_weights_are_neither_deployed_nor_cached(steps: dict[str, Any]) -> None:
    """Out of the Hub's reach `make model` alone makes weights of random values."""
    assert steps["run"]["run"] == 'make model ARGS="--weights hub"'
    assert steps["actions/cache"]["with"]["key"].startswith("bundle-hub-")


def test_no_stack_is_deployed_by_default(deploy: Any, steps: dict[str, Any]) -> None:
    """The stack that ships, dev, is open to everybody."""
    assert steps["pulumi/actions"]["with"]["stack-name"] == "${{ vars.PULUMI_STACK }}"
    assert "vars.PULUMI_STACK != ''" in deploy["jobs"]["pulumi"]["if"]


def test_main_is_deployed_only_as_it_passed_ci(deploy: Any, steps: dict[str, Any]) -> None:
    ci = yaml.safe_load((WORKFLOWS / "ci.yml").read_text())
    triggers = deploy[True]  # YAML 1.1 reads the key `on` as a truth value
    assert set(triggers) == {"workflow_run", "pull_request"}
    assert triggers["workflow_run"] == {"workflows": [ci["name"]], "types": ["completed"], "branches": ["main"]}
    condition = " ".join(deploy["jobs"]["pulumi"]["if"].split())
    assert "github.event.workflow_run.conclusion == 'success' && github.event.workflow_run.event == 'push'" in condition
    assert "github.event.workflow_run.head_sha" in steps["actions/checkout"]["with"]["ref"]


def test_actions_are_pinned_to_commits() -> None:
    """A tag of an action can be moved to other code, which would run with the deploying role."""
    for path in WORKFLOWS.glob("*.yml"):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            for step in job["steps"]:
                assert len(step.get("uses", "@" + "0" * 40).partition("@")[2]) == 40, step
