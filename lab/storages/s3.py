"""Holds a bundle in the bucket of the lab's S3 gateway."""

from __future__ import annotations

from contract.environment import MODEL_BUCKET, MODEL_PREFIX, S3_ENDPOINT
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site
from lab.storages.seaweed import BUCKET


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle in the bucket, which all functions reach over HTTP alike; with a limited network, through a proxy."""
    where = {MODEL_BUCKET: BUCKET, MODEL_PREFIX: bundle.source_hash}
    if site.proxy is not None:
        await site.proxy.loaded(bundle)
        sentence = f"SeaweedFS S3 gateway on this machine; {site.proxy.sentence}"
        return Holding({**where, S3_ENDPOINT: site.proxy.url}, sentence, list)  # no disk of this machine is in its time
    await site.seaweed.loaded(bundle)
    return Holding(
        {**where, S3_ENDPOINT: site.seaweed.s3_url},
        "SeaweedFS S3 gateway on this machine, over loopback HTTP",
        site.seaweed.files,
        index=lambda: site.seaweed.index_parts(bundle),
    )
