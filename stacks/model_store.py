"""The bucket of the model bundle: objects are `<source_hash>/<file>`, so that a new bundle appears beside the old."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks import policies
from stacks.account import Place, policy_json
from stacks.bundle import MANIFEST, Bundle


@dataclass(frozen=True)
class ModelStoreArgs:
    """The bundle to keep, and the bucket that holds it already, if there is one (then nothing is uploaded)."""

    place: Place
    bundle: Bundle
    existing_bucket: str
    existing_prefix: str


class ModelStore(pulumi.ComponentResource):
    """A model bundle in S3: in a private bucket made here, or in one that exists."""

    bucket: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    prefix: str
    read_grant: dict[str, pulumi.Output[str]]
    """The policy that lets a role read the bundle, under its name."""
    complete: list[pulumi.Resource]
    """The last object to be uploaded: who depends on it finds the bundle whole."""

    def __init__(self, name: str, args: ModelStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-storage:index:ModelStore", name, None, opts)
        self._name = name
        if args.existing_bucket:
            self.bucket = pulumi.Output.from_input(args.existing_bucket)
            self.prefix = args.existing_prefix or args.bundle.source_hash
            self.complete = []
        else:
            bucket = self._bucket(args.place)
            self.bucket = bucket.bucket
            self.prefix = args.bundle.source_hash
            self.complete = [self._upload(bucket, args.bundle)]
        self.bucket_arn = pulumi.Output.concat(f"arn:{args.place.partition}:s3:::", self.bucket)
        read = policy_json(lambda arn: policies.document(*policies.read_objects(arn, self.prefix)), arn=self.bucket_arn)
        # The hash is in the grant's name: the old bundle stays readable until the functions use the new one.
        self.read_grant = {f"read-{args.bundle.source_hash[:8]}": read}
        self.register_outputs({"bucket": self.bucket, "prefix": self.prefix})

    def _bucket(self, place: Place) -> aws.s3.Bucket:
        # Not versioned: every bundle has a prefix of its own and can be built again, old versions would only cost.
        bucket = aws.s3.Bucket(f"{self._name}-bucket", opts=pulumi.ResourceOptions(parent=self))
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
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=inside,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "incomplete-uploads",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            opts=inside,
        )
        aws.s3.BucketPolicy(
            f"{self._name}-tls",
            bucket=bucket.bucket,
            policy=policy_json(policies.tls_only, partition=place.partition, bucket=bucket.bucket),
            # S3 refuses a policy and an access block that are put at the same moment.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[block]),
        )
        return bucket

    def _upload(self, bucket: aws.s3.Bucket, bundle: Bundle) -> pulumi.Resource:
        """Upload the bundle, its manifest last, and return the manifest's object.

        The hash is part of the resources' names: a new bundle is made of new resources, and Pulumi deletes the old
        ones at the end of the deployment, when every function uses the new.
        """

        def put(file: str, after: list[aws.s3.BucketObjectv2]) -> aws.s3.BucketObjectv2:
            return aws.s3.BucketObjectv2(
                f"{self._name}-{bundle.source_hash[:8]}-{file}",
                bucket=bucket.bucket,
                key=f"{self.prefix}/{file}",
                source=pulumi.FileAsset(str(bundle.directory / file)),
                # The etag of a multipart upload is no hash of the content; the manifest has one.
                source_hash=bundle.files[file].sha256,
                opts=pulumi.ResourceOptions(parent=bucket, depends_on=after),
            )

        return put(MANIFEST, [put(file, []) for file in sorted(bundle.files) if file != MANIFEST])
