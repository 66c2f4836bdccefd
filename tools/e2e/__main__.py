"""Deploy to AWS, use, update, roll back and destroy, which is the only full proof. It costs money.

    python -m tools.e2e STACK [--yes]

STACK is made for this and removed again, or is an empty one. Whatever fails, the stack is destroyed at the end, and
everything that AWS still has of it is listed. After a killed run the same command only destroys what that run left.
With BENCH_TOKEN set, and jwtIssuer and jwtAudiences in the stack's file, the auth jwt is tried as well.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3

from bench.cost.prices import read_prices
from bench.deployments.auth import TOKEN_VARIABLE
from contract.auth import IAM, JWT, NONE
from contract.checkout import ROOT
from stacks.storages import BACKENDS
from tools.e2e import cost, run
from tools.e2e.bundles import Bundles
from tools.e2e.errors import EXIT_CODES, EXIT_LEFT, EXIT_REFUSED, E2eError, RefusedError
from tools.e2e.leftovers import Session
from tools.e2e.stack import Stack
from tools.e2e.steps import Journey

_PAUSE_S = 10.0
IN_PROGRESS = "build/e2e/in-progress"  # .github/workflows/e2e.yml looks for it, too


def aws(region: str) -> Session:
    """AWS's own clients."""
    found: Session = boto3.Session(region_name=region)
    return found


def main(
    arguments: Sequence[str] | None = None,
    root: Path = ROOT,
    session: Callable[[str], Session] = aws,
    pause_s: float = _PAUSE_S,
) -> int:
    """Run the command line on the project in `root`; return one of EXIT_CODES."""
    options = _parser().parse_args(arguments)
    stack, work = Stack(options.stack, root), root / "build" / "e2e"
    mark, bundles = run.Mark(root / IN_PROGRESS), Bundles(root, work)
    auths = (IAM, *([JWT] if os.environ.get(TOKEN_VARIABLE) else []), NONE)
    reports = root / "reports" / f"e2e-{datetime.now(UTC).strftime('%Y-%m-%dT%H-%M-%SZ')}"
    journey = Journey(stack, bundles, auths, reports, pause_s)
    if JWT not in auths:
        journey.not_proved.append(f"auth jwt: it needs an issuer of tokens, and a token in {TOKEN_VARIABLE}")

    def ask(question: str) -> bool:
        return options.yes or not sys.stdin.isatty() or input(f"{question} [Y/n] ").strip().lower() in ("", "y", "yes")

    try:
        if mark.is_of(stack):
            print(f"an earlier run with {stack.name} was cut off: what it left is destroyed, and no more is done")
            return run.verdict(run.clean_up(journey, mark, session), failed=True)
        _refuse_unless_free(stack)
        _confirm(auths, options.yes)
    except (E2eError, RefusedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_REFUSED
    try:
        with stack.lent():
            return run.travel(journey, mark, session, ask)
    except (E2eError, KeyboardInterrupt) as error:
        print(f"error: {error or 'interrupted'}; the same command destroys what is left", file=sys.stderr)
        return EXIT_LEFT


def _refuse_unless_free(stack: Stack) -> None:
    """Raise RefusedError if the stack holds something: the end is a destroy, which nobody wants for a stack in use."""
    if stack.exists() and (held := stack.resources()):
        raise RefusedError(
            f"the stack {stack.name} holds {len(held)} resources, and a run ends with a destroy: name another"
        )


def _confirm(auths: Sequence[str], yes: bool) -> None:
    """Print the expected cost, and ask. Raises RefusedError without a yes."""
    prices = read_prices()
    print(cost.described(cost.expect(tuple(BACKENDS), 2 + len(auths), prices), prices), flush=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise RefusedError("nobody is there to confirm: say --yes")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise RefusedError("not confirmed, nothing was started")


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tools.e2e",
        description=(__doc__ or "").splitlines()[0],
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stack", metavar="STACK", help="a stack of its own; one that holds something is refused")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM also leads to the destroy, as Ctrl-C does
    sys.exit(main())
