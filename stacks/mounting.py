"""Opens a file system in the VPC to the functions that mount it: what EFS and S3 Files have alike."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pulumi_aws as aws

from stacks.existing_network import AnyNetwork

MOUNT_PATH = "/mnt/model"
OWNER = 1000  # uid and gid of every access through the access point


def mount_targets(
    kind: Callable[..., pulumi.Resource],
    name: str,
    files: aws.efs.FileSystem | aws.s3.FilesFileSystem,
    network: AnyNetwork,
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Open a file system to the functions, and to them only; return the resources that a mount needs.

    `kind` makes a mount target, one in each zone; `name` is that of the backend, which is the `parent` of the rules.
    """
    group_id, rules = network.open_nfs(name, parent)
    targets = [
        kind(
            f"{name}-target-{index}",
            file_system_id=files.id,
            subnet_id=subnet_id,
            security_groups=[group_id],
            opts=pulumi.ResourceOptions(parent=files),
        )
        for index, subnet_id in enumerate(network.mount_subnet_ids)
    ]
    return [*targets, *rules]
