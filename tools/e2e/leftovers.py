"""Lists what AWS itself, not Pulumi's state, still has of a stack that was destroyed, by tags and names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tools.e2e.errors import E2eError
from tools.e2e.stack import Resource

_PREFIXES = ("/aws/lambda/", "/aws/vendedlogs/")


class Session(Protocol):
    """The part of boto3.Session that is used."""

    def client(self, service_name: str) -> Any: ...


def listed(session: Session, project: str, stack: str, before: Iterable[Resource]) -> list[str]:
    """Return what still exists: all with the stack's tags, its log groups, and its former roles and repositories.

    Tags alone would miss untagged things, such as a log group that Lambda made again, and roles, which that API omits.
    """
    try:
        found = [
            *_tagged(session, project, stack),
            *_log_groups(session, f"{project}-{stack}-"),
            *_named(session, before),
        ]
    except (BotoCoreError, ClientError) as error:
        raise E2eError(f"AWS could not be asked what is left: {error}") from error
    return sorted(set(found))


def until_nothing(look: Callable[[], list[str]], patience_s: float, pause_s: float) -> list[str]:
    """Look until nothing is left; return what is left when time is up. The tagging API is minutes behind."""
    deadline = time.monotonic() + patience_s
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(pause_s)
    return found


def _tagged(session: Session, project: str, stack: str) -> Iterator[str]:
    filters = [{"Key": "Project", "Values": [project]}, {"Key": "Stack", "Values": [stack]}]
    pages = session.client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    for page in pages:
        yield from (entry["ResourceARN"] for entry in page["ResourceTagMappingList"])


def _log_groups(session: Session, name: str) -> Iterator[str]:
    paginator = session.client("logs").get_paginator("describe_log_groups")
    for prefix in _PREFIXES:
        for page in paginator.paginate(logGroupNamePrefix=prefix + name):
            yield from (f"log group {group['logGroupName']}" for group in page["logGroups"])


def _named(session: Session, before: Iterable[Resource]) -> Iterator[str]:
    """Yield the roles and repositories of the old state that still exist."""
    iam, ecr = session.client("iam"), session.client("ecr")
    for resource in before:
        if resource.kind == "aws:iam/role:Role" and _exists(iam.get_role, RoleName=resource.id):
            yield f"role {resource.id}"
        if resource.kind == "aws:ecr/repository:Repository" and _exists(
            ecr.describe_repositories, repositoryNames=[resource.id]
        ):
            yield f"repository {resource.id}"


def _exists(ask: Callable[..., object], **named: object) -> bool:
    try:
        ask(**named)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchEntity", "RepositoryNotFoundException"):
            return False
        raise
    return True
