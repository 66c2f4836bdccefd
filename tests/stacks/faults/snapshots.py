"""Faults in snapshots (SnapStart)."""

from __future__ import annotations

from typing import Any

from tests.stacks.faults.fault import BAKED, CORS, Fault

RESTORED: dict[str, Any] = {**BAKED, "snapStart": ["oci"]}
FROM_BUCKET: dict[str, Any] = {
    "backends": ["s3"],
    "defaultBackend": "s3",
    "snapStart": ["s3"],
    "ephemeralStorageMb": 0,
}


def _fault(what: str, file: str, old: str, new: str, caught_by: str, **config: Any) -> Fault:
    return Fault(f"snapshots: {what}", file, old, new, caught_by, {**RESTORED, **config})


FAULTS = (
    _fault(
        "no version is published",
        "function.py",
        "publish=args.snapshots or None,",
        "",
        "snapshots_are_of_published_versions",
    ),
    _fault(
        "versions without snapshots",
        "function.py",
        'apply_on="PublishedVersions"',
        'apply_on="None"',
        "snapshots_are_of_published_versions",
    ),
    _fault(
        "the alias points at $LATEST",
        "function.py",
        "function_version=self.function.version",
        'function_version="$LATEST"',
        "snapshots_are_of_published_versions",
    ),
    _fault(
        "the search function is paid for, too",
        "backend.py",
        "            snapshots=False,\n",
        "",
        "snapshots_are_of_published_versions",
    ),
    _fault(
        "although nobody asked for them",
        "backend.py",
        "snapshots=self._name in settings.snap_start",
        "snapshots=True",
        "snapshots_are_of_published_versions",
        snapStart=[],
    ),
    _fault(
        "with more of /tmp than SnapStart takes",
        "backend.py",
        "scratch_mb=serving.scratch_mb",
        "scratch_mb=1024",
        "snapshots_are_of_what_lambda_takes_them_of",
    ),
    _fault(
        "of a bucket's weights in /tmp",
        "storages/s3.py",
        ', "memory", {FETCH_INTO_MEMORY: "1"}',
        ', "memory", {}',
        "functions_know_their_storage",
        **FROM_BUCKET,
    ),
    _fault(
        "with /tmp for what is in memory",
        "storages/s3.py",
        "scratch_mb, kept, how = MIN_SCRATCH_MB,",
        "scratch_mb, kept, how = 1024,",
        "snapshots_are_of_what_lambda_takes_them_of",
        **FROM_BUCKET,
    ),
    _fault(
        "of a function that mounts a file system",
        "contract/run_modes.py",
        'return kind.baked or kind.opened == "bucket"',
        "return True",
        "snapshots_are_of_what_lambda_takes_them_of",
        backends=["efs"],
        defaultBackend="efs",
        snapStart=["efs"],
    ),
    _fault(
        "their path leads to $LATEST",
        "api.py",
        "alias.invoke_arn if alias else component.function.invoke_arn",
        "component.function.invoke_arn",
        "routes_lead_to_who_can_answer",
    ),
    _fault(
        "no path leads to them",
        "api.py",
        "if alias := served.encoder.alias:",
        "if False:",
        "routes_lead_to_who_can_answer",
    ),
    _fault(
        "the gateway may only invoke $LATEST",
        "api.py",
        "qualifier=target.alias.name if target.alias else None,",
        "",
        "routes_may_invoke",
    ),
    _fault(
        "preflights restore one",
        "api.py",
        "SNAPSTART)), restored, search, model.name)",
        "SNAPSTART)), restored, restored, model.name)",
        "web_pages_may_ask",
        **CORS,
    ),
    _fault(
        "an alias that nobody knows", "function.py", "name=SNAPSTART.alias,", 'name="live",', "outputs_name_the_alias"
    ),
    _fault(
        "the outputs do not name the alias",
        "__main__.py",
        "alias=SNAPSTART.alias if each.encoder.alias else None",
        "alias=None",
        "outputs_name_the_alias",
    ),
)
