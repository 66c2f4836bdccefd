"""The one kind of error that the program stops with before any resource exists."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi


class DeploymentError(pulumi.RunError):
    """The deployment was refused; the message says what is wrong and what mends it. Pulumi shows it without a trace."""

    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[str]) -> DeploymentError:
        """Return one error that lists every problem, so that a user mends them in one go."""
        error = cls(
            "\n".join(["the deployment is refused before anything was changed:", *(f"  - {p}" for p in problems)])
        )
        error.problems = tuple(problems)
        return error
