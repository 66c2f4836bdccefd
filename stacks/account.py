"""Says where a deployment goes, and builds the ARNs of things that do not exist yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.given import OWN_TAGS
from stacks.naming import Names, partition
from stacks.settings import Settings


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

    @property
    def dns_suffix(self) -> str:
        """The end of the names of AWS's services here."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def function_arn(self, name: str) -> pulumi.Output[str]:
        """Return the ARN of the function that has or will have this name."""
        return pulumi.Output.concat(f"arn:{self.partition}:lambda:{self.region}:", self.account, f":function:{name}")


def connect(settings: Settings, names: Names) -> aws.Provider:
    """Return the provider that makes everything, in the region and with the tags of this deployment."""
    ours = dict(zip(OWN_TAGS, (names.project, names.stack, "pulumi"), strict=True))
    tags = aws.ProviderDefaultTagsArgs(tags={**dict(settings.tags), **ours})
    return aws.Provider("aws", region=settings.region, default_tags=tags)


def policy_json(build: Callable[..., Any], **arguments: pulumi.Input[Any]) -> pulumi.Output[str]:
    """Return, as JSON, the result of a pure function of stacks.policies for `arguments`, once they are known."""
    return pulumi.Output.all(**arguments).apply(lambda known: json.dumps(build(**known)))
