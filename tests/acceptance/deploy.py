"""Measures the deployment's rows."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from model.bundles import bundle, incidents
from tests.acceptance.table import Measure, Row
from tests.stacks.support import iam, recorded
from tests.stacks.support.project import ROOT, make_project
from tests.stacks.support.registry import histories, play, two_commits
from tests.stacks.support.scenarios import combinations, in_parallel, run_scenario
from tests.stacks.support.trial import FAULTS, checks_that_catch
from tests.tools.images.support.layers import UMASKS, weights_layers
from tests.tools.ready.support.fresh import NotProved, clone_into, compare, prove
from tools.images import shell
from tools.policies.__main__ import DIRECTORY
from tools.policies.documents import PREVIEW

_FAULTS_BEFORE = 88  # the faults that were seeded before a first `pulumi up` was followed step by step
_NEW_FAULTS = 12


def fresh_clone() -> Iterator[Row]:
    """The deploying steps in a clone with an environment of its own; takes a minute or two, mostly pip's downloads."""
    what = "fresh clone, the deploying steps, import of the three SDKs and a recorded run in that .venv"
    try:
        with tempfile.TemporaryDirectory() as directory:
            clone = clone_into(Path(directory))
            proof = prove(clone)
            compare(clone, proof)
    except (NotProved, ValueError) as error:
        yield Row(what, "passes", str(error), False)
        return
    versions = ", ".join(f"{name} {version}" for name, version in proof.versions.items())
    asked = f"{proof.program['resources']} resources asked for, in {proof.seconds:.0f} s; {versions}"
    yield Row(what, "passes", f"{asked}; not run here: {'; '.join(proof.skipped) or 'none'}", True)


def pushes_of_an_existing_tag() -> Iterator[Row]:
    """Going back to a commit, a killed update, a refresh with an expired login."""
    with tempfile.TemporaryDirectory() as directory:
        commits = two_commits(make_project(Path(directory)))
    for name, history in histories(*commits).items():
        account = play(history)
        yield Row(
            f"recorded {name}: pushes of an existing tag that are refused, running images that are lost",
            "0, 0",
            f"{len(account.refused)}, {len(account.lost())}",
            not account.refused and not account.lost(),
        )


def seeded_faults() -> Iterator[Row]:
    """Each fault is seeded into a copy of the program, and the rule for it must catch it."""
    complaints = in_parallel(checks_that_catch, FAULTS)
    caught = [
        fault.caught_by in {complaint.partition(":")[0] for complaint in said}
        for fault, said in zip(FAULTS, complaints, strict=True)
    ]
    new = len(FAULTS) - _FAULTS_BEFORE
    yield Row(
        "seeded faults caught",
        f"all, at least {_NEW_FAULTS} new ones",
        f"{sum(caught)} of {len(FAULTS)}, {new} new ones",
        all(caught) and new >= _NEW_FAULTS,
    )


def layer_of_the_weights() -> Iterator[Row]:
    """Two builds by buildah, without a cache, of one bundle with other modification times and modes."""
    what = "layer of the weights, two builds of one bundle (other mtimes, umask 022 and 002)"
    if missing := [*shell.missing_packages(), *([] if os.geteuid() == 0 else ["root"])]:
        yield Row(what, "same digest", f"not measured, building needs {' and '.join(missing)}", False)
        return
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "tiny"
        options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, made, tiny=True)
        bundle.build(options, Console(quiet=True))
        digests = weights_layers(made, ROOT / "build" / "image-store", Path(directory))
    yield Row(
        what,
        "same digest",
        " and ".join(digest[7:19] for digest in digests),
        len(digests) == len(UMASKS) and len(set(digests)) == 1,
    )


def deploy_policy() -> Iterator[Row]:
    """The policies as they are in the repository, against the graph of every scenario."""
    scenarios = [scenario for scenario in combinations() if not scenario.preview]
    with tempfile.TemporaryDirectory() as directory:
        project = make_project(Path(directory))
        graphs = [*in_parallel(run_scenario, [(project, scenario) for scenario in scenarios]), *recorded.runs()]
    paths = [path for path in DIRECTORY.glob("*.json") if path.stem != PREVIEW]
    policies = [iam.fill(json.loads(path.read_text())) for path in paths]
    lacking = {problem for graph in graphs for problem in iam.missing(policies, graph)}
    asked = {pair for graph in graphs for pair in iam.asked(graph)}
    measured = f"{len(lacking)} of {len(asked)}, in {len(graphs)} runs"
    yield Row(
        "actions needed by the recorded graph and missing in the deploy policy",
        "0",
        "; ".join([measured, *sorted(lacking)[:5]]),
        bool(asked) and not lacking,
    )


MEASURES: list[Measure] = [fresh_clone, pushes_of_an_existing_tag, seeded_faults, layer_of_the_weights, deploy_policy]
