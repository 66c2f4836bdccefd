"""Backend (a): the weights on EFS, put there by a seeder function inside the deployment.

Bundles live in directories named after their hash. A deployment with a new bundle
1. runs the seeder, which copies the new one beside the old and removes nothing, since the old one is in use,
2. updates the serving function, whose new environments read the new directory,
3. waits until the old environments have answered what they had begun (stacks.backend),
4. runs the seeder again, which finds the new bundle whole and removes every other.
A deployment that fails at any step leaves the serving function with a whole bundle.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks import policies
from stacks.account import policy_json
from stacks.backend import Backend, BackendArgs, Serving, required
from stacks.function import ContainerFunction, FunctionArgs, Mount
from stacks.image import Image
from stacks.model_store import ModelStore
from stacks.network import Network

MOUNT_PATH = "/mnt/model"
NFS_PORT = 2049
_OWNER = 1000  # uid and gid of every access through the access point
_SEEDER_MEMORY_MB = 1024
_SEEDER_TIMEOUT_SECONDS = 900
_RETRIES = 20
_RETRY_SECONDS = 15.0
# What Lambda answers when a function will work in a moment. For about 90 s after a mount target is made its name may
# not resolve; and a function that nobody called for weeks, as nobody calls the seeder, is Inactive: the first call
# fails and brings it back, which takes minutes.
_NOT_READY = re.compile(
    r"EFSMount\w+Exception|EFSIOException|ENINotReadyException|ResourceNotReadyException"
    r"|CodeArtifactUserPendingException|(?s:ResourceConflictException.*\bstate: Pending)"
)


class EfsBackend(Backend):
    """The similarity function with its weights on EFS."""

    NEEDS_STORE = True
    NEEDS_NETWORK = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        self._store = required(args.store, name, "store")
        self._network = required(args.network, name, "network")
        self._seeder_name = args.place.names.function(f"{name}-seeder")
        image = self._image(self._seeder_name)
        self._files = self._file_system()
        self._access = self._access_point()
        mountable = self._mount_targets(self._network)
        seeder = self._seeder(image, mountable)
        mountable = [*mountable, self._guard(seeder)]
        retry = pulumi.ErrorHook(f"{name}-ready", retry_until_ready)
        seed = self._run_seeder(seeder, "seed", {}, mountable, retry)
        serve = self._serve(
            image,
            f"Amazon EFS ({args.settings.efs_throughput} throughput) in {args.place.region}, mounted read-only",
            Serving(
                environment={"MODEL_DIR": f"{MOUNT_PATH}/{args.bundle.source_hash}"},
                grants={"mount": self._mount_grant(write=False)},
                mount=Mount(self._access.arn, MOUNT_PATH),
                ready=[*mountable, seed],
            ),
        )
        self._run_seeder(seeder, "sweep", {"keep": []}, [serve.function], retry)
        self._register()

    def _file_system(self) -> aws.efs.FileSystem:
        settings = self._args.settings
        return aws.efs.FileSystem(
            f"{self._name}-files",
            encrypted=True,
            throughput_mode=settings.efs_throughput,
            provisioned_throughput_in_mibps=settings.efs_provisioned_mibps or None,
            tags={"Name": f"{pulumi.get_project()}-{pulumi.get_stack()}"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _access_point(self) -> aws.efs.AccessPoint:
        return aws.efs.AccessPoint(
            f"{self._name}-access",
            file_system_id=self._files.id,
            posix_user={"uid": _OWNER, "gid": _OWNER},
            root_directory={
                "path": "/models",
                "creation_info": {"owner_uid": _OWNER, "owner_gid": _OWNER, "permissions": "0755"},
            },
            opts=pulumi.ResourceOptions(parent=self._files),
        )

    def _mount_targets(self, network: Network) -> list[pulumi.Resource]:
        """Open the file system to the functions, and to them only; return what has to be there before a mount."""
        targets_group = network.security_group(f"{self._name}-targets", "Mount targets of the file system")
        targets = [
            aws.efs.MountTarget(
                f"{self._name}-target-{index}",
                file_system_id=self._files.id,
                subnet_id=subnet_id,
                security_groups=[targets_group.id],
                opts=pulumi.ResourceOptions(parent=self._files),
            )
            for index, subnet_id in enumerate(network.subnet_ids)
        ]
        ingress = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-functions",
            description="NFS from the functions",
            security_group_id=targets_group.id,
            referenced_security_group_id=network.functions_group_id,
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            opts=pulumi.ResourceOptions(parent=self),
        )
        egress = aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-targets",
            description="NFS to the mount targets",
            security_group_id=network.functions_group_id,
            referenced_security_group_id=targets_group.id,
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return [*targets, ingress, egress]

    def _guard(self, seeder: ContainerFunction) -> pulumi.Resource:
        return aws.efs.FileSystemPolicy(
            f"{self._name}-guard",
            file_system_id=self._files.id,
            policy=policy_json(
                policies.guard_file_system,
                file_system_arn=self._files.arn,
                access_point_arn=self._access.arn,
                writer_role_arn=seeder.role.arn,
            ),
            opts=pulumi.ResourceOptions(parent=self._files),
        )

    def _mount_grant(self, *, write: bool) -> pulumi.Output[str]:
        return policy_json(
            lambda files, access: policies.document(policies.mount(files, access, write=write)),
            files=self._files.arn,
            access=self._access.arn,
        )

    def _seeder(self, image: Image, mountable: list[pulumi.Resource]) -> ContainerFunction:
        args = self._args
        return ContainerFunction(
            f"{self._name}-seeder",
            FunctionArgs(
                settings=args.settings,
                place=args.place,
                function_name=self._seeder_name,
                description="Copies the model bundle from S3 to EFS",
                image=image,
                command="seeder.handler",
                environment={"MODEL_ROOT": MOUNT_PATH},
                memory_mb=_SEEDER_MEMORY_MB,
                timeout_seconds=_SEEDER_TIMEOUT_SECONDS,
                network=self._network,
                mount=Mount(self._access.arn, MOUNT_PATH),
                grants={**self._store.read_grant, "mount": self._mount_grant(write=True)},
                ready=mountable,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _run_seeder(
        self,
        seeder: ContainerFunction,
        step: str,
        more: dict[str, Any],
        after: list[pulumi.Resource],
        retry: pulumi.ErrorHook,
    ) -> aws.lambda_.Invocation:
        """Invoke the seeder whenever the bundle or the file system is another one than last time."""
        bundle = self._args.bundle
        return aws.lambda_.Invocation(
            f"{self._name}-{step}",
            function_name=seeder.function.name,
            input=seed_event(self._store, self._args, more),
            triggers={"bundle": bundle.source_hash, "fileSystem": self._files.id},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*after, *self._store.complete],
                hooks=pulumi.ResourceHookBinding(on_error=[retry]),
            ),
        )


def seed_event(store: ModelStore, args: BackendArgs, more: dict[str, Any]) -> pulumi.Output[str]:
    """Return the seeder's event. With `keep`, a list of hashes, it removes all other bundles but the new one."""
    files = {name: {"size": file.size, "sha256": file.sha256} for name, file in sorted(args.bundle.files.items())}
    directory = args.bundle.source_hash
    return store.bucket.apply(
        lambda bucket: json.dumps(
            {"bucket": bucket, "prefix": store.prefix, "directory": directory, "files": files, **more}
        )
    )


async def retry_until_ready(args: pulumi.ErrorHookArgs) -> bool:
    """Retry an invocation that Lambda could not begin, for five minutes. Any other failure is the user's to see."""
    not_ready = bool(args.errors) and _NOT_READY.search(args.errors[0])
    if not not_ready or len(args.errors) > _RETRIES:
        return False
    await asyncio.sleep(_RETRY_SECONDS)
    return True
