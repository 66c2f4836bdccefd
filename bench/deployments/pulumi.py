"""Reads the outputs of a deployed Pulumi stack, as the pulumi command prints them."""

from __future__ import annotations

import subprocess

from bench.deployments.deployment import Deployment
from bench.deployments.outputs import json_object, parse_outputs
from bench.process.errors import TargetError, UsageError
from contract.checkout import ROOT

_TIMEOUT_S = 120


def read_stack(name: str) -> Deployment:
    """The deployment of a stack. Raises TargetError when pulumi is missing, refuses, or prints other text."""
    command = ["pulumi", "stack", "output", "--json", "--stack", name]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except FileNotFoundError as error:
        raise TargetError("pulumi is not installed; install it, or give the outputs with --outputs FILE") from error
    except subprocess.TimeoutExpired as error:
        raise TargetError(f"pulumi did not answer within {_TIMEOUT_S} s") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip()
        raise TargetError(f"pulumi stack output --stack {name} failed: {said}") from error
    try:
        return parse_outputs(json_object(done.stdout))
    except UsageError as error:
        raise TargetError(f"pulumi stack output --stack {name}: {error}") from error
