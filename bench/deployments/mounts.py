"""Reads and sets, in a function's configuration, how it reads a bucket that it mounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.process.errors import TargetError
from bench.runs.direct_reads import BY_ITSELF

# In the ARN of an access point: Lambda refuses the setting for one of EFS (S3FilesConfig in botocore 1.44.8).
_SERVICE = ":s3files:"


def direct_reads_of(configuration: Mapping[str, Any]) -> str | None:
    """Lambda's word for the setting, which it need not say while it is the default; None without such a mount."""
    for mount in configuration.get("FileSystemConfigs") or ():
        if _SERVICE in mount["Arn"]:
            return str(mount.get("S3FilesConfig", {}).get("DirectS3Read", BY_ITSELF))
    return None


def mounts_with(configuration: Mapping[str, Any], direct_reads: str) -> list[dict[str, Any]]:
    """All mounts of a configuration, as an update must name them, with this setting. Raises TargetError without one."""
    if direct_reads_of(configuration) is None:
        raise TargetError(
            f"{configuration.get('FunctionName')} mounts no bucket, so it has no direct reads to set: deploy it again"
        )
    return [
        {**mount, "S3FilesConfig": {**mount.get("S3FilesConfig", {}), "DirectS3Read": direct_reads}}
        if _SERVICE in mount["Arn"]
        else mount
        for mount in configuration["FileSystemConfigs"]
    ]
