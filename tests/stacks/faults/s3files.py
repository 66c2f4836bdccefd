"""Faults in the storage s3files."""

from __future__ import annotations

from typing import Any

from tests.stacks.faults.fault import SCHEMA, Fault

HOME = "storages/s3files.py"
MOUNTED: dict[str, Any] = {"backends": ["s3files"], "defaultBackend": "s3files"}


def _fault(what: str, file: str, old: str, new: str, caught_by: str) -> Fault:
    return Fault(f"s3files: {what}", file, old, new, caught_by, MOUNTED)


FAULTS = (
    _fault("a bucket without versions", HOME, "NEEDS_VERSIONS = True", "", "mounted_buckets_have_versions"),
    _fault(
        "objects before their versions",
        "model_store.py",
        "depends_on=[*self._versioning, *after]",
        "depends_on=after",
        "mounted_buckets_have_versions",
    ),
    _fault(
        "old versions for ever",
        "model_store.py",
        "    if versioned:\n        rules",
        "    if False:\n        rules",
        "mounted_buckets_have_versions",
    ),
    _fault(
        "mounted before the role may read",
        HOME,
        "depends_on=[grant, *uploaded]",
        "depends_on=uploaded",
        "s3_files_reads_only",
    ),
    _fault(
        "the role may write",
        "policies.py",
        '"Sid": "ReadObjects",\n            "Effect": "Allow",\n            "Action": [',
        '"Sid": "ReadObjects",\n            "Effect": "Allow",\n            "Action": ["s3:PutObject", ',
        "s3_files_reads_only",
    ),
    _fault(
        "other accounts' file systems take the role",
        "policies.py",
        '"StringEquals": {"aws:SourceAccount": account},\n',
        "",
        "s3_files_reads_only",
    ),
    _fault(
        "a root that is not a path",
        HOME,
        'root_directories=[{"path": "/"}]',
        'root_directories=[{"path": "models"}]',
        SCHEMA,
    ),
    _fault("a user by name", HOME, '"uid": OWNER', '"uid": "models"', SCHEMA),
    _fault(
        "the bucket's name for its ARN",
        HOME,
        "bucket=self._store.bucket_arn,\n            role_arn",
        "bucket=self._store.bucket,\n            role_arn",
        SCHEMA,
    ),
    _fault(
        "no guard",
        HOME,
        "            self._guard(),\n",
        "",
        "s3_files_are_guarded",
    ),
    _fault("somebody may write", "policies.py", 'deny("NobodyWrites", every[1:], {}),', "", "s3_files_are_guarded"),
    _fault(
        "any access point",
        "policies.py",
        'deny("OnlyOurAccessPoint", every, {"StringNotEquals": {"s3files:AccessPointArn": access_point_arn}}),',
        "",
        "s3_files_are_guarded",
    ),
    _fault(
        "no versions in the grant for direct reads",
        "policies.py",
        '"ReadDirectly",\n        "Effect": "Allow",\n        "Action": ["s3:GetObject", "s3:GetObjectVersion"],',
        '"ReadDirectly",\n        "Effect": "Allow",\n        "Action": "s3:GetObject",',
        "s3_files_functions_read_directly",
    ),
    _fault(
        "a search function reads the weights",
        HOME,
        "self._grants(bundle.prefix, [MANIFEST, *INDEX])",
        'self._grants(bundle.prefix, ["*"])',
        "functions_read_their_own_bundle_only",
    ),
    _fault(
        "mounted before the mount targets",
        HOME,
        "*mount_targets(aws.s3.FilesMountTarget, name, self._files, network, self),",
        "*mount_targets(aws.s3.FilesMountTarget, name, self._files, network, self)[:0],",
        "mount_targets_before_function",
    ),
    _fault(
        "the function may write",
        "policies.py",
        '"Action": "s3files:ClientMount",',
        '"Action": ["s3files:ClientMount", "s3files:ClientWrite"],',
        "serving_reads_only",
    ),
    _fault(
        "a condition that does not count",
        "policies.py",
        '"Condition": {"StringEquals": {"s3files:AccessPointArn": access_point_arn}},',
        '"Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},',
        "conditions_are_enforced",
    ),
)
