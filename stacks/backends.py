"""The list of backends: a fourth one is a component, a folder below images/, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.backend import Backend
from stacks.efs import EfsBackend
from stacks.oci import OciBackend
from stacks.s3 import S3Backend

BACKENDS: Mapping[str, type[Backend]] = {"efs": EfsBackend, "s3": S3Backend, "oci": OciBackend}
