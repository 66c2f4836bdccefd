"""Takes the steps of a run until one fails, destroys the stack in any case, and lists what is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.process.errors import BenchError
from tools.e2e import leftovers
from tools.e2e.errors import EXIT_FAILED, EXIT_LEFT, EXIT_OK, E2eError
from tools.e2e.leftovers import Session
from tools.e2e.stack import Resource, Stack
from tools.e2e.steps import Journey, Step

_PATIENCE_S = 900.0
# Whatever fails, even unexpectedly: the stack must be destroyed, because it costs money.
_FAILURES = (Exception, KeyboardInterrupt)


@dataclass(frozen=True)
class Mark:
    """A file that exists from before the first update until the destroy is done; it survives a killed run."""

    file: Path

    def is_of(self, stack: Stack) -> bool:
        """Whether a run with this very stack was cut off."""
        return self.file.exists() and self.file.read_text(encoding="utf-8") == stack.name

    def set(self, stack: Stack) -> None:
        """Note that from here on there may be something to destroy."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(stack.name, encoding="utf-8")

    def clear(self) -> None:
        """Note that nothing is left to destroy."""
        self.file.unlink(missing_ok=True)


def travel(journey: Journey, mark: Mark, session: Callable[[str], Session], ask: Callable[[str], bool]) -> int:
    """Take all steps, then destroy; return the exit code. `session` gives AWS's clients of a region."""
    mark.set(journey.stack)
    failure = _take(list(journey.steps()))
    if failure is not None:
        print(f"FAILED: {failure}", file=sys.stderr)
    if failure is not None and not ask("Destroy the stack now?"):
        left = [f"{resource.kind} {resource.id}" for resource in journey.stack.resources()]
    else:
        left = clean_up(journey, mark, session)
    for sentence in dict.fromkeys(journey.not_proved):
        print(f"not proved: {sentence}")
    return verdict(left, failed=failure is not None)


def clean_up(journey: Journey, mark: Mark, session: Callable[[str], Session]) -> list[str]:
    """Destroy, put the bundle back, and return what is left in the state or in AWS. Raises E2eError without a state."""
    print("== destroy", flush=True)
    stack, held = journey.stack, list(journey.held)
    try:
        held += stack.resources()
        stack.destroy()
    except _FAILURES as error:
        print(f"FAILED: destroy: {_words(error)}", file=sys.stderr)
    finally:
        journey.bundles.roll_back()
    if state := stack.resources():
        return [f"{resource.kind} {resource.id}" for resource in state]
    mark.clear()
    return _in_aws(journey, held, session)


def verdict(left: Sequence[str], *, failed: bool) -> int:
    """Say what is left, and return the exit code."""
    for thing in left:
        print(f"LEFT: {thing}", file=sys.stderr)
    if left:
        return EXIT_LEFT
    print("nothing is left")
    return EXIT_FAILED if failed else EXIT_OK


def _take(steps: Sequence[Step]) -> str | None:
    """Take the steps in turn; return the failures."""
    for number, step in enumerate(steps, start=1):
        print(f"== {number}/{len(steps)} {step.title}", flush=True)
        try:
            step.run()
        except _FAILURES as error:
            return f"{step.title}: {_words(error)}"
    return None


def _words(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return str(error) if isinstance(error, (E2eError, BenchError)) else f"{type(error).__name__}: {error}"


def _in_aws(journey: Journey, held: Sequence[Resource], session: Callable[[str], Session]) -> list[str]:
    if journey.deployment is not None and journey.deployment.is_lab:
        journey.not_proved.append("that AWS has nothing left: the lab was deployed to")
        return []
    stack = journey.stack
    clients = session(stack.region)
    try:
        return leftovers.until_nothing(
            lambda: leftovers.listed(clients, stack.project, stack.name, held), _PATIENCE_S, journey.pause_s
        )
    except E2eError as error:
        return [f"unknown: {error}"]
