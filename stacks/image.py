"""A container image in a repository of its own, built from images/ and known by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from stacks import policies
from stacks.account import Place, policy_json
from stacks.build_context import content_tag
from stacks.docker_build import as_we_build
from stacks.settings import Settings

CONTEXT = Path("images")  # the build context of every image; relative, so that the state names no machine's paths
FIRST_BUNDLE = "bundle"  # in it; the Dockerfiles' default
_KEPT = [
    awsx.ecr.LifecyclePolicyRuleArgs(
        description="untagged images after a day",
        tag_status=awsx.ecr.LifecycleTagStatus.UNTAGGED,
        maximum_age_limit=1,
    ),
    awsx.ecr.LifecyclePolicyRuleArgs(
        description="all but the newest 10",
        tag_status=awsx.ecr.LifecycleTagStatus.ANY,
        maximum_number_of_images=10,
    ),
]


@dataclass(frozen=True)
class ImageArgs:
    """Which image to build, for which functions; `bundle` is the directory of the bundle that an image may contain."""

    settings: Settings
    place: Place
    variant: str
    functions: tuple[str, ...]
    bundle: str = FIRST_BUNDLE


class Image(pulumi.ComponentResource):
    """The image of one backend; `uri` ends in a digest, and is known once Lambda is allowed to pull it."""

    uri: pulumi.Output[str]
    pullable: pulumi.Resource
    """Resources that a function must wait for before Lambda may pull the image."""

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("model-storage:index:Image", name, None, opts)
        settings = args.settings
        repository = awsx.ecr.Repository(
            f"{name}-repository",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            # Functions run digests, so moving a tag changes nothing that runs; an immutable one would stop everything
            # that pushes it again: going back to an older commit, an update that was killed, a refresh that lost the
            # image.
            image_tag_mutability="MUTABLE",
            encryption_configurations=_encryption(settings.kms_key_arn),
            lifecycle_policy=awsx.ecr.LifecyclePolicyArgs(rules=_KEPT),
            force_delete=True,  # every image can be built again; without this `pulumi destroy` would stop here
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.pullable = aws.ecr.RepositoryPolicy(
            f"{name}-pull",
            # A URL is host/name; reading the name from it avoids looking up awsx's child resource.
            repository=repository.url.apply(lambda url: url.split("/", 1)[1]),
            policy=policy_json(
                policies.pull_image, function_arns=[args.place.function_arn(function) for function in args.functions]
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        dockerfile = CONTEXT / args.variant / "Dockerfile"
        bundle = {"BUNDLE": args.bundle} if args.bundle != FIRST_BUNDLE else {}
        content = content_tag(CONTEXT, dockerfile, (settings.platform, settings.engine, *bundle.values()))
        tag = f"{args.variant}-{content}"
        image = awsx.ecr.Image(
            f"{name}-image",
            repository_url=repository.url,
            context=str(CONTEXT),
            dockerfile=str(dockerfile),
            platform=settings.platform,
            args={"ENGINE": settings.engine, **bundle},
            # awsx uses the name as the tag and as its child's name, which does not contain its own name.
            image_name=tag,
            opts=pulumi.ResourceOptions(parent=self, transforms=[as_we_build]),
        )
        self.uri = image.image_uri
        self.register_outputs({"uri": self.uri})


def _encryption(kms_key_arn: str) -> list[aws.ecr.RepositoryEncryptionConfigurationArgs] | None:
    if not kms_key_arn:
        return None
    return [aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=kms_key_arn)]
