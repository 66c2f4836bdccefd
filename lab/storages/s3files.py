"""Holds a bundle in a bucket that is mounted through FUSE, in place of S3 Files."""

from __future__ import annotations

from contract.storages import NO_FIGURES
from lab.host.errors import LabError
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site
from lab.storages.mounted import mounted

# Small reads have no storage of their own here, as they have on AWS.
_SENTENCE = "bucket of the SeaweedFS S3 gateway, mounted read-only through FUSE on this machine, in place of S3 Files"


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle in the mounted bucket, whose objects the S3 gateway serves, too; a plain folder without FUSE.

    Raises LabError in a lab with limits: nobody has published how fast S3 Files is on Lambda.
    """
    if site.servers:
        raise LabError(f"{label} has no limits, because {NO_FIGURES}")
    return await mounted(site, "s3files", bundle, label, image, _SENTENCE)
