"""The bucket of the model bundles: objects are `<source_hash>/<file>`, so that a new bundle appears beside the old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from contract.bundle import INDEX, MANIFEST
from stacks import policies
from stacks.account import Place, policy_json
from stacks.bundle import Bundle


@dataclass(frozen=True)
class ModelStoreArgs:
    """The bundles to keep, and the bucket that holds them already, if there is one (then nothing is uploaded).

    `existing_prefix` is the first bundle's prefix if that is not its hash. `kms_key_arn` is the ARN of the key that
    encrypts the objects, empty for S3's own. `versioned` is for a bucket made here whose reader asks for versions.
    """

    place: Place
    bundles: Sequence[Bundle]
    existing_bucket: str
    existing_prefix: str
    kms_key_arn: str = ""
    versioned: bool = False


@dataclass(frozen=True)
class StoredBundle:
    """A bundle in the bucket. The grants are policies by name: to read all of it, and to read the incident index.

    `complete` is the last object to be uploaded: a resource that depends on it finds the bundle whole.
    """

    prefix: str
    read_grant: Mapping[str, pulumi.Output[str]]
    index_grant: Mapping[str, pulumi.Output[str]]
    complete: Sequence[pulumi.Resource]


class ModelStore(pulumi.ComponentResource):
    """Model bundles in S3: in a private bucket made here, or in one that exists."""

    bucket: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ModelStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-storage:index:ModelStore", name, None, opts)
        self._name = name
        self._place, self._key = args.place, args.kms_key_arn
        self._versioning: list[pulumi.Resource] = []
        made = None if args.existing_bucket else self._bucket(args.place, args.versioned)
        self.bucket = made.bucket if made else pulumi.Output.from_input(args.existing_bucket)
        self.bucket_arn = pulumi.Output.concat(f"arn:{args.place.partition}:s3:::", self.bucket)
        prefixes = [bundle.source_hash for bundle in args.bundles]
        if args.existing_prefix:
            prefixes[0] = args.existing_prefix
        self._stored = {
            bundle.source_hash: self._store(bundle, prefix, made)
            for bundle, prefix in zip(args.bundles, prefixes, strict=True)
        }
        self.register_outputs({"bucket": self.bucket})

    def holding(self, bundle: Bundle) -> StoredBundle:
        """Return the place of a bundle."""
        return self._stored[bundle.source_hash]

    def _store(self, bundle: Bundle, prefix: str, made: aws.s3.Bucket | None) -> StoredBundle:
        # The hash is in the grants' names: the old bundle stays readable until the functions use the new one.
        digits = bundle.source_hash[:8]
        return StoredBundle(
            prefix=prefix,
            read_grant={f"read-{digits}": self._grant(prefix, ["*"])},
            index_grant={f"read-index-{digits}": self._grant(prefix, [MANIFEST, *INDEX])},
            complete=[self._upload(made, bundle, prefix)] if made else [],
        )

    def _grant(self, prefix: str, names: Sequence[str]) -> pulumi.Output[str]:
        key = [policies.decrypt_from_s3(self._key, self._place.region, self._place.dns_suffix)] if self._key else []
        return policy_json(
            lambda arn: policies.document(*policies.read_objects(arn, prefix, names), *key), arn=self.bucket_arn
        )

    def _bucket(self, place: Place, versioned: bool) -> aws.s3.Bucket:
        # Not versioned unless it must be: every bundle has its own prefix and can be built again, so old versions would
        # only cost.
        # For the same reason the remains of an interrupted upload do not stop `pulumi destroy`.
        bucket = aws.s3.Bucket(f"{self._name}-bucket", force_destroy=True, opts=pulumi.ResourceOptions(parent=self))
        inside = pulumi.ResourceOptions(parent=bucket)
        block = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-private",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=inside,
        )
        aws.s3.BucketOwnershipControls(
            f"{self._name}-owner",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=inside,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=bucket.bucket,
            rules=[_encryption(self._key)],
            opts=inside,
        )
        if versioned:
            self._versioning = [
                aws.s3.BucketVersioning(
                    f"{self._name}-versions",
                    bucket=bucket.bucket,
                    versioning_configuration={"status": "Enabled"},
                    opts=inside,
                )
            ]
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=bucket.bucket,
            rules=_lifecycle(versioned),
            # A rule for old versions needs a bucket that has them.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=self._versioning),
        )
        aws.s3.BucketPolicy(
            f"{self._name}-tls",
            bucket=bucket.bucket,
            policy=policy_json(policies.tls_only, partition=place.partition, bucket=bucket.bucket),
            # S3 refuses a policy and an access block that are set at the same moment.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[block]),
        )
        return bucket

    def _upload(self, bucket: aws.s3.Bucket, bundle: Bundle, prefix: str) -> pulumi.Resource:
        """Upload the bundle, its manifest last, and return the manifest's object.

        The hash is part of the resources' names: a new bundle has new resources, and Pulumi deletes the old ones at the
        end of the deployment, when every function uses the new ones.
        """

        def put(file: str, after: list[aws.s3.BucketObjectv2]) -> aws.s3.BucketObjectv2:
            return aws.s3.BucketObjectv2(
                f"{self._name}-{bundle.source_hash[:8]}-{file}",
                bucket=bucket.bucket,
                key=f"{prefix}/{file}",
                source=pulumi.FileAsset(str(bundle.directory / file)),
                # The etag of a multipart upload is not a hash of the content; the manifest has one.
                source_hash=bundle.files[file].sha256,
                opts=pulumi.ResourceOptions(parent=bucket, depends_on=[*self._versioning, *after]),
            )

        return put(MANIFEST, [put(file, []) for file in sorted(bundle.files) if file != MANIFEST])


def _lifecycle(versioned: bool) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    """Remove what an interrupted upload left and, a day later, what a newer version or a deletion has replaced."""
    rules = [
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="incomplete-uploads",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=(
                aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(days_after_initiation=1)
            ),
        )
    ]
    if versioned:
        rules.append(
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="old-versions",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                noncurrent_version_expiration=(
                    aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(noncurrent_days=1)
                ),
            )
        )
    return rules


def _encryption(kms_key_arn: str) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    algorithm = "aws:kms" if kms_key_arn else "AES256"
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=(
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm=algorithm, kms_master_key_id=kms_key_arn or None
            )
        ),
        # KMS is called, and paid, for the bucket and not for every object.
        bucket_key_enabled=True if kms_key_arn else None,
    )
