"""Pushing an existing tag again: going back to a commit, a killed update, a refresh that forgets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.stacks.support import awsx
from tests.stacks.support.project import make_project
from tests.stacks.support.recorder import Graph
from tests.stacks.support.registry import histories, immutable, play, two_commits

Commits = tuple[Graph, Graph]
NAMES = [*histories(Graph(), Graph())]


@pytest.fixture(scope="module")
def commits(tmp_path_factory: pytest.TempPathFactory) -> Commits:
    """Two commits of one stack; no image of the second is one of the first."""
    first, second = two_commits(make_project(Path(tmp_path_factory.mktemp("registry"))))
    assert not {build.name for build in first.builds} & {build.name for build in second.builds}
    return first, second


def _with(graph: Graph, **changes: object) -> Graph:
    return replace(graph, builds=[replace(build, **changes) for build in graph.builds])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_no_push_is_refused_and_no_running_image_lost(commits: Commits, name: str) -> None:
    account = play(histories(*commits)[name])

    assert account.refused == []
    assert account.lost() == set()
    assert len(account.running) == 3


@pytest.mark.parametrize("name", NAMES)
def test_immutable_repositories_would_refuse(commits: Commits, name: str) -> None:
    """The model can fail, and says in which way: with awsx's own image, or with ours, which stays."""
    strict = [immutable(graph) for graph in commits]
    plain = [_with(graph, version=awsx.AWSX_ASKS_FOR, retained=False) for graph in strict]
    # Within the login's hours awsx's image A is deleted at the end of B; ours is not forgotten by a refresh.
    refused = {
        "awsx's own": bool(play(histories(*plain)[name]).refused),
        "ours": bool(play(histories(*strict)[name]).refused),
    }

    assert refused == {"awsx's own": name != "A, B, A", "ours": name != "refresh after 13 hours"}


def test_two_tags_of_one_digest_survive_each_other(commits: Commits) -> None:
    """A change that does not reach the image, such as a comment in its Dockerfile, gives the same digest a new tag."""
    same = {build.name: f"sha256:{build.repository}" for graph in commits for build in graph.builds}

    assert play(histories(*commits)["A, B, A"], same).lost() == set()
    deleted = [_with(graph, retained=False) for graph in commits]
    assert len(play(histories(*deleted)["A, B, A"], same).lost()) == 3
