"""Backend (a): the weights on EFS, put there by a seeder function inside the deployment (stacks.seeding)."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from contract.environment import MODEL_DIR, MODEL_ROOT
from contract.limits import MAX_TIMEOUT_S
from stacks import policies
from stacks.account import policy_json
from stacks.backend import Backend, BackendArgs, Serving, required
from stacks.function import ContainerFunction, FunctionArgs, Mount
from stacks.image import Image
from stacks.mounting import MOUNT_PATH, OWNER, mount_targets
from stacks.seeding import Seeding

_SEEDER_MEMORY_MB = 1024


class EfsBackend(Backend):
    """The similarity functions with their weights on EFS: one file system, whatever the number of models."""

    NEEDS_STORE = True
    NEEDS_NETWORK = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        self._store = required(args.store, name, "store")
        self._network = required(args.network, name, "network")
        self._seeder_name = args.place.names.function(f"{name}-seeder")
        image = self._image(args.models, self._seeder_name)
        self._files = self._file_system()
        self.file_system_id = self._files.id
        self.mode, self.provisioned_mibps = args.settings.efs_throughput, args.settings.efs_provisioned_mibps
        self._access = self._access_point()
        mountable = [*mount_targets(aws.efs.MountTarget, name, self._files, self._network, self), self._guard()]
        seeder = self._seeder(image, mountable)
        seeding = Seeding(self, name, self._store, seeder.function, self._files)
        for model in args.models:
            seed = seeding.seed(model, mountable)
            self._serve(
                model,
                image,
                f"Amazon EFS ({args.settings.efs_throughput} throughput) in {args.place.region}, mounted read-only",
                Serving(
                    environment={MODEL_DIR: f"{MOUNT_PATH}/{model.bundle.source_hash}"},
                    grants={"mount": self._mount_grant(write=False)},
                    search_grants={"mount": self._mount_grant(write=False)},
                    mount=Mount(self._access.arn, MOUNT_PATH),
                    ready=[*mountable, seed],
                ),
            )
        answering = [function.function for served in self.served.values() for function in served.functions]
        seeding.sweep(args.models, answering)
        self._register()

    def _file_system(self) -> aws.efs.FileSystem:
        settings = self._args.settings
        return aws.efs.FileSystem(
            f"{self._name}-files",
            encrypted=True,
            kms_key_id=settings.kms_key_arn or None,
            throughput_mode=settings.efs_throughput,
            provisioned_throughput_in_mibps=settings.efs_provisioned_mibps or None,
            tags={"Name": f"{pulumi.get_project()}-{pulumi.get_stack()}"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _access_point(self) -> aws.efs.AccessPoint:
        return aws.efs.AccessPoint(
            f"{self._name}-access",
            file_system_id=self._files.id,
            posix_user={"uid": OWNER, "gid": OWNER},
            root_directory={
                "path": "/models",
                "creation_info": {"owner_uid": OWNER, "owner_gid": OWNER, "permissions": "0755"},
            },
            opts=pulumi.ResourceOptions(parent=self._files),
        )

    def _guard(self) -> pulumi.Resource:
        return aws.efs.FileSystemPolicy(
            f"{self._name}-guard",
            file_system_id=self._files.id,
            policy=policy_json(
                policies.guard_file_system,
                file_system_arn=self._files.arn,
                access_point_arn=self._access.arn,
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
        reads = {
            name: grant for model in args.models for name, grant in self._store.holding(model.bundle).read_grant.items()
        }
        return ContainerFunction(
            f"{self._name}-seeder",
            FunctionArgs(
                settings=args.settings,
                place=args.place,
                function_name=self._seeder_name,
                description="Copies model bundles from S3 to EFS",
                environment={MODEL_ROOT: MOUNT_PATH},
                memory_mb=_SEEDER_MEMORY_MB,
                timeout_seconds=MAX_TIMEOUT_S,
                network=self._network,
                mount=Mount(self._access.arn, MOUNT_PATH),
                grants={**reads, "mount": self._mount_grant(write=True)},
                ready=mountable,
            ),
            image,
            command="seeder.handler",
            opts=pulumi.ResourceOptions(parent=self),
        )


COMPONENT = EfsBackend
