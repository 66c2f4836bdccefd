"""Backend (d): the weights in a bucket that S3 Files mounts; the objects of the model store are the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pulumi
import pulumi_aws as aws

from contract.bundle import INDEX, MANIFEST
from contract.environment import MODEL_DIR
from stacks import policies
from stacks.account import policy_json
from stacks.backend import Backend, BackendArgs, Grants, Serving, required
from stacks.bundle import Bundle
from stacks.function import Mount
from stacks.mounting import MOUNT_PATH, OWNER, mount_targets
from stacks.settings import Settings


class S3FilesBackend(Backend):
    """The similarity functions with their weights on one S3 Files file system over the model store's bucket."""

    NEEDS_STORE = True
    NEEDS_NETWORK = True
    NEEDS_VERSIONS = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        self._store = required(args.store, name, "store")
        network = required(args.network, name, "network")
        stored = [self._store.holding(model.bundle) for model in args.models]
        uploaded = [manifest for each in stored for manifest in each.complete]
        image = self._image(args.models)
        self._files = self._file_system(uploaded)
        self._access = self._access_point()
        mountable = [
            *mount_targets(aws.s3.FilesMountTarget, name, self._files, network, self),
            self._guard(),
            *uploaded,
        ]
        for model, bundle in zip(args.models, stored, strict=True):
            self._serve(
                model,
                image,
                f"Amazon S3 (Standard) in {args.place.region}, mounted read-only by S3 Files",
                Serving(
                    environment={MODEL_DIR: f"{MOUNT_PATH}/{bundle.prefix}"},
                    grants=self._grants(bundle.prefix, ["*"]),
                    search_grants=self._grants(bundle.prefix, [MANIFEST, *INDEX]),
                    mount=Mount(self._access.arn, MOUNT_PATH),
                    ready=mountable,
                ),
            )
        self._register()

    @classmethod
    def problems(cls, settings: Settings, bundle: Bundle) -> Iterator[str]:
        """Yield the reason why a bucket that exists already cannot be mounted."""
        if settings.model_bucket:
            yield (
                f"modelBucket is {settings.model_bucket}, and S3 Files needs a versioned bucket that this deployment "
                "makes: clear modelBucket, or take s3files out of backends"
            )

    def _file_system(self, uploaded: Sequence[pulumi.Resource]) -> aws.s3.FilesFileSystem:
        """The file system, and the role by which S3 Files reads the bucket and hears of its changes."""
        place, settings = self._args.place, self._args.settings
        role = aws.iam.Role(
            f"{self._name}-files-role",
            assume_role_policy=policy_json(
                lambda account: policies.s3_files_trust(place.partition, place.region, account), account=place.account
            ),
            description="What S3 Files may do for the file system of the models",
            permissions_boundary=settings.permissions_boundary or None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        key = settings.kms_key_arn
        grant = aws.iam.RolePolicy(
            f"{self._name}-files-bucket",
            role=role.id,
            policy=policy_json(
                lambda bucket, account: policies.document(
                    *policies.synchronise_bucket(bucket, place.partition, place.region, account),
                    *([policies.decrypt_from_s3(key, place.region, place.dns_suffix)] if key else []),
                ),
                bucket=self._store.bucket_arn,
                account=place.account,
            ),
            opts=pulumi.ResourceOptions(parent=role),
        )
        return aws.s3.FilesFileSystem(
            f"{self._name}-files",
            bucket=self._store.bucket_arn,
            role_arn=role.arn,
            kms_key_id=key or None,
            tags={"Name": f"{pulumi.get_project()}-{pulumi.get_stack()}"},
            # The objects come after the bucket's versioning, without which S3 Files refuses the bucket.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant, *uploaded]),
        )

    def _access_point(self) -> aws.s3.FilesAccessPoint:
        return aws.s3.FilesAccessPoint(
            f"{self._name}-access",
            file_system_id=self._files.id,
            posix_users=[{"uid": OWNER, "gid": OWNER}],
            root_directories=[{"path": "/"}],
            opts=pulumi.ResourceOptions(parent=self._files),
        )

    def _guard(self) -> pulumi.Resource:
        return aws.s3.FilesFileSystemPolicy(
            f"{self._name}-guard",
            file_system_id=self._files.id,
            policy=policy_json(
                policies.guard_s3_files, file_system_arn=self._files.arn, access_point_arn=self._access.arn
            ),
            opts=pulumi.ResourceOptions(parent=self._files),
        )

    def _grants(self, prefix: str, names: Sequence[str]) -> Grants:
        """To mount read-only, and to read these objects directly, as S3 Files does with large reads."""
        place, key = self._args.place, self._args.settings.kms_key_arn
        return {
            "mount": policy_json(
                lambda files, access: policies.document(policies.mount_s3_files(files, access)),
                files=self._files.arn,
                access=self._access.arn,
            ),
            f"direct-{prefix[:8]}": policy_json(
                lambda bucket: policies.document(
                    policies.read_versions(bucket, prefix, names),
                    *([policies.decrypt_from_s3(key, place.region, place.dns_suffix)] if key else []),
                ),
                bucket=self._store.bucket_arn,
            ),
        }


COMPONENT = S3FilesBackend
