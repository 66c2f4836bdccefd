"""Actions that the deploying workflow must never take; actionlint checks that workflows are well-formed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.__main__ import _parsers
from tests.stacks.support.project import ROOT
from tests.tools.ready.support.making import make_folder, would_run
from tools.e2e.__main__ import IN_PROGRESS
from tools.ready import requirements

WORKFLOWS = ROOT / ".github" / "workflows"


@pytest.fixture
def deploy() -> Any:
    return yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())


@pytest.fixture
def index() -> Any:
    return yaml.safe_load((WORKFLOWS / "index.yml").read_text())


@pytest.fixture
def steps(deploy: Any) -> dict[str, Any]:
    """The steps of the job by the action they use, or by what they run; of several the first one."""
    return by_action(deploy["jobs"]["pulumi"])


def by_action(job: Any) -> dict[str, Any]:
    named = [(step.get("uses", step.get("run", "")).partition("@")[0], step) for step in job["steps"]]
    return dict(reversed(named))


def deploying(deploy: Any, index: Any) -> list[Any]:
    """The jobs that may change the stack."""
    return [deploy["jobs"]["pulumi"], index["jobs"]["publish"]]


def test_synthetic_weights_are_neither_deployed_nor_cached(deploy: Any, index: Any) -> None:
    """Without access to the Hub `make model` makes weights of random values."""
    for job in [*deploying(deploy, index), index["jobs"]["embed"]]:
        made = [step["run"] for step in job["steps"] if "make " in step.get("run", "")]
        assert made in (['make deploy-ready ARGS="--weights hub"'], ['make model ARGS="--weights hub"'])
        kept = [step for step in job["steps"] if step.get("with", {}).get("path") == "images/bundle"]
        assert kept
        for step in kept:
            assert step["with"]["key"].startswith(("bundle-hub-", "${{ steps.bundle.outputs.cache-primary-key }}"))


def using_pulumi() -> list[Any]:
    """Every job of every workflow that runs Pulumi, by its own action or by a command."""
    jobs = [
        job for path in sorted(WORKFLOWS.glob("*.yml")) for job in yaml.safe_load(path.read_text())["jobs"].values()
    ]
    return [job for job in jobs if "pulumi/actions" in by_action(job)]


def before_pulumi(job: Any) -> list[Any]:
    """The steps of a job before the first that uses Pulumi's action."""
    position = next(n for n, step in enumerate(job["steps"]) if step.get("uses", "").startswith("pulumi/actions@"))
    return list(job["steps"][:position])


def test_the_program_has_its_packages_before_pulumi_runs(tmp_path: Path) -> None:
    """Neither pulumi nor its action installs anything into an environment that exists."""
    folder = make_folder(tmp_path)
    assert len(using_pulumi()) >= 2
    for job in using_pulumi():
        targets = [step["run"].split()[1] for step in before_pulumi(job) if step.get("run", "").startswith("make ")]
        assert any(" -r requirements.txt" in would_run(folder, target) for target in targets)


def test_a_builder_is_booted_before_pulumi_runs() -> None:
    for job in using_pulumi():
        used = [step.get("uses", "").partition("@")[0] for step in before_pulumi(job)]
        assert "docker/setup-buildx-action" in used


def test_a_stack_whose_file_is_not_committed_is_refused(tmp_path: Path) -> None:
    """Its settings would be the defaults, without a word."""
    for number, job in enumerate(using_pulumi()):
        [look] = [step for step in before_pulumi(job) if "Pulumi.$STACK.yaml" in step.get("run", "")]
        assert look["env"]["STACK"].startswith("${{ ")
        (folder := tmp_path / str(number)).mkdir()
        command = ["bash", "-e", "-c", look["run"]]
        refused = subprocess.run(command, cwd=folder, env={"STACK": "prod"}, capture_output=True, text=True)
        assert refused.returncode == 1
        assert refused.stdout.startswith("::error::Pulumi.prod.yaml is not in this commit: commit the file")
        (folder / "Pulumi.prod.yaml").touch()
        subprocess.run(command, cwd=folder, env={"STACK": "prod"}, check=True)


def test_the_bundles_cache_key_hashes_all_that_makes_the_bundle(tmp_path: Path) -> None:
    """What `make model` runs and what it installs; another pin may make another bundle."""
    installed = re.findall(r" -r (\S+)", would_run(make_folder(tmp_path), "model"))
    pins = {str(file.relative_to(ROOT)) for name in installed for file in requirements.files(ROOT / name)}
    assert len(pins) >= 2
    keys = [
        step["with"]["key"]
        for path in WORKFLOWS.glob("*.yml")
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        for step in job["steps"]
        if step.get("with", {}).get("path") == "images/bundle" and "hashFiles" in step["with"]["key"]
    ]
    assert len(keys) >= 3
    for key in keys:
        assert set(re.findall(r"'([^']+)'", key)) == {"model/**", "images/contract/**", "images/similarity/**", *pins}


def test_no_stack_is_deployed_by_default(deploy: Any, index: Any) -> None:
    """The stack that ships, dev, is one to try things on."""
    for job in deploying(deploy, index):
        assert by_action(job)["pulumi/actions"]["with"]["stack-name"] == "${{ vars.PULUMI_STACK }}"
        assert "vars.PULUMI_STACK != ''" in job["if"]


def test_whoever_deploys_waits_for_the_others_and_asks_the_same_environment(deploy: Any, index: Any) -> None:
    for job in deploying(deploy, index):
        assert re.fullmatch(r"deploy-(main|.* 'main' }})", job["concurrency"]["group"])
        assert job["concurrency"]["cancel-in-progress"] is False
        assert re.fullmatch(r"production|.* 'production' }}", job["environment"])


