"""Uses a network that exists already: functions and mount targets go into it, and nothing in it is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi


class AnyNetwork(Protocol):
    """What functions and file systems must know about their network, made here or existing."""

    @property
    def subnet_ids(self) -> Sequence[pulumi.Input[str]]: ...
    @property
    def mount_subnet_ids(self) -> Sequence[pulumi.Input[str]]: ...
    @property
    def functions_group_id(self) -> pulumi.Input[str]: ...
    @property
    def ready(self) -> Sequence[pulumi.Resource]: ...

    def open_nfs(self, name: str, parent: pulumi.Resource) -> tuple[pulumi.Input[str], Sequence[pulumi.Resource]]: ...


@dataclass(frozen=True)
class ExistingNetwork:
    """Subnets of one VPC, and the one security group of functions and mount targets.

    `mount_subnet_ids` are those for mount targets: a file system takes one in each zone.
    """

    subnet_ids: Sequence[str]
    mount_subnet_ids: Sequence[str]
    functions_group_id: str
    ready: Sequence[pulumi.Resource] = ()

    def open_nfs(self, name: str, parent: pulumi.Resource) -> tuple[str, Sequence[pulumi.Resource]]:
        """Return the group of the mount targets: the functions' own group, whose rules its owner makes."""
        return self.functions_group_id, ()
