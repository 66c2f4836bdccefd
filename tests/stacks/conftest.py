"""Recorded runs of the program, made once and shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks.support.project import make_project
from tests.stacks.support.recorder import Graph, run
from tests.stacks.support.scenarios import EVERYTHING, Scenario, combinations, in_parallel, run_scenario


def pytest_configure(config: pytest.Config) -> None:
    """Ignore the AWS SDK's warnings about its own old names, none of which is used here."""
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:pulumi_aws.*")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project directory with a small bundle. Shared: do not change its files."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def graphs(project: Path) -> dict[Scenario, Graph]:
    """The program's requests in every combination."""
    scenarios = combinations()
    return dict(zip(scenarios, in_parallel(run_scenario, [(project, s) for s in scenarios]), strict=True))


@pytest.fixture(scope="session")
def default(project: Path) -> Graph:
    """An update with the defaults of Pulumi.yaml."""
    return run(project, {})


@pytest.fixture(scope="session")
def everything(project: Path) -> Graph:
    """An update with everything switched on that is off by default."""
    return run(project, EVERYTHING)
