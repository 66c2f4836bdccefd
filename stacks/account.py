"""Where a deployment goes, and the ARNs of things that do not exist yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi

from stacks.naming import Names, partition


@dataclass(frozen=True)
class Place:
    """Account and region of a deployment, and the names of its stack."""

    names: Names
    region: str
    account: pulumi.Output[str]

    @property
    def partition(self) -> str:
        """The second field of every ARN here."""
        return partition(self.region)

    def function_arn(self, name: str) -> pulumi.Output[str]:
        """Return the ARN of the function that has, or will have, this name."""
        return pulumi.Output.concat(f"arn:{self.partition}:lambda:{self.region}:", self.account, f":function:{name}")


def policy_json(build: Callable[..., Any], **arguments: pulumi.Input[Any]) -> pulumi.Output[str]:
    """Return, as JSON, what a pure function of stacks.policies makes of `arguments` once they are known."""
    return pulumi.Output.all(**arguments).apply(lambda known: json.dumps(build(**known)))
