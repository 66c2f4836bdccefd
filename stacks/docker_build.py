"""Changes how awsx builds images, where awsx itself offers no setting."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

import pulumi

CACHE_TAG = "cache"
# awsx asks for a version that at `pulumi refresh` takes an expired login for a missing image, and builds it again.
_VERSION = metadata.version("pulumi-docker-build")


def as_we_build(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Change the image that awsx builds; leave everything else as it is. Made for ResourceOptions(transforms=[…]).

    - It is not built in previews: each would take a full build.
    - Its layers do not depend on when and where they were made: every time in them is SOURCE_DATE_EPOCH.
    - Builds of other machines are found under CACHE_TAG in the repository: all stages, not the last one alone.
    - It stays when its tag is replaced, until the repository's lifecycle policy removes it; the provider itself
      would remove it by its digest, which the new tag's image may have, too.
    """
    if args.type_ != "docker-build:index:Image":
        return None
    given: Mapping[str, Any] = args.props
    [name] = given["tags"]
    cache = f"{name.rpartition(':')[0]}:{CACHE_TAG}"
    props = {
        **given,
        "buildArgs": {**given.get("buildArgs", {}), "SOURCE_DATE_EPOCH": "0"},
        "buildOnPreview": False,
        "push": False,  # the export below pushes: the provider's own has no rewrite-timestamp
        "exports": [{"raw": "type=registry,rewrite-timestamp=true"}],
        "cacheFrom": [{"registry": {"ref": cache}}],
        # ECR takes a cache only as an image manifest; a cache that cannot be written must not fail a deployment.
        "cacheTo": [
            {
                "registry": {
                    "ref": cache,
                    "mode": "max",
                    "imageManifest": True,
                    "ociMediaTypes": True,
                    "ignoreError": True,
                }
            }
        ],
    }
    ours = pulumi.ResourceOptions(version=_VERSION, retain_on_delete=True)
    return pulumi.ResourceTransformResult(props, pulumi.ResourceOptions.merge(args.opts, ours))
