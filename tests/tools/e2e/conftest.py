"""A project folder, a stand-in for Pulumi on PATH, and an AWS that has nothing, or what a test puts there."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.stacks.support.project import ROOT
from tests.tools.e2e.support import pulumi_stand_in
from tools.e2e.__main__ import main


@dataclass
class Account:
    """What AWS still has, asked with boto3's own clients, whose requests are checked against the services' models."""

    arns: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def __call__(self, region: str) -> Account:
        return self

    def client(self, service: str) -> Any:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        stub = Stubber(client)
        if service == "resourcegroupstaggingapi":
            stub.add_response("get_resources", {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in self.arns]})
        if service == "logs":
            stub.add_response("describe_log_groups", {"logGroups": [{"logGroupName": name} for name in self.groups]})
            stub.add_response("describe_log_groups", {"logGroups": []})
        if service == "iam" and self.roles:
            role = {"Path": "/", "RoleId": "A" * 16, "Arn": "arn:aws:iam::1:role/x", "CreateDate": "2026-01-01"}
            stub.add_response("get_role", {"Role": {**role, "RoleName": self.roles[0]}})
        if service == "iam":
            stub.add_client_error("get_role", "NoSuchEntity")
        if service == "ecr":
            stub.add_client_error("describe_repositories", "RepositoryNotFoundException")
        stub.activate()
        return client


@dataclass(frozen=True)
class Workplace:
    """A project with a bundle, and the stand-in's folder."""

    root: Path
    stand_in: Path
    account: Account

    def e2e(self, *arguments: str) -> int:
        return main([*arguments], self.root, self.account, 0.0)

    def fail(self, *commands: str) -> None:
        (self.stand_in / "faults").write_text("\n".join(commands))

    @property
    def calls(self) -> list[str]:
        file = self.stand_in / "calls"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def changes(self) -> list[str]:
        """The commands that change something, by their first words."""
        words = [call.split() for call in self.calls]
        kinds = [" ".join(w[:2]) if w[0] in ("stack", "config") else w[0] for w in words]
        return [kind for kind in kinds if kind not in ("stack ls", "stack export", "stack output")]

    @property
    def stacks(self) -> dict[str, Any]:
        file = self.stand_in / "stacks.json"
        return json.loads(file.read_text()) if file.exists() else {}


@pytest.fixture
def workplace(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    root, stand_in = tmp_path / "project", tmp_path / "pulumi"
    shutil.copytree(tiny_bundle, root / "images" / "bundle")
    shutil.copy(ROOT / "Pulumi.yaml", root)
    stand_in.mkdir()
    program = stand_in / "pulumi"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {pulumi_stand_in.__file__} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in}:{os.environ['PATH']}")
    monkeypatch.setenv("PULUMI_STAND_IN", str(stand_in))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "lab")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "lab")
    monkeypatch.delenv("BENCH_TOKEN", raising=False)
    yield Workplace(root, stand_in, Account())
    stacks = pulumi_stand_in.Stacks(stand_in)
    for name in stacks.known:
        stacks.stop(name)
