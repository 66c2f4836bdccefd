"""The configurations in which the program is run, and a pool that runs them on all cores."""

from __future__ import annotations

import gc
import importlib
import itertools
import multiprocessing
import os
import pkgutil
import re
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pulumi_aws

import stacks
from contract.checkout import ROOT
from contract.storages import USUAL_NAMES
from tests.stacks.support.cloud import BOUNDARY, GROUP, KEY, SUBNETS, TOPIC
from tests.stacks.support.project import MODEL
from tests.stacks.support.recorder import Graph, run

JWT = {"jwtIssuer": "https://issuer.example/", "jwtAudiences": ["incidents"]}
# Everything switched on that is off by default and that the other scenarios leave alone.
EVERYTHING: dict[str, Any] = {
    "moreModels": [MODEL],
    "auth": "jwt",
    **JWT,
    "vpcPlacement": "all",
    "architecture": "x86_64",
    "engine": "transformers",
    "tracing": True,
    "reservedConcurrency": 5,
    "ephemeralStorageMb": 2048,
    "efsThroughput": "provisioned",
    "efsProvisionedMibps": 64,
    "corsOrigins": ["https://incidentdatabase.ai"],
    "availabilityZones": ["us-east-1a", "us-east-1c", "us-east-1d"],
    "kmsKeyArn": KEY,
    "permissionsBoundary": BOUNDARY,
    "tags": {"CostCenter": "4711", "Team": "safety"},
    "monitoring": True,
    "alarmTopicArn": TOPIC,
}
# The same in an existing network: two of its three subnets are in one zone, which takes one mount target.
EXISTING: dict[str, Any] = {
    **EVERYTHING,
    "availabilityZones": [],
    "subnetIds": [SUBNETS[name] for name in ("a", "a2", "b")],
    "securityGroupId": GROUP,
    "efsThroughput": "bursting",
    "efsProvisionedMibps": 0,
    "reservedConcurrency": -1,
}
RUNS_OF_A_COPY = 10  # each leaves 6 MB of garbage
Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Scenario:
    """One of the combinations that the program has to get right."""

    backends: tuple[str, ...]
    auth: str
    placement: str
    architecture: str
    preview: bool
    models: tuple[str, ...] = ()

    @property
    def config(self) -> dict[str, Any]:
        return {
            "backends": list(self.backends),
            "defaultBackend": self.backends[-1],
            "auth": self.auth,
            **(JWT if self.auth == "jwt" else {}),
            "vpcPlacement": self.placement,
            "architecture": self.architecture,
            "moreModels": list(self.models),
        }

    def __str__(self) -> str:
        mode = "preview" if self.preview else "update"
        return "-".join(["+".join(self.backends), self.auth, self.placement, self.architecture, mode, *self.models])


def combinations() -> list[Scenario]:
    """Return every combination of backends, auth, placement and architecture, in preview and update.

    With a second model they come as updates on one architecture: nothing of a model depends on either.
    """
    chosen = [subset for size in range(1, len(USUAL_NAMES) + 1)
              for subset in itertools.combinations(USUAL_NAMES, size)]  # fmt: skip
    axes = (chosen, ("iam", "jwt", "none"), ("efs-only", "all"), ("arm64", "x86_64"), (False, True))
    every_one = [Scenario(*values) for values in itertools.product(*axes)]
    updates = [one for one in every_one if one.architecture == "arm64" and not one.preview]
    return every_one + [replace(one, models=(MODEL,)) for one in updates]


def run_scenario(argument: tuple[Path, Scenario]) -> Graph:
    """Run one scenario in the project at that path."""
    project, scenario = argument
    return run(project, scenario.config, preview=scenario.preview)


def in_parallel(function: Callable[[Argument], Result], arguments: Iterable[Argument]) -> list[Result]:
    """Call `function` for each argument in processes of their own, as many as there are cores.

    They are copies of a fresh process: a parent that runs other tests has threads, which a copy has incompletely.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_in_copies, function, list(arguments)).result()


def _in_copies(function: Callable[[Argument], Result], arguments: list[Argument]) -> list[Result]:
    """Call `function` in copies of this process, after it has all the imports.

    Collecting garbage takes a fifth of a run, so no copy does: each ends before it has much of it.
    """
    for module in pkgutil.walk_packages(stacks.__path__, f"{stacks.__name__}."):
        importlib.import_module(module.name)
    for service in _services():
        hasattr(getattr(pulumi_aws, service), "anything")  # asking loads it
    cores, results = os.cpu_count() or 1, list[Result]()
    for start in range(0, len(arguments), cores * RUNS_OF_A_COPY):
        with ProcessPoolExecutor(cores, multiprocessing.get_context("fork"), initializer=gc.disable) as copies:
            results += copies.map(function, arguments[start : start + cores * RUNS_OF_A_COPY])
    return results


def _services() -> list[str]:
    """The services of the AWS SDK that the program uses, as the type checker's settings list them.

    The SDK loads each on first use, which takes longer than a run.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    named = (name for each in settings if each.get("follow_imports") == "normal" for name in each["module"])
    return [found[1] for name in named if (found := re.fullmatch(r"pulumi_aws\.(\w+)\.\*", name))]
