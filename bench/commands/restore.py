"""Put the functions' configuration back to what it was before a run that was killed."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands.options import add_place_options
from bench.deployments.connect import Choice, existing, recorded_choice
from bench.deployments.functions import Functions
from bench.deployments.originals import put_back
from bench.process.errors import EXIT_OK, UsageError
from bench.process.say import say
from bench.process.signals import undisturbed
from bench.runs.lock import only_writer
from bench.runs.records import Session
from bench.runs.store import read_run
from contract.environment import ENGINE


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `restore`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of the run")
    add_place_options(parser.add_mutually_exclusive_group())


def execute(options: argparse.Namespace) -> int:
    """Restore the configuration that the run's first session found, where it has changed. Raises TargetError."""
    if not options.directory.is_dir():
        raise UsageError(f"{options.directory} is not the folder of a run")
    with only_writer(options.directory):
        first = read_run(options.directory).first
        choice = Choice(options.stack, options.outputs) if options.stack or options.outputs else None
        choice = choice or recorded_choice(first, options.directory)
        if choice.is_own_lab:
            say("the lab of this run was started for it and is gone with it: there is nothing to put back")
            return EXIT_OK
        _restore(choice, first)
    return EXIT_OK


def _restore(choice: Choice, first: Session) -> None:
    if not first.originals:
        raise UsageError("this run has no record of how the functions were before it: set memory and engine yourself")
    deployment = existing(choice, first).in_precisions(first.axes.precisions)
    with undisturbed():
        changed = put_back(Functions(deployment), deployment, first.originals)
    for name, original in first.originals.items():
        state = "put back" if name in changed else "already as before"
        direct = f", direct reads {original.direct_reads}" if original.direct_reads else ""
        engine = original.variables.get(ENGINE) or "by default"
        say(f"{name}: {state} ({original.memory_mb} MB, engine {engine}{direct})")
