"""Names what belongs to a model: its functions, their log groups, and the paths below which it answers.

The first model has no name: what belongs to it is called as if there were no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MODEL = re.compile(r"[a-z][a-z0-9-]{0,15}")
LABEL = re.compile(r"[a-z][a-z0-9-]{0,31}")  # of a function that is not ours; it is in names, paths and reports


@dataclass(frozen=True)
class Named:
    """What has a model's name, which is empty for the first."""

    name: str

    def role(self, backend: str) -> str:
        """What the name of its encoder function on a backend ends in: efs, minilm-efs."""
        return "-".join(filter(None, (self.name, backend)))

    def search_role(self, backend: str) -> str:
        """What the name of its search function on a backend ends in: efs-search, minilm-efs-search."""
        return f"{self.role(backend)}-search"

    def path(self, backend: str = "") -> str:
        """The path below which it answers, without a backend from the default one: /efs, /minilm/efs, /minilm."""
        return "".join(f"/{part}" for part in (self.name, backend) if part)


def log_group(function: str) -> str:
    """The log group of a function: Lambda's own convention."""
    return f"/aws/lambda/{function}"
