"""The code and the configuration of a function."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contract import names
from lab.host.identity import ACCOUNT_ID, REGION
from lab.runtime.capacity import Need
from lab.runtime.launch import Code
from lab.shape.shape import Processor
from lab.shape.surroundings import Surround, unshaped


def function_arn(name: str) -> str:
    """The ARN of a function in the lab's make-believe account."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"


@dataclass(frozen=True)
class FunctionSpec:
    """A function to deploy.

    `need` is what one of its environments is expected to need, `surround` makes what is around one. `processor` says
    which share of the processors goes with its memory size; None: as much as there is.
    """

    name: str
    code: Code
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int = 3008
    timeout_s: int = 60
    need: Need = field(default_factory=Need)
    surround: Surround = unshaped
    processor: Processor | None = None

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return function_arn(self.name)

    @property
    def log_group(self) -> str:
        """Name of the CloudWatch log group."""
        return names.log_group(self.name)


@dataclass(frozen=True)
class Configuration:
    """A spec as deployed: with the revision and the state of the last update, as the Lambda API shows them."""

    spec: FunctionSpec
    update_status: str = "Successful"
    update_reason: str = ""
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
