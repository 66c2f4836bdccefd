"""The one error that stops the program before any resource exists."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


class DeploymentError(pulumi.RunError):
    """The deployment was refused; the message says what is wrong and what to do. Pulumi shows it without a trace."""

    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[str]) -> DeploymentError:
        """Return one error that lists every problem, so that a user can solve all of them in one go."""
        error = cls(
            "\n".join(["the deployment is refused before anything was changed:", *(f"  - {p}" for p in problems)])
        )
        error.problems = tuple(problems)
        return error
