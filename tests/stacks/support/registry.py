"""A model of ECR, the docker-build provider and the state between them: refused pushes and lost images.

It has the relevant rules of the real ones. An immutable repository refuses a tag that it has. The provider pushes
whatever is not in the state, and deletes, by the digest, whatever is in the state and no longer wanted. Its login is
valid for 12 hours; before 0.0.22 a refresh takes an expired login for a missing image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from tests.stacks.support.awsx import Build
from tests.stacks.support.recorder import Graph, run

LOGIN_HOURS = 12


class Run(NamedTuple):
    """A deployment of `graph`; `hours` go by before it, `refresh` and `killed` say what becomes of the state."""

    graph: Graph
    hours: int = 0
    refresh: bool = False
    killed: bool = False


@dataclass
class Account:
    """An account's registry, and the state of the stack in it; `hours` go by between deployments."""

    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """Digests by tag, by repository."""
    state: dict[str, tuple[Build, str, int]] = field(default_factory=dict)
    """What Pulumi knows of: by name, the image, its digest, and the hour of the login that it was pushed with."""
    running: set[str] = field(default_factory=set)
    """The images that functions run: repository@digest."""
    refused: list[str] = field(default_factory=list)
    hours: int = 0
    built: int = 0

    def deploy(self, graph: Graph, *, killed: bool = False, digests: Mapping[str, str] | None = None) -> None:
        """Bring the account to the state that `graph` asks for or, if the engine is killed, to that after its pushes.

        `digests` says what comes out of a build, by tag; without it each build has a digest of its own.
        """
        immutable = {
            repository.outputs["url"]
            for repository in graph.of("awsx:ecr:Repository")
            if repository.inputs.get("imageTagMutability") == "IMMUTABLE"
        }
        wanted = {build.name: build for build in graph.builds}
        for name, build in wanted.items():
            if name in self.state:
                continue
            self.built += 1
            digest = (digests or {}).get(name) or f"sha256:{self.built:064x}"
            held = self.tags.setdefault(build.repository, {})
            if name in held and build.repository in immutable:
                self.refused.append(f"{build.repository}:{name}")
                return
            held[name] = digest
            if not killed:
                self.state[name] = (build, digest, self.hours)
        if killed:
            return
        self.running = {f"{build.repository}@{self.state[name][1]}" for name, build in wanted.items()}
        for name in self.state.keys() - wanted.keys():
            self._delete(*self.state.pop(name))

    def refresh(self) -> None:
        """`pulumi refresh`: ask the registry for every image in the state, with the login that is in the state."""
        for name, (build, _, login) in [*self.state.items()]:
            if self.hours - login > LOGIN_HOURS and _version(build.version) < (0, 0, 22):
                del self.state[name]

    def wait(self, hours: int) -> None:
        """Let hours go by."""
        self.hours += hours

    def lost(self) -> set[str]:
        """Return the images that functions run and the registry no longer has."""
        held = {f"{repository}@{digest}" for repository, tags in self.tags.items() for digest in tags.values()}
        return self.running - held

    def _delete(self, build: Build, digest: str, login: int) -> None:
        if build.retained or self.hours - login > LOGIN_HOURS:  # the provider ignores this refusal
            return
        held = self.tags[build.repository]
        self.tags[build.repository] = {tag: known for tag, known in held.items() if known != digest}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def histories(first: Graph, second: Graph) -> dict[str, tuple[Run, ...]]:
    """Return the ways in which a tag is pushed again, for two commits of one stack."""
    return {
        "A, B, A": (Run(first), Run(second), Run(first)),
        "A, B, A, a day between each": (Run(first), Run(second, hours=24), Run(first, hours=24)),
        "killed between push and state": (Run(first, killed=True), Run(first), Run(second, killed=True), Run(second)),
        "refresh after 13 hours": (Run(first), Run(first, hours=13, refresh=True)),
    }


def play(history: Iterable[Run], digests: Mapping[str, str] | None = None) -> Account:
    """Return the account after these deployments."""
    account = Account()
    for step in history:
        account.wait(step.hours)
        if step.refresh:
            account.refresh()
        account.deploy(step.graph, killed=step.killed, digests=digests)
    return account


def immutable(graph: Graph) -> Graph:
    """Return a copy of the graph with repositories that refuse a tag that they have."""
    return replace(
        graph,
        resources=[
            replace(known, inputs={**known.inputs, "imageTagMutability": "IMMUTABLE"})
            if known.type == "awsx:ecr:Repository"
            else known
            for known in graph.resources
        ],
    )


def two_commits(project: Path) -> tuple[Graph, Graph]:
    """Run the program in `project` before and after a change of every image's code."""
    first = run(project, {})
    for app in (project / "images").glob("*/app.py"):
        app.write_text(f"{app.read_text()}CHANGED = True\n")
    return first, run(project, {})
