"""Checks a deployer's machine for Pulumi's command line, Docker with a booted builder, and AWS credentials."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_LIMIT_S = 30
_PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
_CREATE_BUILDER = "`docker buildx create --use --bootstrap --driver docker-container`"


def lacking(pulumi: str, architecture: str, region: str) -> Iterator[str]:
    """Yield a sentence with its remedy for everything that is missing.

    `pulumi` is the range of versions in Pulumi.yaml (`>=X.Y.Z`); `architecture` is the images'.
    """
    yield from _pulumi(pulumi)
    yield from _docker(_PLATFORMS[architecture])
    yield from _credentials(region)


def _pulumi(needed: str) -> Iterator[str]:
    install = f"install pulumi {needed.removeprefix('>=')} or newer, https://www.pulumi.com/docs/install/"
    said = _run("pulumi", "version")
    if said is None:
        yield f"pulumi is not there, or does not answer: {install}"
    elif _numbers(said) < _numbers(needed):
        yield f"pulumi is {said.strip()}: {install}"


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(map(int, found.groups())) if found else (0, 0, 0)


def _docker(platform: str) -> Iterator[str]:
    """The provider that builds the images gives a new builder 30 s, its download included, so one must run already."""
    if not shutil.which("docker"):
        yield "docker is not there: install Docker Engine with buildx, https://docs.docker.com/engine/install/"
        return
    if _run("docker", "version", "--format", "{{.Server.Version}}") is None:
        yield "Docker's engine does not answer: start it, or join the group docker"
        return
    said = _run("docker", "buildx", "ls", "--format", "json")
    if said is None:
        yield "docker has no buildx, or one older than 0.13: https://docs.docker.com/build/install-buildx/"
        return
    running = [node for node in _nodes(said) if node.get("Status") == "running"]
    if not running:
        yield f"no builder of the driver docker-container is running: {_CREATE_BUILDER}"
    elif not any(platform in node.get("Platforms", ()) for node in running):
        emulate = f"`docker run --privileged --rm tonistiigi/binfmt --install {platform.partition('/')[2]}`"
        yield f"no builder makes images for {platform}: {emulate}, or another `architecture` in the settings"


def _nodes(listed: str) -> Iterator[dict[str, Any]]:
    """Yield the nodes of builders other than Docker's own, which the provider does not use."""
    for line in listed.splitlines():
        builder = json.loads(line)
        if builder["Driver"] not in ("", "docker"):
            yield from builder.get("Nodes") or ()


def _credentials(region: str) -> Iterator[str]:
    mend = "`aws sso login`, or set AWS_PROFILE or the AWS_… variables of a key"
    session = boto3.Session(region_name=region)
    try:
        if session.get_credentials() is None:
            yield f"there are no AWS credentials: {mend}"
            return
        limits = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 1})
        session.client("sts", config=limits).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        yield f"AWS does not take the credentials ({error}): {mend}"


def _run(*command: str) -> str | None:
    """Return the output of a command, or None if it is missing, fails or hangs."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
