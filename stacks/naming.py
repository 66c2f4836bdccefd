"""Builds the names and ARNs that are known before anything exists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stacks.errors import DeploymentError

_FUNCTION_NAME_MAX = 64
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Names:
    """Physical names of one stack; fixed only where something outside has to know them."""

    project: str
    stack: str

    def function(self, role: str) -> str:
        """Return the name of the Lambda function for `role`, e.g. model-storage-dev-efs."""
        return f"{self.project}-{self.stack}-{role}"

    def check(self, roles: Iterable[str]) -> None:
        """Raise DeploymentError if project and stack make an invalid function name for one of `roles`."""
        name = max(map(self.function, roles), key=len)
        if not _FUNCTION_NAME.fullmatch(name) or len(name) > _FUNCTION_NAME_MAX:
            raise DeploymentError.of(
                [
                    f"project {self.project!r} and stack {self.stack!r} make the function name {name!r}: Lambda takes "
                    f"letters, digits, - and _, {_FUNCTION_NAME_MAX} at most; for the stack `pulumi stack rename`, for "
                    "the project another `name` in Pulumi.yaml, or take shorter names in moreModels"
                ]
            )

    @property
    def api_log_group(self) -> str:
        """Name of the access log's group; the prefix keeps the account's log resource policy from growing full."""
        return f"/aws/vendedlogs/{self.project}-{self.stack}-api"


def partition(region: str) -> str:
    """Return the partition of `region`, the second field of every ARN in it."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(re.sub(r"-[a-z]+-\d$", "", region), "aws")


def slug(route_key: str) -> str:
    """Return a resource name for a route key: `GET /efs/similar` is get-efs-similar, `$default` is default."""
    return "-".join(re.findall(r"[a-z0-9-]+", route_key.lower()))
