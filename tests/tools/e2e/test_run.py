"""A run with stand-ins: every step, every way in which it can end, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.runs.store import read_run
from tests.stacks.support.project import ROOT
from tests.tools.e2e.conftest import Workplace
from tools.e2e.errors import EXIT_FAILED, EXIT_LEFT, EXIT_OK, EXIT_REFUSED

ROLE = "aws:iam/role:Role s3-serve-role-1234567"


def bundle_hash(root: Path) -> str:
    manifest = json.loads((root / "images" / "bundle" / "manifest.json").read_text())
    return str(manifest["source_hash"])


def test_a_run_takes_every_step_and_leaves_nothing(workplace: Workplace, capfd: pytest.CaptureFixture[str]) -> None:
    before = bundle_hash(workplace.root)

    code = workplace.e2e("e2e", "--yes")

    said, complaints = capfd.readouterr()
    assert code == EXIT_OK, complaints
    assert "expected to cost $" in said
    assert workplace.changes == [
        *("stack init", "config set", "up", "up", "up", "config set", "up"),
        *("destroy", "stack rm"),
    ]
    assert [line for line in said.splitlines() if line.startswith("== ")][-1] == "== destroy"
    [report] = (workplace.root / "reports").iterdir()
    assert {sample.seen.bundle_hash for sample in read_run(report).samples} == {before}
    assert bundle_hash(workplace.root) == before
    assert workplace.stacks == {}
    assert not list(workplace.root.glob("Pulumi.*.yaml"))
    assert not (workplace.root / "build" / "e2e" / "in-progress").exists()
    not_proved = [line for line in said.splitlines() if line.startswith("not proved: ")]
    assert len(not_proved) == 3
    assert any("the lab lets all in" in line for line in not_proved)


def test_a_failed_update_is_destroyed(workplace: Workplace, capfd: pytest.CaptureFixture[str]) -> None:
    workplace.fail("up")

    assert workplace.e2e("e2e", "--yes") == EXIT_FAILED

    assert workplace.changes == ["stack init", "config set", "up", "destroy", "stack rm"]
    seen = capfd.readouterr()
    assert "FAILED: up, with auth iam: `pulumi up --yes" in seen.err
    assert "nothing is left" in seen.out


def test_what_nobody_thought_of_is_destroyed_too(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(outputs: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("tools.e2e.stack.parse_outputs", broken)

    assert workplace.e2e("e2e", "--yes") == EXIT_FAILED

    assert "FAILED: up, with auth iam: ZeroDivisionError: of all things" in capfd.readouterr().err
    assert workplace.changes[-2:] == ["destroy", "stack rm"]


def test_a_failed_destroy_lists_what_is_left_and_keeps_the_stack(
    workplace: Workplace, capfd: pytest.CaptureFixture[str]
) -> None:
    workplace.fail("up", "destroy")

    assert workplace.e2e("e2e", "--yes") == EXIT_LEFT

    assert f"LEFT: {ROLE}" in capfd.readouterr().err
    assert "e2e" in workplace.stacks
    assert (workplace.root / "Pulumi.e2e.yaml").exists()


def test_the_same_command_destroys_what_a_cut_off_run_left(workplace: Workplace) -> None:
    workplace.fail("up", "destroy")
    assert workplace.e2e("e2e", "--yes") == EXIT_LEFT
    workplace.fail()

    assert workplace.e2e("e2e") == EXIT_FAILED

    assert workplace.changes[-1] == "destroy"
    assert workplace.changes.count("up") == 1
    assert workplace.stacks["e2e"]["resources"] == []


def test_what_aws_still_has_is_listed_though_the_state_is_empty(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.e2e.run._PATIENCE_S", 0.0)
    workplace.fail("up")
    workplace.account.arns.append("arn:aws:ec2:us-east-1:1:vpc/vpc-1")
    workplace.account.groups.append("/aws/lambda/model-storage-e2e-s3")
    workplace.account.roles.append("s3-serve-role-1234567")

    assert workplace.e2e("e2e", "--yes") == EXIT_LEFT

    left = [line for line in capfd.readouterr().err.splitlines() if line.startswith("LEFT: ")]
    assert left == [
        "LEFT: arn:aws:ec2:us-east-1:1:vpc/vpc-1",
        "LEFT: log group /aws/lambda/model-storage-e2e-s3",
        "LEFT: role s3-serve-role-1234567",
    ]


def test_a_stack_in_use_is_refused(workplace: Workplace, capfd: pytest.CaptureFixture[str]) -> None:
    """The end of a run is a destroy."""
    held = [{"type": "aws:s3/bucket:Bucket", "custom": True, "id": "precious"}]
    (workplace.stand_in / "stacks.json").write_text(json.dumps({"prod": {"resources": held}}))

    assert workplace.e2e("prod", "--yes") == EXIT_REFUSED

    assert "the stack prod holds 1 resources" in capfd.readouterr().err
    assert workplace.changes == []


def test_nothing_is_started_unless_somebody_confirms(workplace: Workplace, capfd: pytest.CaptureFixture[str]) -> None:
    assert workplace.e2e("e2e") == EXIT_REFUSED

    seen = capfd.readouterr()
    assert "expected to cost $" in seen.out
    assert "say --yes" in seen.err
    assert workplace.changes == []


def test_a_missing_pulumi_is_said(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (workplace.stand_in / "pulumi").unlink()
    monkeypatch.setenv("PATH", str(workplace.stand_in))

    assert workplace.e2e("e2e", "--yes") == EXIT_REFUSED
    assert "pulumi is not installed: https://" in capfd.readouterr().err


def test_a_stack_that_was_there_keeps_its_file_as_it_was(workplace: Workplace) -> None:
    """The file is committed: its secrets provider, region and comments must survive."""
    text = "# ours\nconfig:\n  region: eu-west-1\n"
    (workplace.root / "Pulumi.e2e.yaml").write_text(text)
    (workplace.stand_in / "stacks.json").write_text(json.dumps({"e2e": {"resources": []}}))
    workplace.fail("up")

    assert workplace.e2e("e2e", "--yes") == EXIT_FAILED

    assert (workplace.root / "Pulumi.e2e.yaml").read_text() == text
    assert workplace.changes == ["config set", "up", "destroy"]


def test_an_interrupted_update_ends_in_order_and_is_destroyed(workplace: Workplace) -> None:
    """Ctrl-C reaches pulumi, too; killing it before it has written its state would lose what it made."""
    workplace.fail("slow-up")
    code = """if True:
        import sys
        from pathlib import Path
        from tests.tools.e2e.conftest import Account
        from tools.e2e.__main__ import main
        sys.exit(main(["e2e", "--yes"], Path(sys.argv[1]), Account(), 0.0))"""
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(workplace.root)], cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not (workplace.stand_in / "waiting").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)

    assert run.returncode == EXIT_FAILED, said
    assert b"FAILED: up, with auth iam: interrupted" in said
    assert (workplace.stand_in / "in-order").exists()
    assert workplace.changes[-2:] == ["destroy", "stack rm"]
