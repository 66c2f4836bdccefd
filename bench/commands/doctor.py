"""Check the target before a run: credentials, reachability, functions, quotas, clock; say what to do."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.commands.options import add_backends_option, add_precision_option, add_target_options, choice_from
from bench.deployments.connect import deployed, refuse_own_lab
from bench.deployments.doctor import FAIL, examine
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.process.errors import EXIT_NOT_MET, EXIT_OK
from bench.process.say import say
from contract.precisions import FP32
from contract.run_modes import SNAPSHOTS


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    add_target_options(parser)
    add_backends_option(parser, SNAPSHOTS)
    add_precision_option(parser, default=())


def execute(options: argparse.Namespace) -> int:
    """Print all findings; exit code 1 if one of them would spoil a run."""
    choice, failed = choice_from(options), False
    refuse_own_lab(choice, (), options.backends)
    with TemporaryDirectory() as scratch:
        log, asked = Path(scratch) / "lab.log", options.precisions
        with deployed(choice, options.backends, "onnx", log, precisions=asked or (FP32,)) as found:
            deployment = found.in_precisions(asked or found.precisions)
            functions = Functions(deployment)
            for check in examine(deployment, functions, LiveTarget(deployment, functions), Path.cwd()):
                say(f"{check.level:5} {check.about}: {check.message}")
                failed |= check.level == FAIL
    return EXIT_NOT_MET if failed else EXIT_OK
