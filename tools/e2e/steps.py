"""The steps of a run, in their order, each with what it must show."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.deployments.deployment import Deployment
from contract.auth import NONE
from contract.checkout import ROOT
from tools.e2e import asking, cost
from tools.e2e.bundles import Bundles
from tools.e2e.errors import E2eError
from tools.e2e.stack import Resource, Stack

_BENCH_LIMIT_S = 3600


@dataclass(frozen=True)
class Step:
    """A description and an action, which raises if it does not show what it must."""

    title: str
    run: Callable[[], None]


@dataclass
class Journey:
    """A stack on its way: the last deployment, the contents of its state, and what could not be proved."""

    stack: Stack
    bundles: Bundles
    auths: tuple[str, ...]
    reports: Path
    pause_s: float
    deployment: Deployment | None = None
    first_hash: str = ""
    held: list[Resource] = field(default_factory=list)
    not_proved: list[str] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """Yield all steps up to the destroy, which is not one of them because it is always done."""
        first, *others = self.auths
        yield Step(f"up, with auth {first}", partial(self._up, first))
        yield Step("one request to each backend", self._ask)
        yield Step("a short benchmark", self._measure)
        yield Step("an update: a new bundle", self._update)
        yield Step("one request to each backend, of the new bundle", self._ask)
        yield Step("a rollback: the first bundle again", self._roll_back)
        yield Step("one request to each backend, of the first bundle", self._ask)
        for auth in others:
            yield Step(f"up, with auth {auth}", partial(self._up, auth))
            yield Step(f"one request to each backend, with auth {auth}", self._ask)

    def _up(self, auth: str | None = None) -> None:
        if auth:
            self.stack.set("auth", auth)
        self.deployment = self.stack.up()
        self.held = self.stack.resources()
        self.first_hash = self.first_hash or self.deployment.bundle_hash

    @property
    def _deployed(self) -> Deployment:
        if self.deployment is None:
            raise E2eError("nothing is deployed")
        return self.deployment

    def _ask(self) -> None:
        asking.ask(self._deployed, self.pause_s)
        if self._deployed.auth_mode == NONE:
            return
        if self._deployed.is_lab:
            self.not_proved.append(
                f"that auth {self._deployed.auth_mode} refuses who has no rights: the lab lets all in"
            )
            return
        asking.ask_without_rights(self._deployed, self.pause_s)

    def _measure(self) -> None:
        axes = cost.axes([backend.name for backend in self._deployed.backends])
        options = ["--backends", ",".join(axes.backends), "--cold", str(axes.cold), "--warm", str(axes.warm), "--yes"]
        command = [sys.executable, "bench/run.py", "--stack", self.stack.name, "--out", str(self.reports), *options]
        done = subprocess.run(command, cwd=ROOT, timeout=_BENCH_LIMIT_S)
        if done.returncode:
            raise E2eError(f"the benchmark ended with exit code {done.returncode}; its report is in {self.reports}")

    def _update(self) -> None:
        self.bundles.update()
        self._up()
        if self._deployed.bundle_hash == self.first_hash:
            raise E2eError(f"the update must publish another bundle than {self.first_hash[:12]}")

    def _roll_back(self) -> None:
        self.bundles.roll_back()
        self._up()
        if self._deployed.bundle_hash != self.first_hash:
            raise E2eError(f"the rollback must publish {self.first_hash[:12]}, not {self._deployed.bundle_hash[:12]}")
