"""Each thing that a deployer's machine can lack is reported in one line, with its remedy."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.tools.ready.support.programs import BOOTED, DOCKERS_OWN, put_docker, put_pulumi
from tools.ready import machine

NEEDED = ">=3.272.0"


class Session:
    """A boto3 session whose security token service answers, or refuses."""

    credentials: Any = object()
    refuses: bool = False

    def __init__(self, **given: Any) -> None:
        assert given == {"region_name": "eu-west-1"}

    def get_credentials(self) -> Any:
        return self.credentials

    def client(self, service: str, **_: Any) -> Session:
        assert service == "sts"
        return self

    def get_caller_identity(self) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "gone"}}, "GetCallerIdentity")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with everything: a folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(boto3, "Session", Session)
    put_pulumi(tmp_path, "v3.272.0")
    put_docker(tmp_path, DOCKERS_OWN, BOOTED)
    return tmp_path


def lacking(architecture: str = "arm64") -> list[str]:
    return list(machine.lacking(NEEDED, architecture, "eu-west-1"))


def test_a_machine_with_everything_lacks_nothing(programs: Path) -> None:
    assert lacking() == lacking("x86_64") == []


def test_a_bare_machine_lacks_three_things(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "credentials", None)
    for name in ("pulumi", "docker"):
        (programs / name).unlink()

    pulumi, docker, credentials = lacking()

    assert "install pulumi 3.272.0 or newer" in pulumi
    assert "install Docker Engine" in docker
    assert "AWS_PROFILE" in credentials


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v3.272.0", True),
        ("v3.271.9", False),
        ("v3.1000.0", True),
        ("v4.0.0", True),
        ("3.272.0-dev.1", True),
        ("", False),
    ],
)
def test_the_version_of_pulumi_is_compared_as_numbers(programs: Path, version: str, enough: bool) -> None:
    put_pulumi(programs, version)

    assert (lacking() == []) is enough


@pytest.mark.parametrize("builders", [(), (DOCKERS_OWN,), ({**BOOTED, "Nodes": None},)])
def test_a_builder_must_be_running_that_the_provider_takes(programs: Path, builders: tuple[Any, ...]) -> None:
    """It does not take Docker's own, and boots one of its own within 30 s, or fails."""
    put_docker(programs, *builders)

    [only] = lacking()
    assert "docker buildx create --use --bootstrap --driver docker-container" in only


def test_a_builder_that_stopped_does_not_count(programs: Path) -> None:
    stopped = copy.deepcopy(BOOTED)
    stopped["Nodes"][0]["Status"] = "inactive"
    put_docker(programs, stopped)

    assert "no builder" in "".join(lacking())


def test_a_builder_for_another_processor_is_said(programs: Path) -> None:
    other = copy.deepcopy(BOOTED)
    other["Nodes"][0]["Platforms"] = ["linux/amd64"]
    put_docker(programs, other)

    [only] = lacking("arm64")
    assert "--install arm64" in only
    assert lacking("x86_64") == []


def test_an_engine_that_is_down_and_a_missing_buildx_are_told_apart(programs: Path) -> None:
    put_docker(programs, BOOTED, engine=False)
    assert "start it" in "".join(lacking())
    put_docker(programs, BOOTED, buildx=False)
    assert "no buildx" in "".join(lacking())


def test_credentials_that_aws_refuses_are_said(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "refuses", True)

    [only] = lacking()
    assert "ExpiredToken" in only
    assert "aws sso login" in only
