"""Say whether `pulumi up` would reach AWS from here, what is missing, and how to fix it.

    python -m tools.ready [--stack NAME]

It checks this folder: the environment has the versions of requirements.txt, and the program runs in it to its end, on
the existing bundles, with a monitor in the engine's place. Exit code 1 if not. Whatever else the machine lacks (Pulumi,
Docker, AWS credentials) is listed as NOT READY and does not count: a workflow brings it in later steps, and another
machine than the deploying one may build the bundle.
"""

from __future__ import annotations

import argparse
import sys

from contract.checkout import ROOT
from tools.ready import environment, requirements


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 the folder is ready, 1 it is not."""
    parser = argparse.ArgumentParser(prog="python -m tools.ready", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--stack", default="", help="check with the settings of Pulumi.NAME.yaml (default: Pulumi.yaml's)"
    )
    options = parser.parse_args(arguments)
    pins = requirements.pins(ROOT / "requirements.txt")
    if found := list(environment.problems(pins)):
        return _refuse(found)
    print(f"ready: {', '.join(f'{package} {pins[package]}' for package in environment.SDKS)} in {sys.prefix}")
    return _check(options.stack)


def _check(stack: str) -> int:
    """Run the program, then look at the machine."""
    import yaml  # imported only now: these need packages whose installation was just checked

    from tools.ready import machine, program

    try:
        run = program.recorded(stack)
    except program.ProgramError as error:
        return _refuse([str(error)])
    print(
        f"ready: the program asks for {run.resources} resources: {', '.join(run.backends)} in {run.region}, "
        f"{run.architecture}, auth {run.auth}, {run.weights} weights"
    )
    needed = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["requiredPulumiVersion"]
    lacking = list(machine.lacking(needed, run.architecture, run.region))
    for sentence in lacking:
        print(f"NOT READY: {sentence}")
    print(
        "this folder is ready" + (f"; this machine lacks {len(lacking)} of what `pulumi up` needs" if lacking else "")
    )
    return 0


def _refuse(problems: list[str]) -> int:
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