def test_rights_in_aws_are_those_jobs_alone(deploy: Any, index: Any) -> None:
    assert deploy["permissions"] == index["permissions"] == {"contents": "read"}
    assert index["jobs"]["embed"]["permissions"] == {"contents": "read", "actions": "read"}
    assert "aws-actions/configure-aws-credentials" not in by_action(index["jobs"]["embed"])


def test_the_index_is_published_with_a_commit_that_passed_ci(index: Any) -> None:
    """A schedule runs on whatever main is at that moment."""
    for job in index["jobs"].values():
        first, second = job["steps"][:2]
        assert "branch=main&event=push&status=success" in first["run"]
        assert first["env"]["RUNS"].endswith("/workflows/ci.yml/runs")
        assert second["with"]["ref"] == "${{ steps.%s.outputs.commit }}" % first["id"]  # noqa: UP031


def test_the_index_is_made_every_day_and_by_hand_where_it_is_wanted(index: Any) -> None:
    triggers = index[True]  # YAML 1.1 reads the key `on` as a truth value
    assert set(triggers) == {"schedule", "workflow_dispatch"}
    minute, hour, *days = triggers["schedule"][0]["cron"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert days == ["*", "*", "*"]
    assert index["jobs"]["embed"]["if"] == "vars.INDEX_SNAPSHOTS != ''"
    assert index["jobs"]["publish"]["needs"] == "embed"


def test_embeddings_survive_a_failure_and_reach_the_deployments(deploy: Any, index: Any) -> None:
    embed, publish = index["jobs"]["embed"], index["jobs"]["publish"]
    saved = by_action(embed)["actions/cache/save"]
    assert "always()" in saved["if"]
    named = next(step for step in embed["steps"] if step.get("id") == "cache")
    assert named["if"] == "always()"
    path = saved["with"]["path"]
    for job in (embed, publish, deploy["jobs"]["pulumi"]):
        restored = [s for s in job["steps"] if "cache/restore" in s.get("uses", "") and s["with"]["path"] == path]
        assert len(restored) == 1
        command = next(step["run"] for step in job["steps"] if "model index" in step.get("run", ""))
        assert f"--cache {path}/embeddings" in command
        where = [position for position, step in enumerate(job["steps"]) if step is restored[0]]
        assert where[0] < next(n for n, step in enumerate(job["steps"]) if "model index" in step.get("run", ""))


def test_a_snapshot_is_published_only_after_it_was_embedded(deploy: Any, index: Any, tmp_path: Path) -> None:
    """A fetched snapshot that fails is kept for the next day, but deployments continue with the one before."""
    embed = [step.get("run", "") for step in index["jobs"]["embed"]["steps"]]
    (fetch,) = (n for n, run in enumerate(embed) if "model snapshot" in run)
    (made,) = (n for n, run in enumerate(embed) if "model index" in run)
    touching = [n for n, run in enumerate(embed) if "/snapshots" in run]
    assert touching == [made + 1] > [fetch]
    assert "if" not in index["jobs"]["embed"]["steps"][touching[0]]
    for job in deploying(deploy, index):
        assert any("model index .cache/index-workflow/snapshots/*" in step.get("run", "") for step in job["steps"])
    for name in ("old", "new"):
        fetched = tmp_path / ".cache/index-workflow/fetched" / name
        fetched.parent.mkdir(parents=True, exist_ok=True)
        fetched.write_text(name)
        (tmp_path / "newest").write_text(f"{fetched.relative_to(tmp_path)}\n")
        subprocess.run(["bash", "-e", "-c", embed[touching[0]]], cwd=tmp_path, check=True)
        snapshots = tmp_path / ".cache/index-workflow/snapshots"
        assert [path.read_text() for path in snapshots.iterdir()] == [name]


def test_commands_of_the_workflows_are_ones_that_the_program_has(deploy: Any, index: Any) -> None:
    for job in [*deploying(deploy, index), index["jobs"]["embed"]]:
        for step in job["steps"]:
            words = step.get("run", "").replace('"', "").split()
            if "-m" not in words:
                continue
            parser = _parsers()[1][words[words.index("-m") + 2]]
            known = {option for action in parser._actions for option in action.option_strings}
            assert {word for word in words if word.startswith("--")} <= known


def test_the_end_to_end_run_is_started_by_hand_and_never_on_the_stack_in_use() -> None:
    """Its end is a destroy."""
    e2e = yaml.safe_load((WORKFLOWS / "e2e.yml").read_text())
    [job] = e2e["jobs"].values()
    assert set(e2e[True]) == {"workflow_dispatch"}  # YAML 1.1 reads the key `on` as a truth value
    assert e2e["permissions"] == {"contents": "read"}
    for condition in ("vars.PULUMI_E2E_STACK != vars.PULUMI_STACK", "github.ref == 'refs/heads/main'"):
        assert condition in job["if"]
    assert job["environment"] == "e2e"
    assert job["concurrency"]["cancel-in-progress"] is False
    assert {step["env"]["STACK"] for step in job["steps"] if "STACK" in step.get("env", {})} == {
        "${{ vars.PULUMI_E2E_STACK }}"
    }
    assert "vars.AWS_DEPLOY_ROLE_ARN" not in str(job)


def test_what_a_cancelled_end_to_end_run_left_is_destroyed() -> None:
    [job] = yaml.safe_load((WORKFLOWS / "e2e.yml").read_text())["jobs"].values()
    run, again = [step for step in job["steps"] if "-m tools.e2e" in step.get("run", "")]
    assert run["run"] == again["run"] == '.venv/bin/python -m tools.e2e "$STACK" --yes'
    assert again["if"].startswith("always() && ")
    assert f"hashFiles('{IN_PROGRESS}')" in again["if"]


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
