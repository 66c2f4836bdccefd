"""The storage components of the deployment, by name."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.backend import Backend
from stacks.storages.efs import EfsBackend
from stacks.storages.oci import OciBackend
from stacks.storages.s3 import S3Backend

BACKENDS: Mapping[str, type[Backend]] = {"efs": EfsBackend, "s3": S3Backend, "oci": OciBackend}
